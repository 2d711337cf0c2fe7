package org.thirdmode.testkit.world;

import java.util.BitSet;
import org.thirdmode.shadow.MemorySlot;

/** A memory slot whose host frames the test chooses. */
public final class TestSlot implements MemorySlot {
    public final SlotName name;
    private final long[] host;
    private final int hostShift;
    private final BitSet dirty = new BitSet();
    private final boolean inARow;
    private boolean logging;

    TestSlot(SlotName name, long[] host, int hostShift) {
        this.name = name;
        this.host = host;
        this.hostShift = hostShift;
        inARow = isInARow(host);
    }

    private static boolean isInARow(long[] host) {
        for (int i = 1; i < host.length; i++) {
            if (host[i] != host[0] + ((long) i << 12)) {
                return false;
            }
        }
        return true;
    }

    /** The guest frame that a host frame backs; -1 where it is not this slot's. */
    long gfnOf(long frame) {
        if (inARow) {
            long index = (frame - host[0]) >> 12;
            return index >= 0 && index < host.length ? name.baseGfn + index : -1;
        }
        for (int i = 0; i < host.length; i++) {
            if (host[i] == frame) {
                return name.baseGfn + i;
            }
        }
        return -1;
    }

    @Override
    public long baseGfn() {
        return name.baseGfn;
    }

    @Override
    public long pages() {
        return host.length;
    }

    @Override
    public boolean readOnly() {
        return name.readOnly;
    }

    @Override
    public boolean logsDirty() {
        return logging;
    }

    void logging(boolean on) {
        logging = on;
        dirty.clear();
    }

    @Override
    public long hostAddress(long gfn) {
        return host[(int) (gfn - name.baseGfn)];
    }

    @Override
    public int hostPageShift(long gfn) {
        return hostShift;
    }

    @Override
    public void markDirty(long gfn) {
        dirty.set((int) (gfn - name.baseGfn));
    }

    @Override
    public boolean isDirty(long gfn) {
        return dirty.get((int) (gfn - name.baseGfn));
    }

    @Override
    public String toString() {
        return name.name();
    }
}
