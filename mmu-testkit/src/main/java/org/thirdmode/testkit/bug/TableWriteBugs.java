package org.thirdmode.testkit.bug;

import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.shadow.cached.CachedPage;
import org.thirdmode.shadow.cached.ShadowCache;
import org.thirdmode.shadow.guest.GuestWalker;

/** What goes wrong when the guest writes its tables. */
final class TableWriteBugs {
    private TableWriteBugs() {}

    /** Of the two entries for a page of 4 MBytes, not the right ones are dropped. */
    static final class OneEntryFor4MBytes extends CachedMmu {
        OneEntryFor4MBytes(Surroundings around) {
            super(around);
        }

        @Override
        protected int entriesFor(CachedPage page) {
            return 1;
        }
    }

    /** A write changes the shadow of the other part of the table as well. */
    static final class EveryQuadrant extends CachedMmu {
        EveryQuadrant(Surroundings around) {
            super(around);
        }

        @Override
        protected boolean isInQuadrant(CachedPage page, int index) {
            return true;
        }
    }

    /** A program writes the table through which this very write goes: its shadow is dropped under the fault. */
    static final class OwnTableDropped extends CachedMmu {
        OwnTableDropped(Surroundings around) {
            super(around);
        }

        @Override
        protected boolean goesThrough(GuestWalk walk, long gfn) {
            return false;
        }
    }

    /** Three writes to a table are a flood even if its entries are used in between. */
    static final class UseIgnored extends CachedMmu {
        UseIgnored(Surroundings around) {
            super(around);
        }

        @Override
        protected boolean usedSinceLastWrite() {
            return false;
        }
    }

    /** Tables in memory that cannot be written, whose flags cannot be set, are none. */
    static final class ReadOnlyTables extends CachedMmu {
        ReadOnlyTables(Surroundings around) {
            super(
                    around,
                    (registers, limits, memory, counters) -> new GuestWalker(registers, limits, memory, counters) {
                        @Override
                        protected boolean flagsMustBeSet() {
                            return true;
                        }
                    },
                    ShadowCache::new);
        }
    }

    /** PDPTEs that were loaded anew from the same CR3 are taken for the old ones. */
    static final class SameCr3SamePdptes extends CachedMmu {
        private long cr3 = -1;

        SameCr3SamePdptes(Surroundings around) {
            super(around);
        }

        @Override
        public void newCr3(boolean keepTranslations) {
            if (registers.cr3() == cr3) {
                flushTlb();
                return;
            }
            cr3 = registers.cr3();
            super.newCr3(keepTranslations);
        }

        @Override
        public void resetContext() {
            cr3 = registers.cr3();
            super.resetContext();
        }
    }

    /** The hardware has EFER.NXE as the guest has it: XD in an entry of ours is then reserved. */
    static final class GuestsNxe extends CachedMmu {
        private static final long NXE = 1L << 11;

        GuestsNxe(Surroundings around) {
            super(around);
        }

        @Override
        protected long hardwareEfer(long needed) {
            return (needed & ~NXE) | (needed & registers.efer() & NXE);
        }
    }
}
