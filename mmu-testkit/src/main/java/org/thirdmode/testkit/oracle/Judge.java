package org.thirdmode.testkit.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.thirdmode.testkit.world.Broken;
import org.thirdmode.testkit.world.ControlBit;
import org.thirdmode.testkit.world.GuestWorld;
import org.thirdmode.testkit.world.InvpcidType;
import org.thirdmode.testkit.world.Nesting;
import org.thirdmode.testkit.world.Outcome;
import org.thirdmode.testkit.world.SlotName;
import org.thirdmode.testkit.world.TestSlot;
import org.thirdmode.testkit.world.WorldWatcher;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.spec.LinearAccess;
import org.thirdmode.x86.paging.spec.PagingControls;
import org.thirdmode.x86.paging.spec.ReferenceWalker;
import org.thirdmode.x86.paging.spec.TableMemory;
import org.thirdmode.x86.paging.spec.WalkResult;

/**
 * Holds each access of the guest against what the manual permits (I1): where it goes, its fault and error code; which Accessed
 * and Dirty flags are set in the guest's tables, and that no write is missing in a dirty log (I9). It keeps its own image
 * of the guest's memory, which has to be what memory really is after each step.
 */
public final class Judge implements WorldWatcher {
    private static final long ACCESSED_AND_DIRTY = 0x60;

    private final GuestWorld world;
    private final GuestImage memory;
    private final View[] views;

    /** Of the virtual CPU that acts. */
    private View view;

    private final List<FlagUpdate> flags = new ArrayList<>();
    private final ReferenceWalker reference;
    private final FloodWatch floods;
    private long now = 1;

    /** What one virtual CPU has flushed, and may have cached. */
    private static final class View {
        private final Invalidations invalidations = new Invalidations();
        private final TranslationOracle oracle;
        private PagingControls controls;
        private int pcid;

        View(GuestImage memory, boolean pdptesInMemory) {
            oracle = new TranslationOracle(memory, invalidations, pdptesInMemory);
        }
    }

    /** A flag that a walk of the tables as they are sets. */
    private record FlagUpdate(long address, int size, long entry) {}

    public Judge(GuestWorld world) {
        this.world = world;
        memory = new GuestImage(world.slots);
        // APM 2 "Nested Paging": the PDPTEs of PAE paging are read in each walk.
        boolean pdptesInMemory = world.setup.nesting() == Nesting.NPT;
        views = new View[world.setup.vcpus()];
        for (int n = 0; n < views.length; n++) {
            views[n] = new View(memory, pdptesInMemory);
        }
        view = views[world.vcpu()];
        floods = new FloodWatch(world);
        reference = new ReferenceWalker(
                GuestWorld.LIMITS, new Tables(), new ReferenceWalker.Variant(pdptesInMemory, false));
        beganAnew();
    }

    /** The image's tables; flags are noted, not set. */
    private final class Tables implements TableMemory {
        @Override
        public long read(int level, long address, int size) {
            for (FlagUpdate update : flags) {
                if (update.address == address && update.size == size) {
                    return update.entry;
                }
            }
            return memory.read(address, size);
        }

        @Override
        public void update(int level, long address, int size, long entry) {
            TestSlot slot = world.slots.find(address >>> 12);
            if (slot != null && !slot.readOnly()) {
                flags.add(new FlagUpdate(address, size, entry));
            }
        }
    }

    // ---- accesses ----

    @Override
    public void accessed(long linear, int access, int size, long value, Outcome outcome) {
        now++;
        LinearAccess asked = access(linear, access);
        flags.clear();
        WalkResult walk = reference.walk(view.controls, asked);
        Outcome byTheTables = outcome(walk);
        floods.accessed(walk.steps(), (access & Access.WRITE) != 0, outcome);
        boolean write = (access & Access.WRITE) != 0 && outcome instanceof Outcome.Reached;
        long written = write ? ((Outcome.Reached) outcome).guestPhysical() : -1;
        TestSlot target = world.slots.find(written >>> 12);
        write &= target != null && !target.readOnly();
        written = write ? written : -1;
        boolean missing = believeFlags(written, size, outcome);
        if (write) {
            believeWrite(written, size, value);
        }
        List<Long> differences = memory.differences();
        if (!differences.isEmpty() && world.setup.nesting() != Nesting.NONE) {
            believeFlagsOfStaleWalks(asked, differences);
            differences = memory.differences();
        }
        if (!differences.isEmpty()) {
            throw different(differences.getFirst());
        }
        boolean asTheTables = outcome.equals(byTheTables);
        if (!asTheTables || missing) {
            // The past is asked as it was before the write.
            judgeByThePast(linear, asked, outcome, byTheTables, asTheTables);
        }
        if (write) {
            now++;
        }
        memory.forgetBefore(oldest());
        logged();
    }

    @Override
    public void walked(long linear, int access) {
        LinearAccess asked = access(linear, access);
        flags.clear();
        WalkResult walk = reference.walk(view.controls, asked);
        believeFlags(-1, 0, outcome(walk));
        List<Long> differences = memory.differences();
        if (!differences.isEmpty() && world.setup.nesting() != Nesting.NONE) {
            believeFlagsOfStaleWalks(asked, differences);
        }
    }

    private void judgeByThePast(
            long linear, LinearAccess asked, Outcome outcome, Outcome byTheTables, boolean asTheTables) {
        Set<CachedTranslation> cached = view.oracle.cached(linear, view.controls, view.pcid, now);
        boolean permitted = cached.stream()
                .anyMatch(
                        t -> t.serves(asked, view.controls) && t.reaches(linear).equals(outcome));
        if (world.setup.nesting() != Nesting.NONE && outcome instanceof Outcome.PageFault(int errorCode)) {
            permitted = view.oracle
                    .walkNow(asked, view.controls, view.pcid, now)
                    .faults()
                    .contains(errorCode);
        }
        if (permitted) {
            return;
        }
        if (asTheTables) {
            throw new Broken(
                    "I9", String.format("an access to %x sets too few Accessed and Dirty flags: %s", linear, flags()));
        }
        throw new Broken(
                "I1",
                String.format(
                        "%s of %x by %s: %s; by the tables it %s, and nothing else may be cached%s",
                        asked.kind(),
                        linear,
                        asked.mode(),
                        outcome,
                        byTheTables,
                        cached.isEmpty() ? "" : " but " + cached));
    }

    private String flags() {
        StringBuilder text = new StringBuilder();
        for (FlagUpdate update : flags) {
            text.append(String.format(
                    "entry at %x is %x, not %x; ",
                    update.address, memory.read(update.address, update.size), update.entry));
        }
        return text.toString();
    }

    /**
     * Takes over the flags that a walk may have set: some or all. Whether one is missing of those that it must set; a
     * fault need not set any.
     */
    private boolean believeFlags(long written, int size, Outcome outcome) {
        boolean missing = false;
        for (FlagUpdate update : flags) {
            long word = update.address & -8L;
            int shift = 8 * (int) (update.address & 4);
            long before = memory.read(word, 8);
            long set = (update.entry << shift) & ~before & (ACCESSED_AND_DIRTY << shift);
            // Both flags are in the first byte. Where the write has replaced that, nobody can tell any more.
            boolean overwritten = written >= 0 && update.address >= written && update.address < written + size;
            long really = overwritten ? set : memory.real(word) & set;
            if (really != 0) {
                memory.set(word, before | really, now);
            }
            missing |= really != set && outcome instanceof Outcome.Reached;
        }
        return missing;
    }

    /** Where the processor walks the guest's tables, upper entries may be cached, and flags be set below those. */
    private void believeFlagsOfStaleWalks(LinearAccess asked, List<Long> differences) {
        Set<Long> read =
                view.oracle.walkNow(asked, view.controls, view.pcid, now - 1).read();
        for (long word : differences) {
            long set = memory.real(word) & ~memory.read(word, 8);
            long allowed = 0;
            for (long address : read) {
                allowed |= (address & -8L) == word ? ACCESSED_AND_DIRTY << (8 * (address & 4)) : 0;
            }
            if ((memory.real(word) & ~set) == memory.read(word, 8) && (set & ~allowed) == 0) {
                memory.set(word, memory.real(word), now);
            }
        }
    }

    private void believeWrite(long guestPhysical, int size, long value) {
        for (long word = guestPhysical & -8L; word < guestPhysical + size; word += 8) {
            memory.hold(word >>> 12);
            long unit = memory.read(word, 8);
            for (int i = 0; i < 8; i++) {
                long at = word + i - guestPhysical;
                if (at >= 0 && at < size) {
                    long mask = 0xffL << (8 * i);
                    unit = (unit & ~mask) | ((value >>> (8 * at) << (8 * i)) & mask);
                }
            }
            memory.set(word, unit, now + 1);
        }
    }

    private Broken different(long word) {
        return new Broken(
                "I9",
                String.format(
                        "guest memory at %x is %x, but nothing that was done makes it that: %x",
                        word, memory.real(word), memory.read(word, 8)));
    }

    /** Every frame that was written since its log was read is in the log. */
    private void logged() {
        if (world.isInTheMiddle()) {
            // What is written before a log is read is in the log before, whoever looks.
            return;
        }
        if (world.slots.all().stream().noneMatch(TestSlot::logsDirty)) {
            return;
        }
        world.mmu.harvestDirty();
        for (long gfn : memory.written()) {
            TestSlot slot = world.slots.find(gfn);
            if (slot != null && slot.logsDirty() && !slot.isDirty(gfn)) {
                throw new Broken("I9", String.format("frame %x was written, and is not in the dirty log", gfn));
            }
        }
    }

    @Override
    public void logRead(SlotName name) {
        memory.written().removeIf(gfn -> gfn >= name.baseGfn && gfn < name.baseGfn + name.pages);
    }

    // ---- everything else ----

    @Override
    public void memoryChanged(long guestPhysical, int size, boolean told) {
        now++;
        floods.othersWrote();
        for (long gfn = guestPhysical >>> 12; gfn <= (guestPhysical + size - 1) >>> 12; gfn++) {
            memory.hold(gfn);
        }
        memory.differences().forEach(word -> memory.set(word, memory.real(word), now));
    }

    @Override
    public void turnedTo(int vcpu) {
        view = views[vcpu];
    }

    @Override
    public void registersChanged(PagingControls before) {
        now++;
        view.controls = world.controls();
        if (ControlBit.flushes(before, view.controls)) {
            invalidateAll(view);
        }
    }

    @Override
    public void loadedCr3(boolean keep) {
        now++;
        view.oracle.rootWas(view.controls, view.pcid, now);
        view.controls = world.controls();
        view.pcid = world.pcid();
        if (!keep) {
            view.invalidations.notGlobal(now, view.pcid);
        }
    }

    @Override
    public void invpcid(InvpcidType type, int pcid, long linear) {
        now++;
        switch (type) {
            case INDIVIDUAL_ADDRESS -> view.invalidations.individualAddress(linear, now, pcid);
            case SINGLE_CONTEXT -> view.invalidations.notGlobal(now, pcid);
            case ALL_BUT_GLOBAL -> view.invalidations.notGlobal(now);
            case ALL -> invalidateAll(view);
        }
    }

    @Override
    public void flushedPage(long linear) {
        now++;
        view.invalidations.page(linear, now, view.pcid);
    }

    @Override
    public void flushedAll() {
        now++;
        view.controls = world.controls();
        view.pcid = world.pcid();
        invalidateAll(view);
    }

    @Override
    public void beganAnew() {
        now++;
        for (int n = 0; n < views.length; n++) {
            views[n].controls = world.controls(n);
            views[n].pcid = 0;
            invalidateAll(views[n]);
        }
    }

    private void invalidateAll(View of) {
        of.invalidations.all(now);
        of.oracle.forgetRoots();
        memory.forgetBefore(oldest());
    }

    /** When the oldest that any virtual CPU may have cached was cached. */
    private long oldest() {
        long oldest = Long.MAX_VALUE;
        for (View each : views) {
            oldest = Math.min(oldest, each.invalidations.oldest());
        }
        return oldest;
    }

    @Override
    public void slotsChanged() {
        now++;
        memory.slotsChanged();
    }

    private static LinearAccess access(long linear, int access) {
        LinearAccess.Kind kind = switch (access & (Access.WRITE | Access.FETCH)) {
            case Access.WRITE -> LinearAccess.Kind.WRITE;
            case Access.FETCH -> LinearAccess.Kind.FETCH;
            default -> LinearAccess.Kind.READ;
        };
        LinearAccess.Mode mode = switch (access & (Access.USER | Access.IMPLICIT)) {
            case Access.USER -> LinearAccess.Mode.USER;
            case Access.IMPLICIT -> LinearAccess.Mode.IMPLICIT_SUPERVISOR;
            default -> LinearAccess.Mode.SUPERVISOR;
        };
        return new LinearAccess(linear, kind, mode);
    }

    private static Outcome outcome(WalkResult result) {
        return switch (result) {
            case WalkResult.Translated t -> new Outcome.Reached(t.physical());
            case WalkResult.PageFault f -> new Outcome.PageFault(f.errorCode());
        };
    }
}
