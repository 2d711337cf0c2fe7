package org.thirdmode.x86.paging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterContainer;
import org.thirdmode.x86.paging.spec.EntryFormat;
import org.thirdmode.x86.paging.spec.LinearAccess;
import org.thirdmode.x86.paging.spec.PagingControls;
import org.thirdmode.x86.paging.spec.PagingMode;
import org.thirdmode.x86.paging.spec.ReferenceWalker;
import org.thirdmode.x86.paging.spec.WalkResult;
import org.thirdmode.x86.paging.spec.WalkResult.ErrorBit;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Vector;

/** What ties {@link PageWalker} to {@link ReferenceWalker}. */
@Tag("property")
class TheFastWalkIsTheSpecifiedWalk {
    private static final int ACCESSES = 24;

    private static final Set<ErrorBit> CAUSES = EnumSet.of(ErrorBit.P, ErrorBit.RSVD, ErrorBit.PK);

    private static final Map<String, Integer> outcomes = new TreeMap<>();

    /** One table reference: level, address, entry. */
    private record Reference(int level, long address, long entry) {}

    @Property(tries = 3000)
    void inResultErrorCodeReferencesAndMemory(@ForAll long seed) {
        RandomPaging fast = new RandomPaging(seed);
        RandomPaging specified = new RandomPaging(seed);
        PageWalker walker = new PageWalker(fast.state, fast.memory, new GuestFault(), fast.features);
        ReferenceWalker reference = new ReferenceWalker(specified.limits, specified.memory);
        List<Reference> seen = new ArrayList<>();
        walker.recorder((level, guest, host, entry) -> seen.add(new Reference(level, host, entry)));
        Translation translation = new Translation();
        Random random = new Random(~seed);
        for (int i = 0; i < ACCESSES; i++) {
            long linear = fast.linear(random);
            int access = RandomPaging.access(random);
            String what = String.format("%s, access %x to %x", fast, access, linear);
            seen.clear();
            PagingMode mode = PagingMode.of(PagingControls.of(fast.state));
            WalkResult expected = reference.walk(PagingControls.of(specified.state), LinearAccess.of(linear, access));
            outcomes.merge(mode + " " + outcome(expected), 1, Integer::sum);
            try {
                walker.walk(linear, access, translation);
                assertEquals(expected, found(walker, translation, expected.steps()), what);
            } catch (GuestFault fault) {
                assertEquals(Vector.PF, fault.vector, what);
                assertTrue(expected instanceof WalkResult.PageFault, what + ": expected " + expected);
                WalkResult.PageFault pageFault = (WalkResult.PageFault) expected;
                assertEquals(pageFault.errorCode(), fault.errorCode, what);
                assertEquals(linear, fault.linearAddress, what);
            }
            assertEquals(
                    expected.steps().stream()
                            .map(step -> new Reference(step.structure().level(), step.address(), step.entry()))
                            .toList(),
                    seen,
                    what);
            assertEquals(specified.fingerprint(), fast.fingerprint(), what + ": memory afterwards");
        }
    }

    private static String outcome(WalkResult result) {
        return switch (result) {
            case WalkResult.Translated translated -> "page of 2^" + translated.pageShift();
            case WalkResult.PageFault fault ->
                fault.error().stream().filter(CAUSES::contains).toList().toString();
        };
    }

    /** A property that never meets a case says nothing about it: each of these must have occurred. */
    @AfterContainer
    static void everyOutcomeOccurs() {
        if (outcomes.isEmpty()) {
            return;
        }
        for (PagingMode mode : List.of(PagingMode.BITS_32, PagingMode.PAE, PagingMode.LEVEL_4, PagingMode.LEVEL_5)) {
            for (String outcome : List.of("page of 2^12", "[]", "[P]", "[P, RSVD]")) {
                assertOccurred(mode + " " + outcome);
            }
        }
        assertOccurred("NONE page of 2^12");
        assertOccurred("BITS_32 page of 2^22");
        assertOccurred("PAE page of 2^21");
        for (PagingMode mode : List.of(PagingMode.LEVEL_4, PagingMode.LEVEL_5)) {
            assertOccurred(mode + " page of 2^21");
            assertOccurred(mode + " page of 2^30");
            assertOccurred(mode + " [P, PK]");
        }
    }

    private static void assertOccurred(String outcome) {
        assertTrue(outcomes.getOrDefault(outcome, 0) >= 20, outcome + " hardly occurred: " + outcomes);
    }

    private static WalkResult found(PageWalker walker, Translation t, List<WalkResult.Step> steps) {
        return new WalkResult.Translated(
                t.physical,
                t.pageShift,
                t.writable,
                t.user,
                t.executable,
                t.global,
                t.dirty,
                walker.keyInForce(t),
                steps);
    }

    @Property(tries = 2000)
    void inWhatPdptesMayBeLoaded(@ForAll long seed) {
        RandomPaging machine = new RandomPaging(seed);
        PageWalker walker = new PageWalker(machine.state, machine.memory, new GuestFault(), machine.features);
        Random random = new Random(~seed);
        long reserved = EntryFormat.PDPTE_PAE.mask(EntryFormat.Meaning.RESERVED, machine.limits.maxPhyAddr());
        long[] entries = new long[4];
        boolean legal = true;
        for (int i = 0; i < entries.length; i++) {
            entries[i] = random.nextLong();
            if (random.nextInt(8) != 0) {
                entries[i] &= ~reserved;
            }
            machine.memory.write(0x1020 + (8L * i), 8, entries[i]);
            legal &= (entries[i] & 1) == 0 || (entries[i] & reserved) == 0;
        }
        long[] before = machine.state.pdpte.clone();
        assertEquals(legal, walker.loadPdptes(0x1020 | random.nextInt(0x20)));
        assertEquals(List.of(box(legal ? entries : before)), List.of(box(machine.state.pdpte)));
    }

    private static Long[] box(long[] values) {
        return java.util.Arrays.stream(values).boxed().toArray(Long[]::new);
    }
}
