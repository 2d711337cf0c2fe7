package org.thirdmode.shadow.table;

import org.thirdmode.shadow.EntryCause;
import org.thirdmode.shadow.EntryObserver;
import org.thirdmode.shadow.MmuCounters;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;

/**
 * The one place where entries of shadow tables change. It counts every change by its cause, shows it to an observer, and
 * remembers when translations that the hardware may have cached allow more than the tables now do: the strategy asks {@link
 * #takeFlush} before the guest runs on.
 *
 * <p>The hardware changes entries too: it sets their Accessed and Dirty flags.
 */
public final class ShadowEntries {
    private final PhysicalMemory memory;
    private final MmuCounters counters;
    private EntryObserver observer;
    private boolean flush;
    private int entrySize;

    /** Set in each address that is put into memory, but where {@link #switchBit} is. */
    private long hostBit;

    private long switchBit;

    public ShadowEntries(PhysicalMemory memory, MmuCounters counters) {
        this.memory = memory;
        this.counters = counters;
    }

    /** From now on tables are of this format; there are none of another. */
    public void format(ShadowFormat format) {
        entrySize = format.entrySize;
    }

    /**
     * For a hypothetical processor whose tables tell host-physical addresses from a guest's: every present entry is put into memory
     * with {@code host} set, unless it is given with {@code other}. Nobody sees the bit here.
     */
    public void addresses(long host, long other) {
        hostBit = host;
        switchBit = other;
    }

    public void observe(EntryObserver theObserver) {
        observer = theObserver;
    }

    /** Takes a page of host memory as an empty table. */
    public Frame emptyTable(long host) {
        for (int offset = 0; offset < Frame.SIZE; offset += 8) {
            memory.write(host + offset, 8, 0);
        }
        return memory.frame(host);
    }

    public long get(ShadowPage page, int index) {
        return page.frame.get(index * entrySize, entrySize) & ~hostBit;
    }

    /** Changes an entry. Nothing else does. */
    public void set(ShadowPage page, int index, long value, EntryCause cause) {
        long before = get(page, index);
        if (before == value) {
            return;
        }
        long address = page.host + ((long) index * entrySize);
        memory.write(address, entrySize, stored(value));
        counters.entryChanges[cause.ordinal()]++;
        flush |= allowsLess(before, value);
        if (observer != null) {
            observer.entryChanged(cause, page.level, address, page.gfn, before, value);
        }
    }

    private long stored(long value) {
        return Bits.present(value) && (value & switchBit) == 0 ? value | hostBit : value;
    }

    /** Whether what the hardware may have cached of {@code before} is more than {@code after} gives. */
    private static boolean allowsLess(long before, long after) {
        if (!Bits.present(before)) {
            return false;
        }
        long granted = Bits.P | Bits.RW | Bits.US;
        long same = Bits.FRAME | Bits.PS | Bits.G | (0xfL << Bits.KEY_SHIFT);
        return !Bits.present(after)
                || ((before ^ after) & same) != 0
                || (before & ~after & granted) != 0
                || (~before & after & Bits.XD) != 0
                // Without write access a translation is not writable because it is not dirty: clearing D takes that
                // too.
                || (before & ~after & Bits.D) != 0;
    }

    /** Whether the TLB has to be flushed; asked once. */
    public boolean takeFlush() {
        boolean needed = flush;
        flush = false;
        return needed;
    }

    /** Makes the next {@link #takeFlush} true: a table that the hardware may still know goes to somebody else. */
    public void needFlush() {
        flush = true;
    }
}
