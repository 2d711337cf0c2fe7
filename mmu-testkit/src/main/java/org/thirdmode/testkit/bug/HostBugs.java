package org.thirdmode.testkit.bug;

import org.thirdmode.shadow.EntryCause;
import org.thirdmode.shadow.FaultResult;
import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.shadow.MmuCounters;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.shadow.cached.CachedPage;
import org.thirdmode.shadow.cached.Rmap;
import org.thirdmode.shadow.cached.ShadowCache;
import org.thirdmode.shadow.guest.GuestWalker;
import org.thirdmode.shadow.table.Bits;
import org.thirdmode.shadow.table.ShadowEntries;
import org.thirdmode.shadow.unsync.UnsyncMmu;
import org.thirdmode.x86.paging.Access;

/** What goes wrong with slots, dirty logs, reclaim, marks of no memory, and flushes. */
final class HostBugs {
    private HostBugs() {}

    // ---- marks of addresses without memory ----

    /** Marks of an older set of slots are believed. */
    static final class OldMarksBelieved extends UnsyncMmu {
        OldMarksBelieved(Surroundings around) {
            super(around);
        }

        @Override
        public boolean isCurrent(long mark) {
            return true;
        }
    }

    /** What was no memory for a moment, while its slot was changed, remains marked as none. */
    static final class MarksOutliveTheSlot extends UnsyncMmu {
        MarksOutliveTheSlot(Surroundings around) {
            super(around);
        }

        @Override
        public void slotsChanged() {
            dropTablesWithoutMemory();
        }
    }

    /** A mark is written over an entry that maps a page: the reverse map still has it. */
    static final class MarkOverPresentEntry extends UnsyncMmu {
        MarkOverPresentEntry(Surroundings around) {
            super(around, GuestWalker::new, Cache::new);
        }

        private static final class Cache extends ShadowCache {
            private final ShadowEntries entries;

            Cache(ShadowEntries entries, MmuCounters counters) {
                super(entries, counters);
                this.entries = entries;
            }

            @Override
            protected void markIo(CachedPage page, int index, long mark) {
                entries.set(page, index, mark, EntryCause.MMIO);
            }
        }
    }

    // ---- pages that go ----

    /** Reclaim frees a root that is in use. */
    static final class RootInUseFreed extends CachedMmu {
        RootInUseFreed(Surroundings around) {
            super(around, GuestWalker::new, Cache::new);
        }

        private static final class Cache extends ShadowCache {
            Cache(ShadowEntries entries, MmuCounters counters) {
                super(entries, counters);
            }

            @Override
            protected boolean mustStay(CachedPage page) {
                return false;
            }
        }

        @Override
        protected boolean recyclable(CachedPage page) {
            return true;
        }
    }

    /** Memory goes back to its owner while entries still map it. */
    static final class SlotStaysMapped extends CachedMmu {
        SlotStaysMapped(Surroundings around) {
            super(around, GuestWalker::new, Cache::new);
        }

        private static final class Cache extends ShadowCache {
            Cache(ShadowEntries entries, MmuCounters counters) {
                super(entries, counters);
            }

            @Override
            protected void zapSlot(MemorySlot slot, PageSink freed) {
                // Nothing.
            }
        }
    }

    /** The reverse map of a large page keeps 32 bits of its frame number. */
    static final class FrameNumberOf32Bits extends UnsyncMmu {
        FrameNumberOf32Bits(Surroundings around) {
            super(around, GuestWalker::new, Cache::new);
        }

        private static final class Cache extends ShadowCache {
            Cache(ShadowEntries entries, MmuCounters counters) {
                super(entries, counters, new Rmap(counters) {
                    @Override
                    protected long frame(long gfn) {
                        return gfn & 0xffff_ffffL;
                    }
                });
            }
        }
    }

    // ---- dirty log ----

    /** A large entry loses its write access where a log begins, and stays: no fault ever gets past it. */
    static final class LargeEntryStays extends UnsyncMmu {
        LargeEntryStays(Surroundings around) {
            super(around, GuestWalker::new, Cache::new);
        }

        private static final class Cache extends ShadowCache {
            private final ShadowEntries entries;

            Cache(ShadowEntries entries, MmuCounters counters) {
                super(entries, counters);
                this.entries = entries;
            }

            @Override
            protected void removeWriteAccess(Rmap.Chain chain, EntryCause cause) {
                if (chain.level == 1) {
                    super.removeWriteAccess(chain, cause);
                    return;
                }
                for (int i = 0; i < chain.size(); i++) {
                    long entry = entries.get(chain.page(i), chain.index(i));
                    entries.set(chain.page(i), chain.index(i), entry & ~Bits.RW, cause);
                }
            }
        }

        @Override
        protected FaultResult install(long linear, int access, GuestWalk walk, MemorySlot slot, int rights) {
            long there = leafEntry(linear);
            boolean large = Bits.present(there) && (there & Bits.PS) != 0;
            if (large && slot.logsDirty() && (access & Access.WRITE) != 0) {
                return FaultResult.RETRY;
            }
            return super.install(linear, access, walk, slot, rights);
        }
    }

    /** A large entry is made writable under a log, in which only the page written first is recorded. */
    static final class OnlyTheFirstPageLogged extends UnsyncMmu {
        OnlyTheFirstPageLogged(Surroundings around) {
            super(around);
        }

        @Override
        protected boolean onlySmall(MemorySlot slot) {
            return false;
        }
    }

    // ---- flushes ----

    /** A cache whose flushes can be tampered with. */
    private abstract static class FlushesAwry extends ShadowCache {
        final ShadowEntries entries;

        FlushesAwry(ShadowEntries entries, MmuCounters counters) {
            super(entries, counters);
            this.entries = entries;
        }
    }

    /** Write access goes from all entries of a slot, and the flush that this needs is looked up in the wrong variable. */
    static final class FlushForgotten extends CachedMmu {
        FlushForgotten(Surroundings around) {
            super(around, GuestWalker::new, Cache::new);
        }

        private static final class Cache extends FlushesAwry {
            Cache(ShadowEntries entries, MmuCounters counters) {
                super(entries, counters);
            }

            @Override
            protected void removeWriteAccess(MemorySlot slot) {
                super.removeWriteAccess(slot);
                entries.takeFlush();
            }
        }
    }

    /** A frame becomes a guest table; the flush comes before its entries lose their write access, not after. */
    static final class FlushTooEarly extends CachedMmu {
        FlushTooEarly(Surroundings around) {
            super(around, GuestWalker::new, Cache::new);
        }

        private static final class Cache extends FlushesAwry {
            Cache(ShadowEntries entries, MmuCounters counters) {
                super(entries, counters);
            }

            @Override
            public void writeProtect(long gfn) {
                boolean due = entries.takeFlush();
                super.writeProtect(gfn);
                entries.takeFlush();
                if (due) {
                    entries.needFlush();
                }
            }
        }
    }
}
