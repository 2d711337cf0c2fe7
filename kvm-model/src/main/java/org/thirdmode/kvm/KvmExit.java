package org.thirdmode.kvm;

import com.google.common.primitives.ImmutableIntArray;

/**
 * Why {@link Vcpu#run} came back: what user space has to do. KVM: {@code kvm_run.exit_reason}; a switch over it needs no
 * default.
 */
public sealed interface KvmExit {
    /**
     * IN or OUT: KVM_EXIT_IO.
     *
     * @param value what OUT writes; IN is answered by {@link Vcpu#answer}
     */
    record Io(int port, int size, boolean in, int value) implements KvmExit {}

    /**
     * Iterations of INS or OUTS with a repeat prefix, within one page: KVM_EXIT_IO with {@code string} and {@code count}. User
     * space does them one after the other, at {@link Vcpu#ticksOfExit} and the ticks that follow it, until something has
     * happened that the guest must see before the next, and tells by {@link Vcpu#completeString} how far it came.
     *
     * @param count at most so many
     * @param data what OUTS writes, a value an iteration; empty for INS
     */
    record StringIo(int port, int size, boolean in, int count, ImmutableIntArray data) implements KvmExit {}

    /**
     * An access to guest-physical memory that no slot backs, or a write to a read-only slot: KVM_EXIT_MMIO.
     *
     * @param value what is written; a read is answered by {@link Vcpu#answer}
     */
    record Mmio(long guestPhysical, int size, boolean write, long value) implements KvmExit {}

    /** HLT, or MWAIT: nothing to do until an interrupt. KVM_EXIT_HLT. */
    record Hlt() implements KvmExit {}

    /** The guest can take an interrupt now, as was asked for. KVM_EXIT_IRQ_WINDOW_OPEN. */
    record InterruptWindowOpen() implements KvmExit {}

    /** What {@link Vcpu#debugGuest} asked for: the guest is before the instruction at {@code linear}. KVM_EXIT_DEBUG. */
    record Debug(long linear) implements KvmExit {}

    /** A triple fault. KVM_EXIT_SHUTDOWN. */
    record Shutdown() implements KvmExit {}

    /** The host was interrupted: the time asked for has come. KVM_EXIT_INTR. */
    record Interrupted() implements KvmExit {}

    /** The hardware refused the guest's state. KVM_EXIT_FAIL_ENTRY. */
    record FailEntry(long hardwareReason, String explanation) implements KvmExit {}

    /** An exit that this hypervisor does not expect. KVM_EXIT_UNKNOWN. */
    record Unknown(String hardwareExit) implements KvmExit {}
}
