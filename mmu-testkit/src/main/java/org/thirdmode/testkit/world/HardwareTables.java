package org.thirdmode.testkit.world;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.thirdmode.kvm.mmu.TdpFormat;
import org.thirdmode.shadow.HardwarePaging;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/**
 * The tables that the hypervisor has made for the hardware, read as bits from host memory: whoever made them and however. They
 * translate linear addresses, or with nesting guest-physical ones. SDM 3A "Paging", SDM 3C "EPT Translation Mechanism".
 *
 * <p>A large page is a leaf above level 1; an entry with a reserved bit (a mark of the hypervisor's) is none.
 */
public final class HardwareTables {
    private static final long FRAME = 0x000f_ffff_ffff_f000L;
    private static final long RESERVED = 1L << 51;
    private static final long PS = 1L << 7;
    private static final long XD = 1L << 63;
    private static final int RW = 2;
    private static final int US = 4;
    private static final int EPT_X = 4;
    private static final int EPT_RIGHTS = 7;
    private static final int D = 1 << 6;
    private static final int EPT_D = 1 << 9;
    private static final byte[] EMPTY = new byte[Frame.SIZE];

    private final PhysicalMemory memory;
    private final Shape shape;
    private final int levels;
    private final int entrySize;
    private final long root;

    /**
     * What the processor was told of the tables.
     *
     * @param ept in the format of EPT
     * @param width bits of the addresses that they translate; all others have no entry
     * @param dirtyFlags the processor sets dirty flags, and looks at its tables again for a write where one is clear
     * @param logs what becomes dirty is written down by the processor
     */
    record Shape(int levels, int indexBits, int entrySize, int width, boolean ept, boolean dirtyFlags, boolean logs) {
        static Shape of(HardwarePaging hardware) {
            boolean pae = (hardware.cr4 & Cr4.PAE) != 0;
            boolean longMode = (hardware.efer & Efer.LMA) != 0;
            int levels = !pae ? 2 : !longMode ? 3 : (hardware.cr4 & Cr4.LA57) != 0 ? 5 : 4;
            return new Shape(levels, pae ? 9 : 10, pae ? 8 : 4, Long.SIZE, false, false, false);
        }

        static Shape of(TdpFormat format, Nesting nesting, boolean logs) {
            int width = format == TdpFormat.NPT_PAE ? 32 : 12 + (format.indexBits * format.levels);
            return new Shape(
                    format.levels, format.indexBits, format.entrySize, width, nesting.ept(), nesting.flags(), logs);
        }

        int entries(int level) {
            return levels == 3 && level == 3 ? 4 : 1 << indexBits;
        }

        int shift(int level) {
            return 12 + (indexBits * (level - 1));
        }

        /** Whether the hardware goes on by an entry. */
        boolean used(long entry) {
            return ept ? (entry & EPT_RIGHTS) != 0 : (entry & 1) != 0 && (entry & RESERVED) == 0;
        }

        boolean reaches(long address) {
            return width == Long.SIZE || address >>> width == 0;
        }

        boolean dirty(long entry) {
            return (entry & (ept ? EPT_D : D)) != 0;
        }
    }

    /**
     * An entry, of which it is asked what page it maps.
     *
     * @param from the first address that it translates, linear or guest-physical; where tables are shared, one of several
     * @param silent a write by it is noticed by nobody: the hypervisor gets no fault, the processor writes nothing down
     */
    public record Leaf(
            long table, int index, int entrySize, int level, int pageShift, long entry, long from, boolean silent) {
        /** Where it stands. */
        public long address() {
            return table + ((long) index * entrySize);
        }

        /** The host-physical address of the page. */
        public long page() {
            return entry & FRAME & -(1L << pageShift);
        }

        public boolean writable() {
            return (entry & RW) != 0;
        }

        @Override
        public String toString() {
            return String.format("entry %x of the level-%d table at %x: %x", index, level, table, entry);
        }
    }

    /**
     * What the hardware makes of an address.
     *
     * @param writable without a look at the tables
     */
    public record Mapping(long page, boolean writable, boolean user, boolean executable) {
        /** Whether what was cached as this is still given by {@code now}. */
        boolean within(Mapping now) {
            return now != null
                    && now.page == page
                    && (now.writable || !writable)
                    && (now.user || !user)
                    && (now.executable || !executable);
        }

        @Override
        public String toString() {
            return String.format(
                    "host page %x%s%s%s", page, writable ? " w" : "", user ? " u" : "", executable ? " x" : "");
        }
    }

    HardwareTables(PhysicalMemory memory, Shape shape, long root) {
        this.memory = memory;
        this.shape = shape;
        levels = shape.levels;
        entrySize = shape.entrySize;
        this.root = root;
    }

    /** CR3, as the hardware has it, or the root of the second dimension. */
    public long root() {
        return root;
    }

    /** Whether entries can forbid that instructions be fetched. */
    boolean hasExecuteDisable() {
        return entrySize == 8;
    }

    private long topTable() {
        return root & (levels == 3 ? 0xffff_ffe0L : FRAME);
    }

    private int index(long address, int level) {
        return (int) (address >>> shape.shift(level)) & (shape.entries(level) - 1);
    }

    /** Where an address leads; null where to nothing. */
    public Mapping mapping(long address) {
        if (!shape.reaches(address)) {
            return null;
        }
        long table = topTable();
        boolean writable = true;
        boolean user = true;
        boolean executable = true;
        for (int level = levels; ; level--) {
            long entry = memory.read(table + ((long) index(address, level) * entrySize), entrySize);
            if (!shape.used(entry)) {
                return null;
            }
            if (levels != 3 || level != 3) {
                writable &= (entry & RW) != 0;
                user &= shape.ept || (entry & US) != 0;
                executable &= shape.ept ? (entry & EPT_X) != 0 : entrySize == 4 || (entry & XD) == 0;
            }
            if (level == 1 || (entry & PS) != 0) {
                long offset = address & ((1L << shape.shift(level)) - 1) & -Frame.SIZE;
                writable &= !shape.dirtyFlags || shape.dirty(entry);
                return new Mapping((entry & FRAME & -(1L << shape.shift(level))) | offset, writable, user, executable);
            }
            table = entry & FRAME;
        }
    }

    /** The entries on the way of an address, down to the one that maps it or ends it. */
    public List<Leaf> way(long address) {
        List<Leaf> way = new ArrayList<>();
        long table = topTable();
        for (int level = levels; level >= 1; level--) {
            int index = index(address, level);
            long entry = memory.read(table + ((long) index * entrySize), entrySize);
            way.add(leaf(table, index, level, entry, address));
            if (!shape.used(entry) || (entry & PS) != 0) {
                return way;
            }
            table = entry & FRAME;
        }
        return way;
    }

    private Leaf leaf(long table, int index, int level, long entry, long from) {
        boolean silent = (entry & RW) != 0 && (!shape.logs || shape.dirty(entry));
        return new Leaf(table, index, entrySize, level, shape.shift(level), entry, from, silent);
    }

    /** Every entry that maps a page and that the hardware can come to, once; tables go to {@code tables}. */
    public List<Leaf> leaves(Set<Long> tables) {
        List<Leaf> leaves = new ArrayList<>();
        collect(topTable(), levels, 0, tables, new HashSet<>(), leaves);
        return leaves;
    }

    private void collect(long table, int level, long from, Set<Long> tables, Set<Long> seen, List<Leaf> leaves) {
        if (!seen.add(table | level)) {
            return;
        }
        tables.add(table & FRAME);
        Frame frame = memory.frame(table);
        int first = (int) table & (Frame.SIZE - 1);
        int end = first + (shape.entries(level) * entrySize);
        for (int offset = filled(frame, first, end); offset < end; offset = filled(frame, offset + entrySize, end)) {
            int index = (offset - first) / entrySize;
            long entry = frame.get(offset, entrySize);
            if (!shape.used(entry)) {
                continue;
            }
            long translates = from | ((long) index << shape.shift(level));
            if (level == 1 || (entry & PS) != 0) {
                leaves.add(leaf(table, index, level, entry, translates));
            } else {
                collect(entry & FRAME, level - 1, translates, tables, seen, leaves);
            }
        }
    }

    /** The next entry from an offset on that is not empty, as nearly all are; the end where there is none. */
    private int filled(Frame frame, int from, int end) {
        int equal = Arrays.mismatch(frame.bytes, from, end, EMPTY, from, end);
        return equal < 0 ? end : (from + equal) & -entrySize;
    }
}
