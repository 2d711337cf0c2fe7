package org.thirdmode.testkit.generate;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.thirdmode.shadow.Others;
import org.thirdmode.testkit.action.Action;
import org.thirdmode.testkit.action.GuestAction;
import org.thirdmode.testkit.action.HostAction;
import org.thirdmode.testkit.action.Race;
import org.thirdmode.testkit.scenario.TableEntry;
import org.thirdmode.testkit.world.ControlBit;
import org.thirdmode.testkit.world.Frames;
import org.thirdmode.testkit.world.GuestMode;
import org.thirdmode.testkit.world.InvpcidType;
import org.thirdmode.testkit.world.SlotName;
import org.thirdmode.testkit.world.WorldSetup;
import org.thirdmode.x86.paging.Access;

/** What a random guest and its host do next. */
public final class ActionGenerator {
    private static final int[] ACCESSES = {
        Access.READ,
        Access.READ,
        Access.WRITE,
        Access.WRITE,
        Access.FETCH,
        Access.USER,
        Access.USER | Access.WRITE,
        Access.USER | Access.WRITE,
        Access.USER | Access.FETCH,
        Access.IMPLICIT,
        Access.IMPLICIT | Access.WRITE
    };

    private static final long PS = 0x80;
    private static final long FLAGS = 0x1ff;

    private final Random random;
    private final WorldSetup setup;
    private final Habits habits;
    private final EntryGenerator entries;
    private final Addresses addresses;
    private final Moods moods;

    /** Where the way to the addresses that come again stands; the kinds of access and the register bits of this guest. */
    private final List<TableEntry> ways;

    private final List<Integer> kinds = new ArrayList<>();
    private final List<ControlBit> bits = new ArrayList<>();
    private GuestMode mode;

    /** What the guest accessed last. */
    private long last;

    /** Comes next, whatever the mood. */
    private Action soon;

    /** Slots that are gone. */
    private final Set<SlotName> gone = EnumSet.noneOf(SlotName.class);

    ActionGenerator(
            Random random,
            WorldSetup setup,
            Habits habits,
            EntryGenerator entries,
            Addresses addresses,
            List<TableEntry> ways) {
        this.random = random;
        this.setup = setup;
        this.habits = habits;
        this.entries = entries;
        this.addresses = addresses;
        moods = new Moods(random, habits, setup.vcpus());
        this.ways = ways;
        last = addresses.next();
        for (int i = 3 + random.nextInt(6); i > 0; i--) {
            kinds.add(ACCESSES[random.nextInt(ACCESSES.length)]);
        }
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            bits.add(ControlBit.values()[random.nextInt(ControlBit.values().length)]);
        }
        if (random.nextInt(6) == 0) {
            // What a kernel may write with the one clear, it may fetch from only with the other clear.
            bits.addAll(List.of(ControlBit.WP, ControlBit.SMEP));
            kinds.addAll(List.of(Access.WRITE, Access.FETCH));
        }
        mode = setup.mode();
    }

    /** One action. */
    public Action next() {
        if (soon != null) {
            Action due = soon;
            soon = null;
            return due;
        }
        return switch (moods.next()) {
            case WRITE_ENTRY -> writeEntry();
            case WRITE_IN_TABLE -> writeInTable();
            case LOAD_CR3 -> new GuestAction.LoadCr3(random.nextInt(2), pcid(), random.nextBoolean());
            case INVPCID -> invpcid();
            case REGISTERS -> registers();
            case FLUSH -> new GuestAction.FlushAll();
            case INVLPG -> new GuestAction.Invlpg(addresses.next());
            case SWITCH_MODE -> switchMode();
            case RACE -> race();
            case AGE -> new HostAction.Age(slot());
            case TURN -> new GuestAction.Turn(random.nextInt(setup.vcpus()));
            case DIRTY_LOG -> random.nextInt(5) == 0 ? new HostAction.StopLog(slot()) : new HostAction.ReadLog(slot());
            case SLOTS -> slots();
            case RECLAIM -> reclaim();
            case DEVICE_WRITE -> deviceWrite();
            case TAMPER -> tamper();
            case TOUCH -> touch();
        };
    }

    /** Something that has a moment in which others may act, and what they do. */
    private Action race() {
        Others.Moment moment = any(Others.Moment.values());
        Action first = switch (moment) {
            case GUEST_WALKED -> random.nextInt(4) == 0 ? writeEntry() : touch();
            case GUEST_ENTRY_READ -> new GuestAction.Invlpg(raced());
            case ENTRY_READ -> random.nextBoolean() ? new HostAction.ReadLog(busy()) : new HostAction.Age(busy());
            case LOCK_GIVEN_UP -> removed(random.nextBoolean() ? SlotName.LARGE : slot());
        };
        List<Action> meanwhile = new ArrayList<>();
        if (setup.vcpus() > 1 && random.nextInt(3) > 0) {
            meanwhile.add(new GuestAction.Turn(random.nextInt(setup.vcpus())));
        }
        if (moment == Others.Moment.GUEST_ENTRY_READ && random.nextBoolean()) {
            meanwhile.addAll(List.of(tableEntryByDevice(), new GuestAction.Invlpg(last)));
        }
        int most = moment == Others.Moment.ENTRY_READ ? 4 : 2;
        for (int n = 1 + random.nextInt(most); n > 0; n--) {
            meanwhile.add(moment == Others.Moment.ENTRY_READ ? touch() : meanwhile());
        }
        again();
        return new Race(first, moment, meanwhile);
    }

    /** An address that others are about to look at too. */
    private long raced() {
        last = addresses.next();
        return last;
    }

    private Action meanwhile() {
        return switch (random.nextInt(10)) {
            case 0, 1 -> touch();
            case 2, 3 -> writeEntry();
            case 4 -> new GuestAction.Invlpg(random.nextBoolean() ? last : addresses.next());
            case 5 -> reclaim();
            case 6 -> new HostAction.ReadLog(slot());
            default -> tableEntryByDevice();
        };
    }

    /** A device, or another virtual CPU's program of which nothing else is known, writes an entry of a table. */
    private Action tableEntryByDevice() {
        if (ways.isEmpty() || mode != setup.mode()) {
            return deviceWrite();
        }
        TableEntry way = random.nextBoolean() ? ways.getLast() : ways.get(random.nextInt(ways.size()));
        return new HostAction.DeviceWrite(way.guestPhysical(), way.size(), entries.entry(mode, way.level()));
    }

    private <T> T any(T[] values) {
        return values[random.nextInt(values.length)];
    }

    /** The slot of the guest's tables and most of its data, or any. */
    private SlotName busy() {
        return random.nextBoolean() ? SlotName.RAM : slot();
    }

    private SlotName slot() {
        SlotName[] slots = SlotName.values();
        return slots[random.nextInt(slots.length)];
    }

    private Action slots() {
        if (!gone.isEmpty() && random.nextInt(3) > 0) {
            SlotName back = gone.iterator().next();
            gone.remove(back);
            again();
            return new HostAction.AddSlot(back);
        }
        SlotName slot = slot();
        return removed(slot == SlotName.RAM && random.nextInt(4) > 0 ? SlotName.LARGE : slot);
    }

    private Action removed(SlotName slot) {
        gone.add(slot);
        again();
        return new HostAction.RemoveSlot(slot);
    }

    /** Often what was accessed last is accessed next, by whatever access: what has changed shows there. */
    private void again() {
        if (random.nextBoolean()) {
            soon = new GuestAction.Touch(last, access(), 1 << random.nextInt(4), random.nextLong() & 0xff);
        }
    }

    private Action reclaim() {
        return switch (random.nextInt(3)) {
            case 0 -> new HostAction.Budget(habits.leastBudget() + (random.nextBoolean() ? 0 : random.nextInt(40)));
            case 1 -> new HostAction.ZapAll();
            default -> new HostAction.Unprotect(addresses.next());
        };
    }

    /** Another large page, or another table, where the guest's kernel knows of nothing. */
    private Action tamper() {
        if (mode.levels < 2) {
            return touch();
        }
        List<TableEntry> large = ways.stream()
                .filter(way -> way.level() == 2 && (way.entry() & PS) != 0)
                .toList();
        if (!large.isEmpty() && mode == setup.mode() && random.nextInt(4) > 0) {
            TableEntry way = large.get(random.nextInt(large.size()));
            long region = random.nextBoolean() ? Frames.LARGE : Frames.LARGE + 512;
            return new HostAction.Tamper(way.guestPhysical(), way.size(), (way.entry() & FLAGS) | (region << 12));
        }
        int level = 2 + random.nextInt(mode.levels - 1);
        int index = addresses.index(mode.entries(level), true);
        long table = (long) entries.any(Frames.tables(level)) << 12;
        return new HostAction.Tamper(
                table + ((long) index * mode.entrySize), mode.entrySize, entries.entry(mode, level));
    }

    /** Often where it was before: what has changed meanwhile shows there. */
    private Action touch() {
        last = random.nextBoolean() ? addresses.next() : last;
        return new GuestAction.Touch(last, access(), 1 << random.nextInt(4), random.nextLong() & 0xff);
    }

    private int access() {
        return kinds.get(random.nextInt(kinds.size()));
    }

    private Action writeEntry() {
        if (mode == GuestMode.NONE) {
            return touch();
        }
        boolean user = random.nextInt(6) == 0;
        if (!ways.isEmpty() && mode == setup.mode() && random.nextBoolean()) {
            TableEntry way = ways.get(random.nextInt(ways.size()));
            long entry = random.nextInt(4) == 0 ? way.entry() : entries.entry(mode, way.level());
            again();
            return new GuestAction.WriteEntry(way.level(), way.gfn(), way.index(), mode.entrySize, entry, user);
        }
        int level = random.nextInt(2) == 0 ? 1 : 1 + random.nextInt(mode.levels);
        return new GuestAction.WriteEntry(
                level,
                entries.any(Frames.tables(level)),
                addresses.index(mode.entries(level), level > 1),
                mode.entrySize,
                entries.entry(mode, level),
                user);
    }

    /** Half an entry, a byte of it, or across two; never one that leads to the window. */
    private Action writeInTable() {
        if (mode == GuestMode.NONE) {
            return touch();
        }
        int level = 1 + random.nextInt(mode.levels);
        int index = addresses.index(mode.entries(level), true);
        long table = (long) entries.any(Frames.tables(level)) << 12;
        long within = random.nextInt(2) == 0 ? random.nextInt(mode.entrySize) : random.nextInt(2) * 4L;
        return new GuestAction.WriteInTable(
                table + ((long) index * mode.entrySize) + within,
                1 << random.nextInt(4),
                entries.entry(mode, level) >>> (8 * random.nextInt(2)));
    }

    private int pcid() {
        return mode.levels > 3 ? random.nextInt(3) : 0;
    }

    private Action invpcid() {
        return mode.levels > 3
                ? new GuestAction.Invpcid(any(InvpcidType.values()), pcid(), addresses.next())
                : new GuestAction.Invlpg(addresses.next());
    }

    private Action registers() {
        again();
        if (random.nextInt(5) == 0) {
            return new GuestAction.Rights(random.nextBoolean(), random.nextInt() & random.nextInt() & 0x3f);
        }
        return new GuestAction.Toggle(random.nextInt(6) == 0 ? ControlBit.WP : bits.get(random.nextInt(bits.size())));
    }

    private Action switchMode() {
        GuestMode[] modes = GuestMode.values();
        GuestMode next = modes[random.nextInt(modes.length)];
        if (next.levels > setup.host().guestLevels) {
            return touch();
        }
        mode = next;
        addresses.mode(next);
        return new GuestAction.SwitchMode(next);
    }

    private Action deviceWrite() {
        // Not where the window's way is.
        long frame = 8L + random.nextInt(Frames.RAM - 8);
        int offset = 16 + random.nextInt(4096 - 16);
        return new HostAction.DeviceWrite((frame << 12) + offset, 1 << random.nextInt(4), random.nextLong());
    }
}
