package org.thirdmode.shadow;

/**
 * Who else acts on a guest's memory and tables while an MMU is at work: other virtual CPUs, the processor that sets flags, the
 * host. An operation of an MMU is otherwise one step; at these moments it holds no lock, or hardware pays none heed, and what
 * it has read may be old when it goes on.
 */
@FunctionalInterface
public interface Others {
    /** Nobody. */
    Others NONE = moment -> false;

    /** Where others may act. */
    enum Moment {
        /**
         * A fault's way through the guest's tables was read, without a lock; the page may have to be brought in, which may sleep.
         * KVM: between {@code walk_addr} and {@code mmu_lock}.
         */
        GUEST_WALKED,
        /** An entry of the guest's was read, from which ours is to be made. KVM: {@code kvm_mmu_pte_write}, {@code invlpg}. */
        GUEST_ENTRY_READ,
        /** An entry of ours was read and is to be changed: the lock is held, but the processor sets flags in it. */
        ENTRY_READ,
        /** A long walk over our tables has given up the lock to who waits for it. KVM: {@code tdp_mmu_iter_cond_resched}. */
        LOCK_GIVEN_UP
    }

    /**
     * They act, if they want to.
     *
     * @return whether they did
     */
    boolean act(Moment moment);
}
