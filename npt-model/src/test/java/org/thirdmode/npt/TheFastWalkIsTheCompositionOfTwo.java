package org.thirdmode.npt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterContainer;
import org.thirdmode.npt.RandomDimensions.Kind;
import org.thirdmode.npt.spec.SecondDimension;
import org.thirdmode.npt.spec.TwoDimensionalWalk;
import org.thirdmode.npt.spec.TwoDimensionalWalk.Reference;
import org.thirdmode.x86.paging.PageWalker;
import org.thirdmode.x86.paging.Translation;
import org.thirdmode.x86.paging.WalkRecorder;
import org.thirdmode.x86.paging.spec.LinearAccess;
import org.thirdmode.x86.paging.spec.PagingControls;
import org.thirdmode.x86.paging.spec.PagingMode;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;

/** What ties the processor's two-dimensional walk to the composition of two reference walks. */
@Tag("property")
class TheFastWalkIsTheCompositionOfTwo {
    private static final int ACCESSES = 24;

    private static final Map<String, Integer> outcomes = new TreeMap<>();

    @Property(tries = 1200)
    void inResultReferencesAndMemory(@ForAll long seed) {
        RandomDimensions fast = new RandomDimensions(seed);
        RandomDimensions specified = new RandomDimensions(seed);
        TwoDimensionalWalk walk = new TwoDimensionalWalk(specified.limits, specified.specified(), specified.memory);
        List<Reference> seen = new ArrayList<>();
        fast.walker.recorder(recorder(seen));
        Translation translation = new Translation();
        Random random = new Random(~seed);
        for (int i = 0; i < ACCESSES; i++) {
            long linear = fast.linear(random);
            int access = RandomDimensions.access(random);
            String what = String.format("%s, access %x to %x", fast, access, linear);
            seen.clear();
            TwoDimensionalWalk.Result expected =
                    walk.walk(PagingControls.of(specified.state), LinearAccess.of(linear, access));
            count(fast, expected.end());
            TwoDimensionalWalk.End end;
            try {
                fast.walker.walk(linear, access, translation);
                end = reached(fast.walker, translation);
            } catch (GuestFault fault) {
                end = new TwoDimensionalWalk.GuestPageFault(fault.errorCode);
            } catch (GuestExit exit) {
                end = null;
                assertLeft(expected.end(), fast, linear, what);
            }
            if (end != null) {
                assertEquals(expected.end(), end, what);
            }
            assertEquals(expected.references(), seen, what);
            assertEquals(specified.fingerprint(), fast.fingerprint(), what + ": memory afterwards");
        }
    }

    private static WalkRecorder recorder(List<Reference> seen) {
        return new WalkRecorder() {
            @Override
            public void tableReference(int level, long guestPhysical, long hostPhysical, long entry) {
                seen.add(new Reference(level, 0, hostPhysical, entry));
            }

            @Override
            public void nestedReference(int guestLevel, int level, long hostPhysical, long entry) {
                seen.add(new Reference(guestLevel, level, hostPhysical, entry));
            }
        };
    }

    private static TwoDimensionalWalk.Reached reached(PageWalker walker, Translation t) {
        return new TwoDimensionalWalk.Reached(
                t.physical,
                t.pageShift,
                t.readable,
                t.writable,
                t.user,
                t.executable,
                t.global,
                t.dirty,
                walker.keyInForce(t));
    }

    private static void assertLeft(TwoDimensionalWalk.End expected, RandomDimensions fast, long linear, String what) {
        assertTrue(expected instanceof TwoDimensionalWalk.Left, () -> what + ": expected " + expected);
        switch (((TwoDimensionalWalk.Left) expected).why()) {
            case SecondDimension.EptViolation violation -> {
                assertEquals(false, fast.ept.exit.misconfiguration, what);
                assertEquals(violation.number(), fast.ept.exit.qualification, what);
                assertEquals(violation.guestPhysical(), fast.ept.exit.guestPhysical, what);
                assertEquals(linear, fast.ept.exit.linear, what);
            }
            case SecondDimension.EptMisconfiguration misconfiguration -> {
                assertEquals(true, fast.ept.exit.misconfiguration, what);
                assertEquals(misconfiguration.guestPhysical(), fast.ept.exit.guestPhysical, what);
            }
            case SecondDimension.NestedPageFault fault -> {
                assertEquals(fault.exitInfo1(), fast.npt.fault.exitInfo1, what);
                assertEquals(fault.exitInfo2(), fast.npt.fault.exitInfo2, what);
            }
        }
    }

    private static void count(RandomDimensions machine, TwoDimensionalWalk.End end) {
        String name = switch (end) {
            case TwoDimensionalWalk.Reached reached -> "page of 2^" + reached.pageShift();
            case TwoDimensionalWalk.GuestPageFault fault -> "#PF";
            case TwoDimensionalWalk.Left left -> left.why().getClass().getSimpleName();
        };
        outcomes.merge(machine.kind + " " + name, 1, Integer::sum);
        outcomes.merge(PagingMode.of(PagingControls.of(machine.state)) + " " + name, 1, Integer::sum);
    }

    /** A property that never meets a case says nothing about it: each of these must have occurred. */
    @AfterContainer
    static void everyOutcomeOccurs() {
        if (outcomes.isEmpty()) {
            return;
        }
        for (Kind kind : Kind.values()) {
            assertOccurred(kind + " page of 2^12");
            assertOccurred(kind + " #PF");
            boolean ept = kind == Kind.EPT_4 || kind == Kind.EPT_5;
            assertOccurred(kind + (ept ? " EptViolation" : " NestedPageFault"));
            if (ept) {
                assertOccurred(kind + " EptMisconfiguration");
            }
            if (kind != Kind.NPT_32) {
                assertOccurred(kind + " page of 2^21");
            }
        }
        for (PagingMode mode : PagingMode.values()) {
            assertOccurred(mode + " page of 2^12");
            assertOccurred(mode + " EptViolation");
            assertOccurred(mode + " EptMisconfiguration");
            assertOccurred(mode + " NestedPageFault");
        }
        assertOccurred("LEVEL_4 page of 2^30");
        assertOccurred("BITS_32 page of 2^22");
    }

    private static void assertOccurred(String outcome) {
        assertTrue(outcomes.getOrDefault(outcome, 0) >= 4, outcome + " hardly occurred: " + outcomes);
    }
}
