package org.thirdmode.x86.paging;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.thirdmode.x86.tlb.PageSize;
import org.thirdmode.x86.tlb.TlbGeometry;
import org.thirdmode.x86.tlb.TlbGeometry.Buffer;
import org.thirdmode.x86.tlb.TlbGeometry.Certainty;

/**
 * What one processor asked of its TLBs in a run: recorded once ({@link Mmu#record}), replayed through TLBs and walk caches of
 * other geometries ({@link #replay}) without the run.
 *
 * <p>It holds lookups, each with what a walk read at that time in both dimensions, and everything that flushes or chooses
 * address spaces, in order. Left out are lookups of the pages that were used last, as many as the fewest {@linkplain
 * Reach ways} of a first level: a set with so many ways under LRU replacement holds them all, so each is a hit. Only the order
 * in which they were used last is kept, where it matters. (Puzak 1985 strips traces for sets of one way by the same reason.)
 *
 * <p>The guest decides what is asked, not the geometry: guest time goes on with instructions, never with cost, and a stale
 * translation that would forbid an access is not believed. What is left are guests that change their tables and flush nothing:
 * they may see a stale translation, or find an Accessed flag not set again, under one geometry and not under another. A replay
 * finds these: where a lookup leads elsewhere than it did, is refused where it was not, or spares a walk that had set a flag,
 * it ends as {@link Inexact}.
 *
 * <p>A guest cannot make it larger than its limit: there recording ends as {@link Unusable}.
 */
public final class TranslationTrace {
    // ---- what stands in the trace: an operation and its operands, 7 bits a byte, the low ones first ----

    static final int CHOOSE = 0;
    static final int LOADED_CR3 = 1;
    static final int INVLPG = 2;
    static final int DROP_PAGE_OF_PCID = 3;
    static final int DROP_PCID = 4;
    static final int DROP_NON_GLOBAL = 5;
    static final int DROP_ALL = 6;
    static final int DROP_PAGE = 7;
    static final int DROP_GUESTS = 8;
    static final int DROP_ROOT = 9;
    static final int DROP_ALL_ROOTS = 10;
    static final int DROP_NESTED = 11;
    static final int DROP_EVERYTHING = 12;
    static final int STATE = 13;
    static final int PDPTE_LOAD = 14;

    /** From here on: a lookup's number, doubled; and 1 where it was one of the pages used last. */
    static final int LOOKUP = 16;

    private static final int CHUNK = 1 << 16;

    private final Reach reach;
    private final long limit;

    /** Whether a second stage that refuses has walked twice where it has caches. APM's nested paging does, EPT once. */
    final boolean refusedTwice;

    final int addressWidth;
    private final List<byte[]> chunks = new ArrayList<>();
    private byte[] chunk = new byte[0];
    private int used;
    private long size;

    private final List<RecordedLookup> lookups = new ArrayList<>();
    private final List<long[]> contents = new ArrayList<>();
    private int[] slots = new int[1 << 10];

    private Unusable unusable;

    /** How many pages used last a geometry holds for sure in its first levels: the fewest ways of any of their TLBs. */
    public record Reach(int data, int instructions) {
        private static final Set<PageSize> ANY = EnumSet.allOf(PageSize.class);

        /** Of one geometry. */
        public static Reach of(TlbGeometry geometry) {
            return new Reach(ways(geometry.dataL1()), ways(geometry.instructionL1()));
        }

        private static int ways(List<Buffer> level) {
            return level.stream().mapToInt(Buffer::ways).min().orElseThrow();
        }

        /** What both hold. */
        public Reach common(Reach other) {
            return new Reach(Math.min(data, other.data), Math.min(instructions, other.instructions));
        }

        TlbGeometry geometry() {
            return new TlbGeometry(
                    "used last",
                    List.of(new Buffer("L1D", data, data, ANY, Certainty.ASSUMED)),
                    List.of(new Buffer("L1I", instructions, instructions, ANY, Certainty.ASSUMED)),
                    List.of(),
                    List.of(),
                    List.of());
        }
    }

    /** What walks would have done. */
    public record Replayed(long walks, long tableReferences, long nestedReferences) {}

    /** What was recorded is no run of that geometry, or cannot be shown to be one. */
    public static final class Inexact extends Exception {
        private static final long serialVersionUID = 1L;

        Inexact(String reason) {
            super(reason, null, false, false);
        }
    }

    /** Recording has ended before its run: the trace is of no use. */
    public static final class Unusable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unusable(String reason) {
            super(reason, null, false, false);
        }
    }

    /**
     * An empty trace.
     *
     * @param reach the geometries that it will be replayed through have it, or more
     * @param limit the most memory for it, in bytes
     * @param refusedTwice whether nested walks are NPT's, not EPT's
     */
    TranslationTrace(Reach reach, long limit, boolean refusedTwice, int addressWidth) {
        this.reach = reach;
        this.limit = limit;
        this.refusedTwice = refusedTwice;
        this.addressWidth = addressWidth;
    }

    /** The memory that it takes, in bytes: what it has, and what a replay needs of it. */
    public long bytes() {
        return size;
    }

    /** The run has come to its end: lets go of what only recording needs. */
    public void finish() {
        contents.clear();
        slots = new int[0];
    }

    /** Why recording ended before its run; null where it did not. */
    public Unusable unusable() {
        return unusable;
    }

    TlbGeometry recorded() {
        return reach.geometry();
    }

    /**
     * Replays it. Any number of replays may go on at a time.
     *
     * @throws Inexact where the run would not have been the same, or where {@code geometry} has less than the trace's reach
     */
    public Replayed replay(TlbGeometry geometry) throws Inexact {
        if (unusable != null) {
            throw new Inexact(unusable.getMessage());
        }
        Reach has = Reach.of(geometry);
        if (!has.common(reach).equals(reach)) {
            throw new Inexact("its first-level TLBs have fewer ways than the trace was recorded for");
        }
        return new TranslationReplay(this, geometry).replay();
    }

    // ---- writing ----

    Unusable end(String reason) {
        unusable = new Unusable(reason);
        chunks.clear();
        contents.clear();
        lookups.clear();
        return unusable;
    }

    private void grow(long bytes) {
        size += bytes;
        if (size > limit) {
            throw end(String.format("its trace would take more than %,d MBytes", limit >> 20));
        }
    }

    void put(long number) {
        long rest = number;
        while ((rest & ~0x7fL) != 0) {
            putByte((byte) (rest | 0x80));
            rest >>>= 7;
        }
        putByte((byte) rest);
    }

    private void putByte(byte value) {
        if (used == chunk.length) {
            grow(CHUNK);
            chunk = new byte[CHUNK];
            chunks.add(chunk);
            used = 0;
        }
        chunk[used++] = value;
    }

    /** The number of a lookup. */
    int number(long[] words, int length) {
        int hash = hash(words, length);
        int mask = slots.length - 1;
        int at = hash & mask;
        while (slots[at] != 0) {
            long[] there = contents.get(slots[at] - 1);
            if (Arrays.equals(there, 0, there.length, words, 0, length)) {
                return slots[at] - 1;
            }
            at = (at + 1) & mask;
        }
        // The words, the same again as objects, and what refers to them.
        grow((24L * length) + 128);
        long[] content = Arrays.copyOf(words, length);
        contents.add(content);
        lookups.add(RecordedLookup.of(content));
        slots[at] = contents.size();
        if (contents.size() * 2 > slots.length) {
            rehash();
        }
        return contents.size() - 1;
    }

    private static int hash(long[] words, int length) {
        long hash = length;
        for (int n = 0; n < length; n++) {
            hash = (hash ^ words[n]) * 0x9e37_79b9_7f4a_7c15L;
            hash ^= hash >>> 29;
        }
        return (int) (hash >>> 32);
    }

    private void rehash() {
        int[] larger = new int[slots.length * 2];
        int mask = larger.length - 1;
        for (int n = 0; n < contents.size(); n++) {
            int at = hash(contents.get(n), contents.get(n).length) & mask;
            while (larger[at] != 0) {
                at = (at + 1) & mask;
            }
            larger[at] = n + 1;
        }
        slots = larger;
    }

    // ---- reading ----

    RecordedLookup lookup(int number) {
        return lookups.get(number);
    }

    /** Reads it from its beginning. */
    final class Reader {
        private int nextChunk;
        private byte[] bytes = new byte[0];
        private int at;

        boolean more() {
            return nextChunk < chunks.size() || at < (bytes == chunk ? used : bytes.length);
        }

        long number() {
            long number = 0;
            for (int shift = 0; ; shift += 7) {
                if (at == bytes.length) {
                    bytes = chunks.get(nextChunk++);
                    at = 0;
                }
                byte next = bytes[at++];
                number |= (next & 0x7fL) << shift;
                if (next >= 0) {
                    return number;
                }
            }
        }
    }
}
