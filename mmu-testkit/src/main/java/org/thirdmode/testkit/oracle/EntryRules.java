package org.thirdmode.testkit.oracle;

import org.thirdmode.testkit.world.GuestWorld;
import org.thirdmode.x86.paging.spec.EntryFormat;
import org.thirdmode.x86.paging.spec.EntryFormat.Meaning;
import org.thirdmode.x86.paging.spec.PagingControls;
import org.thirdmode.x86.paging.spec.PagingMode.Structure;

/** What the manual says of one entry. SDM 3A, the tables of the formats, and "Reserved bits". */
final class EntryRules {
    private EntryRules() {}

    private static int width(EntryFormat format) {
        int width = GuestWorld.LIMITS.maxPhyAddr();
        return format == EntryFormat.PDE_32_MAPS_4_MBYTE ? Math.min(40, width) : width;
    }

    /** Bit 7 (PS) tells the two formats of an entry apart, where there are two. */
    static EntryFormat format(Structure structure, long entry, PagingControls controls) {
        if (structure.refers() == null) {
            return structure.maps();
        }
        boolean canMap =
                structure.maps() != null && (structure.maps() != EntryFormat.PDE_32_MAPS_4_MBYTE || controls.pse());
        return canMap && structure.refers().isSet(Meaning.PS, entry) ? structure.maps() : structure.refers();
    }

    /**
     * Whether a processor may cache what it made of an entry: "P = 1, reserved bits 0, and the accessed flag 1". SDM 3A "Details
     * of TLB Use", "Caches for Paging Structures".
     */
    static boolean cacheable(EntryFormat format, long entry, PagingControls controls) {
        return (entry & 1) != 0
                && !reservedBits(format, entry, controls)
                && (!format.has(Meaning.A) || format.isSet(Meaning.A, entry));
    }

    /** SDM 3A, table "Reserved bits". */
    static boolean reservedBits(EntryFormat format, long entry, PagingControls controls) {
        long reserved = format.mask(Meaning.RESERVED, width(format));
        if (!controls.nxe()) {
            reserved |= format.mask(Meaning.XD, width(format));
        }
        return (entry & reserved) != 0;
    }

    static long address(EntryFormat format, long entry) {
        return format.address(entry, width(format));
    }
}
