package org.thirdmode.testkit.generate;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.thirdmode.shadow.HostFormat;
import org.thirdmode.testkit.action.Action;
import org.thirdmode.testkit.action.GuestAction;
import org.thirdmode.testkit.action.Race;
import org.thirdmode.testkit.scenario.Scenario;
import org.thirdmode.testkit.scenario.TableEntry;
import org.thirdmode.testkit.world.WorldSetup;
import org.thirdmode.x86.paging.Access;

/** What is simpler than a scenario: fewer steps first, then fewer table entries, then plainer ones. */
public final class Simplifier {
    private Simplifier() {}

    /** The scenarios one step simpler, the most promising first. */
    public static Stream<Scenario> simpler(Scenario scenario) {
        return Stream.concat(
                Stream.concat(fewerActions(scenario), fewerEntries(scenario)),
                Stream.concat(plainerSetup(scenario), plainerActions(scenario)));
    }

    /** What is left to take away. */
    public static int size(Scenario scenario) {
        int size = 16 * scenario.actions().size() + 8 * scenario.tables().size();
        WorldSetup setup = scenario.setup();
        size += (setup.modelledTlb() ? 1 : 0)
                + (setup.largeHostPages() ? 1 : 0)
                + (setup.flushes() ? 0 : 1)
                + setup.vcpus();
        size += setup.host() == HostFormat.LEVEL_4 ? 0 : 1;
        for (Action action : scenario.actions()) {
            size += action instanceof Race race
                    ? 4 * race.meanwhile().size()
                    : plainer(action).isEmpty() ? 0 : 1;
        }
        return size;
    }

    private static Stream<Scenario> fewerActions(Scenario s) {
        return without(s.actions()).map(actions -> new Scenario(s.setup(), s.tables(), actions));
    }

    private static Stream<Scenario> fewerEntries(Scenario s) {
        return without(s.tables()).map((List<TableEntry> tables) -> new Scenario(s.setup(), tables, s.actions()));
    }

    /** The list without its second half, its first, each quarter, and so on down to each element. */
    private static <T> Stream<List<T>> without(List<T> list) {
        List<List<T>> shorter = new ArrayList<>();
        for (int chunk = list.size() / 2; chunk >= 1; chunk /= 2) {
            for (int end = list.size(); end - chunk >= 0; end -= chunk) {
                List<T> rest = new ArrayList<>(list.subList(0, end - chunk));
                rest.addAll(list.subList(end, list.size()));
                shorter.add(rest);
            }
        }
        if (list.size() == 1) {
            shorter.add(List.of());
        }
        return shorter.stream();
    }

    private static Stream<Scenario> plainerSetup(Scenario scenario) {
        WorldSetup s = scenario.setup();
        return Stream.of(
                        s.withVcpus(1),
                        s.withModelledTlb(false),
                        s.withLargeHostPages(false),
                        s.withFlushes(true),
                        s.withHost(HostFormat.LEVEL_4))
                .filter(plainer -> !plainer.equals(s) && plainer.possible())
                .map(plainer -> new Scenario(plainer, scenario.tables(), scenario.actions()));
    }

    private static Stream<Scenario> plainerActions(Scenario s) {
        List<Scenario> plainer = new ArrayList<>();
        for (int n = 0; n < s.actions().size(); n++) {
            for (Action action : plainer(s.actions().get(n))) {
                List<Action> actions = new ArrayList<>(s.actions());
                actions.set(n, action);
                plainer.add(new Scenario(s.setup(), s.tables(), actions));
            }
        }
        return plainer.stream();
    }

    private static List<Action> plainer(Action action) {
        if (action instanceof Race race) {
            List<Action> plainer = new ArrayList<>();
            plainer.add(race.first());
            without(race.meanwhile())
                    .filter(rest -> !rest.isEmpty())
                    .forEach(rest -> plainer.add(new Race(race.first(), race.moment(), rest)));
            return plainer;
        }
        if (action instanceof GuestAction.Touch t) {
            Action plain = new GuestAction.Touch(
                    t.linear() & -0x1000L, t.access(), 8, (t.access() & Access.WRITE) != 0 ? 1 : 0);
            return plain.equals(t) ? List.of() : List.of(plain);
        }
        if (action instanceof GuestAction.WriteEntry w && w.user()) {
            return List.of(new GuestAction.WriteEntry(w.level(), w.gfn(), w.index(), w.size(), w.entry(), false));
        }
        return List.of();
    }
}
