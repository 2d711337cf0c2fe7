package org.thirdmode.cli;

import java.util.LinkedHashMap;
import java.util.List;
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
    public Report run(BareRun what, SerialOutput serial) {
        asked = what;
        "hello\nworld".chars().forEach(serial::write);
        return new Report(outcome, COUNTS, List.of("the text screen"));
    }
}
