package org.thirdmode.svm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.thirdmode.svm.check.CheckLimits;
import org.thirdmode.svm.check.RepeatedChecks;
import org.thirdmode.svm.check.VmrunCheck;
import org.thirdmode.svm.check.VmrunChecks;
import org.thirdmode.svm.intercept.ExitTable;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.svm.vmcb.VmcbImage;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/** APM 2 "Canonicalization and Consistency Checks", and the checks that other sections add. */
class CanonicalizationAndConsistencyChecks {
    private static final long UPPER_BIT = 1L << 45;

    /** A way to violate each row, written from the manual and not from the row. */
    private static void violate(String id, VmcbImage v, Random random) {
        switch (id) {
            case "efer.svme" -> v.clearBits(VmcbField.EFER, 1 << 12);
            case "cr0.nw" -> {
                v.clearBits(VmcbField.CR0, 1 << 30);
                v.setBits(VmcbField.CR0, 1 << 29);
            }
            case "cr0.upper" -> v.setBits(VmcbField.CR0, 1L << (32 + random.nextInt(32)));
            case "cr3.mbz" -> v.setBits(VmcbField.CR3, 1L << (40 + random.nextInt(24)));
            case "cr4.mbz" -> v.setBits(VmcbField.CR4, 1L << (24 + random.nextInt(40)));
            case "dr6.upper" -> v.setBits(VmcbField.DR6, 1L << (32 + random.nextInt(32)));
            case "dr7.upper" -> v.setBits(VmcbField.DR7, 1L << (32 + random.nextInt(32)));
            case "efer.mbz" -> v.setBits(VmcbField.EFER, 1L << (22 + random.nextInt(42)));
            case "cr4.pae" -> {
                v.setBits(VmcbField.EFER, Efer.LME);
                v.setBits(VmcbField.CR0, Cr0.PG | Cr0.PE);
                v.clearBits(VmcbField.CR4, Cr4.PAE);
            }
            case "cr0.pe" -> {
                v.setBits(VmcbField.EFER, Efer.LME);
                v.setBits(VmcbField.CR0, Cr0.PG);
                v.setBits(VmcbField.CR4, Cr4.PAE);
                v.clearBits(VmcbField.CR0, Cr0.PE);
                v.clearBits(VmcbField.CS_ATTRIBUTES, 1 << 10);
            }
            case "cs.l-and-d" -> {
                v.setBits(VmcbField.EFER, Efer.LME);
                v.setBits(VmcbField.CR0, Cr0.PG | Cr0.PE);
                v.setBits(VmcbField.CR4, Cr4.PAE);
                v.setBits(VmcbField.CS_ATTRIBUTES, (1 << 9) | (1 << 10));
            }
            case "intercept.vmrun" -> v.clearBits(VmcbField.INTERCEPT_MISC2, 1);
            // One byte of the table would lie at 2^40.
            case "msrpm.end" -> v.set(VmcbField.MSRPM_BASE_PA, (1L << 40) - 0x1000 + random.nextInt(0x1000));
            case "iopm.end" -> v.set(VmcbField.IOPM_BASE_PA, (1L << 40) - 0x2000 + random.nextInt(0x1000));
            case "asid.zero" -> v.set(VmcbField.GUEST_ASID, 0);
            case "eventinj.type" -> v.set(VmcbField.EVENTINJ, 0x8000_0000L | (1 << 8) | random.nextInt(256));
            case "eventinj.vector" -> {
                int vector = random.nextBoolean() ? 2 : 32 + random.nextInt(224);
                v.set(VmcbField.EVENTINJ, 0x8000_0000L | (3 << 8) | vector);
            }
            case "tlb-control.reserved" -> v.set(VmcbField.TLB_CONTROL, 8 + random.nextInt(248));
            case "ncr3.mbz" -> {
                v.setBits(VmcbField.NESTED_CONTROL, 1);
                v.setBits(VmcbField.N_CR3, UPPER_BIT);
            }
            case "g-pat.type" -> {
                v.setBits(VmcbField.NESTED_CONTROL, 1);
                v.set(VmcbField.N_CR3, SvmMachine.NESTED_TABLES);
                v.set(VmcbField.G_PAT, 0x0007_0406_0007_0206L);
            }
            default -> throw new IllegalArgumentException(id);
        }
    }

    /** Rows that a 64-bit paging host on a processor with long mode cannot violate. */
    private static final List<String> OUT_OF_REACH = List.of("efer.long-mode", "np.host-paging");

    @Provide
    Arbitrary<VmrunCheck> checks() {
        return Arbitraries.of(VmrunChecks.rows()).filter(check -> !OUT_OF_REACH.contains(check.id()));
    }

    /** A random VMCB that nothing is wrong with, whatever else may come of running it. */
    private static VmcbImage random(Random random) {
        VmcbImage v = SvmMachine.validVmcb();
        for (VmcbField field : VmcbField.values()) {
            switch (field) {
                case INTERCEPT_CR_READ,
                        INTERCEPT_CR_WRITE,
                        INTERCEPT_DR_READ,
                        INTERCEPT_DR_WRITE,
                        PAUSE_FILTER_COUNT,
                        PAUSE_FILTER_THRESHOLD,
                        TSC_OFFSET,
                        CR2,
                        RSP,
                        RAX,
                        V_INTR_VECTOR,
                        ES_BASE,
                        DS_BASE,
                        SS_BASE,
                        CS_BASE,
                        ES_LIMIT,
                        DS_LIMIT,
                        ES_SELECTOR,
                        DS_SELECTOR -> v.set(field, random.nextLong());
                default -> {}
            }
        }
        v.set(VmcbField.INTERCEPT_EXCEPTIONS, random.nextInt());
        v.setBits(VmcbField.INTERCEPT_MISC1, random.nextInt());
        v.setBits(VmcbField.INTERCEPT_MISC2, random.nextInt());
        v.set(VmcbField.GUEST_ASID, 1L + random.nextInt(1000));
        v.set(VmcbField.TLB_CONTROL, new int[] {0, 1, 3, 7}[random.nextInt(4)]);
        v.set(VmcbField.IOPM_BASE_PA, SvmMachine.IOPM | random.nextInt(0x1000));
        v.set(VmcbField.MSRPM_BASE_PA, SvmMachine.MSRPM | random.nextInt(0x1000));
        long cd = random.nextBoolean() ? Cr0.CD | (random.nextBoolean() ? Cr0.NW : 0) : 0;
        v.setBits(VmcbField.CR0, cd | (random.nextInt(16) & (Cr0.MP | Cr0.EM | Cr0.TS)));
        v.setBits(VmcbField.CR4, random.nextInt(0x400) & ~(Cr4.PSE | 0x40L) & 0x3ffL);
        if (random.nextBoolean()) {
            v.set(VmcbField.NESTED_CONTROL, 1);
            v.set(VmcbField.N_CR3, SvmMachine.NESTED_TABLES);
        }
        return v;
    }

    @Property(tries = 120)
    void aRandomValidVmcbEnters(@ForAll long seed) {
        SvmMachine machine = new SvmMachine();
        machine.store(random(new Random(seed)));
        machine.run();
        assertFalse(
                machine.get(VmcbField.EXITCODE) == ExitTable.INVALID,
                () -> machine.svm.lastFailing() == null
                        ? "no check"
                        : machine.svm.lastFailing().title());
        assertNull(machine.svm.lastFailing());
    }

    /** What held is not asked again while no field that a row names has changed: nobody may notice. */
    @Property(tries = 200)
    void eachOfManyVmrunsIsCheckedAsIfItWereTheFirst(@ForAll long seed) {
        Random random = new Random(seed);
        CheckLimits limits = new SvmMachine().svm.limits();
        CheckLimits others = limits.withHostPaging(false);
        List<VmrunCheck> rows = VmrunChecks.rows().stream()
                .filter(check -> !OUT_OF_REACH.contains(check.id()))
                .toList();
        RepeatedChecks repeated = new RepeatedChecks();
        VmcbImage v = random(random);
        for (int n = 0; n < 40; n++) {
            CheckLimits inForce = random.nextInt(4) == 0 ? others : limits;
            assertSame(VmrunChecks.firstFailing(v, inForce), repeated.firstFailing(v, inForce));
            switch (random.nextInt(4)) {
                case 0 -> v = random(random);
                case 1 -> violate(rows.get(random.nextInt(rows.size())).id(), v, random);
                case 2 -> {
                    VmcbField field = VmcbField.values()[random.nextInt(VmcbField.values().length)];
                    if (field.scalar()) {
                        v.set(field, v.get(field) ^ (1L << random.nextInt(64)));
                    }
                }
                default -> {}
            }
        }
    }

    @Property(tries = 100)
    void aCheckReadsNoFieldThatItsRowDoesNotName(@ForAll("checks") VmrunCheck check, @ForAll long seed) {
        VmcbImage v = random(new Random(seed));
        check.condition()
                .illegal(
                        field -> {
                            assertTrue(check.fields().contains(field), check.id() + " reads " + field);
                            return v.get(field);
                        },
                        new SvmMachine().svm.limits());
    }

    @Property(tries = 250)
    void aVmcbThatViolatesExactlyOneCheckIsInvalidByIt(@ForAll("checks") VmrunCheck check, @ForAll long seed) {
        Random random = new Random(seed);
        SvmMachine machine = new SvmMachine();
        VmcbImage v = random(random);
        violate(check.id(), v, random);
        machine.store(v);
        CheckLimits limits = machine.svm.limits();
        for (VmrunCheck other : VmrunChecks.rows()) {
            assertEquals(other == check, other.condition().illegal(v, limits), other.title());
        }
        byte[] before = machine.bytes(0, (int) SvmMachine.DATA);
        long[] registers = machine.cpu.state.r.clone();
        assertEquals(Processor.Stop.DEAD, machine.run());
        assertEquals(ExitTable.INVALID, machine.get(VmcbField.EXITCODE));
        assertSame(check, machine.svm.lastFailing());
        assertEquals(SvmMachine.HOST_CODE + 4, machine.cpu.state.rip, "the instruction after VMRUN, then HLT");
        assertFalse(machine.cpu.globalInterruptFlag, "#VMEXIT clears GIF");
        // Nothing but EXITCODE, EXITINFO1, EXITINFO2 and the host save area has changed.
        byte[] after = machine.bytes(0, (int) SvmMachine.DATA);
        Arrays.fill(before, (int) SvmMachine.VMCB + 0x70, (int) SvmMachine.VMCB + 0x88, (byte) 0);
        Arrays.fill(after, (int) SvmMachine.VMCB + 0x70, (int) SvmMachine.VMCB + 0x88, (byte) 0);
        Arrays.fill(before, (int) SvmMachine.HOST_SAVE, (int) SvmMachine.HOST_SAVE + 0x1000, (byte) 0);
        Arrays.fill(after, (int) SvmMachine.HOST_SAVE, (int) SvmMachine.HOST_SAVE + 0x1000, (byte) 0);
        // The host's own walk sets Accessed flags.
        Arrays.fill(before, (int) SvmMachine.TABLES, (int) SvmMachine.TABLES + 0x3000, (byte) 0);
        Arrays.fill(after, (int) SvmMachine.TABLES, (int) SvmMachine.TABLES + 0x3000, (byte) 0);
        assertArrayEquals(before, after);
        registers[CpuState.RAX] = SvmMachine.VMCB;
        registers[CpuState.RIP_PAGE] = machine.cpu.state.r[CpuState.RIP_PAGE];
        assertArrayEquals(registers, machine.cpu.state.r);
    }

    @Property(tries = 250)
    void theSmallestChangeSatisfiesTheCheck(@ForAll("checks") VmrunCheck check, @ForAll long seed) {
        Random random = new Random(seed);
        VmcbImage v = random(random);
        violate(check.id(), v, random);
        CheckLimits limits = new SvmMachine().svm.limits();
        assertFalse(check.condition().illegal(check.remedied(v, limits), limits));
    }

    @Test
    void everyCheckHasAnIdOfItsOwn() {
        assertEquals(
                VmrunChecks.rows().size(),
                VmrunChecks.rows().stream().map(VmrunCheck::id).distinct().count());
    }

    @Test
    void aProcessorWithoutLongModeHasNoLongModeGuest() {
        VmrunCheck check = VmrunChecks.rows().stream()
                .filter(row -> row.id().equals("efer.long-mode"))
                .findFirst()
                .orElseThrow();
        CheckLimits any = CheckLimits.ofAnyProcessor(36);
        CheckLimits small = new CheckLimits(
                36, any.cr0Reserved(), any.cr4Reserved(), any.eferReserved(), false, true, SvmProfile.GENERIC);
        assertTrue(check.condition().illegal(SvmMachine.validVmcb(), small));
        assertFalse(check.condition().illegal(SvmMachine.validVmcb(), any));
    }

    @Test
    void segmentBasesAreMadeCanonical() {
        SvmMachine machine = new SvmMachine();
        machine.set(VmcbField.DS_BASE, 0x0000_8000_0000_0000L);
        assertEquals(ExitTable.VMMCALL, machine.exit());
        assertEquals(0xffff_8000_0000_0000L, machine.get(VmcbField.DS_BASE));
    }

    /** APM 2 "Paged Real Mode": "VMRUN may legally load a guest CR0 value with PE = 0 but PG = 1". */
    @Test
    void pagedRealModeIsLegal() {
        SvmMachine machine = new SvmMachine();
        machine.set(VmcbField.CR0, Cr0.PG | Cr0.ET)
                .set(VmcbField.EFER, Efer.SVME)
                .set(VmcbField.CR4, Cr4.PSE);
        long directory = 0x9_0000;
        machine.memory.write(directory, 4, 0x87);
        machine.memory.write(directory + 4, 4, 0x40_0087);
        machine.set(VmcbField.CR3, directory)
                .set(VmcbField.CS_SELECTOR, SvmMachine.GUEST_CODE >>> 4)
                .set(VmcbField.CS_BASE, SvmMachine.GUEST_CODE)
                .set(VmcbField.CS_LIMIT, 0xffff)
                .set(VmcbField.CS_ATTRIBUTES, 0x9b)
                .set(VmcbField.RIP, 0);
        assertEquals(ExitTable.VMMCALL, machine.exit());
        assertEquals(0, machine.get(VmcbField.CPL));
    }
}
