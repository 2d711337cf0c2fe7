package org.thirdmode.testkit.contract;

import org.thirdmode.kvm.mmu.TdpHardware;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.testkit.generate.Habits;
import org.thirdmode.testkit.world.MmuMaker;
import org.thirdmode.testkit.world.NestedMmuMaker;

/**
 * The same for an MMU whose tables are of the processor's second dimension, EPT's and nested paging's in turn:
 *
 * <pre>{@code
 * class MyStrategy extends NestedMmuContract {
 *     @Override
 *     protected GuestMmu mmu(Surroundings around, TdpHardware processor) {
 *         return new MyMmu(around, processor);
 *     }
 * }
 * }</pre>
 */
public abstract class NestedMmuContract extends GuestMmuContract {
    /** Makes the MMU under test. */
    protected abstract GuestMmu mmu(Surroundings around, TdpHardware processor);

    @Override
    protected final GuestMmu mmu(Surroundings around) {
        throw new AssertionError("a processor without a second dimension");
    }

    @Override
    protected final MmuMaker maker() {
        return (NestedMmuMaker) this::mmu;
    }

    @Override
    protected Habits habits() {
        return Habits.NESTED;
    }
}
