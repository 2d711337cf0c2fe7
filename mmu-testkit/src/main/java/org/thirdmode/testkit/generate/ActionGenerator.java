package org.thirdmode.testkit.generate;

import java.util.Random;
import org.thirdmode.testkit.action.Action;
import org.thirdmode.testkit.action.GuestAction;
import org.thirdmode.testkit.action.HostAction;
import org.thirdmode.testkit.world.ControlBit;
import org.thirdmode.testkit.world.Frames;
import org.thirdmode.testkit.world.GuestMode;
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

    private final Random random;
    private final WorldSetup setup;
    private final Habits habits;
    private final EntryGenerator entries;
    private final Addresses addresses;
    private GuestMode mode;

    ActionGenerator(Random random, WorldSetup setup, Habits habits, EntryGenerator entries, Addresses addresses) {
        this.random = random;
        this.setup = setup;
        this.habits = habits;
        this.entries = entries;
        this.addresses = addresses;
        mode = setup.mode();
    }

    /** One action. */
    public Action next() {
        if (habits.hostActs() && random.nextInt(8) == 0) {
            return host();
        }
        return switch (random.nextInt(32)) {
            case 0, 1, 2, 3, 4, 5, 6, 7 -> writeEntry();
            case 8 -> writeInTable();
            case 9, 10 -> new GuestAction.LoadCr3(random.nextInt(2));
            case 11, 12 -> registers();
            case 13 -> new GuestAction.FlushAll();
            case 14, 15, 16 -> new GuestAction.Invlpg(addresses.next());
            case 17 -> habits.modeSwitches() && random.nextInt(4) == 0 ? switchMode() : touch();
            default -> touch();
        };
    }

    private Action touch() {
        return new GuestAction.Touch(addresses.next(), access(), 1 << random.nextInt(4), random.nextLong() & 0xff);
    }

    private int access() {
        return ACCESSES[random.nextInt(ACCESSES.length)];
    }

    private Action writeEntry() {
        if (mode == GuestMode.NONE) {
            return touch();
        }
        int level = random.nextInt(2) == 0 ? 1 : 1 + random.nextInt(mode.levels);
        return new GuestAction.WriteEntry(
                level,
                entries.any(Frames.tables(level)),
                addresses.index(mode.entries(level), level > 1),
                mode.entrySize,
                entries.entry(mode, level),
                random.nextInt(4) == 0);
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

    private Action registers() {
        if (random.nextInt(5) == 0) {
            return new GuestAction.Rights(random.nextBoolean(), random.nextInt() & random.nextInt() & 0x3f);
        }
        ControlBit[] bits = ControlBit.values();
        return new GuestAction.Toggle(random.nextInt(3) == 0 ? ControlBit.WP : bits[random.nextInt(bits.length)]);
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

    private Action host() {
        SlotName[] slots = SlotName.values();
        SlotName slot = slots[random.nextInt(slots.length)];
        return switch (random.nextInt(16)) {
            case 0, 1, 2, 3 -> new HostAction.ReadLog(slot);
            case 4 -> new HostAction.StopLog(slot);
            case 5, 6 ->
                new HostAction.RemoveSlot(slot == SlotName.RAM && random.nextInt(4) > 0 ? SlotName.LARGE : slot);
            case 7, 8, 9 -> new HostAction.AddSlot(slot);
            case 10 -> new HostAction.Budget(habits.leastBudget() + random.nextInt(40));
            case 11 -> new HostAction.ZapAll();
            case 12, 13, 14 -> deviceWrite();
            default -> new HostAction.Unprotect(addresses.next());
        };
    }

    private Action deviceWrite() {
        // Not where the window's way is.
        long frame = 8L + random.nextInt(Frames.RAM - 8);
        int offset = 16 + random.nextInt(4096 - 16);
        return new HostAction.DeviceWrite((frame << 12) + offset, 1 << random.nextInt(4), random.nextLong());
    }
}
