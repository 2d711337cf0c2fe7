package org.thirdmode.testkit.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.thirdmode.kvm.mmu.TdpMmu;
import org.thirdmode.shadow.HostFormat;
import org.thirdmode.shadow.Others;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.testkit.action.Action;
import org.thirdmode.testkit.action.GuestAction;
import org.thirdmode.testkit.action.HostAction;
import org.thirdmode.testkit.action.Race;
import org.thirdmode.testkit.bug.Bug;
import org.thirdmode.testkit.bug.Hunt;
import org.thirdmode.testkit.fuzz.Fuzzer;
import org.thirdmode.testkit.oracle.Judge;
import org.thirdmode.testkit.world.Frames;
import org.thirdmode.testkit.world.GuestMode;
import org.thirdmode.testkit.world.GuestWorld;
import org.thirdmode.testkit.world.NestedMmuMaker;
import org.thirdmode.testkit.world.Nesting;
import org.thirdmode.testkit.world.Outcome;
import org.thirdmode.testkit.world.SlotName;
import org.thirdmode.testkit.world.WorldSetup;
import org.thirdmode.x86.paging.Access;

/** What others do in the middle of an operation. */
class Races {
    /** Present, writable, a user's; not accessed, so that nothing is made of it before it is. */
    private static final long ALL = 0x7;

    private static final long PAGE = 70L << 12;

    private static GuestWorld shadow(int vcpus) {
        WorldSetup setup =
                WorldSetup.shadow(GuestMode.LEVEL_4, HostFormat.LEVEL_4).withVcpus(vcpus);
        GuestWorld world = new GuestWorld(setup, CachedMmu::new);
        world.watch(new Judge(world));
        return world;
    }

    private static Action map(int frame) {
        return new GuestAction.WriteEntry(
                1, Frames.WINDOW_TABLE, (int) (PAGE >>> 12), 8, ((long) frame << 12) | ALL, false);
    }

    @Test
    void aFaultWhoseTableIsWrittenMeanwhileMeetsTheNewEntry() {
        GuestWorld world = shadow(2);
        map(Frames.DATA).perform(world);
        Race race = new Race(
                new GuestAction.Touch(PAGE, Access.READ, 8, 0),
                Others.Moment.GUEST_WALKED,
                List.of(map(Frames.DATA + 1)));
        race.perform(world);
        assertEquals(new Outcome.Reached((Frames.DATA + 1L) << 12), world.access(PAGE, Access.READ, 8, 0));
        assertEquals(0, world.vcpu(), "the first goes on");
    }

    @Test
    void theOnlyVirtualCpuCannotActInTheMiddleOfItsInstruction() {
        GuestWorld world = shadow(1);
        map(Frames.DATA).perform(world);
        new Race(
                        new GuestAction.Touch(PAGE, Access.READ, 8, 0),
                        Others.Moment.GUEST_WALKED,
                        List.of(map(Frames.DATA + 1)))
                .perform(world);
        assertEquals(new Outcome.Reached((long) Frames.DATA << 12), world.access(PAGE, Access.READ, 8, 0));
    }

    @Test
    void whoFaultsWhileTheLockIsHeldWaits() {
        WorldSetup setup = new WorldSetup(GuestMode.NONE, HostFormat.LEVEL_4, Nesting.EPT_FLAGS, 2, true, false, false);
        GuestWorld world = new GuestWorld(setup, (NestedMmuMaker) TdpMmu::new);
        world.access(PAGE / 2, Access.READ, 8, 0);
        boolean[] asked = new boolean[1];
        world.race(Others.Moment.ENTRY_READ, () -> world.readLog(SlotName.RAM), () -> {
            asked[0] = true;
            assertTrue(world.isInTheMiddle());
            assertInstanceOf(Outcome.Reached.class, world.access(PAGE / 2, Access.READ, 8, 0));
            assertInstanceOf(Outcome.Waits.class, world.access(PAGE / 2 + 0x1000, Access.READ, 8, 0));
        });
        assertTrue(asked[0]);
    }

    @Test
    void whereTheOperationHasNoSuchMomentTheyActAfterIt() {
        GuestWorld world = shadow(1);
        map(Frames.DATA).perform(world);
        new Race(new HostAction.ZapAll(), Others.Moment.LOCK_GIVEN_UP, List.of(map(Frames.DATA + 1))).perform(world);
        assertEquals(new Outcome.Reached((Frames.DATA + 1L) << 12), world.access(PAGE, Access.READ, 8, 0));
    }

    @Test
    void aRaceThatWasFoundIsARaceReplayed() {
        Bug bug = Bug.SUBTREE_SKIPPED;
        Hunt.Catch caught = Hunt.run(bug, 0, 1000);
        assertNotNull(caught);
        Scenario guest = Fuzzer.guest(bug.habits(), caught.seed());
        assertEquals(
                caught.failure().toString(), ScenarioRun.run(guest, bug.broken).toString());
        assertNull(ScenarioRun.run(guest, bug.sound));
    }
}
