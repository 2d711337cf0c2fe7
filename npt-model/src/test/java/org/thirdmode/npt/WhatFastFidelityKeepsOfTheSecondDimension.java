package org.thirdmode.npt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.thirdmode.npt.TwoDimensions.A;
import static org.thirdmode.npt.TwoDimensions.D;
import static org.thirdmode.npt.TwoDimensions.OFFSET;
import static org.thirdmode.npt.TwoDimensions.P;
import static org.thirdmode.npt.TwoDimensions.R;
import static org.thirdmode.npt.TwoDimensions.RW;
import static org.thirdmode.npt.TwoDimensions.US;
import static org.thirdmode.npt.TwoDimensions.W;
import static org.thirdmode.npt.TwoDimensions.WB;
import static org.thirdmode.npt.TwoDimensions.X;

import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.thirdmode.npt.spec.TwoDimensionalWalk;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.paging.Translation;
import org.thirdmode.x86.paging.spec.LinearAccess;
import org.thirdmode.x86.paging.spec.PagingControls;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;

/**
 * Guest-physical mappings that are kept: with the manual's invalidations nobody notices them, neither in what a walk finds
 * nor in the flags it sets nor in the references it counts; without, what was kept shows, but never refuses.
 */
class WhatFastFidelityKeepsOfTheSecondDimension {
    private static final int STEPS = 80;
    private static final int IDENTIFIER = 1;
    private static final long ROOT = 0x7000;
    private static final long FIRST = 0x40_1000;
    private static final long SECOND = 0x40_2000;
    private static final long PAGE = 0x60_0000;

    // ---- with the manual's invalidations ----

    @Tag("property")
    @Property(tries = 600)
    void afterTheManualsInvalidationsEachWalkIsTheSpecifiedOne(@ForAll long seed) {
        RandomDimensions fast = new RandomDimensions(seed, true);
        RandomDimensions specified = new RandomDimensions(seed, true);
        Mmu mmu = new Mmu(fast.state, fast.memory, fast.walker, new GuestFault());
        enter(fast, mmu);
        Random random = new Random(~seed);
        long[] addresses = random.longs(6).toArray();
        for (int step = 0; step < STEPS; step++) {
            if (random.nextInt(6) == 0) {
                long change = random.nextLong();
                fast.rewrite(new Random(change));
                specified.rewrite(new Random(change));
                invalidate(fast, mmu, random);
            }
            // Few addresses, so that much is met again.
            long linear = random.nextInt(4) == 0
                    ? fast.linear(random)
                    : fast.linear(new Random(addresses[random.nextInt(addresses.length)]));
            compare(fast, specified, linear, RandomDimensions.access(random));
        }
    }

    private static void enter(RandomDimensions machine, Mmu mmu) {
        if (machine.isEpt()) {
            mmu.addressSpaces.enterGuest(IDENTIFIER, ROOT, machine.ept);
        } else {
            mmu.addressSpaces.enterGuestOfAsid(IDENTIFIER, machine.npt);
        }
    }

    private static void invalidate(RandomDimensions machine, Mmu mmu, Random random) {
        boolean all = random.nextBoolean();
        if (!machine.isEpt()) {
            if (all) {
                mmu.addressSpaces.flushEveryAsid();
            } else {
                mmu.addressSpaces.flushAsid(IDENTIFIER);
            }
        } else if (all) {
            mmu.addressSpaces.inveptAllContexts();
        } else {
            mmu.addressSpaces.inveptSingleContext(ROOT);
        }
    }

    private static void compare(RandomDimensions fast, RandomDimensions specified, long linear, int access) {
        String what = String.format("%s, access %x to %x", fast, access, linear);
        TwoDimensionalWalk walk = new TwoDimensionalWalk(specified.limits, specified.specified(), specified.memory);
        TwoDimensionalWalk.Result expected =
                walk.walk(PagingControls.of(specified.state), LinearAccess.of(linear, access));
        long before = fast.walker.counters.allNestedReferences();
        Translation t = new Translation();
        try {
            fast.walker.walk(linear, access, t);
            TwoDimensionalWalk.End reached = new TwoDimensionalWalk.Reached(
                    t.physical,
                    t.pageShift,
                    t.readable,
                    t.writable,
                    t.user,
                    t.executable,
                    t.global,
                    t.dirty,
                    fast.walker.keyInForce(t));
            assertEquals(expected.end(), reached, what);
        } catch (GuestFault fault) {
            assertEquals(new TwoDimensionalWalk.GuestPageFault(fault.errorCode), expected.end(), what);
        } catch (GuestExit exit) {
            assertTrue(expected.end() instanceof TwoDimensionalWalk.Left, () -> what + ": " + expected.end());
        }
        long references = expected.references().stream()
                .filter(reference -> reference.nestedLevel() != 0)
                .count();
        assertEquals(references, fast.walker.counters.allNestedReferences() - before, what + ": references");
        assertEquals(specified.fingerprint(), fast.fingerprint(), what + ": memory afterwards");
    }

    // ---- without ----

    private static TwoDimensions machine() {
        TwoDimensions m = TwoDimensions.ept(4, 4, null);
        m.map(FIRST, PAGE | P | RW | US | A | D);
        m.map(SECOND, PAGE | P | RW | US | A | D);
        m.enter(IDENTIFIER);
        return m;
    }

    @Example
    void whereATableStoodIsKeptUntilInveptOfItsEptrta() {
        TwoDimensions m = machine();
        assertEquals(PAGE + OFFSET, m.physical(FIRST, Access.READ));
        long table = m.guestEntryAddress(FIRST, 1, 1) & -4096L;
        // The guest's page table moves to a page of zeros: its entries are not present.
        long elsewhere = 0x70_0000 + OFFSET;
        m.setNestedEntry(table, 1, elsewhere | R | W | X | WB);
        assertEquals(PAGE + OFFSET, m.physical(SECOND, Access.READ), "kept");
        m.mmu.addressSpaces.inveptSingleContext(m.eptrta() + 0x1000);
        m.mmu.flushAll();
        assertEquals(PAGE + OFFSET, m.physical(SECOND, Access.READ), "still kept");
        m.mmu.addressSpaces.inveptSingleContext(m.eptrta());
        assertFalse(reaches(m, SECOND), "gone");
    }

    private static boolean reaches(TwoDimensions m, long linear) {
        try {
            m.physical(linear, Access.READ);
            return true;
        } catch (GuestFault fault) {
            return false;
        }
    }

    @Example
    void aRightThatWasAddedNeedsNoInvept() {
        TwoDimensions m = machine();
        m.setNestedEntry(PAGE, 1, (PAGE + OFFSET) | R | WB);
        assertEquals(PAGE + OFFSET, m.physical(FIRST, Access.READ));
        assertTrue(m.exits(FIRST, Access.WRITE));
        m.setNestedEntry(PAGE, 1, (PAGE + OFFSET) | R | W | X | WB);
        assertEquals(PAGE + OFFSET, m.physical(FIRST, Access.WRITE));
        assertEquals(PAGE + OFFSET, m.physical(SECOND, Access.FETCH));
    }

    @Example
    void theRightToSetFlagsInATableNeedsNoInveptWhereTheOldOneRefused() {
        TwoDimensions m = TwoDimensions.ept(4, 4, null);
        // The guest's entry is not accessed: its flag is to be set in a page table that is read only, then no more.
        m.map(FIRST, PAGE | P | RW | US);
        m.enter(IDENTIFIER);
        long table = m.guestEntryAddress(FIRST, 1, 1) & -4096L;
        m.setNestedEntry(table, 1, (table + OFFSET) | R | WB);
        assertTrue(m.exits(FIRST, Access.READ));
        assertTrue(m.exits(FIRST, Access.READ), "as long as it may not");
        m.setNestedEntry(table, 1, (table + OFFSET) | R | W | X | WB);
        // What is kept may be asked once more: then it is dropped.
        m.exits(FIRST, Access.READ);
        m.enter(IDENTIFIER);
        assertEquals(PAGE + OFFSET, m.physical(FIRST, Access.READ));
    }

    @Example
    void aLevelThatWasSplitOrAddedNeedsNoInveptWhereTheOldOneRefused() {
        TwoDimensions m = machine();
        m.setNestedEntry(PAGE, 2, 0);
        assertTrue(m.exits(FIRST, Access.READ));
        m.nestedMap(PAGE, 1);
        assertEquals(PAGE + OFFSET, m.physical(FIRST, Access.READ));
    }

    @Example
    void eachWalkCountsItsTwentyFourReferences() {
        TwoDimensions m = machine();
        for (long linear : new long[] {FIRST, SECOND, FIRST}) {
            m.mmu.flushAll();
            long before = m.walker.counters.allTableReferences() + m.walker.counters.allNestedReferences();
            m.physical(linear, Access.READ);
            long after = m.walker.counters.allTableReferences() + m.walker.counters.allNestedReferences();
            assertEquals(24, after - before);
        }
    }
}
