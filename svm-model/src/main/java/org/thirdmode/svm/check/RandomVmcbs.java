package org.thirdmode.svm.check;

import java.util.Random;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.svm.vmcb.VmcbImage;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/** Random VMCBs for tests: such that VMRUN enters, and such that exactly one check fails. */
public final class RandomVmcbs {
    private static final long UPPER_BIT = 1L << 45;

    private final VmcbImage base;
    private final long iopm;
    private final long msrpm;
    private final long nestedTables;

    /**
     * Variations of one VMCB.
     *
     * @param base one that VMRUN enters, of a guest in 64-bit mode
     * @param iopm where the I/O permission map may be: 4-KByte aligned
     * @param msrpm where the MSR permission map may be
     * @param nestedTables the root of nested page tables
     */
    public RandomVmcbs(VmcbImage base, long iopm, long msrpm, long nestedTables) {
        this.base = base;
        this.iopm = iopm;
        this.msrpm = msrpm;
        this.nestedTables = nestedTables;
    }

    private static VmcbImage copy(VmcbImage of) {
        VmcbImage copy = new VmcbImage();
        for (VmcbField field : VmcbField.values()) {
            if (field.scalar()) {
                copy.set(field, of.get(field));
            }
        }
        return copy;
    }

    /** A random VMCB that nothing is wrong with, whatever else may come of running it. */
    public VmcbImage valid(Random random) {
        VmcbImage v = copy(base);
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
        v.set(VmcbField.IOPM_BASE_PA, iopm | random.nextInt(0x1000));
        v.set(VmcbField.MSRPM_BASE_PA, msrpm | random.nextInt(0x1000));
        long cd = random.nextBoolean() ? Cr0.CD | (random.nextBoolean() ? Cr0.NW : 0) : 0;
        v.setBits(VmcbField.CR0, cd | (random.nextInt(16) & (Cr0.MP | Cr0.EM | Cr0.TS)));
        v.setBits(VmcbField.CR4, random.nextInt(0x400) & ~(Cr4.PSE | 0x40L) & 0x3ffL);
        if (random.nextBoolean()) {
            v.set(VmcbField.NESTED_CONTROL, 1);
            v.set(VmcbField.N_CR3, nestedTables);
        }
        return v;
    }

    /**
     * Makes a valid VMCB violate one check and no other, written from the manual and not from the row.
     *
     * @param id of the check
     * @throws IllegalArgumentException where no VMCB alone can violate it
     */
    public void violate(String id, VmcbImage v, Random random) {
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
                v.set(VmcbField.N_CR3, nestedTables);
                v.set(VmcbField.G_PAT, 0x0007_0406_0007_0206L);
            }
            default -> throw new IllegalArgumentException(id);
        }
    }
}
