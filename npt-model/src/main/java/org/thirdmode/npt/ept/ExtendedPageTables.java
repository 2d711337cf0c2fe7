package org.thirdmode.npt.ept;

import java.util.Set;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.GuestPhysicalMappings;
import org.thirdmode.x86.paging.GuestPhysicalMappings.Mapping;
import org.thirdmode.x86.paging.PageWalker;
import org.thirdmode.x86.paging.Peek;
import org.thirdmode.x86.paging.SecondStage;
import org.thirdmode.x86.paging.Translation;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.tlb.NestedCaches;
import org.thirdmode.x86.tlb.StructureCaches;

/**
 * EPT: guest-physical to host-physical addresses by tables that an EPTP names. SDM 3C "The Extended Page Table Mechanism
 * (EPT)".
 *
 * <p>At each entry, in this order: an unsupported value is an EPT misconfiguration, an entry that is not present an EPT
 * violation; at the end, the rights of all entries together decide whether there is a violation. What the exit reports
 * stands in {@link #exit} when the processor's exit is thrown.
 *
 * <p>{@code spec.EptWalk} says the same in the manual's words.
 */
public final class ExtendedPageTables implements SecondStage {
    /*
     * What all EPT paging-structure entries share (SDM 3C, the tables "Format of an EPT ... Entry"):
     *
     *  63  62   52 51         M M-1          12 11 10  9  8  7  6   5  3  2  1  0
     * +---+-------+------------+---------------+--+--+--+--+--+---+------+--+--+--+
     * |SVE|ignored|  reserved  |    address    |ig|XU| D| A|PS|IPT| type | X| W| R|
     * +---+-------+------------+---------------+--+--+--+--+--+---+------+--+--+--+
     *
     * M is MAXPHYADDR. Where the entry refers to another table bits 6:3 are reserved (7:3 in a PML4E or PML5E). D, IPT
     * (ignore PAT) and type mean something only in the entry that maps a page. XU means something with mode-based execute
     * control: X is then for supervisor-mode linear addresses only.
     */
    private static final long R = 1;
    private static final long W = 1 << 1;
    private static final long X = 1 << 2;
    private static final long PS = 1 << 7;
    private static final long A = 1 << 8;
    private static final long D = 1 << 9;
    private static final long XU = 1 << 10;
    private static final int TYPE_SHIFT = 3;
    private static final long TYPE = 7 << TYPE_SHIFT;
    private static final long WRITE_BACK = 6 << TYPE_SHIFT;

    /** Memory types 2, 3 and 7 are reserved. */
    private static final int RESERVED_TYPES = 1 << 2 | 1 << 3 | 1 << 7;

    private static final long ALL_RIGHTS = R | W | X | XU;
    private static final long PAGE_OFFSET = 0xfff;

    /** Within the 2 MBytes of one page table. */
    private static final long REGION_OFFSET = 0x1f_ffff;

    private static final long NOWHERE = -1;

    private final PageWalker walker;
    private final PhysicalMemory memory;
    private final GuestExit guestExit;
    private final boolean executeOnly;
    private final boolean advancedInformation;
    private final Set<EptCapability> capabilities;

    /** Bits 12 and up of a physical address. */
    private final long addressMask;

    /** Reserved bits: [2 * level + PS]. */
    private final long[] reserved = new long[12];

    /** What the last exit reports. */
    public final EptExit exit = new EptExit();

    /** Hypothetical: to read a table of the guest's is no write, whatever flags EPT has. */
    private boolean tablesReadAsData;

    private DirtyListener dirtyListener = DirtyListener.NONE;

    // ---- from the EPTP and the controls ----

    private long configured;
    private long root;
    private int levels = 4;
    private boolean accessedDirty;
    private boolean modeBasedExecute;

    /** All rights there are; an entry is present where any of these is set. */
    private long presentMask = R | W | X;

    /** The last table entry that was translated: setting a flag in it needs no second walk. */
    private long lastTable = NOWHERE;

    private long lastTableHost;
    private long lastTableRights;
    private long lastTableEntry;
    private int lastTableLevel;

    /** Where its entry stands; {@link #NOWHERE} where that is not known. */
    private long lastTableLeaf;

    /**
     * EPT of one processor.
     *
     * @param walker whose second stage it is to be: it is told every reference
     * @param exit the processor's one exit object
     */
    public ExtendedPageTables(
            PageWalker walker, PhysicalMemory memory, GuestExit exit, Set<EptCapability> capabilities) {
        this.walker = walker;
        this.memory = memory;
        this.guestExit = exit;
        this.capabilities = Set.copyOf(capabilities);
        executeOnly = capabilities.contains(EptCapability.EXECUTE_ONLY);
        advancedInformation = capabilities.contains(EptCapability.ADVANCED_EXIT_INFORMATION);
        int width = memory.addressWidth();
        addressMask = (1L << width) - (1L << 12);
        long above = (1L << 52) - (1L << width);
        for (int level = 1; level <= 5; level++) {
            reserved[2 * level] = above | (level == 1 ? 0 : bits(6, 3));
            reserved[(2 * level) + 1] = above | reservedInLargePage(level);
        }
    }

    private static long bits(int high, int low) {
        return (-1L << low) & (-1L >>> (63 - high));
    }

    /** Where bit 7 is set: the low bits of a large page's address, or bit 7 itself. In a page-table entry it is ignored. */
    private long reservedInLargePage(int level) {
        return switch (level) {
            case 1 -> 0;
            case 2 -> capabilities.contains(EptCapability.PAGE_2_MBYTE) ? bits(20, 12) : PS;
            case 3 -> capabilities.contains(EptCapability.PAGE_1_GBYTE) ? bits(29, 12) : PS;
            default -> PS;
        };
    }

    /** Who hears of dirty flags; {@link DirtyListener#NONE} for nobody. */
    public void dirtyListener(DirtyListener listener) {
        dirtyListener = listener;
    }

    /**
     * For a hypothetical processor: with flags for EPT too, reading a paging-structure entry of the guest's is a read, as of data,
     * and setting a flag in one a write. SDM 3C "Accessed and Dirty Flags for EPT" has both as writes.
     */
    public void readTablesAsData() {
        tablesReadAsData = true;
    }

    /**
     * Whether an EPTP may be used: memory type, page-walk length, reserved bits. SDM 3C "Checks on VMX Controls",
     * "VM-Execution Control Fields".
     */
    public boolean allows(long eptp) {
        boolean type = switch ((int) eptp & 7) {
            case 0 -> capabilities.contains(EptCapability.MEMORY_TYPE_UC);
            case 6 -> capabilities.contains(EptCapability.MEMORY_TYPE_WB);
            default -> false;
        };
        boolean length = switch ((int) (eptp >>> 3) & 7) {
            case 3 -> capabilities.contains(EptCapability.PAGE_WALK_4);
            case 4 -> capabilities.contains(EptCapability.PAGE_WALK_5);
            default -> false;
        };
        boolean flags = (eptp & (1 << 6)) == 0 || capabilities.contains(EptCapability.ACCESSED_DIRTY);
        return type && length && flags && (eptp & ~addressMask & ~0x7fL) == 0;
    }

    /**
     * Translates by an EPTP from now on. SDM 3C, table "Format of Extended-Page-Table Pointer".
     *
     * @param eptp one that {@link #allows} allows
     * @param modeBased the VM-execution control "mode-based execute control for EPT"
     */
    public void configure(long eptp, boolean modeBased) {
        if (eptp != configured || modeBased != modeBasedExecute) {
            configured = eptp;
            GuestPhysicalMappings kept = walker.guestPhysicalMappings();
            if (kept != null) {
                kept.dropAll();
            }
        }
        root = eptp & addressMask;
        levels = ((int) (eptp >>> 3) & 7) + 1;
        accessedDirty = (eptp & (1 << 6)) != 0;
        modeBasedExecute = modeBased;
        presentMask = R | W | X | (modeBased ? XU : 0);
        lastTable = NOWHERE;
    }

    @Override
    public void tellPlainPages(GuestPhysicalMappings kept) {
        tellPlainPages(kept, GuestPhysicalMappings.NO_PAGE);
    }

    /**
     * Tells what entries of plain pages look like: present with all rights, write-back, their flags set.
     *
     * @param exceptPage a host-physical page of which each access is to be asked for
     */
    public void tellPlainPages(GuestPhysicalMappings kept, long exceptPage) {
        long bits = presentMask | WRITE_BACK | flags();
        kept.plain(levels, bits | TYPE | reserved[2], bits, exceptPage);
    }

    /** The flags that are set where an access has none left to set. */
    private long flags() {
        return accessedDirty ? A | D : 0;
    }

    /** EPTRTA: what guest-physical and combined mappings are tagged by. SDM 3C "Caching Translation Information". */
    public static long eptrta(long eptp) {
        return eptp & bits(51, 12);
    }

    @Override
    public long translate(long guestPhysical, Reason reason, long linear, int access, Translation translation) {
        GuestPhysicalMappings kept = walker.guestPhysicalMappings();
        if (kept != null && reason == Reason.TABLE_UPDATE && guestPhysical != lastTable) {
            findTable(guestPhysical, kept);
        }
        if (reason == Reason.TABLE_UPDATE && guestPhysical == lastTable && knowsDirty(guestPhysical)) {
            // With EPT's own flags the read was a write already; without them only the right to write is asked for.
            if ((lastTableRights & W) == 0) {
                exit.level = lastTableLevel;
                exit.entry = lastTableEntry;
                forget(guestPhysical, kept);
                throw violation(guestPhysical, reason, linear, access, translation, lastTableRights);
            }
            return lastTableHost;
        }
        if (guestPhysical >>> (9 * levels + 12) != 0) {
            // No table has an entry for it.
            exit.level = 0;
            exit.entry = 0;
            throw violation(guestPhysical, reason, linear, access, translation, 0);
        }
        if (kept != null) {
            return translate(guestPhysical, reason, linear, access, translation, kept);
        }
        NestedCaches caches = walker.nestedCaches();
        StructureCaches structures = caches == null ? null : caches.structures;
        if (structures != null) {
            int cached = structures.find(guestPhysical, levels, 9, caches.context);
            if (cached != 0) {
                try {
                    return walk(
                            structures.table,
                            cached,
                            structures.rights,
                            guestPhysical,
                            reason,
                            linear,
                            access,
                            translation,
                            structures,
                            null);
                } catch (GuestExit perhapsStale) {
                    // What is cached may be older than the tables: only these may refuse.
                    caches.drop(guestPhysical);
                }
            }
        }
        try {
            return walk(root, levels, ALL_RIGHTS, guestPhysical, reason, linear, access, translation, structures, null);
        } catch (GuestExit refused) {
            if (caches != null) {
                caches.drop(guestPhysical);
            }
            throw refused;
        }
    }

    /** Whether the last table's page is dirty, or cannot be; where it can, and is not yet, the flag is set now. */
    private boolean knowsDirty(long guestPhysical) {
        if (!tablesReadAsData || !accessedDirty || (lastTableRights & W) == 0 || (lastTableEntry & D) != 0) {
            return true;
        }
        if (lastTableLeaf == NOWHERE) {
            return false;
        }
        dirtyListener.settingDirty(guestPhysical);
        lastTableEntry = memory.read(lastTableLeaf, 8) | D;
        memory.write(lastTableLeaf, 8, lastTableEntry);
        return true;
    }

    /** "An EPT violation invalidates any guest-physical mappings that would be used." SDM 3C "Operations that Invalidate Cached
     * Mappings". */
    private void forget(long guestPhysical, GuestPhysicalMappings kept) {
        NestedCaches caches = walker.nestedCaches();
        if (kept != null) {
            kept.drop(guestPhysical);
        }
        if (caches != null) {
            caches.drop(guestPhysical);
        }
    }

    @Override
    public long peek(long guestPhysical) {
        long table = root;
        for (int level = levels; ; level--) {
            int shift = (9 * level) + 3;
            Frame frame = memory.frame(table);
            long entry = frame == null ? 0 : frame.get((int) (guestPhysical >>> shift & 0x1ff) << 3, 8);
            if ((entry & presentMask) == 0 || guestPhysical >>> (9 * levels + 12) != 0) {
                return Peek.NOWHERE;
            }
            if (level == 1 || (entry & PS) != 0) {
                long offset = (1L << shift) - 1;
                return (entry & addressMask & ~offset) | (guestPhysical & offset);
            }
            table = entry & addressMask;
        }
    }

    // ---- fast fidelity: what is kept between walks ----

    /** What is kept may be older than the tables: where it does not allow the access, these are asked. */
    private long translate(
            long guestPhysical,
            Reason reason,
            long linear,
            int access,
            Translation translation,
            GuestPhysicalMappings kept) {
        Mapping region = kept.region(guestPhysical);
        if (region != null) {
            long host = region.isTable()
                    ? byPageTable(region, guestPhysical, reason, linear, access, translation, kept)
                    : inRegion(region, guestPhysical, reason, access, translation, kept);
            if (host != NOWHERE) {
                return host;
            }
        }
        try {
            return walk(root, levels, ALL_RIGHTS, guestPhysical, reason, linear, access, translation, null, kept);
        } catch (GuestExit refused) {
            kept.drop(guestPhysical);
            throw refused;
        }
    }

    /** The walker has read the guest's table without asking here. */
    private void findTable(long guestPhysical, GuestPhysicalMappings kept) {
        Mapping page = kept.page(guestPhysical);
        if (page != null) {
            long host = page.host | (guestPhysical & PAGE_OFFSET);
            lastTableLeaf = NOWHERE;
            settle(guestPhysical, Reason.TABLE_READ, 0, null, host, page.entry, page.rights, page.level);
        }
    }

    /** Within a large page that is kept. */
    private long inRegion(
            Mapping region,
            long guestPhysical,
            Reason reason,
            int access,
            Translation translation,
            GuestPhysicalMappings kept) {
        long needed = !accessedDirty ? 0 : isWrite(reason, access) ? A | D : A;
        if ((needed & ~region.entry) != 0 || !allowed(reason, access, translation, region.rights)) {
            return NOWHERE;
        }
        walker.nestedSpared(levels, region.level);
        lastTableLeaf = reason == Reason.TABLE_READ ? NOWHERE : lastTableLeaf;
        long host = region.host | (guestPhysical & REGION_OFFSET);
        if (reason == Reason.TABLE_READ && noFlagLeft(region.entry)) {
            kept.keepPage(guestPhysical, levels, host & ~PAGE_OFFSET, region.entry, region.rights, region.level);
        }
        settle(guestPhysical, reason, access, translation, host, region.entry, region.rights, region.level);
        return host;
    }

    /** By the entry of a page table whose place is kept. */
    private long byPageTable(
            Mapping region,
            long guestPhysical,
            Reason reason,
            long linear,
            int access,
            Translation translation,
            GuestPhysicalMappings kept) {
        long address = region.host | ((guestPhysical >>> 9) & 0xff8);
        long entry = memory.read(address, 8);
        boolean refused = misconfigured(entry, 1, true)
                || (entry & presentMask) == 0
                || !allowed(reason, access, translation, region.rights & entry);
        if (refused) {
            return NOWHERE;
        }
        walker.nestedSpared(levels, 2);
        return walk(region.host, 1, region.rights, guestPhysical, reason, linear, access, translation, null, kept);
    }

    /** Keeps the page that an access has just used, its flags set. */
    private void keep(
            GuestPhysicalMappings kept,
            long guestPhysical,
            Reason reason,
            long host,
            long entry,
            long rights,
            int level) {
        if (level > 1) {
            boolean plain = (rights & presentMask) == presentMask && (~entry & flags()) == 0;
            kept.keepLarge(guestPhysical, (9 * level) + 3, host & ~REGION_OFFSET, entry, rights, level, plain);
        }
        if (reason == Reason.TABLE_READ && noFlagLeft(entry)) {
            kept.keepPage(guestPhysical, levels, host & ~PAGE_OFFSET, entry, rights, level);
        }
    }

    /** Whether a table of the guest's in the page of an entry can be written with no flag left to set. */
    private boolean noFlagLeft(long entry) {
        return !tablesReadAsData || (flags() & ~entry) == 0;
    }

    // ---- the walk ----

    /**
     * Walks from a table of {@code level}.
     *
     * @param rights those of the entries above
     * @param structures where to keep the entries that are used, or null
     * @param kept the same in {@code fast} fidelity
     */
    private long walk(
            long table,
            int level,
            long rights,
            long guestPhysical,
            Reason reason,
            long linear,
            int access,
            Translation translation,
            StructureCaches structures,
            GuestPhysicalMappings kept) {
        while (true) {
            int shift = (9 * level) + 3;
            long address = table | (((guestPhysical >>> shift) & 0x1ff) << 3);
            long entry = memory.read(address, 8);
            walker.nestedReference(level, address, entry);
            boolean maps = level == 1 || (entry & PS) != 0;
            if (misconfigured(entry, level, maps)) {
                exit.misconfiguration = true;
                exit.guestPhysical = guestPhysical;
                exit.linear = linear;
                exit.qualification = 0;
                exit.level = level;
                exit.entry = entry;
                throw guestExit;
            }
            if ((entry & presentMask) == 0) {
                exit.level = level;
                exit.entry = entry;
                throw violation(guestPhysical, reason, linear, access, translation, 0);
            }
            rights &= entry;
            if (maps) {
                lastTableLeaf = reason == Reason.TABLE_READ ? address : lastTableLeaf;
                long offset = (1L << shift) - 1;
                long host = (entry & addressMask & ~offset) | (guestPhysical & offset);
                exit.level = level;
                exit.entry = entry;
                long flagged = finish(guestPhysical, reason, linear, access, translation, address, entry, rights);
                if (kept != null) {
                    keep(kept, guestPhysical, reason, host, flagged, rights, level);
                }
                settle(guestPhysical, reason, access, translation, host, entry, rights, level);
                return host;
            }
            if (accessedDirty && (entry & A) == 0) {
                memory.write(address, 8, entry | A);
            }
            table = entry & addressMask;
            if (structures != null) {
                structures.put(guestPhysical, level, 9, walker.nestedCaches().context, table, rights);
            }
            if (kept != null && level == 2) {
                kept.keepTable(guestPhysical, table, entry, rights, (rights & presentMask) == presentMask);
            }
            level--;
        }
    }

    /** What is left to do once the page is found and its flags are set. */
    private void settle(
            long guestPhysical,
            Reason reason,
            int access,
            Translation translation,
            long host,
            long entry,
            long rights,
            int level) {
        if (reason == Reason.FINAL_ACCESS) {
            narrow(translation, (9 * level) + 3, entry, rights, access);
        } else if (reason == Reason.TABLE_READ) {
            lastTable = guestPhysical;
            lastTableHost = host;
            lastTableRights = rights;
            lastTableEntry = entry;
            lastTableLevel = level;
        }
    }

    /** SDM 3C "EPT Misconfigurations". */
    private boolean misconfigured(long entry, int level, boolean maps) {
        if ((entry & R) == 0) {
            if ((entry & W) != 0) {
                return true;
            }
            if ((entry & presentMask) == 0) {
                return false;
            }
            if (!executeOnly) {
                return true;
            }
        }
        return (entry & reserved[(2 * level) + ((int) (entry >>> 7) & 1)]) != 0
                || (maps && (RESERVED_TYPES >>> ((entry >>> TYPE_SHIFT) & 7) & 1) != 0);
    }

    private boolean allowed(Reason reason, int access, Translation translation, long rights) {
        if (isWrite(reason, access)) {
            return (rights & W) != 0;
        }
        boolean fetch = reason == Reason.FINAL_ACCESS && (access & Access.FETCH) != 0;
        return (rights & (fetch ? executeRight(translation) : R)) != 0;
    }

    /**
     * Checks the rights of all entries together, then sets the flags of the one that maps the page.
     *
     * @return that entry as it is then
     */
    private long finish(
            long guestPhysical,
            Reason reason,
            long linear,
            int access,
            Translation translation,
            long address,
            long entry,
            long rights) {
        if (!allowed(reason, access, translation, rights)) {
            throw violation(guestPhysical, reason, linear, access, translation, rights);
        }
        if (!accessedDirty) {
            return entry;
        }
        boolean write = isWrite(reason, access);
        if (write && (entry & D) == 0) {
            dirtyListener.settingDirty(guestPhysical);
        }
        long flagged = entry | (write ? A | D : A);
        if (flagged != entry) {
            memory.write(address, 8, flagged);
        }
        return flagged;
    }

    /**
     * With flags for EPT, accesses to guest paging-structure entries are writes; loads of the PDPTE registers are not. SDM
     * 3C "Accessed and Dirty Flags for EPT".
     */
    private boolean isWrite(Reason reason, int access) {
        return switch (reason) {
            case FINAL_ACCESS -> (access & Access.WRITE) != 0;
            case TABLE_READ -> accessedDirty && !tablesReadAsData;
            case TABLE_UPDATE -> true;
            case PDPTE_LOAD -> false;
        };
    }

    private long executeRight(Translation translation) {
        return modeBasedExecute && translation.user ? XU : X;
    }

    private void narrow(Translation translation, int shift, long entry, long rights, int access) {
        translation.pageShift = Math.min(translation.pageShift, shift);
        translation.readable = (rights & R) != 0;
        translation.executable &= (rights & executeRight(translation)) != 0;
        if ((rights & W) == 0) {
            translation.writable = false;
            translation.dirty = false;
        } else if (accessedDirty && (access & Access.WRITE) == 0 && (entry & D) == 0) {
            translation.dirty = false;
        }
    }

    /** Notes an EPT violation. SDM 3C, table "Exit Qualification for EPT Violations". */
    private GuestExit violation(
            long guestPhysical, Reason reason, long linear, int access, Translation translation, long rights) {
        int qualification = switch (reason) {
            case FINAL_ACCESS ->
                (access & Access.FETCH) != 0
                        ? EptExit.INSTRUCTION_FETCH
                        : (access & Access.WRITE) != 0 ? EptExit.DATA_WRITE : EptExit.DATA_READ;
            case TABLE_READ ->
                accessedDirty && !tablesReadAsData ? EptExit.DATA_READ | EptExit.DATA_WRITE : EptExit.DATA_READ;
            case TABLE_UPDATE -> EptExit.DATA_READ | EptExit.DATA_WRITE;
            case PDPTE_LOAD -> EptExit.DATA_READ;
        };
        qualification |= (int) (rights & (R | W | X)) << 3;
        if (modeBasedExecute && (rights & XU) != 0) {
            qualification |= EptExit.USER_EXECUTABLE;
        }
        if (reason != Reason.PDPTE_LOAD) {
            qualification |= EptExit.LINEAR_VALID;
        }
        if (reason == Reason.FINAL_ACCESS) {
            qualification |= EptExit.FINAL_ACCESS;
            if (advancedInformation) {
                qualification |= (translation.user ? EptExit.USER_LINEAR : 0)
                        | (translation.writable ? EptExit.WRITABLE_LINEAR : 0)
                        | (translation.executable ? 0 : EptExit.EXECUTE_DISABLE_LINEAR);
            }
        }
        exit.misconfiguration = false;
        exit.guestPhysical = guestPhysical;
        exit.linear = linear;
        exit.qualification = qualification;
        return guestExit;
    }
}
