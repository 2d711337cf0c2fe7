package org.thirdmode.shadow.spec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongFunction;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.agile.AgileShadow;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.shadow.cached.CachedPage;
import org.thirdmode.shadow.cached.Rmap;
import org.thirdmode.shadow.cached.Role;
import org.thirdmode.shadow.naive.NaiveMmu;
import org.thirdmode.shadow.table.Bits;
import org.thirdmode.shadow.table.ShadowFormat;
import org.thirdmode.shadow.table.ShadowPage;
import org.thirdmode.shadow.unsync.UnsyncMmu;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.paging.spec.EntryFormat;
import org.thirdmode.x86.paging.spec.EntryFormat.Meaning;
import org.thirdmode.x86.paging.spec.PagingMode;
import org.thirdmode.x86.paging.spec.PagingMode.Structure;

/**
 * What must hold of all of an MMU's state between any two of its operations, read from the bits in memory, entry by entry.
 * Slow, and meant to be. The seed is the {@code AUDIT} build of KVM 2.6.20, which checked the reverse map, the write protection
 * and the mappings.
 */
public final class Invariants {
    /** One thing that must hold. */
    public enum Rule {
        /** A shadow entry's rights are a subset of what the guest's entries on its way allow. */
        RIGHTS,
        /** An entry leads where the guest's entry leads. */
        TARGET,
        /** A guest table that is in sync has no writable shadow entry. */
        WRITE_PROTECTION,
        /** The reverse map and the entries that map pages are a bijection. */
        REVERSE_MAP,
        /** Links, parents and root counts agree; nothing that is freed can be reached. */
        LINKS,
        /** A shadow page's role is what the way to it says. */
        ROLE,
        /** What is out of sync is marked on every way to it. */
        OUT_OF_SYNC,
        /** Where writes are logged, what can be written is in the log. */
        DIRTY_LOG,
        /** A mark of an address without memory is on one. */
        IO_MARK,
        /** A large page is inside one slot, contiguous, and can be written only if no guest table in it is shadowed. */
        LARGE_PAGE
    }

    /** What does not hold. */
    public record Violation(Rule rule, String what) {}

    private static final byte[] EMPTY = new byte[Frame.SIZE];

    private final Surroundings around;
    private final LongFunction<Long> gfnOfHost;
    private final List<Violation> violations = new ArrayList<>();

    /** The tables under test, where they may lead into the guest's own; else null. */
    private AgileShadow agile;

    private Invariants(Surroundings around, LongFunction<Long> gfnOfHost) {
        this.around = around;
        this.gfnOfHost = gfnOfHost;
    }

    /**
     * Looks at everything.
     *
     * @param gfnOfHost the guest frame that a host-physical page backs; null where it is not the guest's
     * @return what does not hold; empty where all does
     */
    public static List<Violation> check(GuestMmu mmu, Surroundings around, LongFunction<Long> gfnOfHost) {
        Invariants check = new Invariants(around, gfnOfHost);
        switch (mmu) {
            case NaiveMmu naive -> check.naive(naive);
            case AgileShadow agile -> {
                check.agile = agile;
                check.cached(agile);
            }
            case CachedMmu cached -> check.cached(cached);
            default ->
                throw new IllegalArgumentException(
                        "no shadow MMU: " + mmu.getClass().getSimpleName());
        }
        return check.violations;
    }

    private void require(boolean holds, Rule rule, String what, Object... arguments) {
        if (!holds) {
            violations.add(new Violation(rule, String.format(what, arguments)));
        }
    }

    private MemorySlot slot(long gfn) {
        return around.slots().find(gfn);
    }

    // ---- naive ----

    /** The tree is a tree, and it maps guest memory alone. */
    private void naive(NaiveMmu mmu) {
        ShadowFormat format = mmu.format();
        Set<ShadowPage> referred = new HashSet<>();
        for (ShadowPage page : mmu.pages()) {
            Frame frame = around.memory().frame(page.host);
            int end = entries(page, format);
            for (int i = used(page, frame, 0, format); i < end; i = used(page, frame, i + 1, format)) {
                long entry = frame.get(i * format.entrySize, format.entrySize);
                if (page.level > 1) {
                    ShadowPage child = page.child(i);
                    require(
                            (child == null) == (entry == 0),
                            Rule.LINKS,
                            "entry %d of a table of level %d",
                            i,
                            page.level);
                    if (child != null) {
                        require((entry & Bits.FRAME) == child.host, Rule.LINKS, "entry %d leads elsewhere", i);
                        require(mmu.pages().contains(child), Rule.LINKS, "entry %d leads to a freed table", i);
                        require(referred.add(child), Rule.LINKS, "two entries lead to one table");
                    }
                } else if (Bits.present(entry)) {
                    naiveLeaf(entry);
                } else if (Bits.io(entry) && format.entrySize == 8) {
                    require(slot((entry & Bits.FRAME) >>> 12) == null, Rule.IO_MARK, "mark %x is on memory", entry);
                }
            }
        }
    }

    private static int entries(ShadowPage page, ShadowFormat format) {
        return format == ShadowFormat.PAE && page.level == 3 ? 4 : format.entries();
    }

    private void naiveLeaf(long entry) {
        Long gfn = gfnOfHost.apply(entry & Bits.FRAME);
        require(gfn != null, Rule.TARGET, "entry %x maps what is not the guest's", entry);
        if (gfn != null && (entry & Bits.RW) != 0) {
            writable(slot(gfn), gfn);
        }
    }

    private void writable(MemorySlot slot, long gfn) {
        require(!slot.readOnly(), Rule.RIGHTS, "frame %x can be written, its slot can not", gfn);
        require(!slot.logsDirty() || slot.isDirty(gfn), Rule.DIRTY_LOG, "frame %x can be written unseen", gfn);
    }

    // ---- cached and unsync ----

    private void cached(CachedMmu mmu) {
        ShadowFormat format = mmu.format();
        List<CachedPage> pages = mmu.cache().pages();
        Set<CachedPage> live = new HashSet<>(pages);
        Map<CachedPage, Integer> referred = new HashMap<>();
        int leaves = 0;
        for (CachedPage page : pages) {
            require(mmu.cache().find(page.gfn, page.role) == page, Rule.LINKS, "%s is not found", page);
            Frame frame = around.memory().frame(page.host);
            for (int i = used(page, frame, 0, format); i < format.entries(); i = used(page, frame, i + 1, format)) {
                long entry = mmu.cache().entry(page, i);
                CachedPage child = page.child(i);
                require(child == null || Bits.present(entry), Rule.LINKS, "%s, entry %d: %x", page, i, entry);
                if (Bits.io(entry)) {
                    ioMark(mmu, format, page, entry);
                }
                if (!Bits.present(entry)) {
                    continue;
                }
                if (child == null) {
                    leaves++;
                    if (isSwitch(entry)) {
                        switching(page, i, entry);
                    } else {
                        leaf(mmu, format, page, i, entry);
                    }
                } else {
                    referred.merge(child, 1, Integer::sum);
                    require(live.contains(child), Rule.LINKS, "%s, entry %d: leads to a freed page", page, i);
                    require((entry & Bits.FRAME) == child.host, Rule.LINKS, "%s, entry %d: leads elsewhere", page, i);
                    require(isParent(child, page, i), Rule.LINKS, "%s does not know its parent", child);
                    require(child.level == page.level - 1, Rule.LINKS, "%s, entry %d: skips a level", page, i);
                }
                if (page.direct()) {
                    direct(format, page, i, child, entry);
                } else if (!page.unsync()) {
                    inSync(format, page, i, child, entry);
                }
            }
            outOfSync(mmu, page, format);
        }
        for (CachedPage page : pages) {
            require(
                    page.parentCount() == referred.getOrDefault(page, 0),
                    Rule.LINKS,
                    "%s has %d parents, %d entries lead to it",
                    page,
                    page.parentCount(),
                    referred.getOrDefault(page, 0));
        }
        roots(mmu, live);
        reverseMap(mmu, leaves);
    }

    private boolean isSwitch(long entry) {
        return agile != null && agile.isSwitch(entry);
    }

    /** An entry that leads the hardware into a table of the guest's. */
    private void switching(CachedPage page, int index, long entry) {
        long gfn = page.mappedGfn(index);
        MemorySlot slot = slot(gfn);
        require(page.level > 1, Rule.TARGET, "%s, entry %d leads below the last level", page, index);
        require(agile.isNested(gfn), Rule.LINKS, "%s, entry %d leads to table %x, which is shadowed", page, index, gfn);
        require(
                slot != null && !slot.readOnly() && agile.addressOf(entry) == slot.hostAddress(gfn),
                Rule.TARGET,
                "%s, entry %d is no way to table %x",
                page,
                index,
                gfn);
        require(
                slot == null || !slot.logsDirty() || slot.isDirty(gfn),
                Rule.DIRTY_LOG,
                "flags in table %x can be set unseen",
                gfn);
        require(!agile.isProtected(gfn), Rule.LINKS, "table %x is in nested mode and shadowed", gfn);
    }

    /** The next entry from {@code index} on that is not empty; the number of entries where there is none. */
    private static int used(ShadowPage page, Frame frame, int index, ShadowFormat format) {
        // Nearly all are empty.
        int from = index * format.entrySize;
        int equal = Arrays.mismatch(frame.bytes, from, Frame.SIZE, EMPTY, from, Frame.SIZE);
        int filled = equal < 0 ? format.entries() : index + (equal / format.entrySize);
        for (int i = index; page.level > 1 && i < filled; i++) {
            if (page.child(i) != null) {
                return i;
            }
        }
        return filled;
    }

    private static boolean isParent(CachedPage child, CachedPage parent, int index) {
        for (int i = 0; i < child.parentCount(); i++) {
            if (child.parent(i) == parent && child.parentIndex(i) == index) {
                return true;
            }
        }
        return false;
    }

    private void roots(CachedMmu mmu, Set<CachedPage> live) {
        if (mmu.roots().isEmpty()) {
            return;
        }
        Map<CachedPage, Integer> counts = new HashMap<>();
        for (CachedPage root : mmu.roots()) {
            if (root != null) {
                counts.merge(root, 1, Integer::sum);
                require(live.contains(root), Rule.LINKS, "root %s is freed", root);
            }
        }
        for (CachedPage page : live) {
            require(page.rootCount() == counts.getOrDefault(page, 0), Rule.LINKS, "%s: root count", page);
        }
    }

    private void reverseMap(CachedMmu mmu, int leaves) {
        int[] recorded = new int[1];
        mmu.cache().rmap().forEach(chain -> {
            recorded[0] += chain.size();
            for (int i = 0; i < chain.size(); i++) {
                CachedPage page = chain.page(i);
                boolean maps = page.level == chain.level
                        && Bits.present(mmu.cache().entry(page, chain.index(i)))
                        && page.child(chain.index(i)) == null
                        && page.mappedGfn(chain.index(i)) == chain.gfn;
                require(maps, Rule.REVERSE_MAP, "%s, entry %d does not map %x", page, chain.index(i), chain.gfn);
            }
        });
        require(recorded[0] == leaves, Rule.REVERSE_MAP, "%d entries map pages, %d are recorded", leaves, recorded[0]);
    }

    /** An entry that maps a page: alone, whatever it was made of. */
    private void leaf(CachedMmu mmu, ShadowFormat format, CachedPage page, int index, long entry) {
        long gfn = page.mappedGfn(index);
        MemorySlot slot = slot(gfn);
        require(slot != null, Rule.TARGET, "%s, entry %d maps %x, which is no memory", page, index, gfn);
        require(recorded(mmu.cache().rmap(), gfn, page, index), Rule.REVERSE_MAP, "%s, entry %d", page, index);
        if (slot == null) {
            return;
        }
        require(
                (entry & Bits.FRAME) == slot.hostAddress(gfn),
                Rule.TARGET,
                "%s, entry %d maps host page %x for %x",
                page,
                index,
                entry & Bits.FRAME,
                gfn);
        boolean writes = (entry & Bits.RW) != 0;
        if (page.level > 1) {
            largeLeaf(mmu, format, page, index, slot, writes);
        } else if (writes) {
            writable(slot, gfn);
            for (CachedPage table : mmu.cache().guestTables().of(gfn)) {
                require(table.unsync(), Rule.WRITE_PROTECTION, "%s, entry %d can write %s", page, index, table);
            }
        }
    }

    private static boolean recorded(Rmap rmap, long gfn, CachedPage page, int index) {
        Rmap.Chain chain = rmap.chain(gfn, page.level);
        for (int i = 0; chain != null && i < chain.size(); i++) {
            if (chain.page(i) == page && chain.index(i) == index) {
                return true;
            }
        }
        return false;
    }

    private void largeLeaf(
            CachedMmu mmu, ShadowFormat format, CachedPage page, int index, MemorySlot slot, boolean writes) {
        long first = page.mappedGfn(index);
        for (long gfn = first; gfn < first + format.frames(page.level); gfn++) {
            boolean inside =
                    slot.contains(gfn) && slot.hostAddress(gfn) == slot.hostAddress(first) + ((gfn - first) << 12);
            require(inside, Rule.LARGE_PAGE, "%s, entry %d: frame %x", page, index, gfn);
            if (writes && inside) {
                writable(slot, gfn);
                require(
                        !mmu.cache().guestTables().contains(gfn),
                        Rule.LARGE_PAGE,
                        "%s, entry %d can write the shadowed table %x",
                        page,
                        index,
                        gfn);
            }
        }
    }

    private void ioMark(CachedMmu mmu, ShadowFormat format, CachedPage page, long entry) {
        require(page.level == 1, Rule.IO_MARK, "%s has a mark", page);
        boolean current = !(mmu instanceof UnsyncMmu unsync) || unsync.isCurrent(entry);
        // A 32-bit entry has no room for every frame number.
        if (current && format.entrySize == 8) {
            long gfn = (entry & Bits.FRAME & ~(1L << 51)) >>> 12;
            require(slot(gfn) == null, Rule.IO_MARK, "%s: mark %x is on memory", page, entry);
        }
    }

    // ---- entries and what they are made of ----

    /** A page that maps guest frames in a row. */
    private void direct(ShadowFormat format, CachedPage page, int index, CachedPage child, long entry) {
        long gfn = page.gfn + (index * format.frames(page.level));
        if (child != null) {
            require(child.gfn == gfn, Rule.TARGET, "%s, entry %d: %s", page, index, child);
            require(child.role == page.role - 1, Rule.ROLE, "%s, entry %d: %s", page, index, child);
            return;
        }
        // A page that maps frames in a row need not record which.
        require(page.mappedGfn(index) == gfn, Rule.REVERSE_MAP, "%s, entry %d: %x", page, index, page.mappedGfn(index));
        boolean global = Role.guestLevels(page.role) != 0 && Role.pge(page.role);
        rights(format, page, index, entry, Role.access(page.role), true, global, Role.key(page.role));
    }

    /** An entry of a page that stands for a guest table, whose entry it must agree with. */
    private void inSync(ShadowFormat format, CachedPage page, int index, CachedPage child, long entry) {
        Structure structure = structure(page);
        int guestIndex = guestIndex(format, page, index);
        long guest = guestEntry(page, guestIndex, structure.entrySize());
        EntryFormat guestFormat = guestFormat(page, structure, guest);
        require((guest & 0x21) == 0x21, Rule.TARGET, "%s, entry %d: the guest's is %x", page, index, guest);
        require(
                (guest & reserved(page, guestFormat)) == 0,
                Rule.TARGET,
                "%s, entry %d: reserved, %x",
                page,
                index,
                guest);
        int rights = Role.access(page.role) & rights(page, guest, structure.entrySize());
        long target = address(guestFormat, guest);
        if (guestFormat == structure.refers() && isSwitch(entry)) {
            require(page.mappedGfn(index) == target >>> 12, Rule.TARGET, "%s, entry %d: another table", page, index);
            rights(format, page, index, entry, rights, true, false, 0);
            return;
        }
        if (guestFormat == structure.refers()) {
            referring(format, page, index, child, target >>> 12, rights);
            return;
        }
        boolean dirty = (guest & Bits.D) != 0;
        boolean global = Role.pge(page.role) && (guest & Bits.G) != 0;
        int key = Role.pke(page.role) ? (int) (guest >>> Bits.KEY_SHIFT) & 0xf : 0;
        // A guest's 4-MByte page has two entries of 2 MBytes.
        long within = structure.low() > format.shift(page.level) ? (index & 1) * format.frames(page.level) : 0;
        long gfn = (target >>> 12) + within;
        if (child == null) {
            require(page.mappedGfn(index) == gfn, Rule.TARGET, "%s, entry %d: maps not %x", page, index, gfn);
            rights(format, page, index, entry, rights, dirty, global, key);
            return;
        }
        require(
                child.direct() && child.gfn == gfn,
                Rule.TARGET,
                "%s, entry %d: not %x but %s",
                page,
                index,
                gfn,
                child);
        int allowed = dirty ? rights : rights & ~GuestWalk.WRITE;
        boolean dual = dualState(page, Role.access(child.role), rights, dirty);
        require(
                dual || (Role.access(child.role) & ~allowed) == 0,
                Rule.RIGHTS,
                "%s, entry %d: the guest allows %d, %s",
                page,
                index,
                allowed,
                child);
        require(Role.pge(child.role) == global, Rule.ROLE, "%s, entry %d: global? %s", page, index, child);
        require(Role.key(child.role) == key, Rule.ROLE, "%s, entry %d: key %d, %s", page, index, key, child);
    }

    private void referring(ShadowFormat format, CachedPage page, int index, CachedPage child, long gfn, int rights) {
        require(
                child != null && !child.direct() && child.gfn == gfn,
                Rule.TARGET,
                "%s, entry %d: not of table %x: %s",
                page,
                index,
                gfn,
                child);
        if (child == null) {
            return;
        }
        boolean halves = format == ShadowFormat.PAE && Role.guestLevels(page.role) == 2;
        require(
                Role.access(child.role) == rights,
                Rule.ROLE,
                "%s, entry %d: rights %d, %s",
                page,
                index,
                rights,
                child);
        require(
                Role.quadrant(child.role) == (halves ? index & 1 : 0),
                Rule.ROLE,
                "%s, entry %d: %s",
                page,
                index,
                child);
        require(
                Role.guestLevels(child.role) == Role.guestLevels(page.role)
                        && Role.wp(child.role) == Role.wp(page.role)
                        && Role.nxe(child.role) == Role.nxe(page.role)
                        && Role.smepAndNotWp(child.role) == Role.smepAndNotWp(page.role)
                        && Role.pse(child.role) == Role.pse(page.role)
                        && Role.pge(child.role) == Role.pge(page.role)
                        && Role.pke(child.role) == Role.pke(page.role),
                Rule.ROLE,
                "%s, entry %d: %s is for other registers",
                page,
                index,
                child);
    }

    /** Writable for the supervisor alone, where CR0.WP is clear and the guest has the page as read-only. */
    private static boolean dualState(CachedPage page, int shadow, int guest, boolean dirty) {
        boolean userPage = (guest & GuestWalk.USER) != 0;
        return Role.guestLevels(page.role) != 0
                && !Role.wp(page.role)
                && dirty
                && (shadow & GuestWalk.USER) == 0
                && ((shadow & ~guest & GuestWalk.EXECUTE) == 0)
                && !(Role.smepAndNotWp(page.role) && userPage && (shadow & GuestWalk.EXECUTE) != 0);
    }

    private void rights(
            ShadowFormat format,
            CachedPage page,
            int index,
            long entry,
            int guest,
            boolean dirty,
            boolean global,
            int key) {
        int shadow = ((entry & Bits.RW) != 0 ? GuestWalk.WRITE : 0)
                | ((entry & Bits.US) != 0 ? GuestWalk.USER : 0)
                | (format.hasExecuteDisable() && (entry & Bits.XD) != 0 ? 0 : GuestWalk.EXECUTE);
        int allowed = dirty ? guest : guest & ~GuestWalk.WRITE;
        require(
                (shadow & ~allowed) == 0 || dualState(page, shadow, guest, dirty),
                Rule.RIGHTS,
                "%s, entry %d: %x where the guest allows %d",
                page,
                index,
                entry,
                allowed);
        require((entry & Bits.G) == 0 || global, Rule.RIGHTS, "%s, entry %d is global", page, index);
        if (format.entrySize == 8) {
            require(((entry >>> Bits.KEY_SHIFT) & 0xf) == key, Rule.RIGHTS, "%s, entry %d: key %d", page, index, key);
        }
    }

    // ---- the guest's entries ----

    private static Structure structure(CachedPage page) {
        PagingMode mode = PagingMode.values()[Role.guestLevels(page.role) - 1];
        return mode.structures.stream()
                .filter(s -> s.level() == page.level)
                .findFirst()
                .orElseThrow();
    }

    private static int guestIndex(ShadowFormat format, CachedPage page, int index) {
        if (format != ShadowFormat.PAE || Role.guestLevels(page.role) != 2) {
            return index;
        }
        int whole = (Role.quadrant(page.role) * format.entries()) + index;
        return page.level == 2 ? whole / 2 : whole;
    }

    private long guestEntry(CachedPage page, int index, int size) {
        MemorySlot slot = slot(page.gfn);
        if (slot == null) {
            return size == 8 ? -1L : 0xffff_ffffL;
        }
        long entry = around.memory().read(slot.hostAddress(page.gfn) + ((long) index * size), size);
        // Where flags cannot be set, a walk goes on as if they had been.
        return slot.readOnly() ? entry | Bits.A | Bits.D : entry;
    }

    private EntryFormat guestFormat(CachedPage page, Structure structure, long entry) {
        if (structure.refers() == null) {
            return structure.maps();
        }
        boolean canMap = structure.maps() != null && (Role.guestLevels(page.role) != 2 || Role.pse(page.role));
        return canMap && (entry & Bits.PS) != 0 ? structure.maps() : structure.refers();
    }

    private int width(EntryFormat format) {
        int width = around.limits().maxPhyAddr();
        if (format == EntryFormat.PDE_32_MAPS_4_MBYTE) {
            return around.limits().pse36() ? Math.min(40, width) : 32;
        }
        return width;
    }

    private long reserved(CachedPage page, EntryFormat format) {
        long reserved = format.mask(Meaning.RESERVED, width(format));
        if (!Role.nxe(page.role)) {
            reserved |= format.mask(Meaning.XD, width(format));
        }
        if (format == EntryFormat.PDPTE_MAPS_1_GBYTE && !around.limits().page1Gb()) {
            reserved |= format.mask(Meaning.PS, width(format));
        }
        return reserved;
    }

    private long address(EntryFormat format, long entry) {
        long address = entry & format.mask(Meaning.ADDRESS, width(format));
        long above = format.mask(Meaning.ADDRESS_39_32, width(format));
        return above == 0 ? address : address | ((entry & above) << 19);
    }

    private static int rights(CachedPage page, long entry, int size) {
        boolean executable = size == 4 || !Role.nxe(page.role) || (entry & Bits.XD) == 0;
        return ((entry & Bits.RW) != 0 ? GuestWalk.WRITE : 0)
                | ((entry & Bits.US) != 0 ? GuestWalk.USER : 0)
                | (executable ? GuestWalk.EXECUTE : 0);
    }

    // ---- out of sync ----

    private void outOfSync(CachedMmu mmu, CachedPage page, ShadowFormat format) {
        require(
                !page.unsync() || (page.level == 1 && !page.direct()),
                Rule.OUT_OF_SYNC,
                "%s may not be out of sync",
                page);
        if (!page.direct()) {
            for (CachedPage other : mmu.cache().guestTables().of(page.gfn)) {
                require(other.unsync() == page.unsync(), Rule.OUT_OF_SYNC, "%s, but not %s", page, other);
            }
        }
        int marks = 0;
        for (int i = 0; i < format.entries(); i++) {
            if (page.isUnsyncChild(i)) {
                marks++;
                CachedPage child = page.child(i);
                require(
                        child != null && (child.unsync() || child.unsyncChildCount() > 0),
                        Rule.OUT_OF_SYNC,
                        "%s, entry %d is marked for nothing",
                        page,
                        i);
            }
        }
        require(marks == page.unsyncChildCount(), Rule.OUT_OF_SYNC, "%s: %d marks", page, marks);
        if (page.unsync() || page.unsyncChildCount() > 0) {
            for (int i = 0; i < page.parentCount(); i++) {
                require(
                        page.parent(i).isUnsyncChild(page.parentIndex(i)),
                        Rule.OUT_OF_SYNC,
                        "%s is not marked in %s",
                        page,
                        page.parent(i));
            }
        }
    }
}
