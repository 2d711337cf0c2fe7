package org.thirdmode.testkit.action;

import org.thirdmode.testkit.world.GuestWorld;

/** One thing that the guest or its host does; printed, it is one line of a story. */
public sealed interface Action permits GuestAction, HostAction, Race {
    void perform(GuestWorld world);
}
