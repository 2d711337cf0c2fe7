package org.thirdmode.testkit.strategy;

import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.testkit.contract.GuestMmuContract;

class MyMmuKeepsItsPromises extends GuestMmuContract {
    @Override
    protected GuestMmu mmu(Surroundings around) {
        return new CachedMmu(around);
    }
}
