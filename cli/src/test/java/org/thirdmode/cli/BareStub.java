package org.thirdmode.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** A machine of which one knows beforehand what it prints, counts and ends with; it remembers what it was asked. */
final class BareStub implements Bare {
    static final Map<String, Long> COUNTS = new LinkedHashMap<>();

    static {
        COUNTS.put("instructions", 1_234_567L);
        COUNTS.put("page walks", 42L);
        COUNTS.put("interrupts", 0L);
    }

    final Outcome outcome;
    BareRun asked;

    BareStub(Outcome outcome) {
        this.outcome = outcome;
    }

    @Override
    public Report run(BareRun what, OutputStream serial) {
        asked = what;
        try {
            serial.write("hello\nworld".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return new Report(outcome, COUNTS, "the text screen\n");
    }
}
