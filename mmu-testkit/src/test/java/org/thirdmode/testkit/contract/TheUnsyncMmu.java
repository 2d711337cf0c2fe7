package org.thirdmode.testkit.contract;

import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.unsync.UnsyncMmu;

/** KVM's MMU of 2008 holds the contract. */
class TheUnsyncMmu extends GuestMmuContract {
    @Override
    protected GuestMmu mmu(Surroundings around) {
        return new UnsyncMmu(around);
    }
}
