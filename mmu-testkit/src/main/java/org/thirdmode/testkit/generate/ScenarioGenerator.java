package org.thirdmode.testkit.generate;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.thirdmode.shadow.HostFormat;
import org.thirdmode.testkit.action.Action;
import org.thirdmode.testkit.scenario.Scenario;
import org.thirdmode.testkit.scenario.TableEntry;
import org.thirdmode.testkit.world.Frames;
import org.thirdmode.testkit.world.GuestMode;
import org.thirdmode.testkit.world.WorldSetup;

/** Random guests: a setup, tables that map a few addresses and much else, and what is done. All of it follows from the seed. */
public final class ScenarioGenerator {
    private static final long ALL = 0x67;

    private final Random random;
    private final Habits habits;

    public ScenarioGenerator(Random random, Habits habits) {
        this.random = random;
        this.habits = habits;
    }

    public Scenario next(int actions) {
        WorldSetup setup = setup();
        EntryGenerator entries = new EntryGenerator(random);
        Addresses addresses = new Addresses(random, setup.mode());
        List<TableEntry> tables = tables(setup.mode(), entries, addresses);
        ActionGenerator generator = new ActionGenerator(random, setup, habits, entries, addresses);
        List<Action> list = new ArrayList<>();
        while (list.size() < actions) {
            list.add(generator.next());
        }
        return new Scenario(setup, tables, list);
    }

    private WorldSetup setup() {
        while (true) {
            WorldSetup setup = new WorldSetup(
                    any(GuestMode.values()),
                    any(HostFormat.values()),
                    random.nextInt(4) > 0,
                    random.nextInt(4) == 0,
                    habits.alwaysFlushes() || random.nextInt(3) == 0);
            if (setup.possible() && (setup.mode() != GuestMode.NONE || random.nextInt(3) == 0)) {
                return setup;
            }
        }
    }

    private <T> T any(T[] values) {
        return values[random.nextInt(values.length)];
    }

    private List<TableEntry> tables(GuestMode mode, EntryGenerator entries, Addresses addresses) {
        List<TableEntry> tables = new ArrayList<>();
        if (mode == GuestMode.NONE) {
            return tables;
        }
        for (long linear : addresses.hot()) {
            map(mode, linear, tables);
        }
        for (int i = random.nextInt(12); i > 0; i--) {
            int level = 1 + random.nextInt(mode.levels);
            int index = addresses.index(mode.entries(level), level > 1);
            long table = entries.any(Frames.tables(level));
            tables.add(new TableEntry(level, table, index, mode.entrySize, entries.entry(mode, level)));
        }
        return tables;
    }

    /** A way from the first top table to a page of data, through tables of the custom, where the window does not stand. */
    private void map(GuestMode mode, long linear, List<TableEntry> tables) {
        long table = Frames.tables(mode.levels).getFirst();
        for (int level = mode.levels; level >= 1; level--) {
            int index = mode.index(linear, level);
            if (level > 1 && index == 0) {
                // Entry 0 is the window's way, and is there.
                table = level == 2
                        ? Frames.WINDOW_TABLE
                        : Frames.tables(level - 1).getFirst();
                continue;
            }
            if (level == 1 && table == Frames.WINDOW_TABLE && index < Frames.RAM) {
                return;
            }
            List<Integer> below = level > 1 ? Frames.tables(level - 1) : List.of();
            long next = level > 1 ? below.get(random.nextInt(below.size())) : Frames.DATA + random.nextInt(4);
            boolean pdpte = mode == GuestMode.PAE && level == 3;
            tables.add(new TableEntry(level, table, index, mode.entrySize, (next << 12) | (pdpte ? 1 : ALL)));
            table = next;
        }
    }
}
