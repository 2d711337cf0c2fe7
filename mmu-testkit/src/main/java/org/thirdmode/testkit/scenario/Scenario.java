package org.thirdmode.testkit.scenario;

import java.util.List;
import java.util.stream.Collectors;
import org.thirdmode.testkit.action.Action;
import org.thirdmode.testkit.action.HostAction;
import org.thirdmode.testkit.world.WorldSetup;

/**
 * A guest's life, complete: run twice, it is the same twice.
 *
 * @param tables what its tables hold in the beginning, beside the least that {@link org.thirdmode.testkit.world.Frames} tells of
 */
public record Scenario(WorldSetup setup, List<TableEntry> tables, List<Action> actions) {
    public Scenario {
        tables = List.copyOf(tables);
        actions = List.copyOf(actions);
    }

    /** Whether user space writes tables behind everybody's back: then only the MMU's books are looked at. */
    public boolean tampers() {
        return actions.stream().anyMatch(HostAction.Tamper.class::isInstance);
    }

    @Override
    public String toString() {
        String entries = tables.stream().map(e -> "\n  " + e).collect(Collectors.joining());
        StringBuilder steps = new StringBuilder();
        for (int n = 0; n < actions.size(); n++) {
            steps.append(String.format("%n%3d %s", n + 1, actions.get(n)));
        }
        return setup + (tables.isEmpty() ? "" : ", in whose tables there is" + entries) + steps;
    }
}
