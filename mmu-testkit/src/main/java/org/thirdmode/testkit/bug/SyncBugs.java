package org.thirdmode.testkit.bug;

import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.cached.CachedPage;
import org.thirdmode.shadow.unsync.UnsyncMmu;

/** Tables out of sync that are not synced when they must be. */
final class SyncBugs {
    private SyncBugs() {}

    /** A page is taken up from the cache as it is: to make an entry present needs no flush by the guest. */
    static final class LinkedUnsynced extends UnsyncMmu {
        LinkedUnsynced(Surroundings around) {
            super(around);
        }

        @Override
        protected void found(CachedPage page) {
            page.writeFlooding = 0;
        }
    }

    /** A flush that comes with no load of CR3 flushes the hardware alone. */
    static final class FlushWithoutSync extends UnsyncMmu {
        FlushWithoutSync(Surroundings around) {
            super(around);
        }

        @Override
        public void flushGuest() {
            flushTlb();
        }
    }
}
