package org.thirdmode.testkit.strategy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.thirdmode.shadow.EntryCause;
import org.thirdmode.shadow.FaultResult;
import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.HostFormat;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.shadow.naive.NaiveMmu;
import org.thirdmode.shadow.unsync.UnsyncMmu;
import org.thirdmode.testkit.fuzz.Fuzzer;
import org.thirdmode.testkit.generate.Habits;
import org.thirdmode.testkit.invariant.AllInvariants;
import org.thirdmode.testkit.scenario.Scenario;
import org.thirdmode.testkit.world.Frames;
import org.thirdmode.testkit.world.GuestMode;
import org.thirdmode.testkit.world.GuestWorld;
import org.thirdmode.testkit.world.MmuMaker;
import org.thirdmode.testkit.world.Outcome;
import org.thirdmode.testkit.world.SlotName;
import org.thirdmode.testkit.world.TestSlot;
import org.thirdmode.testkit.world.WorldSetup;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.ModelBug;
import org.thirdmode.x86.state.Rflags;

/** What each strategy is known for, as its counters show it. */
class StrategiesOfTheirTime {
    /** The page table of the window: its entries from 64 on are free. */
    private static final long WINDOW_TABLE = 1L << 12;

    private static final long ALL = 0x67;
    private static final long DATA = (long) Frames.DATA << 12;

    private enum Strategy {
        NAIVE(NaiveMmu::new),
        CACHED(CachedMmu::new),
        UNSYNC(UnsyncMmu::new);

        private final MmuMaker maker;

        Strategy(MmuMaker maker) {
            this.maker = maker;
        }
    }

    private static GuestWorld world(Strategy strategy) {
        return world(strategy, GuestMode.LEVEL_4, HostFormat.LEVEL_4);
    }

    private static GuestWorld world(Strategy strategy, GuestMode mode, HostFormat host) {
        return new GuestWorld(WorldSetup.shadow(mode, host), strategy.maker);
    }

    /** Random guests of 64 bits, without a host that acts. */
    private static List<Scenario> guests() {
        return LongStream.range(0, 40)
                .mapToObj(seed -> Fuzzer.guest(Habits.GUEST_ALONE, seed))
                .filter(guest -> guest.setup().mode() == GuestMode.LEVEL_4)
                .toList();
    }

    private static Outcome read(GuestWorld world, long linear) {
        return world.access(linear, Access.READ, 8, 0);
    }

    private static Outcome write(GuestWorld world, long linear, long value) {
        return world.access(linear, Access.WRITE, 8, value);
    }

    /** The guest maps page {@code page} (64 and up) of its linear addresses, by writing its page table. */
    private static void map(GuestWorld world, int page, long entry) {
        write(world, WINDOW_TABLE + (8L * page), entry);
    }

    /** The guest's entry for page {@code page}. */
    private static long entry(GuestWorld world, int page) {
        GuestWalk walk = world.mmu.probe((long) page << 12, Access.READ);
        return walk.entries[walk.leafLevel];
    }

    @Test
    void theNaiveMmuForgetsAtEveryLoadOfCr3() {
        GuestWorld world = world(Strategy.NAIVE);
        read(world, DATA);
        world.mmu.newCr3(false);
        long faults = world.mmu.counters().shadowFaults;
        read(world, DATA);
        assertEquals(faults + 1, world.mmu.counters().shadowFaults);
    }

    @Test
    void theCachedMmuFindsItsPagesAgainAfterALoadOfCr3() {
        GuestWorld world = world(Strategy.CACHED);
        read(world, DATA);
        world.mmu.newCr3(false);
        long faults = world.mmu.counters().shadowFaults;
        long made = world.mmu.counters().pagesMade;
        read(world, DATA);
        assertEquals(faults, world.mmu.counters().shadowFaults);
        assertEquals(made, world.mmu.counters().pagesMade);
    }

    @Test
    void theCachedMmuEmulatesAWriteToAPageTableAndTakesTheNewEntryUp() {
        GuestWorld world = world(Strategy.CACHED);
        read(world, DATA);
        map(world, 64, DATA | ALL);
        assertEquals(
                new FaultResult.Emulate(WINDOW_TABLE + (8 * 64), FaultResult.Reason.WRITE_TO_GUEST_TABLE),
                world.lastResult());
        long faults = world.mmu.counters().faults;
        assertEquals(new Outcome.Reached(DATA), read(world, 64L << 12));
        assertEquals(faults, world.mmu.counters().faults);
    }

    @Test
    void theThirdWriteInARowToATableThatIsNotUsedIsAFlood() {
        GuestWorld world = world(Strategy.CACHED);
        read(world, DATA);
        map(world, 64, 0x1000);
        map(world, 65, 0x1000);
        assertEquals(0, world.mmu.counters().pagesFlooded);
        map(world, 66, 0x1000);
        assertEquals(1, world.mmu.counters().pagesFlooded);
    }

    @Test
    void theUnsyncMmuLetsTheGuestWriteItsPageTables() {
        GuestWorld world = world(Strategy.UNSYNC);
        read(world, DATA);
        long emulations = world.mmu.counters().emulations;
        for (int page = 64; page < 96; page++) {
            map(world, page, DATA | ALL);
        }
        assertEquals(emulations, world.mmu.counters().emulations);
        assertEquals(1, world.mmu.counters().pagesUnsynced);
        assertEquals(new Outcome.Reached(DATA), read(world, 64L << 12));
        map(world, 64, (DATA + 0x1000) | ALL);
        world.invlpg(64L << 12);
        assertEquals(new Outcome.Reached(DATA + 0x1000), read(world, 64L << 12));
        world.mmu.newCr3(false);
        assertEquals(1, world.mmu.counters().pagesSynced);
    }

    @Test
    void theUnsyncMmuKnowsAnAddressWithoutMemoryByItsMark() {
        GuestWorld world = world(Strategy.UNSYNC);
        map(world, 64, 0x8000_0000L | ALL);
        long linear = (64L << 12) | 0x123;
        assertEquals(new Outcome.Reached(0x8000_0123L), read(world, linear));
        long entriesRead = world.mmu.counters().guestEntriesRead;
        assertEquals(new Outcome.Reached(0x8000_0123L), read(world, linear));
        assertEquals(entriesRead, world.mmu.counters().guestEntriesRead);
        world.mmu.slotsChanged();
        assertEquals(new Outcome.Reached(0x8000_0123L), read(world, linear));
        assertTrue(world.mmu.counters().guestEntriesRead > entriesRead);
    }

    @Test
    void anImplicitAccessOfTheKernelToAUserPageIsAFaultUnderSmapWhateverAc() {
        for (Strategy strategy : Strategy.values()) {
            GuestWorld world = world(strategy);
            world.guest.state.cr4 |= Cr4.SMAP;
            world.guest.state.systemFlags |= Rflags.AC;
            world.mmu.resetContext();
            assertEquals(new Outcome.Reached(DATA), read(world, DATA), strategy.name());
            assertEquals(new Outcome.PageFault(1), world.access(DATA, Access.IMPLICIT, 8, 0), strategy.name());
            assertEquals(new Outcome.Reached(DATA), read(world, DATA), strategy.name());
        }
    }

    /** An access that is not allowed leaves the Dirty flag as it is. SDM 3A "Accessed and Dirty Flags". */
    @Test
    void anImplicitWriteThatSmapForbidsDoesNotMakeThePageDirty() {
        for (Strategy strategy : Strategy.values()) {
            for (boolean shadowed : new boolean[] {true, false}) {
                GuestWorld world = world(strategy);
                map(world, 64, DATA | (ALL & ~0x40));
                world.mmu.flushGuest();
                world.guest.state.cr4 |= Cr4.SMAP;
                world.guest.state.systemFlags |= Rflags.AC;
                world.mmu.resetContext();
                if (shadowed) {
                    assertEquals(new Outcome.Reached(DATA), read(world, 64L << 12), strategy.name());
                }
                Outcome implicit = world.access(64L << 12, Access.IMPLICIT | Access.WRITE, 8, 0);
                assertEquals(new Outcome.PageFault(3), implicit, strategy.name());
                assertEquals(0, entry(world, 64) & 0x40, () -> strategy + ", shadowed " + shadowed);
            }
        }
    }

    @Test
    void whatAWriteWithWpClearLeftBehindDoesNotEvadeSmapOrSmepSetLater() {
        for (Strategy strategy : Strategy.values()) {
            GuestWorld world = world(strategy);
            map(world, 64, DATA | (ALL & ~2));
            world.mmu.flushGuest();
            assertEquals(new Outcome.Reached(DATA), write(world, 64L << 12, 1), strategy.name());
            world.guest.state.cr4 |= Cr4.SMAP;
            world.mmu.resetContext();
            assertEquals(new Outcome.PageFault(1), read(world, 64L << 12), strategy.name());
            world.guest.state.cr4 ^= Cr4.SMAP | Cr4.SMEP;
            world.mmu.resetContext();
            assertEquals(new Outcome.PageFault(0x11), world.access(64L << 12, Access.FETCH, 8, 0), strategy.name());
        }
    }

    @Test
    void aTableThatIsLinkedAgainIsBroughtInSyncWithAllBelow() {
        GuestWorld world = world(Strategy.UNSYNC);
        long pdpt = world.slots.read(world.guest.state.cr3, 8) & -4096L;
        long directory = 17L << 12;
        long table = 8L << 12;
        long linear = (3L << 30) | (3L << 21) | (3L << 12);
        write(world, table + 24, DATA | ALL);
        write(world, directory + 24, table | ALL);
        write(world, pdpt + 24, directory | ALL);
        world.mmu.flushGuest();
        assertEquals(new Outcome.Reached(DATA), read(world, linear));
        write(world, table + 24, (DATA + 0x1000) | ALL);
        write(world, pdpt + 24, 0);
        world.mmu.flushGuest();
        write(world, table + 24, (DATA + 0x2000) | ALL);
        // From not present to present: the guest need not flush.
        write(world, pdpt + 24, directory | ALL);
        assertEquals(new Outcome.Reached(DATA + 0x2000), read(world, linear));
    }

    @Test
    void aLargePageIsOneEntryUntilItsWritesAreLogged() {
        GuestWorld world = world(Strategy.UNSYNC, GuestMode.NONE, HostFormat.LEVEL_4);
        TestSlot slot = world.slots.get(SlotName.LARGE);
        long first = slot.baseGfn() << 12;
        write(world, first, 1);
        long faults = world.mmu.counters().faults;
        write(world, first + 0x1000, 2);
        assertEquals(faults, world.mmu.counters().faults);
        assertEquals(1, world.mmu.counters().largeEntries);
        world.readLog(SlotName.LARGE);
        write(world, first + 0x1000, 3);
        assertEquals(1, world.mmu.counters().largeEntries);
        assertTrue(slot.isDirty(slot.baseGfn() + 1) && !slot.isDirty(slot.baseGfn()), "only what was written");
        assertEquals(List.of(), AllInvariants.check(world));
    }

    @Test
    void aBudgetOfPagesIsKept() {
        for (Strategy strategy : Strategy.values()) {
            GuestWorld world = world(strategy);
            world.mmu.changeMmuPages(16);
            // A page of 1 GByte, which takes a table of ours for each of its 2 MBytes.
            world.userSpaceWrites(((long) Frames.tables(3).getFirst() << 12) + 8, 8, ALL | 0x80);
            for (long part = 0; part < 512; part++) {
                read(world, (1L << 30) + (part << 21));
                assertTrue(world.mmu.counters().pagesInUse <= 16, strategy.name());
            }
            assertTrue(world.mmu.counters().pagesRecycled > 0, strategy.name());
            assertThrows(IllegalArgumentException.class, () -> world.mmu.changeMmuPages(1));
        }
    }

    @Test
    void everyChangeOfAnEntryIsCountedAndShownWithItsCause() {
        for (Strategy strategy : Strategy.values()) {
            Scenario guest = guests().getFirst();
            GuestWorld world = new GuestWorld(guest.setup(), strategy.maker);
            long[] seen = new long[EntryCause.values().length];
            world.mmu.observe((cause, level, address, gfn, before, after) -> {
                assertEquals(after, world.slots.memory().read(address, 8));
                seen[cause.ordinal()]++;
            });
            long[] before = world.mmu.counters().entryChanges.clone();
            guest.actions().forEach(action -> action.perform(world));
            for (EntryCause cause : EntryCause.values()) {
                int c = cause.ordinal();
                assertEquals(world.mmu.counters().entryChanges[c] - before[c], seen[c], strategy + ", " + cause);
            }
        }
    }

    @Test
    void aGuestOf64BitsDoesNotRunOnAHostOf32() {
        assertThrows(ModelBug.class, () -> {
            GuestWorld world = world(Strategy.CACHED, GuestMode.LEVEL_4, HostFormat.PAE);
            assertInstanceOf(Outcome.Reached.class, read(world, DATA));
        });
    }
}
