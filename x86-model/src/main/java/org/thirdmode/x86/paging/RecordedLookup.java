package org.thirdmode.x86.paging;

import java.util.ArrayList;
import java.util.List;

/**
 * A lookup of a {@link TranslationTrace}, with the whole walk that a processor without any cache makes for it.
 *
 * @param linear the page
 * @param flags its {@link Access} in the low bits, and the constants of this class
 * @param found what the walk found; with neither meaning nor use where it was refused
 * @param tables the entries that it read in the tables of the first dimension, from the top
 * @param last the nested walk of the final guest-physical address; null where there was none
 * @param updates whether it set an Accessed or Dirty flag in an entry of either dimension
 */
record RecordedLookup(long linear, long flags, Found found, List<Reference> tables, NestedWalk last, boolean updates) {
    /*
     * As words: linear, flags, the two of Found, then items, each with a word that says its kind, its level and whether a flag
     * was set in it. The nested references of a table's entry stand before it.
     *
     *  kind  8 | level 8 | set 1        TABLE: guest-physical, host-physical, entry
     *                                   NESTED: host-physical, entry
     *                                   FINAL: guest-physical
     */
    static final int ACCESS = 0xffff;

    /** Paging was on. */
    static final long PAGED = 1L << 16;

    /** A page fault, or out of the guest. */
    static final long REFUSED = 1L << 17;

    /** 32-bit paging: entries are chosen by 10 bits, and have 4 bytes. */
    static final long NARROW = 1L << 18;

    static final int TOP_SHIFT = 24;

    static final int TABLE = 1;
    static final int NESTED = 2;
    static final int FINAL = 3;
    static final int SET = 1 << 16;
    static final int HEADER = 4;

    private static final long XD = 1L << 63;
    private static final long ALL = ~XD;

    /**
     * What a walk found.
     *
     * @param page its physical address, and what it allows
     * @param shape sizes, and whether it is global or good for one access only
     */
    record Found(long page, int shape) {
        private static final int WRITABLE = 1;
        private static final int USER = 1 << 1;
        private static final int EXECUTABLE = 1 << 2;
        private static final int DIRTY = 1 << 3;
        private static final int KEY_SHIFT = 4;
        private static final int READABLE = 1 << 8;
        private static final int GLOBAL = 1 << 16;
        private static final int UNCACHED = 1 << 17;
        private static final long PAGE = -1L << 12;

        static long page(Translation t) {
            return (t.physical & PAGE)
                    | (t.writable ? WRITABLE : 0)
                    | (t.user ? USER : 0)
                    | (t.executable ? EXECUTABLE : 0)
                    | (t.dirty ? DIRTY : 0)
                    | ((long) t.protectionKey << KEY_SHIFT)
                    | (t.readable ? READABLE : 0);
        }

        static long shape(Translation t) {
            return t.pageShift | t.linearPageShift << 8 | (t.global ? GLOBAL : 0) | (t.uncached ? UNCACHED : 0);
        }

        void to(Translation t) {
            t.physical = physical();
            t.writable = (page & WRITABLE) != 0;
            t.user = (page & USER) != 0;
            t.executable = (page & EXECUTABLE) != 0;
            t.dirty = (page & DIRTY) != 0;
            t.protectionKey = (int) (page >>> KEY_SHIFT) & 0xf;
            t.readable = (page & READABLE) != 0;
            t.pageShift = shape & 0xff;
            t.linearPageShift = (shape >>> 8) & 0xff;
            t.global = (shape & GLOBAL) != 0;
            t.uncached = uncached();
        }

        long physical() {
            return page & PAGE;
        }

        boolean uncached() {
            return (shape & UNCACHED) != 0;
        }
    }

    /**
     * An entry of the first dimension.
     *
     * @param below the table that it refers to
     * @param rights what it and all above it allow
     * @param set whether the walk set a flag in it
     * @param nested the nested walk of its address; null without a second stage
     */
    record Reference(
            int level,
            long guestPhysical,
            long hostPhysical,
            long below,
            long rights,
            boolean set,
            NestedWalk nested) {}

    /**
     * A nested walk.
     *
     * @param top the level of the first of its entries
     * @param tables the table of each entry, by host-physical address
     * @param rights what the entries above each allow
     * @param firstSet which of its entries is the first that it set a flag in; their number for none
     * @param refused whether it was refused at its last entry
     */
    record NestedWalk(long guestPhysical, int top, long[] tables, long[] rights, int firstSet, boolean refused) {
        boolean updates() {
            return firstSet < tables.length;
        }
    }

    static RecordedLookup of(long[] words) {
        List<Reference> tables = new ArrayList<>();
        List<long[]> nested = new ArrayList<>();
        long rights = ALL;
        boolean updates = false;
        boolean refused = (words[1] & REFUSED) != 0;
        long lastAddress = -1;
        int n = HEADER;
        while (n < words.length) {
            int kind = (int) words[n] & 0xff;
            boolean set = (words[n] & SET) != 0;
            updates |= set;
            if (kind == NESTED) {
                nested.add(new long[] {words[n], words[n + 1], words[n + 2]});
                n += 3;
            } else if (kind == TABLE) {
                long entry = words[n + 3];
                rights = allowed(rights, entry);
                NestedWalk walk = nested.isEmpty() ? null : nested(words[n + 1], nested, false);
                tables.add(new Reference(
                        (int) words[n] >>> 8 & 0xff, words[n + 1], words[n + 2], table(entry), rights, set, walk));
                nested.clear();
                n += 4;
            } else {
                lastAddress = words[n + 1];
                n += 2;
            }
        }
        NestedWalk last = lastAddress == -1 ? null : nested(lastAddress, nested, refused);
        return new RecordedLookup(
                words[0], words[1], new Found(words[2], (int) words[3]), List.copyOf(tables), last, updates);
    }

    private static NestedWalk nested(long guestPhysical, List<long[]> entries, boolean refused) {
        long[] tables = new long[entries.size()];
        long[] rights = new long[entries.size()];
        long above = ALL;
        int firstSet = tables.length;
        for (int n = 0; n < tables.length; n++) {
            tables[n] = table(entries.get(n)[1]);
            rights[n] = above;
            above = allowed(above, entries.get(n)[2]);
            if (firstSet == tables.length && (entries.get(n)[0] & SET) != 0) {
                firstSet = n;
            }
        }
        int top = tables.length == 0 ? 0 : (int) entries.getFirst()[0] >>> 8 & 0xff;
        return new NestedWalk(guestPhysical, top, tables, rights, firstSet, refused);
    }

    private static long table(long address) {
        return address & ~XD & (-1L << 12);
    }

    private static long allowed(long rights, long entry) {
        return (rights & (entry | XD)) | (entry & XD);
    }

    int access() {
        return (int) flags & ACCESS;
    }

    boolean is(long flag) {
        return (flags & flag) != 0;
    }

    /** The level at which the tables of the walk begin, but for PDPTEs that are read on demand. */
    int top() {
        return (int) (flags >>> TOP_SHIFT) & 0xf;
    }

    int indexBits() {
        return is(NARROW) ? 10 : 9;
    }
}
