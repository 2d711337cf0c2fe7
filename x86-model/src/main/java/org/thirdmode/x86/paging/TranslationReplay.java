package org.thirdmode.x86.paging;

import java.util.EnumSet;
import java.util.List;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.RecordedLookup.NestedWalk;
import org.thirdmode.x86.paging.RecordedLookup.Reference;
import org.thirdmode.x86.paging.TranslationTrace.Inexact;
import org.thirdmode.x86.paging.TranslationTrace.Replayed;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.tlb.StructureCaches;
import org.thirdmode.x86.tlb.TlbGeometry;

/** A {@link TranslationTrace} going through the TLBs and walk caches of a geometry: walks are those of the trace. */
final class TranslationReplay {
    private static final long OFFSET = 4095;
    private static final long NOWHERE = -1;

    private final TranslationTrace trace;
    private final CpuState state = new CpuState();
    private final Replaying tlbs;
    private final Translation found = new Translation();

    private RecordedLookup lookup;
    private boolean walked;
    private long walks;
    private long tableReferences;
    private long nestedReferences;

    /** The address of a table's entry that the second stage translated last: setting a flag in it needs no second walk. */
    private long lastTable = NOWHERE;

    /** A walk was refused, as it was when it was recorded. */
    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Refused() {
            super(null, null, false, false);
        }
    }

    /** {@link Inexact} on its way through methods that know no such thing. */
    private static final class Differs extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Differs(String reason) {
            super(reason, null, false, false);
        }
    }

    private static final class Replaying extends ModelledTlbs {
        private final TranslationReplay replay;

        Replaying(TlbGeometry geometry, CpuState state, PageWalker walker, TranslationReplay replay) {
            super(geometry, state, walker);
            this.replay = replay;
        }

        @Override
        void walk(long linear, int access, Translation out) {
            replay.walk(out);
        }

        /** What the TLB holds does not serve the access. */
        @Override
        void dropPage(long linear) {
            if (!replay.lookup.updates() && !replay.lookup.is(RecordedLookup.REFUSED)) {
                throw new Differs("a page table was changed, or a Dirty flag set by another way, and nothing flushed");
            }
            super.dropPage(linear);
        }
    }

    TranslationReplay(TranslationTrace trace, TlbGeometry geometry) {
        this.trace = trace;
        PageWalker walker = new PageWalker(
                state, new PhysicalMemory(trace.addressWidth), new GuestFault(), EnumSet.noneOf(Feature.class));
        tlbs = new Replaying(geometry, state, walker, this);
    }

    Replayed replay() throws Inexact {
        TranslationTrace.Reader reader = trace.new Reader();
        try {
            while (reader.more()) {
                long next = reader.number();
                if (next < TranslationTrace.LOOKUP) {
                    operate((int) next, reader);
                } else {
                    long number = next - TranslationTrace.LOOKUP;
                    lookup = trace.lookup((int) (number >>> 1));
                    if ((number & 1) == 0) {
                        look();
                    } else {
                        touch();
                    }
                }
            }
        } catch (Differs e) {
            throw new Inexact(e.getMessage());
        }
        return new Replayed(walks, tableReferences, nestedReferences);
    }

    private void operate(int operation, TranslationTrace.Reader reader) {
        switch (operation) {
            case TranslationTrace.CHOOSE -> {
                // A second stage is configured anew at each entry.
                lastTable = NOWHERE;
                tlbs.choose((int) reader.number(), reader.number());
            }
            case TranslationTrace.LOADED_CR3 -> tlbs.loadedCr3(reader.number() != 0);
            case TranslationTrace.INVLPG -> tlbs.invlpg(reader.number());
            case TranslationTrace.DROP_PAGE_OF_PCID -> tlbs.dropPage(reader.number(), (int) reader.number());
            case TranslationTrace.DROP_PCID -> tlbs.dropPcid((int) reader.number());
            case TranslationTrace.DROP_NON_GLOBAL -> tlbs.dropNonGlobalOf((int) reader.number());
            case TranslationTrace.DROP_ALL -> tlbs.dropAllOf((int) reader.number());
            case TranslationTrace.DROP_PAGE -> tlbs.dropPageOf((int) reader.number(), reader.number());
            case TranslationTrace.DROP_GUESTS -> tlbs.dropGuests();
            case TranslationTrace.DROP_ROOT -> tlbs.dropRoot(reader.number());
            case TranslationTrace.DROP_ALL_ROOTS -> tlbs.dropAllRoots();
            case TranslationTrace.DROP_NESTED -> tlbs.dropNestedOf((int) reader.number());
            case TranslationTrace.DROP_EVERYTHING -> tlbs.dropEverything();
            case TranslationTrace.STATE -> readState(reader);
            default -> nestedWalk(trace.lookup((int) reader.number()).last());
        }
    }

    private void readState(TranslationTrace.Reader reader) {
        state.cr0 = reader.number();
        state.cr3 = reader.number();
        state.cr4 = reader.number();
        state.efer = reader.number();
        state.systemFlags = (int) reader.number() | Rflags.FIXED;
        state.pkru = (int) reader.number();
    }

    private void touch() {
        boolean fetch = (lookup.access() & Access.FETCH) != 0;
        if ((fetch ? tlbs.instructionL1 : tlbs.dataL1).find(lookup.linear(), tlbs.context, ++tlbs.now) < 0) {
            throw new Differs("a page used last had left a first-level TLB");
        }
    }

    private void look() {
        boolean refused = false;
        walked = false;
        try {
            if ((lookup.access() & Access.FETCH) != 0) {
                tlbs.instruction(lookup.linear(), lookup.access(), found);
            } else {
                tlbs.data(lookup.linear(), lookup.access(), found);
            }
        } catch (Refused e) {
            refused = true;
            tlbs.pageFault(lookup.linear());
        }
        if (refused != lookup.is(RecordedLookup.REFUSED)
                || (!refused && (found.physical & ~OFFSET) != lookup.found().physical())) {
            throw new Differs("the guest changed a page table and did not flush: a stale translation would be used");
        }
        if (lookup.updates() && !walked) {
            throw flagNotSet();
        }
    }

    private static Differs flagNotSet() {
        return new Differs("an Accessed or Dirty flag was cleared and nothing flushed: it would not be set again");
    }

    private static Differs staleTable() {
        return new Differs("a page table was replaced and nothing flushed: a stale walk-cache entry would be used");
    }

    // ---- PageWalker, with what the walk read at that time ----

    private void walk(Translation out) {
        walked = true;
        boolean paged = lookup.is(RecordedLookup.PAGED);
        walks += paged ? 1 : 0;
        List<Reference> tables = lookup.tables();
        int n = 0;
        // PDPTEs that are read on demand.
        while (n < tables.size() && tables.get(n).level() > lookup.top()) {
            read(tables.get(n++), false);
        }
        if (n < tables.size()) {
            n = begin(tables, n);
        }
        for (; n < tables.size(); n++) {
            read(tables.get(n), n + 1 < tables.size());
        }
        if (lookup.last() != null) {
            nestedWalk(lookup.last());
        }
        if (lookup.is(RecordedLookup.REFUSED)) {
            throw new Refused();
        }
        lookup.found().to(out);
    }

    /** Which entry a walk reads first. */
    private int begin(List<Reference> tables, int first) {
        StructureCaches caches = tlbs.structureCaches;
        int cached = caches == null ? 0 : caches.find(lookup.linear(), lookup.top(), lookup.indexBits(), tlbs.context);
        if (cached == 0) {
            return first;
        }
        for (int n = first; n < tables.size(); n++) {
            Reference reference = tables.get(n);
            if (reference.level() == cached) {
                Reference above = tables.get(n - 1);
                if (caches.table != above.below() || caches.rights != above.rights()) {
                    throw staleTable();
                }
                return n;
            }
            if (reference.set()
                    || (reference.nested() != null && reference.nested().updates())) {
                throw flagNotSet();
            }
        }
        throw staleTable();
    }

    private void read(Reference reference, boolean toTable) {
        NestedWalk nested = reference.nested();
        if (nested != null) {
            long host = tlbs.nestedCaches == null ? NOWHERE : tlbs.nestedCaches.find(reference.guestPhysical());
            if (host == NOWHERE) {
                nestedWalk(nested);
                lastTable = reference.guestPhysical();
                if (tlbs.nestedCaches != null) {
                    tlbs.nestedCaches.put(reference.guestPhysical(), reference.hostPhysical());
                }
            } else if (nested.updates()) {
                throw flagNotSet();
            } else if (host != reference.hostPhysical()) {
                throw staleTable();
            }
        }
        tableReferences++;
        if (reference.set() && nested != null && lastTable != reference.guestPhysical()) {
            nestedWalk(nested);
            if (trace.refusedTwice) {
                lastTable = reference.guestPhysical();
            }
        }
        if (toTable && tlbs.structureCaches != null && reference.level() <= lookup.top()) {
            tlbs.structureCaches.put(
                    lookup.linear(),
                    reference.level(),
                    lookup.indexBits(),
                    tlbs.context,
                    reference.below(),
                    reference.rights());
        }
    }

    /** As {@code ExtendedPageTables} and {@code NestedPageTables} walk. */
    private void nestedWalk(NestedWalk walk) {
        if (walk.tables().length == 0) {
            return;
        }
        StructureCaches caches = tlbs.nestedCaches == null ? null : tlbs.nestedCaches.structures;
        int cached = caches == null ? 0 : caches.find(walk.guestPhysical(), walk.top(), 9, tlbs.nestedCaches.context);
        if (cached == 0) {
            nestedWalk(walk, 0, caches);
        } else {
            int from = walk.top() - cached;
            if (walk.firstSet() < from) {
                throw flagNotSet();
            }
            if (from >= walk.tables().length
                    || caches.table != walk.tables()[from]
                    || caches.rights != walk.rights()[from]) {
                throw staleTable();
            }
            nestedWalk(walk, from, caches);
        }
        if (walk.refused() && tlbs.nestedCaches != null) {
            tlbs.nestedCaches.drop(walk.guestPhysical());
            if (cached != 0 || trace.refusedTwice) {
                nestedWalk(walk, 0, caches);
                if (!trace.refusedTwice) {
                    tlbs.nestedCaches.drop(walk.guestPhysical());
                }
            }
        }
    }

    private void nestedWalk(NestedWalk walk, int from, StructureCaches caches) {
        int entries = walk.tables().length;
        for (int n = from; n < entries; n++) {
            nestedReferences++;
            if (caches != null && n + 1 < entries) {
                caches.put(
                        walk.guestPhysical(),
                        walk.top() - n,
                        9,
                        tlbs.nestedCaches.context,
                        walk.tables()[n + 1],
                        walk.rights()[n + 1]);
            }
        }
    }
}
