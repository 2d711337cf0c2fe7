package org.thirdmode.testkit.contract;

import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.naive.NaiveMmu;

/** KVM's MMU of 2006 holds the contract. */
class TheNaiveMmu extends GuestMmuContract {
    @Override
    protected GuestMmu mmu(Surroundings around) {
        return new NaiveMmu(around);
    }
}
