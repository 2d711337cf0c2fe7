package org.thirdmode.testkit.invariant;

/**
 * I15: Exit information equals an independent oracle's. Each exit of a nested guest is judged when it happens; see also {@link
 * org.thirdmode.testkit.exit.ExitInformation}.
 */
public final class ExitsTellTheTruth implements Invariant {
    @Override
    public String id() {
        return "I15";
    }

    @Override
    public String statement() {
        return "Exit information equals an independent oracle's.";
    }
}
