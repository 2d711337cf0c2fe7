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
import org.thirdmode.svm.check.RandomVmcbs;
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
    /** Rows that a 64-bit paging host on a processor with long mode cannot violate. */
    private static final List<String> OUT_OF_REACH = List.of("efer.long-mode", "np.host-paging");

    @Provide
    Arbitrary<VmrunCheck> checks() {
        return Arbitraries.of(VmrunChecks.rows()).filter(check -> !OUT_OF_REACH.contains(check.id()));
    }

    private static final RandomVmcbs VMCBS =
            new RandomVmcbs(SvmMachine.validVmcb(), SvmMachine.IOPM, SvmMachine.MSRPM, SvmMachine.NESTED_TABLES);

    private static VmcbImage random(Random random) {
        return VMCBS.valid(random);
    }

    private static void violate(String id, VmcbImage v, Random random) {
        VMCBS.violate(id, v, random);
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
