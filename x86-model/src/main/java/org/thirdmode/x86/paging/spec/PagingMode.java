package org.thirdmode.x86.paging.spec;

import static org.thirdmode.x86.paging.spec.EntryFormat.PDE_32_MAPS_4_MBYTE;
import static org.thirdmode.x86.paging.spec.EntryFormat.PDE_32_REFERS;
import static org.thirdmode.x86.paging.spec.EntryFormat.PDE_MAPS_2_MBYTE;
import static org.thirdmode.x86.paging.spec.EntryFormat.PDE_PAE_MAPS_2_MBYTE;
import static org.thirdmode.x86.paging.spec.EntryFormat.PDE_PAE_REFERS;
import static org.thirdmode.x86.paging.spec.EntryFormat.PDE_REFERS;
import static org.thirdmode.x86.paging.spec.EntryFormat.PDPTE_MAPS_1_GBYTE;
import static org.thirdmode.x86.paging.spec.EntryFormat.PDPTE_PAE;
import static org.thirdmode.x86.paging.spec.EntryFormat.PDPTE_REFERS;

import java.util.List;

/** The paging modes and the structures of each. SDM 3A, table "Properties of Different Paging Modes". */
public enum PagingMode {
    /** CR0.PG = 0: linear addresses are physical addresses. */
    NONE(),
    /** CR0.PG = 1, CR4.PAE = 0. */
    BITS_32(
            new Structure("page directory", 2, 31, 22, PDE_32_REFERS, PDE_32_MAPS_4_MBYTE),
            new Structure("page table", 1, 21, 12, null, EntryFormat.PTE_32)),
    /** CR0.PG = 1, CR4.PAE = 1, IA32_EFER.LME = 0. The first structure is read from the PDPTE registers. */
    PAE(
            new Structure("page-directory-pointer table", 3, 31, 30, PDPTE_PAE, null),
            new Structure("page directory", 2, 29, 21, PDE_PAE_REFERS, PDE_PAE_MAPS_2_MBYTE),
            new Structure("page table", 1, 20, 12, null, EntryFormat.PTE_PAE)),
    /** CR0.PG = 1, CR4.PAE = 1, IA32_EFER.LME = 1, CR4.LA57 = 0. */
    LEVEL_4(
            new Structure("PML4 table", 4, 47, 39, EntryFormat.PML4E, null),
            new Structure("page-directory-pointer table", 3, 38, 30, PDPTE_REFERS, PDPTE_MAPS_1_GBYTE),
            new Structure("page directory", 2, 29, 21, PDE_REFERS, PDE_MAPS_2_MBYTE),
            new Structure("page table", 1, 20, 12, null, EntryFormat.PTE)),
    /** CR0.PG = 1, CR4.PAE = 1, IA32_EFER.LME = 1, CR4.LA57 = 1. */
    LEVEL_5(
            new Structure("PML5 table", 5, 56, 48, EntryFormat.PML5E, null),
            new Structure("PML4 table", 4, 47, 39, EntryFormat.PML4E, null),
            new Structure("page-directory-pointer table", 3, 38, 30, PDPTE_REFERS, PDPTE_MAPS_1_GBYTE),
            new Structure("page directory", 2, 29, 21, PDE_REFERS, PDE_MAPS_2_MBYTE),
            new Structure("page table", 1, 20, 12, null, EntryFormat.PTE));

    /**
     * A paging structure. SDM 3A, table "Paging Structures in the Different Paging Modes".
     *
     * @param name the manual's name
     * @param level 5 for a PML5 table to 1 for a page table
     * @param high the highest bit of the linear address that selects an entry
     * @param low the lowest; also log2 of the size of a page that an entry maps
     * @param refers the format of an entry that references another structure, or null
     * @param maps the format of an entry that maps a page, or null
     */
    public record Structure(String name, int level, int high, int low, EntryFormat refers, EntryFormat maps) {
        /** Bytes of one entry. */
        public int entrySize() {
            return (refers != null ? refers : maps).size();
        }

        /** What an entry is, by its bit 7 (PS) where it can be two things. */
        public EntryFormat formatOf(long entry) {
            boolean mapsHere = refers == null || (maps != null && refers.isSet(EntryFormat.Meaning.PS, entry));
            return mapsHere ? maps : refers;
        }

        /** The number of the entry that a linear address selects. */
        public long index(long linear) {
            return (linear >>> low) % (1L << (high - low + 1));
        }
    }

    /** The structures in the order of the walk. */
    public final List<Structure> structures;

    PagingMode(Structure... structures) {
        this.structures = List.of(structures);
    }

    /** The mode in force. SDM 3A "Paging-Mode Enabling". */
    public static PagingMode of(PagingControls controls) {
        if (!controls.pg()) {
            return NONE;
        }
        if (!controls.pae()) {
            return BITS_32;
        }
        if (!controls.lma()) {
            return PAE;
        }
        return controls.la57() ? LEVEL_5 : LEVEL_4;
    }
}
