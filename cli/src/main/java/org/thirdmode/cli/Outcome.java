package org.thirdmode.cli;

/** How a run ended. */
sealed interface Outcome {
    /** The status of the program. */
    int status();

    /** In words, for the last line of the table. */
    String words();

    /** The guest ended the run itself, by a value written to port 0xf4 or by switching the power off (0). */
    record Exited(int status) implements Outcome {
        @Override
        public String words() {
            return "the guest ended with status " + status;
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

    /** The processor shut down: a fault while it delivered a double fault. */
    record TripleFault() implements Outcome {
        @Override
        public int status() {
            return ExitStatus.TRIPLE_FAULT;
        }

        @Override
        public String words() {
            return "triple fault: the processor shut down";
        }
    }

    /** The model found itself in a state that no machine has. */
    record Bug(String what) implements Outcome {
        @Override
        public int status() {
            return ExitStatus.MODEL_BUG;
        }

        @Override
        public String words() {
            return "a bug of the model, please report it: " + what;
        }
    }
}
