package org.thirdmode.shadow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import java.util.Random;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.thirdmode.shadow.GuestWorld.Mode;
import org.thirdmode.shadow.GuestWorld.Outcome;
import org.thirdmode.shadow.GuestWorld.Slot;
import org.thirdmode.shadow.GuestWorld.Strategy;
import org.thirdmode.x86.paging.Access;

/**
 * What the guest meets is what its own tables say, where it has flushed what it changed: where an access goes, the faults and
 * their error codes, and the Accessed and Dirty flags in its tables.
 */
@Tag("property")
class ShadowPaging {
    private static final int STEPS = 120;

    @Property(tries = 150)
    void ofTheNaiveMmuIsThatOfTheGuestsTables(@ForAll Mode mode, @ForAll HostFormat host, @ForAll long seed) {
        run(Strategy.NAIVE, mode, host, seed, true);
    }

    @Property(tries = 150)
    void ofTheCachedMmuIsThatOfTheGuestsTablesEvenWithoutAFlush(
            @ForAll Mode mode, @ForAll HostFormat host, @ForAll long seed) {
        run(Strategy.CACHED, mode, host, seed, false);
    }

    @Property(tries = 150)
    void ofTheUnsyncMmuIsThatOfTheGuestsTables(@ForAll Mode mode, @ForAll HostFormat host, @ForAll long seed) {
        run(Strategy.UNSYNC, mode, host, seed, true);
    }

    @Property(tries = 150)
    void isThatOfTheGuestsTablesWhateverTheHypervisorDoesMeanwhile(
            @ForAll Strategy strategy, @ForAll Mode mode, @ForAll HostFormat host, @ForAll long seed) {
        GuestWorld world = world(strategy, mode, host, seed);
        for (int step = 0; step < STEPS; step++) {
            String what = "step " + step + " of seed " + seed + ": ";
            String did = "";
            if (world.random.nextInt(4) == 0) {
                did = hypervisorActs(world);
            } else {
                guestActs(world, what);
            }
            check(world, what + did);
            world.mmu.flushGuest();
        }
        end(world);
    }

    private static GuestWorld world(Strategy strategy, Mode mode, HostFormat host, long seed) {
        Assume.that(mode == Mode.NONE || mode.ordinal() + 1 <= host.guestLevels);
        return new GuestWorld(strategy, mode, host, seed);
    }

    private static void run(Strategy strategy, Mode mode, HostFormat host, long seed, boolean flushes) {
        GuestWorld world = world(strategy, mode, host, seed);
        for (int step = 0; step < STEPS; step++) {
            String what = "step " + step + " of seed " + seed + ": ";
            guestActs(world, what);
            check(world, what);
            if (flushes) {
                world.mmu.flushGuest();
            }
        }
        end(world);
    }

    private static void check(GuestWorld world, String what) {
        assertEquals(List.of(), world.violations(), () -> what + world);
        assertEquals(-1, world.writtenUnseen(), () -> what + world + ": a frame that the dirty log lacks");
    }

    private static void end(GuestWorld world) {
        world.mmu.destroy();
        assertEquals(0, world.hostPagesOut, "host pages that never came back");
        assertEquals(0, world.mmu.counters().pagesInUse);
    }

    private static void guestActs(GuestWorld world, String what) {
        switch (world.random.nextInt(10)) {
            case 0, 1, 2 -> writeEntry(world, what);
            case 3 -> world.loadCr3();
            case 4 -> world.changeRegisters();
            default -> access(world, what);
        }
    }

    private static String hypervisorActs(GuestWorld world) {
        Random random = world.random;
        Slot slot = world.slots.isEmpty() ? null : world.slots.get(random.nextInt(world.slots.size()));
        int what = random.nextInt(12);
        switch (what) {
            case 0, 1 -> {
                if (slot != null) {
                    world.readLog(slot);
                }
            }
            case 2 -> {
                if (slot != null) {
                    world.stopLog(slot);
                }
            }
            case 3 -> {
                if (slot != null) {
                    world.removeSlot(slot);
                    world.gone.add(slot);
                }
            }
            case 4, 5 -> {
                if (!world.gone.isEmpty()) {
                    world.addSlotLike(world.gone.removeLast());
                }
            }
            case 6 -> world.mmu.changeMmuPages(16 + random.nextInt(40));
            case 7 -> world.mmu.zapAll();
            case 8, 9 -> {
                long address = random.nextLong(GuestWorld.RAM * 4096L - 8);
                world.deviceWrites(address, 1 << random.nextInt(4), random.nextLong());
            }
            case 10 -> world.mmu.unprotectPageVirt(world.randomLinear());
            default -> {
                Mode[] modes = Mode.values();
                Mode mode = modes[random.nextInt(modes.length)];
                if (mode == Mode.NONE || mode.ordinal() + 1 <= world.host.guestLevels) {
                    world.setMode(mode);
                }
            }
        }
        return "act " + what + " ";
    }

    private static void writeEntry(GuestWorld world, String what) {
        if (world.levels() == 0) {
            return;
        }
        int level = 1 + world.random.nextInt(world.levels());
        long address = world.randomEntryAddress(level);
        int size = world.entrySize();
        long entry = world.randomEntry(level);
        int access = world.random.nextInt(3) == 0 ? Access.WRITE | Access.USER : Access.WRITE;
        world.guest.state.cpl = access == Access.WRITE ? 0 : 3;
        Outcome specified = world.specified(address, access);
        Outcome outcome = world.access(address, access, size, entry);
        assertEquals(specified, outcome, what + world);
    }

    private static void access(GuestWorld world, String what) {
        long linear = world.randomLinear();
        int access = world.randomAccess();
        int size = world.entrySize();
        String doing = what + world + String.format(", access %x to %x", access, linear);
        Outcome specified = world.specified(linear, access);
        Outcome outcome = world.access(linear, access, size, world.randomEntry(Math.max(1, world.levels())));
        assertEquals(specified, outcome, () -> doing + ", last " + world.lastResult);
        assertNull(world.difference(), doing + ": memory, last " + world.lastResult);
    }
}
