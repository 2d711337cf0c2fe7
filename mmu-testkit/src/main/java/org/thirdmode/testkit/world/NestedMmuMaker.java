package org.thirdmode.testkit.world;

import java.util.Set;
import org.thirdmode.kvm.mmu.TdpHardware;
import org.thirdmode.npt.ept.EptCapability;
import org.thirdmode.npt.ept.ExtendedPageTables;
import org.thirdmode.npt.nested.NestedPageTables;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.PageWalker;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.GuestExit;

/**
 * Makes an MMU under test whose tables are of the second dimension. The processor beside it may be made another one, too: its
 * walk through those tables.
 */
@FunctionalInterface
public interface NestedMmuMaker extends MmuMaker {
    GuestMmu in(Surroundings around, TdpHardware processor);

    @Override
    default GuestMmu in(Surroundings around) {
        throw new IllegalArgumentException("this MMU has tables of the second dimension: its guests need a Nesting");
    }

    /** EPT of the processor. */
    default ExtendedPageTables ept(
            PageWalker walker, PhysicalMemory memory, GuestExit exit, Set<EptCapability> capabilities) {
        return new ExtendedPageTables(walker, memory, exit, capabilities);
    }

    /** Nested paging of the processor. */
    default NestedPageTables npt(PageWalker walker, PhysicalMemory memory, GuestExit exit, Set<Feature> features) {
        return new NestedPageTables(walker, memory, exit, features);
    }
}
