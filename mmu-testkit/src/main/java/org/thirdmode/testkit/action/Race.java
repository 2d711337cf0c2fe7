package org.thirdmode.testkit.action;

import java.util.List;
import java.util.stream.Collectors;
import org.thirdmode.shadow.Others;
import org.thirdmode.testkit.world.GuestWorld;

/**
 * One action, in the middle of which others act.
 *
 * @param moment of the MMU's operation; where it has none such, they act after it
 */
public record Race(Action first, Others.Moment moment, List<Action> meanwhile) implements Action {
    public Race {
        meanwhile = List.copyOf(meanwhile);
    }

    @Override
    public void perform(GuestWorld world) {
        world.race(moment, () -> first.perform(world), () -> meanwhile.forEach(action -> perform(action, world)));
    }

    private static void perform(Action action, GuestWorld world) {
        boolean byTheGuest = action instanceof GuestAction || action instanceof HostAction.Unprotect;
        if (!byTheGuest || world.guestMayAct()) {
            action.perform(world);
        }
    }

    @Override
    public String toString() {
        String when = switch (moment) {
            case GUEST_WALKED -> "its fault has read the guest's tables and maps nothing yet";
            case GUEST_ENTRY_READ -> "the guest's entry is read and ours not yet made";
            case ENTRY_READ -> "an entry of the hypervisor's is read and not yet changed";
            case LOCK_GIVEN_UP -> "the lock is given up between two entries";
        };
        return first + "; while " + when + ":"
                + meanwhile.stream().map(action -> "\n      " + action).collect(Collectors.joining());
    }
}
