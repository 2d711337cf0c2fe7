package org.thirdmode.testkit.world;

import java.util.BitSet;
import org.thirdmode.shadow.MemorySlot;

/** A memory slot whose host frames the test chooses. */
public final class TestSlot implements MemorySlot {
    public final SlotName name;
    private final long[] host;
    private final int hostShift;
    private final BitSet dirty = new BitSet();
    private boolean logging;

    TestSlot(SlotName name, long[] host, int hostShift) {
        this.name = name;
        this.host = host;
        this.hostShift = hostShift;
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
