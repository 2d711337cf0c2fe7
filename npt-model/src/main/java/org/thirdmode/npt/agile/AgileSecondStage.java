package org.thirdmode.npt.agile;

import org.thirdmode.npt.ept.ExtendedPageTables;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.GuestPhysicalMappings;
import org.thirdmode.x86.paging.SecondStage;
import org.thirdmode.x86.paging.Translation;

/**
 * Agile paging in front of EPT: hypothetical hardware. "Agile Paging", section III. The paper has one switching bit in an entry of
 * the shadow tables; here what an address is stands in two bits above those that the guest has, so that one walker does for
 * all:
 *
 * <pre>
 *   W+1    W    W-1                12
 * +------+----+----------------------+
 * |switch|host|        address       |   W: the guest's physical-address width
 * +------+----+----------------------+
 *    0     1    host-physical: a shadow table, or the page of a shadow leaf
 *    1     0    host-physical: a table of the guest's own, in which the walk goes on
 *    0     0    guest-physical: by EPT
 * </pre>
 *
 * CR3 is of any of the three: the walk begins in the shadow (4 to 16 references where all tables are of 4 levels), in the guest's
 * top table found without EPT (20), or as nested paging does (24). In tables of the guest's both bits are reserved, of which
 * {@link SecondStage#hostBit} tells the walker: no guest reaches host memory by them.
 *
 * <p>Unlike with EPT alone, reading a table of the guest's is no write: so the Dirty flag of EPT tells the hypervisor whether the
 * guest has changed one, which is the paper's policy. A page fault in the guest's own tables is the guest's, whatever the
 * exception bitmap says.
 */
public final class AgileSecondStage implements SecondStage {
    /** Bits that physical addresses of the processor have more than its guest's. */
    public static final int EXTRA_BITS = 2;

    /** By PSE-36 a guest with 32-bit paging reaches addresses of so many bits. */
    private static final int LEAST_GUEST_WIDTH = 40;

    private final ExtendedPageTables ept;
    private final long hostBit;
    private final long switchBit;

    /** In front of {@code ept}, which is told so, of a processor with {@code memory}. */
    public AgileSecondStage(ExtendedPageTables ept, PhysicalMemory memory) {
        this.ept = ept;
        int guestWidth = memory.addressWidth() - EXTRA_BITS;
        if (guestWidth < LEAST_GUEST_WIDTH) {
            throw new IllegalArgumentException("agile paging leaves the guest physical addresses of " + guestWidth
                    + " bits: it needs " + LEAST_GUEST_WIDTH);
        }
        hostBit = hostBit(guestWidth);
        switchBit = switchBit(guestWidth);
        ept.readTablesAsData();
    }

    /** What marks a host-physical address of the hypervisor's tables, for a guest with addresses of {@code guestWidth} bits. */
    public static long hostBit(int guestWidth) {
        return 1L << guestWidth;
    }

    /** What marks the host-physical address of a table of the guest's. */
    public static long switchBit(int guestWidth) {
        return 1L << (guestWidth + 1);
    }

    @Override
    public long hostBit() {
        return hostBit;
    }

    @Override
    public long translate(long address, Reason reason, long linear, int access, Translation translation) {
        if ((address & (hostBit | switchBit)) != 0) {
            return address & ~(hostBit | switchBit);
        }
        return ept.translate(address, reason, linear, access, translation);
    }

    @Override
    public void tellPlainPages(GuestPhysicalMappings kept) {
        ept.tellPlainPages(kept);
    }

    @Override
    public long peek(long address) {
        return (address & (hostBit | switchBit)) != 0 ? address & ~(hostBit | switchBit) : ept.peek(address);
    }
}
