package org.thirdmode.testkit.oracle;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.thirdmode.testkit.world.GuestWorld;
import org.thirdmode.x86.paging.spec.EntryFormat;
import org.thirdmode.x86.paging.spec.EntryFormat.Meaning;
import org.thirdmode.x86.paging.spec.LinearAccess;
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
 *   <li>"Process-Context Identifiers": what was cached under a PCID serves under that alone, unless it is global.
 *   <li>"Optional Invalidation": a walk that takes its upper entries from those caches may end in a page fault that the tables
 *       no longer hold, and set flags in tables that are no longer linked ({@link #walkNow}).
 * </ol>
 *
 * <p>It reads the entry formats of {@code x86.paging.spec} and shares nothing with the walkers that run guests. Left out: faults by a TLB entry whose rights the tables no longer have (every processor and hypervisor here walks before it faults).
 */
public final class TranslationOracle {
    private static final int MOST = 10_000;
    private static final long ACCESSED_AND_DIRTY = 0x60;
    private static final long ACCESSED = 0x20;

    // An error code. SDM 3A "Page-Fault Exceptions".
    private static final int P = 1;
    private static final int W_R = 1 << 1;
    private static final int U_S = 1 << 2;
    private static final int RSVD = 1 << 3;
    private static final int I_D = 1 << 4;
    private static final int PK = 1 << 5;

    private final GuestImage memory;
    private final Invalidations invalidations;
    private final boolean pdptesInMemory;
    private final List<Root> roots = new ArrayList<>();

    /** CR3 and the PDPTE registers until (before) a time. */
    private record Root(long until, PagingControls controls, int pcid) {}

    /** @param pdptesInMemory PAE paging reads its PDPTEs in each walk */
    TranslationOracle(GuestImage memory, Invalidations invalidations, boolean pdptesInMemory) {
        this.pdptesInMemory = pdptesInMemory;
        this.memory = memory;
        this.invalidations = invalidations;
    }

    void rootWas(PagingControls controls, int pcid, long until) {
        roots.add(new Root(until, controls, pcid));
    }

    void forgetRoots() {
        roots.clear();
    }

    /** Everything that may be cached of a linear address at the time {@code now}. */
    Set<CachedTranslation> cached(long linear, PagingControls controls, int pcid, long now) {
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
                walks(linear, mode, controls, new Root(now + 1, controls, pcid), time, found);
            }
        }
        found.removeIf(t -> (t.pcid() != pcid && !t.global()) || !invalidations.survives(t, linear));
        return found;
    }

    /**
     * What a walk made now may do, its upper entries being taken from caches or not.
     *
     * @param faults error codes of the page faults in which it may end
     * @param read addresses of the entries in which it may set flags
     */
    record WalkNow(Set<Integer> faults, Set<Long> read) {}

    WalkNow walkNow(LinearAccess access, PagingControls controls, int pcid, long now) {
        WalkNow collected = new WalkNow(new HashSet<>(), new HashSet<>());
        PagingMode mode = PagingMode.of(controls);
        if (mode != PagingMode.NONE) {
            Root root = new Root(now + 1, controls, pcid);
            for (Root top : tops(access.linear(), root, now)) {
                Walk walk = new Walk(access.linear(), mode, controls, top, now, new HashSet<>());
                walk.collect(access, collected);
                walk.from(0, 0, true, true, true);
            }
        }
        return collected;
    }

    private void walks(
            long linear, PagingMode mode, PagingControls controls, Root now, long time, Set<CachedTranslation> found) {
        for (Root top : tops(linear, rootAt(now, time), time)) {
            new Walk(linear, mode, controls, top, time, found).from(0, 0, true, true, true);
        }
    }

    private Root rootAt(Root now, long time) {
        for (Root root : roots) {
            if (root.until > time) {
                return root;
            }
        }
        return now;
    }

    /** The roots whose entries a walk may have used: its own, and those under the same PCID whose caches were not flushed. */
    private Set<Root> tops(long linear, Root own, long time) {
        Set<Root> tops = new HashSet<>();
        tops.add(own);
        long since = invalidations.structuresSince(time, own.pcid, linear);
        for (Root root : roots) {
            if (root.pcid == own.pcid && root.until > since && root.until <= time) {
                tops.add(root);
            }
        }
        return tops;
    }

    /** All walks that end at one time. */
    private final class Walk {
        private final long linear;
        private final PagingMode mode;
        private final PagingControls controls;
        private final PagingControls root;
        private final int pcid;
        private final long time;
        private final long structuresSince;
        private final Set<CachedTranslation> found;
        private LinearAccess access;
        private WalkNow collected;

        Walk(
                long linear,
                PagingMode mode,
                PagingControls controls,
                Root root,
                long time,
                Set<CachedTranslation> found) {
            this.linear = linear;
            this.mode = mode;
            this.controls = controls;
            this.root = root.controls;
            pcid = root.pcid;
            this.time = time;
            this.found = found;
            structuresSince = invalidations.structuresSince(time, pcid, linear);
        }

        /** From now on the walk is of an access, which may end in faults. */
        void collect(LinearAccess theAccess, WalkNow into) {
            access = theAccess;
            collected = into;
        }

        /** The flags of an error code that tell of the access. SDM 3A "Page-Fault Exceptions". */
        private void fault(int cause) {
            boolean fetch =
                    access.kind() == LinearAccess.Kind.FETCH && (controls.smep() || (controls.pae() && controls.nxe()));
            collected.faults.add(cause
                    | (access.kind() == LinearAccess.Kind.WRITE ? W_R : 0)
                    | (access.mode() == LinearAccess.Mode.USER ? U_S : 0)
                    | (fetch ? I_D : 0));
        }

        private void faultsOf(CachedTranslation t) {
            if (!t.allows(access, controls)) {
                fault(t.keyAllows(access, controls) ? P : P | PK);
            } else if (!t.keyAllows(access, controls)) {
                fault(P | PK);
            }
        }

        /** Goes on with the {@code n}th structure of the mode; the rights are those of the entries above. */
        void from(int n, long table, boolean writable, boolean user, boolean executable) {
            Structure structure = mode.structures.get(n);
            if (mode == PagingMode.PAE && n == 0 && !pdptesInMemory) {
                // PDPTE registers are loaded with CR3 and are no cache.
                long pdpte = root.pdptes().get((int) structure.index(linear));
                if ((pdpte & 1) == 0 && collected != null) {
                    fault(0);
                } else if ((pdpte & 1) != 0) {
                    from(1, structure.refers().address(pdpte, GuestWorld.LIMITS.maxPhyAddr()), true, true, true);
                }
                return;
            }
            int size = structure.entrySize();
            long address = (n == 0 ? rootAddress() : table) + structure.index(linear) * size;
            if (collected != null) {
                collected.read.add(address);
            }
            // Where no flag can be set, the processor goes on as if it had been.
            long flags = memory.readOnly(address) ? ACCESSED_AND_DIRTY : 0;
            for (long value : memory.between(address, size, structuresSince, time)) {
                long entry = value | flags;
                EntryFormat format = EntryRules.format(structure, entry, controls);
                boolean inMemory = collected != null && value == memory.at(address, size, time);
                if (inMemory && (entry & 1) == 0) {
                    fault(0);
                } else if (inMemory && EntryRules.reservedBits(format, entry, controls)) {
                    fault(P | RSVD);
                }
                if (!EntryRules.cacheable(format, inMemory ? entry | ACCESSED : entry, controls)) {
                    continue;
                }
                boolean w = writable && (!format.has(Meaning.RW) || format.isSet(Meaning.RW, entry));
                boolean u = user && (!format.has(Meaning.US) || format.isSet(Meaning.US, entry));
                boolean x = executable && !format.isSet(Meaning.XD, entry);
                if (format != structure.maps()) {
                    from(n + 1, EntryRules.address(format, entry), w, u, x);
                } else if (value == memory.at(address, size, time)) {
                    CachedTranslation t = new CachedTranslation(
                            EntryRules.address(format, entry),
                            structure.low(),
                            w,
                            u,
                            x,
                            controls.pge() && format.isSet(Meaning.G, entry),
                            format.isSet(Meaning.D, entry),
                            format.has(Meaning.KEY) ? (int) format.value(Meaning.KEY, entry) : 0,
                            pcid,
                            time);
                    found.add(t);
                    if (collected != null) {
                        faultsOf(t);
                    }
                }
            }
        }

        private long rootAddress() {
            long mask = switch (mode) {
                case BITS_32 -> 0xffff_f000L;
                case PAE -> 0xffff_ffe0L;
                default -> EntryFormat.PML4E.mask(Meaning.ADDRESS, GuestWorld.LIMITS.maxPhyAddr());
            };
            return root.cr3() & mask;
        }
    }
}
