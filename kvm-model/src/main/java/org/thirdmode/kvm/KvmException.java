package org.thirdmode.kvm;

/** A call of the API that cannot be: what the kernel would answer by an error number. */
public abstract sealed class KvmException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private KvmException(String line) {
        super(line);
    }

    /** A slot's address, size or offset is no multiple of a page. EINVAL. */
    public static final class MisalignedSlot extends KvmException {
        private static final long serialVersionUID = 1;

        MisalignedSlot(String slot) {
            super(slot + ": address, size and offset must be multiples of 4096");
        }
    }

    /** A slot does not end below the end of the address space. EINVAL. */
    public static final class SlotBeyondAddressWidth extends KvmException {
        private static final long serialVersionUID = 1;

        SlotBeyondAddressWidth(String slot, int width) {
            super(slot + ": lies beyond the " + width + " bits of a physical address");
        }
    }

    /** Two slots claim the same guest frame. EEXIST. */
    public static final class OverlappingSlots extends KvmException {
        private static final long serialVersionUID = 1;

        OverlappingSlots(String slot, int other) {
            super(slot + ": overlaps slot " + other);
        }
    }

    /** A slot lies where the hypervisor has its own: real mode without unrestricted guest needs memory. EEXIST. */
    public static final class OverlappingPrivateSlot extends KvmException {
        private static final long serialVersionUID = 1;

        OverlappingPrivateSlot(String slot) {
            super(slot + ": overlaps the hypervisor's own memory for real mode");
        }
    }

    /** There is no slot of this number, or it has no dirty log. ENOENT. */
    public static final class NoSuchSlot extends KvmException {
        private static final long serialVersionUID = 1;

        NoSuchSlot(int number) {
            super("memory slot " + number + ": is no slot with a dirty log");
        }
    }

    /** There is a virtual CPU already. EEXIST. */
    public static final class VcpuExists extends KvmException {
        private static final long serialVersionUID = 1;

        VcpuExists() {
            super("this model's virtual machines have one virtual CPU");
        }
    }

    /** The host has a virtual machine. */
    public static final class HostBusy extends KvmException {
        private static final long serialVersionUID = 1;

        HostBusy() {
            super("this model's hosts have one virtual machine; make a HostMachine for another");
        }
    }

    /** The virtual machine was destroyed. EBADF. */
    public static final class VmDestroyed extends KvmException {
        private static final long serialVersionUID = 1;

        public VmDestroyed() {
            super("the virtual machine was destroyed");
        }
    }

    /** Another thread runs the virtual CPU. A kernel lets the caller wait. */
    public static final class VcpuBusy extends KvmException {
        private static final long serialVersionUID = 1;

        public VcpuBusy(Thread other) {
            super("the virtual CPU runs on thread " + other.getName());
        }
    }
}
