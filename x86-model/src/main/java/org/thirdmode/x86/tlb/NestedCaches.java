package org.thirdmode.x86.tlb;

import java.util.List;

/**
 * What a processor caches of its second dimension: a nested TLB, which spares the guest's walk the nested walk of a table
 * that it has used of late, and paging-structure caches, where nested walks begin lower down. SDM 3C "Caching Translation
 * Information" calls these guest-physical mappings; Bhargava et al., "Accelerating Two-Dimensional Page Walks for
 * Virtualized Systems", has the nested TLB.
 *
 * <p>Final guest-physical addresses are not kept in the nested TLB: the TLB has their linear address.
 */
public final class NestedCaches {
    private static final long OFFSET = 4095;

    private final TlbLevel nestedTlb;
    private long now;

    /** Where a nested walk may begin; null for none. */
    public final StructureCaches structures;

    /** What entries are kept and found under, a space of {@link TlbBuffer#context}: an EPTRTA, or an ASID. */
    public int context;

    private NestedCaches(TlbLevel nestedTlb, StructureCaches structures) {
        this.nestedTlb = nestedTlb;
        this.structures = structures;
    }

    /** Those of a geometry; null where it has none. */
    public static NestedCaches of(TlbGeometry geometry) {
        boolean tlb = !geometry.nestedTlb().isEmpty();
        boolean structures = !geometry.nestedStructureCaches().isEmpty();
        return tlb || structures
                ? new NestedCaches(
                        tlb ? new TlbLevel(geometry.nestedTlb(), null) : null,
                        structures ? new StructureCaches(geometry.nestedStructureCaches()) : null)
                : null;
    }

    /** The host-physical address of a guest's table entry, or -1. */
    public long find(long guestPhysical) {
        if (nestedTlb == null) {
            return -1;
        }
        int slot = nestedTlb.find(guestPhysical, context, ++now);
        return slot < 0 ? -1 : nestedTlb.at.payload(slot) | (guestPhysical & OFFSET);
    }

    /** Keeps where a guest's table stands. */
    public void put(long guestPhysical, long hostPhysical) {
        if (nestedTlb != null) {
            nestedTlb.insert(guestPhysical, PageSize.KBYTE_4.shift, context, hostPhysical & ~OFFSET, now);
        }
    }

    /** Drops what a walk for {@code guestPhysical} would use: an EPT violation, a nested page fault. */
    public void drop(long guestPhysical) {
        if (nestedTlb != null) {
            nestedTlb.drop(guestPhysical, context, false);
        }
        if (structures != null) {
            structures.drop(guestPhysical, 9, context);
            structures.drop(guestPhysical, 10, context);
        }
    }

    /** Drops everything of one EPTRTA or ASID. */
    public void dropSpace(int of) {
        if (nestedTlb != null) {
            nestedTlb.dropSpace(of);
        }
        if (structures != null) {
            structures.dropSpace(of);
        }
    }

    /** Drops everything. */
    public void dropAll() {
        if (nestedTlb != null) {
            nestedTlb.dropAll();
        }
        if (structures != null) {
            structures.dropAll();
        }
    }

    /** Adds what each has counted; nothing before the first nested walk. */
    public void addCounts(List<TlbCount> counts) {
        if (nestedTlb != null && now != 0) {
            nestedTlb.addCounts(counts);
        }
        if (structures != null) {
            structures.counts().stream().filter(count -> count.lookups() != 0).forEach(counts::add);
        }
    }
}
