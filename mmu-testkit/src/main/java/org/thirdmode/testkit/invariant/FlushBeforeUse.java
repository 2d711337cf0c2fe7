package org.thirdmode.testkit.invariant;

import java.util.List;

/** I10: Flush before a page is freed, and before relying on reduced permissions. */
public final class FlushBeforeUse implements Invariant {
    @Override
    public String id() {
        return "I10";
    }

    @Override
    public String statement() {
        return "What the hardware may still have cached is what the tables say, or a flush has been asked for.";
    }

    @Override
    public List<Violation> check(MmuState state) {
        return state.world.allHardware().stream()
                .flatMap(each -> each.unflushed(state.world.tables()).stream())
                .map(what -> new Violation(id(), what))
                .toList();
    }
}
