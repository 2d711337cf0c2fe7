package org.thirdmode.shadow;

/**
 * The port between a hypervisor and its MMU: one object a virtual CPU. The names are KVM's ({@code vcpu->mmu} and the
 * {@code kvm_mmu_*} functions), the shadow strategies of this module and nested paging stand behind it alike.
 *
 * <p>The order of use: {@link #load} before every entry; {@link #pageFault} for every page fault that the hardware
 * reports; {@link #invlpg}, {@link #newCr3}, {@link #flushGuest} and {@link #resetContext} <em>after</em> the guest's
 * instruction has changed the registers that {@link PagingRegisters} shows; {@link #pteWrite} after the hypervisor has
 * written guest memory for the guest.
 */
public interface GuestMmu {
    /**
     * Handles a page fault of the hardware.
     *
     * @param address CR2: the guest-linear address; with nested paging the guest-physical one
     * @param errorCode as the hardware reports it. SDM 3A "Page-Fault Exceptions"
     */
    FaultResult pageFault(long address, int errorCode);

    /**
     * Handles a fault of the hardware's second dimension, where there may be the other one too.
     *
     * @param guestPhysical the address
     * @param errorCode as of a page fault: what the access was
     * @param table whether it was to one of the guest's tables, in the course of a walk
     */
    default FaultResult guestPhysicalFault(long guestPhysical, int errorCode, boolean table) {
        return pageFault(guestPhysical, errorCode);
    }

    /** When {@link #load} wants to be called again at the latest, in ticks of the guest's time; {@code Long.MAX_VALUE} for never. */
    default long looksAgainAt() {
        return Long.MAX_VALUE;
    }

    /**
     * The registers with which the hardware has to run the guest; makes the root where there is none. Cheap where nothing
     * changed. With PAE tables the hardware must reload its PDPTE registers whenever {@link TlbControl#flush} was asked.
     *
     * @return one object, the same each time
     */
    HardwarePaging load();

    /**
     * Whether the guest's INVLPG must be intercepted; where not, the processor may execute it by itself and {@link #invlpg}
     * need not be called.
     */
    boolean interceptsInvlpg();

    /** The guest executed INVLPG. */
    void invlpg(long linear);

    /**
     * The guest loaded CR3 (and with PAE paging the PDPTE registers).
     *
     * @param keepTranslations bit 63 of MOV's operand with CR4.PCIDE set: the guest asks that nothing be flushed
     */
    void newCr3(boolean keepTranslations);

    /** The guest flushed all translations but changed no register: INVPCID, CR4.PGE written and written back. */
    void flushGuest();

    /**
     * CR0, CR4 or EFER changed (or all of the state, as by KVM_SET_SREGS): the role of the tables may be another. A change
     * of CR3 along with them is seen too.
     */
    void resetContext();

    /**
     * The hypervisor has written guest memory: by emulating an instruction of the guest, or on behalf of a device. The new
     * bytes are in memory. Shadow tables made of the old ones are brought up to date or dropped.
     */
    void pteWrite(long guestPhysical, int size);

    /**
     * Emulation of an instruction failed: makes the page at {@code linear} writable without emulation where it is a guest
     * table.
     *
     * @return whether anything was dropped, so that running the guest again may help
     */
    boolean unprotectPageVirt(long linear);

    /**
     * Translates as the guest's own tables say, setting their Accessed and Dirty flags as the processor would: for the
     * instruction emulator.
     *
     * @param access as in {@link org.thirdmode.x86.paging.Access}
     * @return one object, the same each time
     */
    GuestWalk gvaToGpa(long linear, int access);

    /** The same without touching the guest's flags: KVM_TRANSLATE, debuggers. */
    GuestWalk probe(long linear, int access);

    /** A slot's dirty log begins, or was just read: whatever is written from now on must be seen. */
    void slotRemoveWriteAccess(MemorySlot slot);

    /** Completes the dirty logs before one is read: with hardware that logs, fetches what it logged. */
    void harvestDirty();

    /** A slot's dirty log ends: what it made small may be large again. */
    default void dirtyLogEnded(MemorySlot slot) {}

    /** A slot is about to go, to move, or to get other host pages: drops everything that came from it. */
    void zapSlot(MemorySlot slot);

    /** The set of slots changed: what was known to be no memory may be memory now. */
    void slotsChanged();

    /** Drops every table; those of the context in use are made again by {@link #load}. */
    void zapAll();

    /** How many table pages may be in use; more than are needed for one translation. Recycles where more are. */
    void changeMmuPages(int pages);

    /** The virtual CPU goes: all host pages return to their allocator. */
    void destroy();

    MmuCounters counters();

    /** Shows every change of a table's entry to {@code observer}; null for none. */
    void observe(EntryObserver observer);
}
