package org.thirdmode.kvm.vmx;

import java.util.function.LongConsumer;
import org.thirdmode.kvm.HardwareTables;
import org.thirdmode.kvm.HostMachine;
import org.thirdmode.kvm.mmu.ModificationLog;
import org.thirdmode.kvm.mmu.TdpFormat;
import org.thirdmode.kvm.mmu.TdpHardware;
import org.thirdmode.vmx.capability.Capability;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmcsField;

/** What of a VMCS is about EPT: the pointer's attributes, and page-modification logging. */
final class Ept implements ModificationLog {
    private static final int WRITE_BACK = 6;
    private static final int LENGTH_SHIFT = 3;
    private static final int ACCESSED_AND_DIRTY = 1 << 6;
    private static final int LOG_ENTRIES = 512;

    private final HostMachine host;
    private final VmcsFields vmcs;
    private final long secondary;
    private final TdpHardware hardware;
    private final VmxCapabilities capabilities;
    private long logPage;

    /**
     * EPT as a processor has it.
     *
     * @param secondary the secondary processor-based controls without logging
     */
    Ept(HostMachine host, VmcsFields vmcs, long secondary) {
        this.host = host;
        this.vmcs = vmcs;
        this.secondary = secondary;
        capabilities = VmxCapabilities.of(host.cpu.profile);
        boolean longWalk = capabilities.has(Capability.EPT_WALK_LENGTH_5);
        boolean logs = capabilities.has(SecondaryProcessorBased.ENABLE_PML);
        hardware = new TdpHardware(
                TdpFormat.ept(longWalk ? host.memory.addressWidth() : 48),
                capabilities.has(Capability.EPT_ACCESSED_AND_DIRTY),
                capabilities.has(Capability.EPT_1_GBYTE_PAGES)
                        ? 30
                        : capabilities.has(Capability.EPT_2_MBYTE_PAGES) ? 21 : 12,
                logs ? this : NONE);
    }

    TdpHardware hardware() {
        return hardware;
    }

    /** The EPT pointer for a table. SDM 3C "Extended-Page-Table Pointer (EPTP)". */
    long pointer(long root) {
        int length = hardware.format().levels - 1;
        return root | WRITE_BACK | ((long) length << LENGTH_SHIFT) | (hardware.flags() ? ACCESSED_AND_DIRTY : 0);
    }

    /** What the hardware walks from a table. */
    HardwareTables.Ept tables(long root) {
        return new HardwareTables.Ept(
                pointer(root),
                capabilities.has(Capability.EPT_EXECUTE_ONLY),
                capabilities.has(Capability.EPT_2_MBYTE_PAGES),
                capabilities.has(Capability.EPT_1_GBYTE_PAGES));
    }

    @Override
    public void enable(boolean on) {
        if (logPage == 0) {
            logPage = host.allocate(false);
            vmcs.write(VmcsField.PML_ADDRESS, logPage);
            vmcs.write(VmcsField.PML_INDEX, LOG_ENTRIES - 1L);
        }
        vmcs.write(
                VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS,
                on ? secondary | SecondaryProcessorBased.ENABLE_PML.mask : secondary);
    }

    /** The index goes down from 511, and is beyond both ends where the log is full. SDM 3C "Page-Modification Logging". */
    @Override
    public void drain(LongConsumer guestPhysical) {
        if (logPage == 0) {
            return;
        }
        int index = (short) vmcs.read(VmcsField.PML_INDEX);
        for (int n = LOG_ENTRIES - 1; n > index; n--) {
            guestPhysical.accept(host.memory.read(logPage + (8L * n), 8));
        }
        vmcs.write(VmcsField.PML_INDEX, LOG_ENTRIES - 1L);
    }

    void destroy() {
        if (logPage != 0) {
            host.free(logPage);
        }
    }
}
