package org.thirdmode.testkit.contract;

import org.thirdmode.kvm.mmu.TdpHardware;
import org.thirdmode.kvm.mmu.TdpMmu;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.Surroundings;

class TheNestedMmu extends NestedMmuContract {
    @Override
    protected GuestMmu mmu(Surroundings around, TdpHardware processor) {
        return new TdpMmu(around, processor);
    }
}
