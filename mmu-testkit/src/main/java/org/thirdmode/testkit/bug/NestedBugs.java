package org.thirdmode.testkit.bug;

import org.thirdmode.kvm.mmu.TdpFormat;
import org.thirdmode.kvm.mmu.TdpHardware;
import org.thirdmode.kvm.mmu.TdpMmu;
import org.thirdmode.kvm.mmu.TdpTables;
import org.thirdmode.shadow.MmuCounters;
import org.thirdmode.shadow.Surroundings;

/** What goes wrong with tables of the second dimension. */
final class NestedBugs {
    private NestedBugs() {}

    /** Dirty flags are cleared for a log that the processor does not write: what becomes dirty then is never known. */
    static final class ClearedWhileLogIsOff extends TdpMmu {
        ClearedWhileLogIsOff(Surroundings around, TdpHardware processor) {
            super(around, processor);
        }

        @Override
        protected void startLog() {
            // Left off.
        }
    }

    /** The flush comes with the next operation, the tables are given back in this one. */
    static final class FreedBeforeFlush extends TdpMmu {
        FreedBeforeFlush(Surroundings around, TdpHardware processor) {
            super(around, processor, Tables::new);
        }

        private static final class Tables extends TdpTables {
            private boolean owed;

            Tables(Surroundings around, TdpFormat format, MmuCounters counters) {
                super(around, format, counters);
            }

            @Override
            protected void flushBeforeFree(boolean due) {
                boolean before = owed;
                owed = due;
                super.flushBeforeFree(before);
            }
        }
    }
}
