package org.thirdmode.testkit.generate;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.thirdmode.shadow.HostFormat;
import org.thirdmode.testkit.action.Action;
import org.thirdmode.testkit.action.GuestAction;
import org.thirdmode.testkit.scenario.Scenario;
import org.thirdmode.testkit.scenario.TableEntry;
import org.thirdmode.testkit.world.ControlBit;
import org.thirdmode.testkit.world.Frames;
import org.thirdmode.testkit.world.GuestMode;
import org.thirdmode.testkit.world.Nesting;
import org.thirdmode.testkit.world.WorldSetup;

/** Random guests: a setup, tables that map a few addresses and much else, and what is done. All of it follows from the seed. */
public final class ScenarioGenerator {
    private static final long ALL = 0x67;
    private static final long WRITE = 2;
    private static final long USER = 4;
    private static final long ACCESSED = 0x20;
    private static final long DIRTY = 0x40;
    private static final long LARGE = 0x80;

    private static final Nesting[] NESTINGS = {Nesting.EPT, Nesting.EPT_FLAGS, Nesting.EPT_LOG, Nesting.NPT};

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
        List<TableEntry> ways = new ArrayList<>();
        for (long linear : addresses.hot()) {
            map(setup.mode(), linear, ways);
        }
        List<TableEntry> tables = others(setup.mode(), entries, addresses);
        ActionGenerator generator = new ActionGenerator(random, setup, habits, entries, addresses, ways);
        List<Action> list = new ArrayList<>();
        if (habits.agile()) {
            asKernelsRun(list);
        }
        while (list.size() < actions) {
            list.add(generator.next());
        }
        tables.addAll(0, ways);
        return new Scenario(setup, tables, list);
    }

    /** Under agile paging a guest's tables are shadowed only while it protects its own pages from itself, as all kernels do. */
    private void asKernelsRun(List<Action> list) {
        if (random.nextInt(8) > 0) {
            list.add(new GuestAction.Toggle(ControlBit.WP));
        }
        if (random.nextBoolean()) {
            list.add(new GuestAction.Toggle(ControlBit.NXE));
        }
    }

    private WorldSetup setup() {
        while (true) {
            WorldSetup setup = new WorldSetup(
                    habits.agile() && random.nextInt(8) > 0 ? GuestMode.LEVEL_4 : any(GuestMode.values()),
                    habits.agile() && random.nextInt(8) > 0 ? HostFormat.LEVEL_4 : any(HostFormat.values()),
                    habits.agile() ? Nesting.AGILE : habits.nested() ? any(NESTINGS) : Nesting.NONE,
                    habits.vcpus() > 1 && random.nextInt(3) == 0 ? 2 + random.nextInt(habits.vcpus() - 1) : 1,
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

    private List<TableEntry> others(GuestMode mode, EntryGenerator entries, Addresses addresses) {
        List<TableEntry> tables = new ArrayList<>();
        if (mode == GuestMode.NONE) {
            return tables;
        }
        for (int i = random.nextInt(6); i > 0; i--) {
            // Tables that nobody can write.
            int gfn = Frames.READ_ONLY + random.nextInt(Frames.READ_ONLY_PAGES);
            int level = 1 + random.nextInt(mode.levels);
            int index = addresses.index(mode.entries(level), false);
            tables.add(new TableEntry(level, gfn, index, mode.entrySize, entries.entry(mode, level)));
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
        if (mode == GuestMode.NONE) {
            return;
        }
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
            if (level == 2 && mode.levels > 2 && random.nextInt(4) == 0) {
                long region = random.nextInt(3) == 0 ? Frames.HIGH : Frames.LARGE;
                tables.add(new TableEntry(level, table, index, mode.entrySize, (region << 12) | ALL | LARGE));
                return;
            }
            List<Integer> below = level > 1 ? Frames.tables(level - 1) : List.of();
            long next = level > 1 ? below.get(random.nextInt(below.size())) : Frames.DATA + random.nextInt(4);
            if (level > 1 && random.nextInt(12) == 0) {
                next = (long) Frames.READ_ONLY + random.nextInt(Frames.READ_ONLY_PAGES);
            }
            boolean pdpte = mode == GuestMode.PAE && level == 3;
            long less = switch (random.nextInt(8)) {
                case 0 -> USER;
                case 1 -> WRITE;
                case 2 -> level == 1 ? DIRTY : 0;
                case 3 -> ACCESSED;
                default -> 0;
            };
            tables.add(new TableEntry(level, table, index, mode.entrySize, (next << 12) | (pdpte ? 1 : ALL & ~less)));
            table = next;
        }
    }
}
