package org.thirdmode.pc;

/** How a run ended. */
public sealed interface MachineOutcome {
    /** The guest wrote {@code value} to the exit port. */
    record Exited(int value) implements MachineOutcome {}

    /** The guest switched the power off, by ACPI or by the shutdown port. */
    record PoweredOff() implements MachineOutcome {}

    /** The processor halted where nothing can wake it: interrupts off, and no source of an NMI. */
    record Halted() implements MachineOutcome {}

    /** The guest has asked for a reset of the machine, which was to end then: {@link Board#endAtReset}. */
    record Reset() implements MachineOutcome {}

    /** The processor shut down: a triple fault. */
    record TripleFault() implements MachineOutcome {}

    /** The budget was reached; the machine can run on. */
    record BudgetReached() implements MachineOutcome {}

    /** Another thread asked the machine to stop; it can run on. */
    record Interrupted() implements MachineOutcome {}

    /**
     * The hypervisor around the machine cannot go on.
     *
     * @param explanation why, in one line
     */
    record HypervisorFailed(String explanation) implements MachineOutcome {}

    /** In a word or two. */
    default String words() {
        return switch (this) {
            case Exited(int value) -> "status " + Integer.toUnsignedString(value);
            case PoweredOff() -> "powered off";
            case Halted() -> "halted";
            case Reset() -> "reset by the guest";
            case TripleFault() -> "triple fault";
            case BudgetReached() -> "budget reached";
            case Interrupted() -> "interrupted";
            case HypervisorFailed(String explanation) -> explanation;
        };
    }
}
