package org.thirdmode.vmx.exec;

import org.thirdmode.vmx.entry.EntryChecks;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.exec.Processor;

/**
 * The MSR-load and MSR-store areas: lists of 16 bytes an entry, the MSR's index in the first four, its value in the last
 * eight. SDM 3C "Loading MSRs", "Saving MSRs".
 */
final class MsrAreas {
    private static final int ENTRY_SIZE = 16;
    private static final int VALUE_OFFSET = 8;

    private static final int IA32_SMBASE = 0x9e;
    private static final int IA32_SMM_MONITOR_CTL = 0x9b;
    private static final int IA32_FS_BASE = 0xc000_0100;
    private static final int IA32_GS_BASE = 0xc000_0101;
    private static final int IA32_APIC_BASE = 0x1b;
    private static final long X2APIC_ENABLED = 0xc00;

    /** The recommended maximum of entries is so many times one more than IA32_VMX_MISC[27:25]; the next entry fails. */
    private static final long ENTRIES = 512;

    private final Vmx vmx;
    private final Processor cpu;
    private final Vmcs vmcs;
    private final long[] result = new long[1];

    MsrAreas(Vmx vmx) {
        this.vmx = vmx;
        cpu = vmx.cpu;
        vmcs = vmx.vmcs;
    }

    /**
     * VM entry.
     *
     * @return 0, or the number of the entry that failed, from 1
     */
    long loadGuest() {
        return load(vmcs.read(VmcsField.VM_ENTRY_MSR_LOAD_ADDRESS), vmcs.read(VmcsField.VM_ENTRY_MSR_LOAD_COUNT), true);
    }

    /** VM exit: false is a VMX abort. */
    boolean loadHost() {
        return load(vmcs.read(VmcsField.VM_EXIT_MSR_LOAD_ADDRESS), vmcs.read(VmcsField.VM_EXIT_MSR_LOAD_COUNT), false)
                == 0;
    }

    private long load(long address, long count, boolean entry) {
        for (long n = 0; n < count; n++) {
            if (n >= most()) {
                return n + 1;
            }
            long at = address + n * ENTRY_SIZE;
            long index = cpu.memory.read(at, 8);
            long value = cpu.memory.read(at + VALUE_OFFSET, 8);
            if (!loadable(index, entry) || !cpu.system.msrs.write((int) index, value)) {
                return n + 1;
            }
        }
        return 0;
    }

    private boolean loadable(long index, boolean entry) {
        if (entry) {
            return EntryChecks.msrLoading(vmx.facts.loading(index, true)) == null;
        }
        return index >>> 32 == 0
                && switch ((int) index) {
                    case IA32_FS_BASE, IA32_GS_BASE, IA32_SMM_MONITOR_CTL, IA32_SMBASE -> false;
                    default -> !isX2apic((int) index);
                };
    }

    private boolean isX2apic(int index) {
        return index >>> 8 == 8
                && cpu.apic.ownsMsr(IA32_APIC_BASE)
                && cpu.apic.readMsr(IA32_APIC_BASE, result)
                && (result[0] & X2APIC_ENABLED) == X2APIC_ENABLED;
    }

    private long most() {
        return ENTRIES * (((vmx.capabilities.misc >>> 25) & 7) + 1);
    }

    /** VM exit, after the guest state is saved: false is a VMX abort. */
    boolean store() {
        long address = vmcs.read(VmcsField.VM_EXIT_MSR_STORE_ADDRESS);
        long count = vmcs.read(VmcsField.VM_EXIT_MSR_STORE_COUNT);
        for (long n = 0; n < count; n++) {
            if (n >= most()) {
                return false;
            }
            long at = address + n * ENTRY_SIZE;
            long index = cpu.memory.read(at, 8);
            boolean possible = index >>> 32 == 0
                    && index != IA32_SMBASE
                    && !isX2apic((int) index)
                    && cpu.system.msrs.read((int) index, result);
            if (!possible) {
                return false;
            }
            cpu.memory.write(at + VALUE_OFFSET, 8, result[0]);
        }
        return true;
    }
}
