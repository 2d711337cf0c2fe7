package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ExitStatuses {
    @Test
    void theGuestsOwnValueIsTheStatus() {
        assertEquals(0, statusOf(new Outcome.Exited(0)));
        assertEquals(7, statusOf(new Outcome.Exited(7)));
        assertEquals(255, statusOf(new Outcome.Exited(255)));
    }

    @Test
    void aValueThatNoStatusCanHoldDoesNotLookLikeSuccess() {
        assertEquals(255, statusOf(new Outcome.Exited(256)));
        assertEquals(255, statusOf(new Outcome.Exited(-1)));
    }

    @Test
    void powerOffIs0() {
        assertEquals(0, statusOf(new Outcome.PoweredOff()));
    }

    @Test
    void theBudgetIs124() {
        assertEquals(124, statusOf(new Outcome.BudgetReached()));
    }

    @Test
    void aTripleFaultIs125() {
        assertEquals(125, statusOf(new Outcome.TripleFault("at 0008:0")));
        assertEquals(125, statusOf(new Outcome.Reset("at 0008:0")));
    }

    @Test
    void aHypervisorThatCannotGoOnIs123() {
        assertEquals(123, statusOf(new Outcome.HypervisorFailed("why")));
    }

    @Test
    void aBugOfTheModelIs126() {
        assertEquals(126, statusOf(new Outcome.Bug("state", new IllegalStateException())));
    }

    @Test
    void anExceptionOfOursIs126AndShowsItsTrace() {
        CommandLineCase run = CommandLineCase.of(
                (what, serial) -> {
                    throw new IllegalStateException("out of step");
                },
                "run",
                "kernel");
        assertEquals(126, run.status());
        assertTrue(run.err().contains("out of step"), run.err());
    }

    @Test
    void helpAndVersionAre0() {
        assertEquals(
                0,
                CommandLineCase.of(new BareStub(new Outcome.Exited(1)), "--help")
                        .status());
        assertEquals(
                0,
                CommandLineCase.of(new BareStub(new Outcome.Exited(1)), "--version")
                        .status());
        assertEquals(
                0,
                CommandLineCase.of(new BareStub(new Outcome.Exited(1)), "run", "--help")
                        .status());
    }

    private static int statusOf(Outcome outcome) {
        return CommandLineCase.of(new BareStub(outcome), "run", "kernel").status();
    }
}
