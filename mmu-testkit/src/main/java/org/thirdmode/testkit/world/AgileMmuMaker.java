package org.thirdmode.testkit.world;

import java.util.function.LongSupplier;
import org.thirdmode.kvm.mmu.TdpHardware;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.TlbControl;

/** Makes an MMU under test that has shadow tables and tables of the second dimension, for a processor with agile paging. */
@FunctionalInterface
public interface AgileMmuMaker extends NestedMmuMaker {
    /**
     * Makes one.
     *
     * @param linear flush requests that leave guest-physical mappings
     * @param time of the guest: an access a tick
     */
    GuestMmu in(Surroundings around, TdpHardware processor, TlbControl linear, LongSupplier time);

    @Override
    default GuestMmu in(Surroundings around, TdpHardware processor) {
        throw new IllegalArgumentException("this MMU needs a processor with agile paging");
    }
}
