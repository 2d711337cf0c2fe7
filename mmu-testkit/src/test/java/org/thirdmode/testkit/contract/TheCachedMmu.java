package org.thirdmode.testkit.contract;

import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.cached.CachedMmu;

/** KVM's MMU of 2007 holds the contract. */
class TheCachedMmu extends GuestMmuContract {
    @Override
    protected GuestMmu mmu(Surroundings around) {
        return new CachedMmu(around);
    }
}
