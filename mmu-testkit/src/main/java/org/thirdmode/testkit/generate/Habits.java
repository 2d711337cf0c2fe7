package org.thirdmode.testkit.generate;

import org.thirdmode.kvm.mmu.TdpMmu;
import org.thirdmode.testkit.world.WorldSetup;

/**
 * What a random guest and its host do.
 *
 * @param hostActs the hypervisor and user space do something too: slots, dirty logs, budgets, device writes
 * @param modeSwitches the guest changes its paging mode
 * @param alwaysFlushes the guest flushes after each step, as it must on an MMU that keeps no promise before
 * @param tampers user space writes the guest's tables and tells nobody; then no more is asked than that the MMU keeps its
 *     books (I5, I6), for what the guest may see after that nobody has promised
 * @param leastBudget the fewest table pages that may be asked for
 * @param nested the processor translates guest-physical addresses
 * @param vcpus virtual CPUs at most
 * @param races others act in the middle of operations
 * @param agile the processor is the hypothetical one of agile paging
 */
public record Habits(
        boolean hostActs,
        boolean modeSwitches,
        boolean alwaysFlushes,
        boolean tampers,
        int leastBudget,
        boolean nested,
        int vcpus,
        boolean races,
        boolean agile) {
    private static final int LEAST_BUDGET = 16;

    /** Everything. */
    public static final Habits ALL =
            new Habits(true, true, false, false, LEAST_BUDGET, false, WorldSetup.MOST_VCPUS, true, false);

    /** Everything, and user space tampers with the tables. */
    public static final Habits TAMPERING = new Habits(true, true, false, true, LEAST_BUDGET, false, 1, false, false);

    /** Everything, on a processor with a second dimension. */
    public static final Habits NESTED =
            new Habits(true, true, false, false, TdpMmu.LEAST_PAGES, true, WorldSetup.MOST_VCPUS, true, false);

    /** Everything, on a processor with agile paging. */
    public static final Habits AGILE =
            new Habits(true, true, false, false, TdpMmu.LEAST_PAGES, true, WorldSetup.MOST_VCPUS, true, true);

    /** The guest alone, in one mode. */
    public static final Habits GUEST_ALONE =
            new Habits(false, false, false, false, LEAST_BUDGET, false, 1, false, false);

    /** The same without the host's part. */
    public Habits guestAlone() {
        return new Habits(false, modeSwitches, alwaysFlushes, false, leastBudget, nested, vcpus, false, agile);
    }
}
