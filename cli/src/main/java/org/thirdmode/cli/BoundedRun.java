package org.thirdmode.cli;

import java.util.OptionalLong;
import org.thirdmode.cli.operator.Operator;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.time.GuestClock;

/**
 * Runs a machine until it ends, until its budget of instructions is used up exactly, or until the thread is interrupted.
 *
 * <p>The machine's time counts ticks, those of an executed instruction and the time that the processor sleeps; the budget counts
 * instructions alone. So that a sleep which nothing ever ends does not outlive every budget, a guest minute of it does.
 */
final class BoundedRun {
    private static final long LONGEST_SLEEP = 60 * GuestClock.TICKS_PER_SECOND;

    private final Machine machine;
    private final Processor processor;
    private final Pace pace;
    private final SerialOutput serial;
    private final Operator operator;

    BoundedRun(Machine machine, Pace pace, SerialOutput serial, Operator operator) {
        this.machine = machine;
        this.processor = machine.processor();
        this.pace = pace;
        this.serial = serial;
        this.operator = operator;
    }

    Outcome run(OptionalLong budget) {
        long end = budget.orElse(Long.MAX_VALUE);
        long asleepSince = processor.now();
        while (true) {
            long before = processor.instructions();
            if (before >= end) {
                return new Outcome.BudgetReached();
            }
            long ticks = processor.activity == Processor.Activity.ACTIVE
                    ? machine.ticksOf(Math.min(Math.min(end - before, pace.instructions()), operator.patience()))
                    : Math.min(ticksToNextDeadline(), operator.patience());
            long begin = processor.now();
            pace.before(processor);
            MachineOutcome outcome = machine.run(ticks);
            serial.flush();
            if (outcome instanceof MachineOutcome.Halted
                    && (processor.state.systemFlags & Rflags.IF) != 0
                    && operator.wake()) {
                continue;
            }
            if (!(outcome instanceof MachineOutcome.BudgetReached)) {
                return ended(outcome, processor.state);
            }
            if (!operator.look(processor.now() - begin - machine.ticksOf(processor.instructions() - before))) {
                return new Outcome.Left();
            }
            if (processor.instructions() != before) {
                asleepSince = processor.now();
            } else if (budget.isPresent() && processor.now() - asleepSince > LONGEST_SLEEP) {
                return new Outcome.BudgetReached();
            }
            if (Thread.interrupted()) {
                return new Outcome.Interrupted();
            }
        }
    }

    private long ticksToNextDeadline() {
        long deadline = machine.board().clock().nextDeadline();
        return deadline == GuestClock.NEVER ? LONGEST_SLEEP : Math.max(1, deadline - processor.now());
    }

    /** What that means to the user, of a guest with these registers. */
    static Outcome ended(MachineOutcome outcome, CpuState state) {
        return switch (outcome) {
            case MachineOutcome.Exited(int value) -> new Outcome.Exited(value);
            case MachineOutcome.PoweredOff() -> new Outcome.PoweredOff();
            case MachineOutcome.Halted() -> new Outcome.Halted();
            case MachineOutcome.TripleFault() -> new Outcome.TripleFault(where(state));
            case MachineOutcome.Reset() -> new Outcome.Reset(where(state));
            case MachineOutcome.BudgetReached() -> new Outcome.BudgetReached();
            case MachineOutcome.Interrupted() -> new Outcome.Interrupted();
            case MachineOutcome.HypervisorFailed(String explanation) -> new Outcome.HypervisorFailed(explanation);
        };
    }

    private static String where(CpuState state) {
        return String.format(
                "at %04x:%x, %d-bit code", state.segments[Segment.CS].selector, state.rip, state.codeWidth);
    }
}
