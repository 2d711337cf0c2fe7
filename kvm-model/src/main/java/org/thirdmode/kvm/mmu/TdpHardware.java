package org.thirdmode.kvm.mmu;

/**
 * What the processor's second dimension can do.
 *
 * @param format of the tables
 * @param flags the processor sets Accessed and Dirty flags. Nested paging always does, EPT where it is told to
 * @param largestPage log2 of the largest page that an entry can map: 12, 21, 30
 * @param log page-modification logging; {@link ModificationLog#NONE} where the processor has none
 */
public record TdpHardware(TdpFormat format, boolean flags, int largestPage, ModificationLog log) {
    public TdpHardware {
        if (log != ModificationLog.NONE && !flags) {
            throw new IllegalArgumentException("page-modification logging needs dirty flags");
        }
    }

    /** The highest level whose entries may map a page of {@code format}. */
    int highestLeaf() {
        int level = 1;
        while (level < Math.min(3, format.levels - 1) && 12 + format.shift(level + 1) <= largestPage) {
            level++;
        }
        return level;
    }
}
