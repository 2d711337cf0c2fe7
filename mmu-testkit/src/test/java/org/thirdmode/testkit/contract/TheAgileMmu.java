package org.thirdmode.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.LongSupplier;
import net.jqwik.api.Example;
import org.thirdmode.kvm.mmu.AgileMmu;
import org.thirdmode.kvm.mmu.TdpHardware;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.TlbControl;
import org.thirdmode.testkit.fuzz.Fuzzer;
import org.thirdmode.testkit.generate.Habits;
import org.thirdmode.testkit.scenario.ScenarioRun;
import org.thirdmode.testkit.world.AgileMmuMaker;
import org.thirdmode.testkit.world.MmuMaker;

/** Shadow tables and those of the second dimension, each by the other's side. */
class TheAgileMmu extends GuestMmuContract {
    /** In accesses: several in the life of a guest. */
    private static final long INTERVAL = 12;

    private AgileMmu last;

    private GuestMmu made(Surroundings around, TdpHardware processor, TlbControl linear, LongSupplier time) {
        last = new AgileMmu(around, processor, linear, time, INTERVAL);
        return last;
    }

    @Override
    protected GuestMmu mmu(Surroundings around) {
        throw new AssertionError("a processor without a second dimension");
    }

    @Override
    protected MmuMaker maker() {
        return (AgileMmuMaker) this::made;
    }

    @Override
    protected Habits habits() {
        return Habits.AGILE;
    }

    /** Otherwise the suite would say little. */
    @Example
    void itsGuestsHaveTablesThatGoOverToNestedModeAndComeBack() {
        long switches = 0;
        long returns = 0;
        for (int seed = 0; seed < 100; seed++) {
            ScenarioRun.run(Fuzzer.guest(Habits.AGILE, seed), maker());
            switches += last.shadow().switches();
            returns += last.shadow().returns();
        }
        assertTrue(switches > 50 && returns > 20, switches + " go over, " + returns + " come back");
    }
}
