package org.thirdmode.kvm.vmx;

import java.util.List;
import org.thirdmode.kvm.HostMachine;
import org.thirdmode.vmx.vmcs.VmcsField;

/**
 * MSRs that a processor switches by lists in memory, since its VM entries have no control that loads IA32_EFER: one list of the
 * guest's, stored by VM exits and loaded by VM entries, and one of the host's. SDM 3C "VM-Exit Controls for MSRs". KVM in
 * 2006: {@code vcpu->guest_msrs}, {@code host_msrs}; IA32_LSTAR and IA32_FMASK are left out (NR_BAD_MSRS: erratum AA24 of the
 * first processors) and written by WRMSR.
 */
final class MsrSwitch {
    static final int STAR = 0xc000_0081;
    static final int CSTAR = 0xc000_0083;
    static final int KERNEL_GS_BASE = 0xc000_0102;
    static final int EFER = 0xc000_0080;

    private static final List<Integer> MSRS = List.of(CSTAR, KERNEL_GS_BASE, EFER, STAR);
    private static final int ENTRY = 16;
    private static final int VALUE = 8;
    private static final int HOST = 2048;

    private final HostMachine host;
    private final long page;

    MsrSwitch(HostMachine host, VmcsFields vmcs) {
        this.host = host;
        page = host.allocate(false);
        long[] value = new long[1];
        for (int n = 0; n < MSRS.size(); n++) {
            int msr = MSRS.get(n);
            host.cpu.system.msrs.read(msr, value);
            for (long list : new long[] {page, page + HOST}) {
                host.memory.write(list + ((long) n * ENTRY), 8, Integer.toUnsignedLong(msr));
                host.memory.write(list + ((long) n * ENTRY) + VALUE, 8, value[0]);
            }
        }
        vmcs.write(VmcsField.VM_EXIT_MSR_STORE_ADDRESS, page);
        vmcs.write(VmcsField.VM_EXIT_MSR_STORE_COUNT, MSRS.size());
        vmcs.write(VmcsField.VM_ENTRY_MSR_LOAD_ADDRESS, page);
        vmcs.write(VmcsField.VM_ENTRY_MSR_LOAD_COUNT, MSRS.size());
        vmcs.write(VmcsField.VM_EXIT_MSR_LOAD_ADDRESS, page + HOST);
        vmcs.write(VmcsField.VM_EXIT_MSR_LOAD_COUNT, MSRS.size());
    }

    private long address(int msr) {
        return page + ((long) MSRS.indexOf(msr) * ENTRY) + VALUE;
    }

    /** What the guest has in an MSR of the list. */
    long read(int msr) {
        return host.memory.read(address(msr), 8);
    }

    /** What the guest is to have in it. */
    void write(int msr, long value) {
        host.memory.write(address(msr), 8, value);
    }

    void destroy() {
        host.free(page);
    }
}
