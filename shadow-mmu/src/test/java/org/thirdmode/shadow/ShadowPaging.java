package org.thirdmode.shadow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.thirdmode.shadow.GuestWorld.Mode;
import org.thirdmode.shadow.GuestWorld.Outcome;
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

    private static void run(Strategy strategy, Mode mode, HostFormat host, long seed, boolean flushes) {
        Assume.that(mode == Mode.NONE || mode.ordinal() + 1 <= host.guestLevels);
        GuestWorld world = new GuestWorld(strategy, mode, host, seed);
        for (int step = 0; step < STEPS; step++) {
            String what = "step " + step + " of seed " + seed + ": ";
            switch (world.random.nextInt(10)) {
                case 0, 1, 2 -> writeEntry(world, what);
                case 3 -> world.loadCr3();
                case 4 -> world.changeRegisters();
                default -> access(world, what, flushes);
            }
            assertEquals(List.of(), world.violations(), () -> what + world);
            if (flushes) {
                world.mmu.flushGuest();
            }
        }
        world.mmu.destroy();
        assertEquals(0, world.hostPagesOut, "host pages that never came back");
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

    private static void access(GuestWorld world, String what, boolean flushes) {
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
