package org.thirdmode.testkit.world;

import org.thirdmode.shadow.Others;

/**
 * The scheduler: what others do in the middle of one operation of the MMU. It is told what and at which moment before the
 * operation begins, so that a race that was found is a race replayed. Where the operation has no such moment they act after it.
 *
 * <p>The grain is that of the MMUs: an operation is one step but for the moments of {@link Others}. Others who act there come
 * to their end before it goes on.
 */
final class Interleaving implements Others {
    private final GuestWorld world;
    private Moment at;
    private Runnable others;
    private Moment now;

    /** The virtual CPU whose own instruction is in progress, which cannot act before that is done; -1 for none. */
    private int busy = -1;

    Interleaving(GuestWorld world) {
        this.world = world;
    }

    /** Runs {@code first} and, at a moment of it, {@code meanwhile}. */
    void race(Moment moment, Runnable first, Runnable meanwhile) {
        at = moment;
        others = meanwhile;
        first.run();
        if (others != null) {
            Runnable late = others;
            others = null;
            late.run();
        }
    }

    /** In what moment of another operation the present one is done; null in none. */
    Moment now() {
        return now;
    }

    int busy() {
        return busy;
    }

    @Override
    public boolean act(Moment moment) {
        if (others == null || moment != at || now != null) {
            return false;
        }
        Runnable due = others;
        others = null;
        int acting = world.vcpu();
        world.othersActNow();
        now = moment;
        busy = moment == Moment.GUEST_WALKED || moment == Moment.GUEST_ENTRY_READ ? acting : -1;
        try {
            world.turnTo(busy >= 0 ? acting + 1 : acting);
            world.inTheMiddle(due);
        } finally {
            now = null;
            busy = -1;
        }
        world.turnTo(acting);
        return true;
    }
}
