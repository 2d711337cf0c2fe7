package org.thirdmode.kvm;

/**
 * Where the interrupt controllers are: the 8259A pair, the I/O APIC and the local APIC. The other devices are user space's
 * always.
 */
public enum Irqchip {
    /** In user space, as in 2006: each access to them is a way out and back, each halt and each interrupt too. */
    USER,
    /** In the hypervisor: KVM_CREATE_IRQCHIP, Linux 2.6.23. */
    KERNEL;

    private static final long IO_APIC = 0xfec0_0000L;
    private static final long PAGE = -4096L;

    /**
     * Whether the hypervisor serves an exit itself, with its own interrupt controllers.
     *
     * @param localApic the address of the local APIC's registers
     * @param interrupt whether the local APIC has an interrupt for the guest
     */
    boolean serves(KvmExit exit, long localApic, boolean interrupt) {
        if (this == USER) {
            return false;
        }
        return switch (exit) {
            case KvmExit.Io io -> isController(io.port());
            case KvmExit.StringIo io -> isController(io.port());
            case KvmExit.Mmio(long address, int size, boolean write, long value) ->
                (address & PAGE) == IO_APIC || (address & PAGE) == (localApic & PAGE);
            case KvmExit.Hlt ignored -> true;
            case KvmExit.InterruptWindowOpen ignored -> true;
            case KvmExit.Interrupted ignored -> interrupt;
            case KvmExit.Debug ignored -> false;
            case KvmExit.Shutdown ignored -> false;
            case KvmExit.FailEntry ignored -> false;
            case KvmExit.Unknown ignored -> false;
        };
    }

    /** The ports of the 8259A pair and of their edge/level control. */
    private static boolean isController(int port) {
        return switch (port) {
            case 0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1 -> true;
            default -> false;
        };
    }
}
