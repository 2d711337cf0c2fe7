package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import org.junit.jupiter.api.Test;

class StandardOutput {
    private final BareStub machine = new BareStub(new Outcome.Exited(0));

    @Test
    void carriesTheSerialPortAndNothingElse() {
        CommandLineCase run = CommandLineCase.of(machine, "run", "--on", "bare", "kernel");
        assertEquals("hello\nworld", run.out());
    }

    @Test
    void staysCleanWhenTheScreenIsAskedFor() {
        CommandLineCase run = CommandLineCase.of(machine, "run", "--screen", "kernel");
        assertEquals("hello\nworld", run.out());
        assertTrue(run.err().contains("the text screen\n"), run.err());
    }

    @Test
    void theTableOfCountsGoesToStandardErrorWithoutTheZeros() {
        CommandLineCase run = CommandLineCase.of(machine, "run", "kernel");
        assertTrue(run.err().contains("instructions         1,234,567\n"), run.err());
        assertFalse(run.err().contains("interrupts"), run.err());
    }

    @Test
    void aReaderWhoGoesAwayEndsTheRunAsSigpipeWould() {
        OutputStream closed = new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        assertEquals(141, CommandLineCase.run(machine, closed, OutputStream.nullOutputStream(), "run", "kernel"));
    }
}
