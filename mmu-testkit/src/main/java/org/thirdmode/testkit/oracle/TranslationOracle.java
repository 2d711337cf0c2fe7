package org.thirdmode.testkit.oracle;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.thirdmode.testkit.world.GuestWorld;
import org.thirdmode.x86.paging.spec.EntryFormat;
import org.thirdmode.x86.paging.spec.EntryFormat.Meaning;
import org.thirdmode.x86.paging.spec.PagingControls;
import org.thirdmode.x86.paging.spec.PagingMode;
import org.thirdmode.x86.paging.spec.PagingMode.Structure;

/**
 * Which translations a processor may use for a linear address, given what the guest wrote to its tables and what it flushed:
 * all that the manual permits, and nothing else. SDM 3A "Caching Translation Information".
 *
 * <ol>
 *   <li>"Caching Translations in TLBs": at any time since the last flush the processor may have walked the tables and cached
 *       the result. It does so only if every entry used is present, has no reserved bit set, and has its accessed flag set.
 *   <li>"Paging-Structure Caches": that walk may have taken any of its upper entries from a cache, so as it was at any
 *       time since those caches were flushed, under the same conditions. The entry that maps the page is from memory.
 *   <li>"Operations that Invalidate TLBs and Paging-Structure Caches": a MOV to CR3 leaves global translations, INVLPG all but
 *       those of its page; both empty the paging-structure caches.
 * </ol>
 *
 * <p>It reads the entry formats of {@code x86.paging.spec} and shares nothing with the walkers that run guests. Left out: PCIDs;
 * faults by cached rights that the tables no longer have ("Optional Invalidation": every hypervisor here walks the tables as
 * they are before it gives the guest a fault).
 */
public final class TranslationOracle {
    private static final int MOST = 10_000;
    private static final long ACCESSED_AND_DIRTY = 0x60;

    private final GuestImage memory;
    private final Invalidations invalidations;
    private final List<Root> roots = new ArrayList<>();

    /** CR3 and the PDPTE registers until (before) a time. */
    private record Root(long until, PagingControls controls) {}

    TranslationOracle(GuestImage memory, Invalidations invalidations) {
        this.memory = memory;
        this.invalidations = invalidations;
    }

    void rootWas(PagingControls controls, long until) {
        roots.add(new Root(until, controls));
    }

    void forgetRoots() {
        roots.clear();
    }

    /** Everything that may be cached of a linear address at the time {@code now}. */
    Set<CachedTranslation> cached(long linear, PagingControls controls, long now) {
        Set<CachedTranslation> found = new HashSet<>();
        PagingMode mode = PagingMode.of(controls);
        if (mode == PagingMode.NONE) {
            return found;
        }
        Set<Long> times = new HashSet<>();
        times.add(now);
        // What holds between two changes is the same all the time: it is enough to look just before each.
        long oldest = invalidations.oldest();
        memory.changes(oldest).forEach(change -> times.add(change - 1));
        roots.forEach(root -> times.add(root.until - 1));
        for (long time : times) {
            if (time >= oldest && found.size() < MOST) {
                new Walk(linear, mode, controls, rootAt(controls, time), time, found).from(0, 0, true, true, true);
            }
        }
        found.removeIf(t -> !invalidations.survives(t, linear));
        return found;
    }

    private PagingControls rootAt(PagingControls now, long time) {
        for (Root root : roots) {
            if (root.until > time) {
                return root.controls;
            }
        }
        return now;
    }

    /** All walks that end at one time. */
    private final class Walk {
        private final long linear;
        private final PagingMode mode;
        private final PagingControls controls;
        private final PagingControls root;
        private final long time;
        private final long structuresSince;
        private final Set<CachedTranslation> found;

        Walk(
                long linear,
                PagingMode mode,
                PagingControls controls,
                PagingControls root,
                long time,
                Set<CachedTranslation> found) {
            this.linear = linear;
            this.mode = mode;
            this.controls = controls;
            this.root = root;
            this.time = time;
            this.found = found;
            structuresSince = invalidations.structuresSince(time);
        }

        /** Goes on with the {@code n}th structure of the mode; the rights are those of the entries above. */
        void from(int n, long table, boolean writable, boolean user, boolean executable) {
            Structure structure = mode.structures.get(n);
            if (mode == PagingMode.PAE && n == 0) {
                // PDPTE registers are loaded with CR3 and are no cache.
                long pdpte = root.pdptes().get((int) structure.index(linear));
                if ((pdpte & 1) != 0) {
                    from(1, structure.refers().address(pdpte, GuestWorld.LIMITS.maxPhyAddr()), true, true, true);
                }
                return;
            }
            int size = structure.entrySize();
            long address = (n == 0 ? rootAddress() : table) + structure.index(linear) * size;
            // Where no flag can be set, the processor goes on as if it had been.
            long flags = memory.readOnly(address) ? ACCESSED_AND_DIRTY : 0;
            for (long value : memory.between(address, size, structuresSince, time)) {
                long entry = value | flags;
                EntryFormat format = EntryRules.format(structure, entry, controls);
                if (!EntryRules.cacheable(format, entry, controls)) {
                    continue;
                }
                boolean w = writable && format.isSet(Meaning.RW, entry);
                boolean u = user && format.isSet(Meaning.US, entry);
                boolean x = executable && !format.isSet(Meaning.XD, entry);
                if (format != structure.maps()) {
                    from(n + 1, EntryRules.address(format, entry), w, u, x);
                } else if (value == memory.at(address, size, time)) {
                    found.add(new CachedTranslation(
                            EntryRules.address(format, entry),
                            structure.low(),
                            w,
                            u,
                            x,
                            controls.pge() && format.isSet(Meaning.G, entry),
                            format.isSet(Meaning.D, entry),
                            format.has(Meaning.KEY) ? (int) format.value(Meaning.KEY, entry) : 0,
                            time));
                }
            }
        }

        private long rootAddress() {
            long mask = mode == PagingMode.BITS_32
                    ? 0xffff_f000L
                    : EntryFormat.PML4E.mask(Meaning.ADDRESS, GuestWorld.LIMITS.maxPhyAddr());
            return root.cr3() & mask;
        }
    }
}
