package org.thirdmode.cli;

import java.nio.file.Path;

/** How a run ended. */
sealed interface Outcome {
    /** The status of the program. */
    int status();

    /** In words, for the last line of the table. */
    String words();

    /**
     * The guest wrote {@code value} to port 0xf4. A process has a status of 8 bits: larger values end as 255, so that none of
     * them looks like success.
     */
    record Exited(int value) implements Outcome {
        @Override
        public int status() {
            return Integer.compareUnsigned(value, 255) > 0 ? 255 : value;
        }

        @Override
        public String words() {
            return "the guest ended with status " + Integer.toUnsignedString(value);
        }
    }

    /** The guest switched the power off. */
    record PoweredOff() implements Outcome {
        @Override
        public int status() {
            return ExitStatus.OK;
        }

        @Override
        public String words() {
            return "the guest switched the power off";
        }
    }

    /** The guest halted where nothing can ever wake it. */
    record Halted() implements Outcome {
        @Override
        public int status() {
            return ExitStatus.OK;
        }

        @Override
        public String words() {
            return "the guest halted for good: nothing can wake it";
        }
    }

    /** The budget of instructions was used up. */
    record BudgetReached() implements Outcome {
        @Override
        public int status() {
            return ExitStatus.BUDGET_REACHED;
        }

        @Override
        public String words() {
            return "the budget of instructions was reached (--max-instructions)";
        }
    }

    /** The user ended the run, as with Ctrl-C. */
    record Interrupted() implements Outcome {
        @Override
        public int status() {
            return ExitStatus.INTERRUPTED;
        }

        @Override
        public String words() {
            return "interrupted";
        }
    }

    /** The user left the terminal, by Ctrl-A x. */
    record Left() implements Outcome {
        @Override
        public int status() {
            return ExitStatus.OK;
        }

        @Override
        public String words() {
            return "you left, by Ctrl-A x";
        }
    }

    /** The guest reset the machine, which was told to end then. */
    record Reset(String where) implements Outcome {
        @Override
        public int status() {
            return ExitStatus.TRIPLE_FAULT;
        }

        @Override
        public String words() {
            return "the guest reset the machine (--no-reboot), " + where;
        }
    }

    /** The processor shut down: a fault while it delivered a double fault. */
    record TripleFault(String where) implements Outcome {
        @Override
        public int status() {
            return ExitStatus.TRIPLE_FAULT;
        }

        @Override
        public String words() {
            return "triple fault: the processor shut down, " + where;
        }
    }

    /** The machine is in a file, as it was told to be after so many instructions. */
    record Saved(Path file, long instructions) implements Outcome {
        @Override
        public int status() {
            return ExitStatus.OK;
        }

        @Override
        public String words() {
            return "the machine was saved after " + instructions + " instructions; go on with --restore " + file;
        }
    }

    /** The hypervisor around the guest cannot go on: the processor refuses the guest, or exits for an unknown reason. */
    record HypervisorFailed(String explanation) implements Outcome {
        @Override
        public int status() {
            return ExitStatus.HYPERVISOR_FAILED;
        }

        @Override
        public String words() {
            return "the hypervisor cannot go on: " + explanation;
        }
    }

    /** The model found itself in a state that no machine has. */
    record Bug(String where, Throwable cause) implements Outcome {
        @Override
        public int status() {
            return ExitStatus.MODEL_BUG;
        }

        @Override
        public String words() {
            return "a bug of the model, please report it: " + where;
        }
    }
}
