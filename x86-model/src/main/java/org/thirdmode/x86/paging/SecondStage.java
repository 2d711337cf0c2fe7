package org.thirdmode.x86.paging;

/**
 * Guest-physical to host-physical: the second dimension of address translation. Every address that a page walk uses goes
 * through it once, the ones of paging-structure entries and the final one.
 *
 * <p>On the bare machine the two are the same address ({@link #NONE}). Where a reference is not allowed the second stage
 * leaves the walk by an exception of its own; the walk has then changed nothing but the Accessed flags of the entries it
 * has already used.
 */
public interface SecondStage {
    /** Why an address is translated. SDM 3C "EPT Violations" tells these apart in the exit qualification. */
    enum Reason {
        /** The access itself: the translation of a linear address. */
        FINAL_ACCESS,
        /** Reading a paging-structure entry. */
        TABLE_READ,
        /** Setting the Accessed or Dirty flag of a paging-structure entry. */
        TABLE_UPDATE,
        /** Loading the PDPTE registers of PAE paging. */
        PDPTE_LOAD
    }

    /** The identity: no second stage. The walk does not call it. */
    SecondStage NONE = (guestPhysical, reason, linear, access, translation) -> guestPhysical;

    /**
     * Translates one guest-physical address.
     *
     * @param linear the linear address that is being translated; meaningless for {@link Reason#PDPTE_LOAD}
     * @param access what the program does there, as in {@link Access}
     * @param translation for {@link Reason#FINAL_ACCESS}, what the first stage found: its rights and page size are to be
     *     narrowed to what both stages give; not to be touched for any other reason
     * @return the host-physical address
     */
    long translate(long guestPhysical, Reason reason, long linear, int access, Translation translation);
}
