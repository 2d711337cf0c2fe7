package org.thirdmode.testkit.oracle;

import java.util.List;
import org.thirdmode.shadow.FaultResult;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.shadow.cached.CachedPage;
import org.thirdmode.testkit.world.Broken;
import org.thirdmode.testkit.world.GuestWorld;
import org.thirdmode.testkit.world.Outcome;
import org.thirdmode.testkit.world.TestSlot;
import org.thirdmode.x86.paging.spec.WalkResult;

/**
 * I3 where every write to a table is emulated: a table whose entries the guest uses between its writes is not dropped for
 * being written too often, or it would be made anew for ever. Judges the plain case, one shadow page of the table.
 */
final class FloodWatch {
    private final GuestWorld world;
    private long entry = -1;
    private CachedPage page;
    private boolean used;
    private long floods;

    FloodWatch(GuestWorld world) {
        this.world = world;
    }

    /** What is no memory is reached by no entry, and uses none. */
    private boolean isMemory(long guestPhysical) {
        TestSlot slot = world.slots.find(guestPhysical >>> 12);
        return slot != null && !slot.readOnly();
    }

    /** Others have written memory. Their writes count as the guest's do, and what was used before them is past. */
    void othersWrote() {
        page = null;
        used = false;
    }

    /** After an access of the guest; {@code steps} are the entries on its way. */
    void accessed(List<WalkResult.Step> steps, boolean write, Outcome outcome) {
        if (!(world.mmu instanceof CachedMmu mmu)) {
            return;
        }
        long before = floods;
        floods = mmu.counters().pagesFlooded;
        boolean emulated = world.lastResult() instanceof FaultResult.Emulate(long ignored, FaultResult.Reason reason)
                && reason == FaultResult.Reason.WRITE_TO_GUEST_TABLE;
        if (write && emulated && outcome instanceof Outcome.Reached(long guestPhysical)) {
            if (used && floods > before && guestPhysical >>> 12 == entry >>> 12) {
                throw new Broken(
                        "I3",
                        String.format(
                                "the table in frame %x is dropped as flooded, but its entry at %x was used since it was"
                                        + " written",
                                entry >>> 12, entry));
            }
            entry = guestPhysical;
            used = false;
            List<CachedPage> pages = mmu.cache().format() == null
                    ? List.of()
                    : mmu.cache().guestTables().of(guestPhysical >>> 12);
            page = pages.size() == 1 && pages.getFirst().level == 1 ? pages.getFirst() : null;
        } else if (page != null && outcome instanceof Outcome.Reached(long guestPhysical) && isMemory(guestPhysical)) {
            WalkResult.Step last = steps.isEmpty() ? null : steps.getLast();
            used |= last != null && last.address() == entry && last.structure().level() == 1;
        }
        if (page != null && !mmu.cache().guestTables().of(entry >>> 12).equals(List.of(page))) {
            page = null;
            used = false;
        }
    }
}
