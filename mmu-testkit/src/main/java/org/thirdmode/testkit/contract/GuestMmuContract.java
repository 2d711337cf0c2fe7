package org.thirdmode.testkit.contract;

import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.testkit.generate.Guests;
import org.thirdmode.testkit.generate.Habits;
import org.thirdmode.testkit.scenario.Failure;
import org.thirdmode.testkit.scenario.Scenario;
import org.thirdmode.testkit.scenario.ScenarioRun;
import org.thirdmode.testkit.world.MmuMaker;

/**
 * What every MMU owes its guest and its host. A strategy gets the whole suite by a subclass that says how one is made:
 *
 * <pre>{@code
 * class MyStrategy extends GuestMmuContract {
 *     @Override
 *     protected GuestMmu mmu(Surroundings around) {
 *         return new MyMmu(around);
 *     }
 * }
 * }</pre>
 */
@Tag("property")
public abstract class GuestMmuContract {
    /** Long enough for tables to be made, changed, forgotten and used again. */
    protected static final int ACTIONS = 50;

    /** Makes the MMU under test. */
    protected abstract GuestMmu mmu(Surroundings around);

    /** How the runs make it. */
    protected MmuMaker maker() {
        return this::mmu;
    }

    /** What guests and their host do beyond the guest's own accesses; all, unless the MMU promises less. */
    protected Habits habits() {
        return Habits.ALL;
    }

    @Property(tries = 250)
    protected void everyInvariantHoldsWhateverTheGuestDoes(@ForAll("guestsAlone") Scenario guest) {
        hold(guest);
    }

    @Property(tries = 250)
    protected void everyInvariantHoldsWhateverTheHostDoesMeanwhile(@ForAll("guests") Scenario guest) {
        hold(guest);
    }

    private void hold(Scenario guest) {
        Failure failure = ScenarioRun.run(guest, maker());
        if (failure != null) {
            throw new AssertionError(failure.toString());
        }
    }

    @Provide
    Arbitrary<Scenario> guestsAlone() {
        return Guests.scenarios(habits().guestAlone(), ACTIONS);
    }

    @Provide
    Arbitrary<Scenario> guests() {
        return Guests.scenarios(habits(), ACTIONS);
    }
}
