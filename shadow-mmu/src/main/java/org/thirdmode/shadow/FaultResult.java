package org.thirdmode.shadow;

/** What the hypervisor has to do about a page fault. */
public sealed interface FaultResult {
    /** Run the guest again: the translation is there now (or will be after one more fault). */
    Retry RETRY = new Retry();

    /** Run the guest again. */
    record Retry() implements FaultResult {}

    /**
     * The guest's own tables forbid the access: #PF is the guest's.
     *
     * @param linear goes to CR2
     * @param errorCode as the processor would have pushed it had the guest's tables been walked
     */
    record Inject(long linear, int errorCode) implements FaultResult {}

    /**
     * Emulate the instruction, which only accesses memory: no table entry can allow what it does.
     *
     * @param guestPhysical what the faulting access reaches
     */
    record Emulate(long guestPhysical, Reason reason) implements FaultResult {}

    /**
     * Emulate the instruction; what it accesses is a device's, or memory that the guest cannot write: user space decides.
     *
     * @param guestPhysical what the faulting access reaches
     */
    record Mmio(long guestPhysical) implements FaultResult {}

    /** Why an instruction that only accesses memory has to be emulated. */
    enum Reason {
        /** It writes to a guest table that is shadowed. */
        WRITE_TO_GUEST_TABLE,
        /** The guest's rights cannot be said by an entry of the tables, as for a write with CR0.WP clear under SMAP. */
        RIGHTS_BEYOND_ENTRIES
    }
}
