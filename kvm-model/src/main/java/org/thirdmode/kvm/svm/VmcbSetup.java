package org.thirdmode.kvm.svm;

import org.thirdmode.kvm.HostMachine;
import org.thirdmode.svm.SvmFeature;
import org.thirdmode.svm.intercept.InterceptTable;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.Vector;

/** What of a VMCB stays as it is while its guest lives: intercepts and permission maps. KVM: {@code init_vmcb}. */
final class VmcbSetup {
    static final int IOPM_PAGES = 3;
    static final int MSRPM_PAGES = 2;

    /** INTERRUPT_CONTROL: RFLAGS.IF of the host governs physical interrupts while a guest runs. */
    static final long V_INTR_MASKING = 1 << 24;

    private static final int CR0 = 1;
    private static final int CR3 = 1 << 3;
    private static final int CR4 = 1 << 4;
    private static final int CR8 = 1 << 8;

    // Intercepts of INTERCEPT_MISC1, by their bits in the table.
    private static final long RDPMC = 1 << 15;
    private static final long CPUID = 1 << 18;
    private static final long RSM = 1 << 19;
    private static final long INVD = 1 << 22;
    private static final long HLT = 1 << 24;
    private static final long INVLPG = 1 << 25;
    private static final long TASK_SWITCH = 1 << 29;

    // Of INTERCEPT_MISC2.
    private static final long RDTSCP = 1 << 7;
    private static final long ICEBP = 1 << 8;
    private static final long WBINVD = 1 << 9;
    private static final long MONITOR = 1 << 10;
    private static final long XSETBV = 1 << 13;

    /** Of INTERCEPT_MISC3. */
    private static final long INVPCID = 1 << 2;

    /** MSRs that the guest may read and write itself: VMLOAD loads them, or they are in the state that VMRUN swaps. */
    private static final int[] DIRECT_MSRS = {
        0x174,
        0x175,
        0x176, // SYSENTER_CS, _ESP, _EIP
        0xc000_0081,
        0xc000_0082,
        0xc000_0083,
        0xc000_0084, // STAR, LSTAR, CSTAR, SFMASK
        0xc000_0100,
        0xc000_0101,
        0xc000_0102 // FS_BASE, GS_BASE, KERNEL_GS_BASE
    };

    private static final int MSRS_OF_A_RANGE = 0x2000;

    private VmcbSetup() {}

    /**
     * Writes a new VMCB.
     *
     * @param guest the processor that the guest is told of: an instruction that the host's has and this one has not raises
     *     #UD where there is an intercept for it; where the vendor is another, #UD may be an instruction of that
     */
    static void write(HostMachine host, VmcbFields vmcb, boolean nested, CpuProfile guest, long iopm, long msrpm) {
        if (nested && !host.svm.profile().has(SvmFeature.NP)) {
            throw new IllegalArgumentException(
                    "processor " + host.cpu.profile.name() + " has no nested paging; use a shadow MMU");
        }
        boolean otherVendor = guest.vendor() != host.cpu.profile.vendor();
        vmcb.write(VmcbField.INTERCEPT_CR_READ, nested ? CR8 : CR0 | CR3 | CR4 | CR8);
        vmcb.write(VmcbField.INTERCEPT_CR_WRITE, nested ? CR4 | CR8 : CR0 | CR3 | CR4 | CR8);
        vmcb.write(
                VmcbField.INTERCEPT_EXCEPTIONS, (nested ? 0 : 1L << Vector.PF) | (otherVendor ? 1L << Vector.UD : 0));
        vmcb.write(
                VmcbField.INTERCEPT_MISC1,
                InterceptTable.INTR
                        | InterceptTable.NMI
                        | InterceptTable.INIT
                        | InterceptTable.IOIO_PROT
                        | InterceptTable.MSR_PROT
                        | (InterceptTable.SHUTDOWN & 0xffff_ffffL)
                        | InterceptTable.INVLPGA
                        | RDPMC
                        | CPUID
                        | RSM
                        | INVD
                        | HLT
                        | TASK_SWITCH
                        // Where CR0 is not intercepted as a whole, all but TS and MP of it is.
                        | (nested ? 0 : INVLPG | InterceptTable.CR0_SEL_WRITE));
        vmcb.write(
                VmcbField.INTERCEPT_MISC2,
                InterceptTable.VMRUN
                        | InterceptTable.VMMCALL
                        | InterceptTable.VMLOAD
                        | InterceptTable.VMSAVE
                        | InterceptTable.STGI
                        | InterceptTable.CLGI
                        | InterceptTable.SKINIT
                        | InterceptTable.MWAIT
                        | ICEBP
                        | WBINVD
                        | MONITOR
                        | XSETBV
                        | (guest.has(Feature.RDTSCP) ? 0 : RDTSCP));
        vmcb.write(VmcbField.INTERCEPT_MISC3, nested && guest.has(Feature.INVPCID) ? 0 : INVPCID);
        ones(host, iopm, IOPM_PAGES);
        ones(host, msrpm, MSRPM_PAGES);
        for (int msr : DIRECT_MSRS) {
            // Bit 2n of a range is for reads, bit 2n + 1 for writes; the second range begins at C000_0000H.
            int n = (msr & (MSRS_OF_A_RANGE - 1)) + (msr < 0 ? MSRS_OF_A_RANGE : 0);
            long at = msrpm + (n >>> 2);
            host.memory.write(at, 1, host.memory.read(at, 1) & ~(3L << (2 * (n & 3))));
        }
        vmcb.write(VmcbField.IOPM_BASE_PA, iopm);
        vmcb.write(VmcbField.MSRPM_BASE_PA, msrpm);
        vmcb.write(VmcbField.INTERRUPT_CONTROL, V_INTR_MASKING);
        vmcb.write(VmcbField.NESTED_CONTROL, nested ? 1 : 0);
    }

    /** Everything is intercepted. */
    private static void ones(HostMachine host, long from, int pages) {
        for (long at = 0; at < (long) pages * Frame.SIZE; at += 8) {
            host.memory.write(from + at, 8, -1L);
        }
    }
}
