package org.thirdmode.testkit.invariant;

import java.util.List;

/** I15: Exit information equals an independent oracle's. */
public final class ExitsTellTheTruth implements Invariant {
    @Override
    public String id() {
        return "I15";
    }

    @Override
    public String statement() {
        return "Exit information equals an independent oracle's.";
    }

    @Override
    public List<Violation> check(MmuState state) {
        // Each exit of a nested guest is judged when it happens (NestedHardware); see also
        // org.thirdmode.testkit.exit.ExitInformation.
        return List.of();
    }
}
