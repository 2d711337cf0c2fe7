package org.thirdmode.testkit.mutation;

import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;
import org.thirdmode.kvm.mmu.TdpMmu;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.shadow.naive.NaiveMmu;
import org.thirdmode.shadow.unsync.UnsyncMmu;
import org.thirdmode.testkit.fuzz.Fuzzer;
import org.thirdmode.testkit.generate.Habits;
import org.thirdmode.testkit.world.MmuMaker;
import org.thirdmode.testkit.world.NestedMmuMaker;

/** The contract with the same few guests each time: what mutants of the MMUs are held against ({@code -Pmutation}). */
class SameGuestsAlways {
    private static final int GUESTS = 60;

    private static void hold(MmuMaker maker, Habits habits) {
        Fuzzer fuzzer = new Fuzzer(maker, habits, 0);
        while (fuzzer.guests() < GUESTS) {
            assertNull(fuzzer.next());
        }
    }

    @Test
    void onNaive() {
        hold(NaiveMmu::new, Habits.ALL);
    }

    @Test
    void onCached() {
        hold(CachedMmu::new, Habits.ALL);
    }

    @Test
    void onUnsync() {
        hold(UnsyncMmu::new, Habits.ALL);
    }

    @Test
    void onNested() {
        hold((NestedMmuMaker) TdpMmu::new, Habits.NESTED);
    }
}
