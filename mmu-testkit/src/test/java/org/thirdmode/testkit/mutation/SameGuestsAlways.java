package org.thirdmode.testkit.mutation;

import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Tag;
import org.thirdmode.kvm.mmu.TdpMmu;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.shadow.naive.NaiveMmu;
import org.thirdmode.shadow.unsync.UnsyncMmu;
import org.thirdmode.testkit.fuzz.Fuzzer;
import org.thirdmode.testkit.generate.Habits;
import org.thirdmode.testkit.world.MmuMaker;
import org.thirdmode.testkit.world.NestedMmuMaker;

/**
 * The contract with the same guests each time, in small parts: what mutants of the MMUs are held against ({@code -Pmutation}).
 * The everyday suite leaves it out, for there the contract draws guests of its own.
 */
@Tag("mutation")
class SameGuestsAlways {
    private static final int PARTS = 20;
    private static final int GUESTS = 20;

    private static void hold(MmuMaker maker, Habits habits, RepetitionInfo part) {
        Fuzzer fuzzer = new Fuzzer(maker, habits, (long) part.getCurrentRepetition() * GUESTS);
        while (fuzzer.guests() < GUESTS) {
            assertNull(fuzzer.next());
        }
    }

    @RepeatedTest(PARTS)
    void onNaive(RepetitionInfo part) {
        hold(NaiveMmu::new, Habits.ALL, part);
    }

    @RepeatedTest(PARTS)
    void onCached(RepetitionInfo part) {
        hold(CachedMmu::new, Habits.ALL, part);
    }

    @RepeatedTest(PARTS)
    void onUnsync(RepetitionInfo part) {
        hold(UnsyncMmu::new, Habits.ALL, part);
    }

    @RepeatedTest(PARTS)
    void onNested(RepetitionInfo part) {
        hold((NestedMmuMaker) TdpMmu::new, Habits.NESTED, part);
    }
}
