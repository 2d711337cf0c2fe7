package org.thirdmode.testkit.bug;

import org.thirdmode.kvm.mmu.TdpFormat;
import org.thirdmode.kvm.mmu.TdpHardware;
import org.thirdmode.kvm.mmu.TdpMmu;
import org.thirdmode.kvm.mmu.TdpTables;
import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.MmuCounters;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.shadow.unsync.UnsyncMmu;

/** What goes wrong where others act in the middle of an operation. */
final class RaceBugs {
    private RaceBugs() {}

    /** The guest's entry has changed since the fault's walk read it; what is made of it is in sync with nothing. */
    static final class StaleEntryMapped extends CachedMmu {
        StaleEntryMapped(Surroundings around) {
            super(around);
        }

        @Override
        protected boolean stillSo(GuestWalk walk) {
            return true;
        }
    }

    /** INVLPG makes its entry of what it read before another INVLPG made one of what it read after. */
    static final class OlderPrefetchWins extends UnsyncMmu {
        OlderPrefetchWins(Surroundings around) {
            super(around);
        }

        @Override
        protected long newer(long read, long address, int size) {
            return read;
        }
    }

    /** An entry is written as it was read, without the flags that the processor has set meanwhile. */
    static final class FlagsOverwritten extends TdpMmu {
        FlagsOverwritten(Surroundings around, TdpHardware processor) {
            super(around, processor, Tables::new);
        }

        private static final class Tables extends TdpTables {
            Tables(Surroundings around, TdpFormat format, MmuCounters counters) {
                super(around, format, counters);
            }

            @Override
            protected long newer(long seen, long address) {
                return seen;
            }
        }
    }

    /** After the lock was given up the iterator goes on behind the entry to which it had come. */
    static final class SubtreeSkipped extends TdpMmu {
        SubtreeSkipped(Surroundings around, TdpHardware processor) {
            super(around, processor, (a, format, counters) -> new Tables(a, format, counters));
        }

        private static final class Tables extends TdpTables {
            private final TdpFormat format;

            Tables(Surroundings around, TdpFormat format, MmuCounters counters) {
                super(around, format, counters);
                this.format = format;
            }

            @Override
            protected long goesOnAt(long next, int level) {
                return next + (1L << format.shift(level));
            }
        }
    }
}
