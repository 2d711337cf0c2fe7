package org.thirdmode.papers.agile;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.x86.memory.PhysicalMemory;

/**
 * The page walker that agile paging asks of a processor: hypothetical hardware. It begins in a shadow table; an entry whose
 * switching bit is set gives the host-physical address of the guest's own table of the next level, and from there on the walk
 * is nested. "Agile Paging", section III.
 *
 * <p>Here with tables by hand for one page of 4 KBytes under four levels: real entries in memory, each of which is read.
 */
public final class AgileHardware {
    private static final int LEVELS = 4;
    private static final long PRESENT = 1;

    /** Among the bits that an entry leaves to software. */
    private static final long SWITCH = 1L << 9;

    private static final long ADDRESS = 0x000f_ffff_ffff_f000L;
    private static final long PAGE = 4096;

    /** Where the guest's memory stands in the host's. */
    private static final long OFFSET = 1L << 30;

    private final PhysicalMemory memory = new PhysicalMemory(40);
    private final List<String> references = new ArrayList<>();

    /** The host's tables of the guest's memory. */
    private final long nestedRoot;

    /** The guest's table of each level, guest-physical. */
    private final long[] guest = new long[LEVELS + 1];

    /** Of the guest's last entry, in its table. */
    private long pageIndex;

    private long nextHost = 1L << 20;
    private long nextGuest = 1L << 20;

    /** Register: the shadow root, or with the switching bit the guest's top table. */
    private final long shadowPointer;

    /**
     * Tables that map one page.
     *
     * @param nestedLevels how many levels of the guest's tables, from the last up, are walked as nested paging does: 0 to 4
     */
    public AgileHardware(long linear, int nestedLevels) {
        memory.mapRam(0, 2 * OFFSET);
        nestedRoot = hostPage();
        guestTables(linear);
        long shadow = nestedLevels == LEVELS ? (OFFSET + guest[LEVELS]) | PRESENT | SWITCH : hostPage() | PRESENT;
        shadowPointer = shadow;
        for (int level = LEVELS; level > nestedLevels; level--) {
            long entry = level == 1
                    ? (OFFSET + page()) | PRESENT
                    : level - 1 == nestedLevels ? (OFFSET + guest[level - 1]) | PRESENT | SWITCH : hostPage() | PRESENT;
            memory.write((shadow & ADDRESS) + index(linear, level), 8, entry);
            shadow = entry;
        }
    }

    private long hostPage() {
        nextHost += PAGE;
        return nextHost;
    }

    private long page() {
        return memory.read(OFFSET + guest[1] + pageIndex, 8) & ADDRESS;
    }

    private static long index(long address, int level) {
        return ((address >>> (12 + (9 * (level - 1)))) & 0x1ff) << 3;
    }

    private void guestTables(long linear) {
        for (int level = LEVELS; level >= 1; level--) {
            guest[level] = guestPage();
        }
        for (int level = LEVELS; level >= 1; level--) {
            long target = level == 1 ? guestPage() : guest[level - 1];
            memory.write(OFFSET + guest[level] + index(linear, level), 8, target | PRESENT);
        }
        pageIndex = index(linear, 1);
    }

    private long guestPage() {
        nextGuest += PAGE;
        long table = nestedRoot;
        for (int level = LEVELS; level > 1; level--) {
            long at = table + index(nextGuest, level);
            if (memory.read(at, 8) == 0) {
                memory.write(at, 8, hostPage() | PRESENT);
            }
            table = memory.read(at, 8) & ADDRESS;
        }
        memory.write(table + index(nextGuest, 1), 8, (OFFSET + nextGuest) | PRESENT);
        return nextGuest;
    }

    /**
     * Walks for an address, nothing cached.
     *
     * @return the entries that are read, in order: {@code sL4} of the shadow tables, {@code gL1} of the guest's, {@code nL4 for
     *     gL1} of the host's, for what gL1 points to
     */
    public List<String> references(long linear) {
        references.clear();
        long pointer = shadowPointer;
        int level = LEVELS;
        while (level >= 1 && (pointer & SWITCH) == 0) {
            references.add("sL" + level);
            pointer = read((pointer & ADDRESS) + index(linear, level));
            level--;
        }
        long table = pointer & ADDRESS;
        for (; level >= 1; level--) {
            references.add("gL" + level);
            table = nested(level, read(table + index(linear, level)) & ADDRESS);
        }
        return List.copyOf(references);
    }

    /** From guest-physical to host-physical. */
    private long nested(int of, long guestPhysical) {
        long table = nestedRoot;
        for (int level = LEVELS; level >= 1; level--) {
            references.add("nL" + level + " for gL" + of);
            table = read(table + index(guestPhysical, level)) & ADDRESS;
        }
        return table;
    }

    private long read(long at) {
        long entry = memory.read(at, 8);
        if ((entry & PRESENT) == 0) {
            throw new IllegalStateException(String.format("no entry at %x", at));
        }
        return entry;
    }

    /** References of a TLB miss where so many levels of the guest's tables are walked nested. */
    public static int referencesWith(int nestedLevels) {
        long linear = 0x1234_5678_9000L;
        return new AgileHardware(linear, nestedLevels).references(linear).size();
    }
}
