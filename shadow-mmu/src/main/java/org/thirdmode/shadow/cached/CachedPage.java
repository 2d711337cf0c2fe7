package org.thirdmode.shadow.cached;

import org.thirdmode.shadow.table.ShadowPage;
import org.thirdmode.x86.memory.Frame;

/** A shadow page that is found again by guest frame and role, and may be referred to from several places. */
public final class CachedPage extends ShadowPage {
    public final int role;

    /** How many roots of the virtual CPU are this page. */
    int rootCount;

    private CachedPage[] parents = new CachedPage[1];
    private int[] parentIndexes = new int[1];
    private int parentCount;

    /** Of entries that map a page: the guest frame. Made when the first such entry is. */
    private long[] mapped;

    /** The guest may write the table; entries may be older than the guest's. Strategy {@code unsync} only. */
    private boolean unsync;

    /** Entries through which a page that is out of sync can be reached, one bit each; null where there never was one. */
    private long[] unsyncChildren;

    private int unsyncChildCount;

    /** Writes to the guest table since the hardware last needed this page. */
    public int writeFlooding;

    /** Freed: nothing may refer to it. */
    boolean zapped;

    /** It stands for a guest table that is in no slot. */
    boolean withoutMemory;

    /** When all below was last brought in sync; meaningful for roots. */
    public long syncedAt = -1;

    /** Neighbours in the order of age. */
    CachedPage older;

    CachedPage younger;

    CachedPage(long host, Frame frame, long gfn, int role, int entries) {
        super(host, frame, Role.level(role), gfn, entries);
        this.role = role;
    }

    public boolean direct() {
        return Role.direct(role);
    }

    public boolean unsync() {
        return unsync;
    }

    public void unsync(boolean outOfSync) {
        unsync = outOfSync;
    }

    public int rootCount() {
        return rootCount;
    }

    @Override
    public CachedPage child(int index) {
        return (CachedPage) super.child(index);
    }

    // ---- parents ----

    void addParent(CachedPage parent, int index) {
        if (parentCount == parents.length) {
            parents = java.util.Arrays.copyOf(parents, parentCount * 2);
            parentIndexes = java.util.Arrays.copyOf(parentIndexes, parentCount * 2);
        }
        parents[parentCount] = parent;
        parentIndexes[parentCount++] = index;
    }

    void removeParent(CachedPage parent, int index) {
        for (int i = 0; i < parentCount; i++) {
            if (parents[i] == parent && parentIndexes[i] == index) {
                parents[i] = parents[--parentCount];
                parentIndexes[i] = parentIndexes[parentCount];
                parents[parentCount] = null;
                return;
            }
        }
        throw new org.thirdmode.x86.state.ModelBug("a shadow page does not know the entry that refers to it");
    }

    public int parentCount() {
        return parentCount;
    }

    public CachedPage parent(int i) {
        return parents[i];
    }

    public int parentIndex(int i) {
        return parentIndexes[i];
    }

    // ---- mapped guest frames ----

    /** The guest frame that the entry {@code index} maps, where it maps one. */
    public long mappedGfn(int index) {
        return mapped == null ? 0 : mapped[index];
    }

    void mappedGfn(int index, int entries, long gfn) {
        if (mapped == null) {
            mapped = new long[entries];
        }
        mapped[index] = gfn;
    }

    // ---- what is out of sync below ----

    public int unsyncChildCount() {
        return unsyncChildCount;
    }

    public boolean isUnsyncChild(int index) {
        return unsyncChildren != null && (unsyncChildren[index >>> 6] >>> index & 1) != 0;
    }

    /** Marks an entry; false where it was marked. */
    boolean markUnsyncChild(int index, int entries) {
        if (isUnsyncChild(index)) {
            return false;
        }
        if (unsyncChildren == null) {
            unsyncChildren = new long[entries >>> 6];
        }
        unsyncChildren[index >>> 6] |= 1L << index;
        unsyncChildCount++;
        return true;
    }

    void clearUnsyncChild(int index) {
        if (isUnsyncChild(index)) {
            unsyncChildren[index >>> 6] &= ~(1L << index);
            unsyncChildCount--;
        }
    }

    @Override
    public String toString() {
        return String.format("page %x of guest frame %x, %s", host, gfn, Role.describe(role));
    }
}
