package org.thirdmode.x86.paging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.statistics.Statistics;
import org.thirdmode.x86.paging.DetailedFidelity.Side;
import org.thirdmode.x86.paging.TranslationTrace.Inexact;
import org.thirdmode.x86.paging.TranslationTrace.Reach;
import org.thirdmode.x86.paging.TranslationTrace.Replayed;
import org.thirdmode.x86.paging.TranslationTrace.Unusable;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.tlb.TlbGeometry;

/** A trace of lookups, replayed: what an execution counts, or a word that it cannot tell. */
@Tag("property")
class RecordedTranslations {
    private static final long LIMIT = 16L << 20;
    private static final List<String> PROFILES = List.copyOf(TlbGeometry.names());

    /** The tables change at random, so that stale translations are not rare; all that the manual demands is flushed. */
    @Property(tries = 200)
    void aReplayCountsWhatAnExecutionCountsOrSaysThatItCannot(@ForAll long seed) {
        Random random = new Random(~seed);
        TlbGeometry geometry = TlbGeometry.of(PROFILES.get(random.nextInt(PROFILES.size())));
        Side recorded = Side.of(seed, geometry);
        Side executed = Side.of(seed, geometry);
        TranslationTrace trace = recorded.mmu().record(Reach.of(geometry), LIMIT, false);
        RandomPaging paging = recorded.paging();
        boolean pcids = (paging.state.efer & Efer.LMA) != 0 && random.nextBoolean();
        List<Side> sides = List.of(recorded, executed);
        for (Side side : sides) {
            side.paging().loadCr3(0);
            side.paging().state.cr4 |= pcids ? Cr4.PCIDE : 0;
            side.mmu().flushAll();
        }
        long[] linears = new long[40];
        for (int i = 0; i < linears.length; i++) {
            linears[i] = i % 2 == 0 ? paging.linear(random) : linears[i - 1] ^ (random.nextInt(1 << 23) & -4096);
        }
        int actions = random.nextBoolean() ? 40 : 400;
        boolean same = true;
        for (int step = 0; step < 400; step++) {
            int action = random.nextInt(actions);
            long actionSeed = random.nextLong();
            sides.forEach(side -> DetailedFidelity.act(side, action, pcids, new Random(actionSeed)));
            long linear = linears[random.nextInt(linears.length)];
            int access = RandomPaging.access(random);
            same &= recorded.translate(linear, access) == executed.translate(linear, access);
        }
        trace.finish();
        try {
            Replayed replayed = trace.replay(geometry);
            assertEquals(counted(executed), replayed, () -> geometry.name() + ", " + paging);
            assertEquals(true, same, "a run that differs was called exact");
            Statistics.label("replay").collect("exact");
        } catch (Inexact e) {
            Statistics.label("replay").collect("inexact");
        }
        Statistics.label("replay").coverage(coverage -> coverage.check("exact").percentage(share -> share > 40));
    }

    private static Replayed counted(Side side) {
        WalkCounters counters = side.walker().counters;
        return new Replayed(counters.walks, counters.allTableReferences(), 0);
    }

    private static PagedMachine machine() {
        PagedMachine m = PagedMachine.fourLevel("skylake");
        for (long page = 0; page < 16; page++) {
            m.map(page << 12, 1, 0x80_0000 | page << 12 | PagedMachine.P | PagedMachine.RW | PagedMachine.D);
        }
        return m;
    }

    private static void readAll(PagedMachine m) {
        for (long page = 0; page < 16; page++) {
            m.mmu.read(page << 12, 8);
        }
    }

    @Example
    void aStaleTranslationThatOnlyALargerTlbHoldsIsFound() {
        PagedMachine m = machine();
        TlbGeometry skylake = TlbGeometry.of("skylake");
        TranslationTrace trace = m.mmu.record(Reach.of(skylake), LIMIT, false);
        readAll(m);
        m.map(0x1000, 1, 0x90_0000 | PagedMachine.P | PagedMachine.RW | PagedMachine.D);
        readAll(m);
        trace.finish();
        assertEquals(
                "the guest changed a page table and did not flush: a stale translation would be used",
                assertThrows(Inexact.class, () -> trace.replay(skylake)).getMessage());
    }

    @Example
    void anAccessedFlagThatOnlyASmallerTlbWouldSetAgainIsFound() {
        PagedMachine m = machine();
        TlbGeometry skylake = TlbGeometry.of("skylake");
        TranslationTrace trace = m.mmu.record(Reach.of(skylake), LIMIT, false);
        readAll(m);
        m.map(0x1000, 1, 0x80_1000 | PagedMachine.P | PagedMachine.RW | PagedMachine.D);
        readAll(m);
        trace.finish();
        assertEquals(
                "an Accessed or Dirty flag was cleared and nothing flushed: it would not be set again",
                assertThrows(Inexact.class, () -> trace.replay(skylake)).getMessage());
    }

    @Example
    void fewerWaysThanItWasRecordedForAreRefused() throws Exception {
        PagedMachine m = machine();
        TranslationTrace trace = m.mmu.record(new Reach(8, 8), LIMIT, false);
        readAll(m);
        trace.finish();
        assertEquals(16, trace.replay(TlbGeometry.of("zen2")).walks());
        assertThrows(Inexact.class, () -> trace.replay(TlbGeometry.of("skylake")));
    }

    @Example
    void aTraceDoesNotGrowBeyondItsLimit() {
        PagedMachine m = machine();
        TranslationTrace trace = m.mmu.record(new Reach(4, 4), 200_000, false);
        Unusable ended = assertThrows(Unusable.class, () -> {
            for (int n = 0; n < 100_000; n++) {
                readAll(m);
            }
        });
        assertEquals("its trace would take more than 0 MBytes", ended.getMessage());
        assertEquals(ended, trace.unusable());
        assertThrows(Inexact.class, () -> trace.replay(TlbGeometry.of("zen2")));
    }

    @Example
    void fastFidelityHasNoLookups() {
        PagedMachine m = PagedMachine.fourLevel("fast");
        assertThrows(IllegalStateException.class, () -> m.mmu.record(new Reach(4, 4), LIMIT, false));
        assertThrows(GuestFault.class, () -> m.mmu.read(0x7000_0000, 8));
    }
}
