package org.thirdmode.testkit.world;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.thirdmode.shadow.HardwarePaging;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/**
 * The tables that the hardware walks, read as bits from host memory: whoever made them and however. SDM 3A "Paging".
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

    private final PhysicalMemory memory;
    private final int levels;
    private final int indexBits;
    private final int entrySize;
    private final long root;

    /** An entry, of which it is asked what page it maps. */
    public record Leaf(long table, int index, int entrySize, int level, int pageShift, long entry) {
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

    /** What the hardware makes of a linear address; null rights where nothing is mapped. */
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

    HardwareTables(PhysicalMemory memory, HardwarePaging hardware) {
        this.memory = memory;
        boolean pae = (hardware.cr4 & Cr4.PAE) != 0;
        boolean longMode = (hardware.efer & Efer.LMA) != 0;
        levels = !pae ? 2 : !longMode ? 3 : (hardware.cr4 & Cr4.LA57) != 0 ? 5 : 4;
        indexBits = pae ? 9 : 10;
        entrySize = pae ? 8 : 4;
        root = hardware.cr3;
    }

    private int entries(int level) {
        return levels == 3 && level == 3 ? 4 : 1 << indexBits;
    }

    private int shift(int level) {
        return 12 + (indexBits * (level - 1));
    }

    /** CR3, as the hardware has it. */
    public long root() {
        return root;
    }

    /** Where a linear address leads; null where to nothing. */
    public Mapping mapping(long linear) {
        long table = root & (levels == 3 ? 0xffff_ffe0L : FRAME);
        boolean writable = true;
        boolean user = true;
        boolean executable = true;
        for (int level = levels; ; level--) {
            int index = (int) (linear >>> shift(level)) & (entries(level) - 1);
            long entry = memory.read(table + ((long) index * entrySize), entrySize);
            if ((entry & 1) == 0 || (entry & RESERVED) != 0) {
                return null;
            }
            if (levels != 3 || level != 3) {
                writable &= (entry & RW) != 0;
                user &= (entry & US) != 0;
                executable &= entrySize == 4 || (entry & XD) == 0;
            }
            if (level == 1 || (entry & PS) != 0) {
                long offset = linear & ((1L << shift(level)) - 1) & -Frame.SIZE;
                return new Mapping((entry & FRAME & -(1L << shift(level))) | offset, writable, user, executable);
            }
            table = entry & FRAME;
        }
    }

    /** The entries on the way of a linear address, down to the one that maps it or ends it. */
    public List<Leaf> way(long linear) {
        List<Leaf> way = new ArrayList<>();
        long table = root & (levels == 3 ? 0xffff_ffe0L : FRAME);
        for (int level = levels; level >= 1; level--) {
            int index = (int) (linear >>> shift(level)) & (entries(level) - 1);
            long entry = memory.read(table + ((long) index * entrySize), entrySize);
            way.add(new Leaf(table, index, entrySize, level, shift(level), entry));
            if ((entry & 1) == 0 || (entry & (RESERVED | PS)) != 0) {
                return way;
            }
            table = entry & FRAME;
        }
        return way;
    }

    /** Every entry that maps a page and that the hardware can come to, once; tables go to {@code tables}. */
    public List<Leaf> leaves(Set<Long> tables) {
        List<Leaf> leaves = new ArrayList<>();
        collect(root & (levels == 3 ? 0xffff_ffe0L : FRAME), levels, tables, new HashSet<>(), leaves);
        return leaves;
    }

    private void collect(long table, int level, Set<Long> tables, Set<Long> seen, List<Leaf> leaves) {
        if (!seen.add(table | level)) {
            return;
        }
        tables.add(table & FRAME);
        Frame frame = memory.frame(table);
        int first = (int) table & (Frame.SIZE - 1);
        for (int index = 0; index < entries(level); index++) {
            int offset = first + (index * entrySize);
            if ((offset & 7) == 0 && (long) Frame.LONG.get(frame.bytes, offset) == 0) {
                // Nearly all are empty.
                index += (8 / entrySize) - 1;
                continue;
            }
            long entry = frame.get(offset, entrySize);
            if ((entry & 1) == 0 || (entry & RESERVED) != 0) {
                continue;
            }
            if (level == 1 || (entry & PS) != 0) {
                leaves.add(new Leaf(table, index, entrySize, level, shift(level), entry));
            } else {
                collect(entry & FRAME, level - 1, tables, seen, leaves);
            }
        }
    }
}
