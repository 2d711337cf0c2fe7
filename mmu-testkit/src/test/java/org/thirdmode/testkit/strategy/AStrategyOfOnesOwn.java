package org.thirdmode.testkit.strategy;

import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.testkit.contract.GuestMmuContract;

class AStrategyOfOnesOwn extends GuestMmuContract {
    @Override
    protected GuestMmu mmu(Surroundings around) {
        return new OneTranslation(around);
    }
}
