package org.thirdmode.x86.paging;

/**
 * Guest-physical to host-physical: the second dimension of address translation. Every address that a page walk uses goes
 * through it once, the ones of paging-structure entries and the final one.
 *
 * <p>On the bare machine the two are the same address ({@link #NONE}). Where a reference is not allowed the second stage
 * notes why, in fields of its own, and leaves the walk by throwing the processor's {@code GuestExit}; the walk has then
 * changed nothing but the Accessed flags of the entries it has already used.
 *
 * <p>A second stage that reads tables tells each reference to {@link PageWalker#nestedReference}. One stage may stand in
 * front of another: to intercept or redirect accesses to a page it looks at what the other returns, and sets {@link
 * Translation#uncached} so that it is asked again.
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
     * @param guestPhysical all of it, page and offset
     * @param linear the linear address that is being translated; meaningless for {@link Reason#PDPTE_LOAD}
     * @param access what the program does there, as in {@link Access}
     * @param translation for {@link Reason#FINAL_ACCESS}, what the first stage found and allowed: its rights and page size
     *     are to be narrowed to what both stages give, {@link Translation#dirty} is to be cleared where a later write must
     *     come through here; null for any other reason
     * @return the host-physical address
     */
    long translate(long guestPhysical, Reason reason, long linear, int access, Translation translation);

    /**
     * Whether PAE paging reads its PDPTEs in each walk and keeps none in registers. APM 2 "Legacy PAE Mode" under "Nested
     * Paging".
     */
    default boolean pdptesOnDemand() {
        return false;
    }

    /**
     * For a stage whose processor, a hypothetical one, begins a walk in tables of the hypervisor's and goes over to the guest's own:
     * the bit of a physical address, in CR3 or in an entry, that says that it is no guest-physical one, and that the table there is
     * the hypervisor's. It and all bits above are beyond the guest's physical addresses: in entries of the guest's tables the walker
     * takes them for reserved. 0 for the stages of real processors.
     */
    default long hostBit() {
        return 0;
    }

    /**
     * Tells which pages are plain: there everything is allowed and no flag is left to set. Asked when this stage is put
     * behind the walk, which then need not ask it for each.
     */
    default void tellPlainPages(GuestPhysicalMappings kept) {
        kept.nothingPlain();
    }

    /**
     * Where a guest-physical address leads by the tables as they stand, for tools that look on: no flag is set, nothing is
     * counted, nothing is refused.
     *
     * @return the host-physical address; {@link Peek#NOWHERE} where it leads to none, or where the stage cannot tell
     */
    default long peek(long guestPhysical) {
        return this == NONE ? guestPhysical : Peek.NOWHERE;
    }
}
