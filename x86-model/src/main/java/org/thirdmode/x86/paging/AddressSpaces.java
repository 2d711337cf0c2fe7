package org.thirdmode.x86.paging;

/**
 * Whose translations are in use, and what VMX and SVM invalidate of them. SDM 3C "Caching Translation Information"; APM 2
 * "TLB Control" and "Address Space Identifiers".
 *
 * <p>Translations are tagged: by VPID and, where EPT is in use, by EPTRTA (bits 51:12 of the EPTP); by ASID. The host's
 * have VPID or ASID 0. The extension, with the registers of the side that goes on already loaded,
 *
 * <ul>
 *   <li>enters: {@link #enterGuest} (VMX) or {@link #enterGuestOfAsid} (SVM);
 *   <li>leaves: {@link #leaveGuest}; also where an entry fails after it has entered.
 * </ul>
 *
 * <p>Both put the second stage behind the walk or take it away, and flush only what the manual says: nothing where a VPID
 * or ASID is in use. {@code fast} fidelity keeps the last few address spaces, and of each one PCID; dropping more than the
 * manual demands is always legal. What a flush by the guest itself (MOV to CR3, INVLPG, ...) does is limited to its own
 * VPID or ASID.
 *
 * <p>Control bits and PKRU that differ from those under which a space was left are noticed: no call is needed for them.
 */
public final class AddressSpaces {
    /** In the place of an EPTRTA: no EPT. */
    public static final long NO_ROOT = -1;

    private final Mmu mmu;

    AddressSpaces(Mmu mmu) {
        this.mmu = mmu;
    }

    // ---- VMX ----

    /**
     * VM entry, or EPTP switching by VMFUNC: the guest's translations are used and {@code stage} is asked from now on.
     * With VPID 0 the linear and combined mappings for VPID 0000H are invalidated, here and in {@link #leaveGuest}. SDM 3C
     * "Operations that Invalidate Cached Mappings".
     *
     * @param vpid the VPID, or 0 where "enable VPID" is 0
     * @param eptrta bits 51:12 of the EPTP, in place, or {@link #NO_ROOT} where "enable EPT" is 0
     * @param stage what translates guest-physical addresses; {@link SecondStage#NONE} for the identity
     */
    public void enterGuest(int vpid, long eptrta, SecondStage stage) {
        mmu.enter(vpid, eptrta, stage);
    }

    /**
     * VM exit or #VMEXIT: the host's translations are used from now on, and there is no second stage. Also right where no
     * guest was entered.
     */
    public void leaveGuest() {
        mmu.leave();
    }

    /**
     * INVVPID type 0, individual-address: mappings for a linear address tagged with a VPID, for all PCIDs and EPTRTAs,
     * global ones included.
     */
    public void invvpidIndividualAddress(int vpid, long linear) {
        mmu.dropPageOf(vpid, linear);
    }

    /** INVVPID type 1, single-context: all mappings tagged with a VPID. */
    public void invvpidSingleContext(int vpid) {
        mmu.dropAllOf(vpid);
    }

    /** INVVPID type 2, all-contexts: all mappings tagged with any VPID but 0000H. */
    public void invvpidAllContexts() {
        mmu.dropGuests();
    }

    /** INVVPID type 3, single-context-retaining-globals: all mappings tagged with a VPID but those of global pages. */
    public void invvpidSingleContextRetainingGlobals(int vpid) {
        mmu.dropNonGlobalOf(vpid);
    }

    /** INVEPT type 1, single-context: guest-physical and combined mappings associated with an EPTRTA, for all VPIDs. */
    public void inveptSingleContext(long eptrta) {
        mmu.dropRoot(eptrta);
    }

    /** INVEPT type 2, all-context: guest-physical and combined mappings of every EPTRTA. */
    public void inveptAllContexts() {
        mmu.dropAllRoots();
    }

    // ---- SVM ----

    /**
     * VMRUN, after TLB_CONTROL was obeyed.
     *
     * @param asid the guest's, not 0
     * @param stage what translates guest-physical addresses; {@link SecondStage#NONE} without nested paging
     */
    public void enterGuestOfAsid(int asid, SecondStage stage) {
        mmu.enter(asid, NO_ROOT, stage);
    }

    /** TLB_CONTROL 1, and RESET: everything of every ASID (or VPID), the host's too. */
    public void flushEveryAsid() {
        mmu.dropEverything();
    }

    /** TLB_CONTROL 3: everything of this guest's ASID. */
    public void flushAsid(int asid) {
        mmu.dropAllOf(asid);
        mmu.dropNestedOf(asid);
    }

    /** TLB_CONTROL 7: everything of this guest's ASID but global pages. */
    public void flushAsidNonGlobal(int asid) {
        mmu.dropNonGlobalOf(asid);
        mmu.dropNestedOf(asid);
    }

    /** INVLPGA: the page of a linear address under an ASID, global or not. */
    public void invlpga(long linear, int asid) {
        mmu.dropPageOf(asid, linear);
    }
}
