package org.thirdmode.x86.paging;

import java.util.Set;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.GuestPhysicalMappings.Mapping;
import org.thirdmode.x86.paging.SecondStage.Reason;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.tlb.NestedCaches;
import org.thirdmode.x86.tlb.StructureCaches;

/**
 * The hardware's page walk: from a linear address through the tables in memory to a physical one. SDM 3A "Paging".
 *
 * <p>One loop walks all tables of 8-byte entries (PAE, 4-level and 5-level paging), another the two levels of 32-bit
 * paging. What depends on the processor alone, the reserved bits, is tabulated at construction.
 *
 * <p>Accessed and Dirty flags (SDM 3A "Accessed and Dirty Flags"): an entry that refers to another table is <em>used</em>
 * once the walk goes on through it, and its Accessed flag is set then, also where the walk later faults. The entry that
 * maps the page is used only if the access is allowed: its Accessed flag, and for a write its Dirty flag, are set last.
 *
 * <p>{@code spec.ReferenceWalker} says the same in the manual's words.
 */
public final class PageWalker {
    /*
     * What all formats of entries share (SDM 3A, the tables "Format of a ... Entry"):
     *
     *  63 62   59 58   52 51         M M-1          12 11   9  8  7  6  5  4   3   2   1   0
     * +--+-------+-------+------------+---------------+------+--+--+--+--+---+---+---+---+--+
     * |XD|  key  |ignored|  reserved  |    address    |ignor.| G|PS| D| A|PCD|PWT|U/S|R/W| P|
     * +--+-------+-------+------------+---------------+------+--+--+--+--+---+---+---+---+--+
     *
     * M is MAXPHYADDR. D, G and the key mean something only in the entry that maps a page; bit 7 is PAT in a page-table
     * entry. With PAE paging bits 62:52 are reserved too. Entries of 32-bit paging end at bit 31.
     */
    private static final long P = 1L;
    private static final long RW = 1L << 1;
    private static final long US = 1L << 2;
    private static final long A = 1L << 5;
    private static final long D = 1L << 6;
    private static final long PS = 1L << 7;
    private static final long G = 1L << 8;
    private static final long XD = 1L << 63;
    private static final int KEY_SHIFT = 59;

    /** Bits of the page-fault error code beside those of {@link Access}. SDM 3A "Page-Fault Exceptions". */
    private static final int ERROR_P = 1;

    private static final int ERROR_RSVD = 1 << 3;
    private static final int ERROR_PK = 1 << 5;

    /** Bits 12 and up of a physical address. */
    private final long addressMask;

    /** Reserved bits of the entries of 4-level and 5-level paging: [2 * level + PS]; XD is decided by EFER.NXE. */
    private final long[] reservedLong = new long[12];

    /** The same for PAE paging. */
    private final long[] reservedPae = new long[12];

    /** Reserved bits of a PDPTE register of PAE paging. */
    private final long reservedPdpte;

    /** Reserved bits of a 32-bit page-directory entry that maps a 4-MByte page. */
    private final long reserved4MBytePage;

    private final CpuState state;
    private final PhysicalMemory memory;
    private final GuestFault fault;

    /** What the walks have done. */
    public final WalkCounters counters = new WalkCounters();

    private SecondStage secondStage = SecondStage.NONE;
    private boolean pdptesOnDemand;

    /** {@link SecondStage#hostBit} of the stage in force. */
    private long hostBit;

    /** Bits of a physical address that the guest's own entries cannot have: what lies from {@link #hostBit} up; 0 for none. */
    private long beyondGuest;

    /** The last walk has come to a table of the guest's own, where there are others. */
    private boolean inGuestTables;

    /** The level of the guest's entry whose address the second stage is asked for, or {@link WalkRecorder#FINAL}. */
    private int guestLevel;

    private WalkRecorder recorder;
    private long a20Mask = -1L;

    /** Where walks may begin lower down; null where no such caches are modelled. */
    private StructureCaches structureCaches;

    private int structureSpace;
    private NestedCaches nestedCaches;
    private GuestPhysicalMappings guestPhysicalMappings;

    /** {@link #guestPhysicalMappings} while the walk may use them without asking the second stage; else null. */
    private GuestPhysicalMappings kept;

    /** Nobody is to be asked where a table stands, or told what it holds. */
    private boolean unaided = true;

    private GuestPhysicalMappings beginAt;
    private int spared;

    public PageWalker(CpuState state, PhysicalMemory memory, GuestFault fault, Set<Feature> features) {
        this.state = state;
        this.memory = memory;
        this.fault = fault;
        int width = memory.addressWidth();
        addressMask = bits(width - 1, 12);
        long aboveLong = bits(51, width);
        long abovePae = bits(62, width);
        for (int level = 1; level <= 5; level++) {
            for (int ps = 0; ps <= 1; ps++) {
                long format = level == 1 || ps == 0 ? 0 : reservedInLargePage(level, features);
                reservedLong[2 * level + ps] = aboveLong | format;
                reservedPae[2 * level + ps] = abovePae | format;
            }
        }
        reservedPdpte = bits(63, width) | bits(8, 5) | bits(2, 1);
        int width32 = features.contains(Feature.PSE36) ? Math.min(width, 40) : 32;
        reserved4MBytePage = bits(21, width32 - 19);
    }

    /** Bits {@code high} to {@code low}, inclusive; none where {@code high < low}. */
    private static long bits(int high, int low) {
        return high < low ? 0 : (-1L << low) & (-1L >>> (63 - high));
    }

    /** Where bit 7 is set in an entry above the page table: the low bits of a large page's address, or bit 7 itself. */
    private static long reservedInLargePage(int level, Set<Feature> features) {
        return switch (level) {
            case 2 -> bits(20, 13);
            case 3 -> features.contains(Feature.PAGE1GB) ? bits(29, 13) : PS;
            default -> PS;
        };
    }

    /** Puts a second stage behind the walk; {@link SecondStage#NONE} takes it away. Translations must be flushed. */
    public void secondStage(SecondStage stage) {
        secondStage = stage;
        hostBit = stage.hostBit();
        beyondGuest = hostBit == 0 ? 0 : bits(memory.addressWidth() - 1, Long.numberOfTrailingZeros(hostBit));
        pdptesOnDemand = stage.pdptesOnDemand();
        if (guestPhysicalMappings != null && stage != SecondStage.NONE) {
            stage.tellPlainPages(guestPhysicalMappings);
        }
        chooseKept();
    }

    private void chooseKept() {
        boolean useful = secondStage != SecondStage.NONE && recorder == null && a20Mask == -1;
        kept = useful ? guestPhysicalMappings : null;
        unaided = secondStage == SecondStage.NONE && recorder == null;
    }

    /** The second stage in force. */
    public SecondStage secondStage() {
        return secondStage;
    }

    /** Bits of physical addresses that the processor has and its guest has not ({@link SecondStage#hostBit}); 0 for none. */
    public long beyondGuest() {
        return beyondGuest;
    }

    /**
     * Whether the last walk that began in tables of the hypervisor's ({@link SecondStage#hostBit}) had come to the guest's own: a
     * page fault that ended it is one of the guest.
     */
    public boolean inGuestTables() {
        return hostBit != 0 && inGuestTables;
    }

    /** The second stage tells that it has read an entry of its own tables, at a host-physical address. */
    public void nestedReference(int level, long hostPhysical, long entry) {
        counters.nestedReference(guestLevel, level);
        if (recorder != null) {
            recorder.nestedReference(guestLevel, level, hostPhysical, entry);
        }
    }

    /**
     * The second stage tells that it had kept what its entries of these levels say ({@link #guestPhysicalMappings}).
     *
     * @param highest the level that a walk would have read first
     * @param lowest the level that it would have read last of these
     */
    public void nestedSpared(int highest, int lowest) {
        counters.nestedSpared(guestLevel, WalkCounters.levels(highest, lowest));
    }

    /** Lets PAE paging read its PDPTEs in each walk, whatever the second stage says. */
    public void pdptesOnDemand(boolean onDemand) {
        pdptesOnDemand = onDemand;
    }

    /** The page fault of an address that no table has an entry for. */
    public GuestFault notPresent(long linear, int access) {
        return pageFault(linear, access, 0);
    }

    /**
     * Makes further bits of the entries of 4-level and 5-level paging reserved.
     *
     * @param level of the entries
     * @param bits what must be 0 in them, with PS clear or set
     */
    public void reserve(int level, long bits) {
        reservedLong[2 * level] |= bits;
        reservedLong[(2 * level) + 1] |= bits;
    }

    /** Installs a witness of every table reference, or with null takes it away. */
    public void recorder(WalkRecorder walkRecorder) {
        recorder = walkRecorder;
        dropGuestPhysical();
        chooseKept();
    }

    /** Lets walks begin at, and keep, cached entries; null for none. */
    public void structureCaches(StructureCaches caches) {
        structureCaches = caches;
    }

    /** The address space that cached entries are kept under: a context of {@code tlb.TlbBuffer} with PCID 0. */
    public void structureSpace(int space) {
        structureSpace = space;
    }

    void nestedCaches(NestedCaches caches) {
        nestedCaches = caches;
    }

    /** What is cached of the second dimension, for stages that have tables; null where no such caches are modelled. */
    public NestedCaches nestedCaches() {
        return nestedCaches;
    }

    /** Lets walks begin at page tables that are kept, and keeps them; null for none. For the walker of a second stage. */
    public void beginAt(GuestPhysicalMappings kept) {
        beginAt = kept;
    }

    /** The level at which the last walk would have begun but for {@link #beginAt}: then it began at level 1. Else 0. */
    public int spared() {
        return spared;
    }

    /** The bits of an 8-byte page-table entry that tell whether all is allowed and no flag is left to set. */
    public long plainMask() {
        return plainBits() | XD | bits(62, memory.addressWidth());
    }

    /** What these are where that is so. */
    public long plainBits() {
        return P | RW | US | A | D;
    }

    void keepGuestPhysicalMappings() {
        guestPhysicalMappings = new GuestPhysicalMappings(memory);
    }

    /** The same in {@code fast} fidelity; null in the other, and while every reference is wanted. */
    public GuestPhysicalMappings guestPhysicalMappings() {
        return recorder == null ? guestPhysicalMappings : null;
    }

    /** Another address space is entered: an EPTRTA or an ASID. */
    void guestPhysicalContext(long context) {
        if (guestPhysicalMappings != null) {
            guestPhysicalMappings.choose(context);
        }
    }

    /** Drops what is kept of the second dimension for an EPTRTA or ASID. */
    void dropGuestPhysical(long context) {
        if (guestPhysicalMappings != null) {
            guestPhysicalMappings.dropOf(context);
        }
    }

    /** Drops what is kept of the second dimension. */
    void dropGuestPhysical() {
        if (guestPhysicalMappings != null) {
            guestPhysicalMappings.dropAll();
        }
    }

    /** Bits of a linear address that select an entry in the tables of the paging mode in force. */
    int indexBits() {
        return (state.cr4 & Cr4.PAE) != 0 ? 9 : 10;
    }

    private int structureContext() {
        return structureSpace | SoftTlb.pcidOf(state);
    }

    /** Gate A20: what the bus masks physical addresses with. */
    void a20Mask(long mask) {
        a20Mask = mask;
        chooseKept();
    }

    /**
     * Translates {@code linear} for an access of the kinds in {@code access} ({@link Access}) into {@code out}, setting
     * Accessed and Dirty flags as the manual orders.
     *
     * @throws GuestFault #PF with its error code and linear address
     */
    public void walk(long linear, int access, Translation out) {
        if (recorder != null) {
            recorded(linear, access, out);
        } else {
            translate(linear, access, out);
        }
    }

    private void recorded(long linear, int access, Translation out) {
        WalkRecorder witness = recorder;
        witness.begun(linear, access);
        try {
            translate(linear, access, out);
        } catch (GuestFault | GuestExit e) {
            witness.refused();
            throw e;
        }
        witness.reached(out.physical);
    }

    private void translate(long linear, int access, Translation out) {
        spared = 0;
        if ((state.cr0 & Cr0.PG) == 0) {
            unpaged(linear, access, out);
            return;
        }
        counters.walks++;
        if ((state.cr4 & Cr4.PAE) == 0) {
            walk32Bit(linear, access, out);
        } else if ((state.efer & Efer.LMA) == 0) {
            walkPae(linear, access, out);
        } else {
            int level = (state.cr4 & Cr4.LA57) != 0 ? 5 : 4;
            begin(linear, access, out, level, state.cr3 & addressMask, reservedLong);
        }
    }

    private void unpaged(long linear, int access, Translation out) {
        out.physical = linear & 0xffff_ffffL;
        out.pageShift = 12;
        out.linearPageShift = 12;
        out.readable = true;
        out.uncached = false;
        out.writable = true;
        out.user = true;
        out.executable = true;
        out.global = false;
        out.dirty = true;
        out.protectionKey = 0;
        throughSecondStage(linear, access, out);
    }

    // ---- PAE paging ----

    /** SDM 3A "PAE Paging": bits 31:30 of the linear address choose a PDPTE register. */
    private void walkPae(long linear, int access, Translation out) {
        int index = (int) (linear >>> 30) & 3;
        inGuestTables = true;
        long pdpte = pdptesOnDemand ? readPdpte(index, linear, access) : state.pdpte[index];
        if ((pdpte & P) == 0) {
            throw pageFault(linear, access, 0);
        }
        begin(linear, access, out, 2, pdpte & addressMask, reservedPae);
    }

    /**
     * Reads a PDPTE in the course of a walk. APM 2 "Nested Paging", "Legacy PAE Mode": "illegal bit combinations are
     * signaled when the faulty PDPE is accessed as part of a table walk".
     */
    private long readPdpte(int index, long linear, int access) {
        long pdpte = entry(3, (state.cr3 & 0xffff_ffe0L) | (8L * index), 8, linear, access);
        if ((pdpte & P) != 0 && (pdpte & (reservedPdpte | beyondGuest)) != 0) {
            throw pageFault(linear, access, ERROR_P | ERROR_RSVD);
        }
        return pdpte;
    }

    /**
     * Loads the PDPTE registers from the table that a value of CR3 points to. SDM 3A "PDPTE Registers": MOV to CR3 does
     * so while PAE paging is in use, and every MOV to CR0 or CR4 that turns it on or changes CR0.CD, CR0.NW, CR4.PAE,
     * CR4.PGE, CR4.PSE or CR4.SMEP while it is (or will be) in use. Nothing is loaded where the second stage has walks
     * read them.
     *
     * @return false where a present one sets a reserved bit: the instruction must raise #GP(0), and no register has changed
     */
    public boolean loadPdptes(long cr3) {
        if (pdptesOnDemand) {
            return true;
        }
        long table = cr3 & 0xffff_ffe0L;
        long[] loaded = new long[4];
        guestLevel = 3;
        for (int i = 0; i < loaded.length; i++) {
            long address = table + (8L * i);
            if (secondStage != SecondStage.NONE) {
                if (recorder != null) {
                    recorder.pdpteLoad(address);
                }
                address = secondStage.translate(address, Reason.PDPTE_LOAD, 0, Access.READ, null);
            }
            loaded[i] = memory.read(address & a20Mask, 8);
            if ((loaded[i] & P) != 0 && (loaded[i] & (reservedPdpte | beyondGuest)) != 0) {
                return false;
            }
        }
        counters.pdpteLoads++;
        System.arraycopy(loaded, 0, state.pdpte, 0, loaded.length);
        return true;
    }

    // ---- tables of 8-byte entries ----

    /** Walks from the first table, or from where a cached entry leads. SDM 3A "Using the Paging-Structure Caches". */
    private void begin(long linear, int access, Translation out, int level, long table, long[] reserved) {
        if (structureCaches != null) {
            int cached = structureCaches.find(linear, level, 9, structureContext());
            if (cached != 0) {
                descend(linear, access, out, cached, structureCaches.table, structureCaches.rights, reserved);
                return;
            }
        }
        Mapping region = beginAt == null ? null : beginAt.region(linear);
        if (region != null && region.isTable()) {
            spared = level;
            descend(linear, access, out, 1, region.host, region.rights, reserved);
            return;
        }
        descend(linear, access, out, level, table, RW | US, reserved);
    }

    /**
     * Walks from a table of 8-byte entries down to the page.
     *
     * @param level of the table: 5 PML5, 4 PML4, 3 PDPT, 2 page directory, 1 page table
     * @param rights {@code XD}, {@code R/W} and {@code U/S} as the entries above have left them
     * @param reserved the mode's reserved bits
     */
    private void descend(
            long linear, int access, Translation out, int level, long table, long rights, long[] reserved) {
        long alsoReserved = ((state.efer & Efer.NXE) != 0 ? 0 : XD) | reservedFrom(table);
        while (true) {
            int shift = (9 * level) + 3;
            long guestPhysical = table | (((linear >>> shift) & 0x1ff) << 3);
            long entry = entry(level, guestPhysical, 8, linear, access);
            if ((entry & P) == 0) {
                throw pageFault(linear, access, 0);
            }
            int ps = (int) (entry >>> 7) & 1;
            if ((entry & (reserved[(2 * level) + ps] | alsoReserved)) != 0) {
                throw pageFault(linear, access, ERROR_P | ERROR_RSVD);
            }
            rights = (rights & (entry | XD)) | (entry & XD);
            if (level == 1 || ps != 0) {
                long offset = (1L << shift) - 1;
                out.physical = (entry & addressMask & ~offset) | (linear & offset);
                out.pageShift = shift;
                // Also where keys are not in force: CR4.PKE may be set later, which flushes nothing.
                out.protectionKey = (int) (entry >>> KEY_SHIFT) & 0xf;
                finish(linear, access, out, entry, level, guestPhysical, 8, rights);
                return;
            }
            if ((entry & A) == 0) {
                update(level, guestPhysical, 8, entry | A, linear, access);
            }
            table = entry & addressMask;
            if (hostBit != 0) {
                alsoReserved |= reservedFrom(table);
            }
            if (structureCaches != null) {
                structureCaches.put(linear, level, 9, structureContext(), table, rights);
            }
            if (beginAt != null && level == 2) {
                beginAt.keepTable(linear, table, entry, rights, (rights & (RW | US | XD)) == (RW | US));
            }
            level--;
        }
    }

    /**
     * What is reserved from a table on: where it is the guest's own, the bits of addresses that only the hypervisor's tables may
     * have. So no entry of a guest reaches host-physical memory, nor anything that is cached of one.
     */
    private long reservedFrom(long table) {
        inGuestTables = (table & hostBit) == 0;
        return inGuestTables ? beyondGuest : 0;
    }

    // ---- 32-bit paging ----

    /** SDM 3A "32-Bit Paging". */
    private void walk32Bit(long linear, int access, Translation out) {
        out.protectionKey = 0;
        inGuestTables = true;
        if (structureCaches != null && structureCaches.find(linear, 2, 10, structureContext()) != 0) {
            walkPageTable32Bit(linear, access, out, structureCaches.table, structureCaches.rights);
            return;
        }
        long directory = (state.cr3 & 0xffff_f000L) | ((linear >>> 20) & 0xffc);
        long entry = entry(2, directory, 4, linear, access);
        if ((entry & P) == 0) {
            throw pageFault(linear, access, 0);
        }
        if ((entry & PS) != 0 && (state.cr4 & Cr4.PSE) != 0) {
            if ((entry & (reserved4MBytePage | ((beyondGuest >>> 19) & 0x1f_e000L))) != 0) {
                throw pageFault(linear, access, ERROR_P | ERROR_RSVD);
            }
            // PSE-36: bits 20:13 are bits 39:32 of the page's address.
            out.physical = (entry & 0xffc0_0000L) | ((entry & 0x1f_e000L) << 19) | (linear & 0x3f_ffffL);
            out.pageShift = 22;
            finish(linear, access, out, entry, 2, directory, 4, entry & (RW | US));
            return;
        }
        if ((entry & A) == 0) {
            update(2, directory, 4, entry | A, linear, access);
        }
        if (structureCaches != null) {
            structureCaches.put(linear, 2, 10, structureContext(), entry & 0xffff_f000L, entry & (RW | US));
        }
        walkPageTable32Bit(linear, access, out, entry & 0xffff_f000L, entry & (RW | US));
    }

    private void walkPageTable32Bit(long linear, int access, Translation out, long table, long rights) {
        long guestPhysical = table | ((linear >>> 10) & 0xffc);
        long entry = entry(1, guestPhysical, 4, linear, access);
        if ((entry & P) == 0) {
            throw pageFault(linear, access, 0);
        }
        out.physical = (entry & 0xffff_f000L) | (linear & 0xfff);
        out.pageShift = 12;
        finish(linear, access, out, entry, 1, guestPhysical, 4, rights & entry);
    }

    // ---- what all modes share ----

    /**
     * Reads the entry of {@code size} bytes at {@code guestPhysical}. Every table reference passes here, once. Small methods,
     * for the compiler to put the frequent cases into the walk.
     */
    private long entry(int level, long guestPhysical, int size, long linear, int access) {
        if (unaided) {
            counters.tableReferences[level]++;
            return memory.read(guestPhysical & a20Mask, size);
        }
        Mapping page = kept == null ? null : kept.page(guestPhysical);
        return page == null || page.bytes == null
                ? askedEntry(level, guestPhysical, size, linear, access)
                : keptEntry(level, page, (int) guestPhysical & (Frame.SIZE - 1), size);
    }

    private long keptEntry(int level, Mapping page, int offset, int size) {
        counters.nestedSpared(level, page.spared);
        counters.tableReferences[level]++;
        return size == 8
                ? (long) Frame.LONG.get(page.bytes, offset)
                : (int) Frame.INT.get(page.bytes, offset) & 0xffff_ffffL;
    }

    private long askedEntry(int level, long guestPhysical, int size, long linear, int access) {
        long address = reference(level, guestPhysical, linear, access);
        long entry = memory.read(address, size);
        counters.tableReferences[level]++;
        if (recorder != null) {
            recorder.tableReference(level, guestPhysical, address, entry);
        }
        return entry;
    }

    /** Where the entry at {@code guestPhysical} stands in memory. */
    private long reference(int level, long guestPhysical, long linear, int access) {
        if (secondStage == SecondStage.NONE) {
            return guestPhysical & a20Mask;
        }
        guestLevel = level;
        Mapping page =
                guestPhysicalMappings == null || recorder != null ? null : guestPhysicalMappings.page(guestPhysical);
        if (page != null) {
            counters.nestedSpared(level, page.spared);
            return (page.host | (guestPhysical & 0xfff)) & a20Mask;
        }
        NestedCaches nested = (guestPhysical & beyondGuest) == 0 ? nestedCaches : null;
        long hostPhysical = nested == null ? -1 : nested.find(guestPhysical);
        if (hostPhysical < 0) {
            hostPhysical = secondStage.translate(guestPhysical, Reason.TABLE_READ, linear, access, null);
            if (nested != null) {
                nested.put(guestPhysical, hostPhysical);
            }
        }
        return hostPhysical & a20Mask;
    }

    /** Writes an entry back with its Accessed or Dirty flag set. */
    private void update(int level, long guestPhysical, int size, long entry, long linear, int access) {
        long address = guestPhysical & a20Mask;
        if (secondStage != SecondStage.NONE) {
            guestLevel = level;
            address = secondStage.translate(guestPhysical, Reason.TABLE_UPDATE, linear, access, null) & a20Mask;
        }
        counters.flagUpdates++;
        memory.write(address, size, entry);
    }

    /** The page is found: checks the access rights, then sets the flags of the entry that maps it. */
    private void finish(
            long linear,
            int access,
            Translation out,
            long entry,
            int level,
            long guestPhysical,
            int size,
            long rights) {
        out.linearPageShift = out.pageShift;
        out.readable = true;
        out.uncached = false;
        out.writable = (rights & RW) != 0;
        out.user = (rights & US) != 0;
        out.executable = (rights & XD) == 0;
        out.global = (entry & G) != 0 && (state.cr4 & Cr4.PGE) != 0;
        int denied = denied(access, out);
        if (denied != 0) {
            throw pageFault(linear, access, denied);
        }
        long flagged = entry | ((access & Access.WRITE) != 0 ? A | D : A);
        if (flagged != entry) {
            update(level, guestPhysical, size, flagged, linear, access);
        }
        out.dirty = (flagged & D) != 0;
        throughSecondStage(linear, access, out);
    }

    private void throughSecondStage(long linear, int access, Translation out) {
        if (secondStage != SecondStage.NONE) {
            int spared = kept == null ? 0 : kept.reach(out);
            if (spared != 0) {
                counters.nestedSpared(WalkRecorder.FINAL, spared);
                return;
            }
            guestLevel = WalkRecorder.FINAL;
            if (recorder != null) {
                recorder.guestPhysical(out.physical);
            }
            out.physical = secondStage.translate(out.physical, Reason.FINAL_ACCESS, linear, access, out);
        }
    }

    /**
     * Whether a translation allows an access under the control registers, EFLAGS.AC and PKRU as they are now. SDM 3A
     * "Determination of Access Rights" and "Protection Keys".
     *
     * @return 0 where it is allowed, else what it contributes to the error code: P, and PK where a protection key forbids it
     */
    int denied(int access, Translation t) {
        boolean write = (access & Access.WRITE) != 0;
        boolean fetch = (access & Access.FETCH) != 0;
        boolean userAccess = (access & Access.USER) != 0;
        boolean allowed;
        if (userAccess) {
            allowed = t.user && (fetch ? t.executable : !write || t.writable);
        } else if (fetch) {
            allowed = t.executable && !(t.user && (state.cr4 & Cr4.SMEP) != 0);
        } else {
            allowed = (!write || t.writable || (state.cr0 & Cr0.WP) == 0) && !(t.user && smapForbids(access));
        }
        if (t.user && !fetch && keyForbids(t.protectionKey, write, userAccess)) {
            return ERROR_P | ERROR_PK;
        }
        return allowed ? 0 : ERROR_P;
    }

    /** Whether SMAP forbids a supervisor-mode data access to a user-mode address. */
    private boolean smapForbids(int access) {
        return (state.cr4 & Cr4.SMAP) != 0 && ((access & Access.IMPLICIT) != 0 || (state.systemFlags & Rflags.AC) == 0);
    }

    /** PKRU holds two bits a key: AD (access disable), then WD (write disable). */
    private boolean keyForbids(int key, boolean write, boolean userAccess) {
        if (!keysInForce()) {
            return false;
        }
        int disabled = state.pkru >>> (2 * key);
        return (disabled & 1) != 0 || ((disabled & 2) != 0 && write && (userAccess || (state.cr0 & Cr0.WP) != 0));
    }

    /** The protection key of a translation, or 0 where it means nothing under the control registers as they are now. */
    public int keyInForce(Translation t) {
        return keysInForce() ? t.protectionKey : 0;
    }

    private boolean keysInForce() {
        return (state.cr4 & Cr4.PKE) != 0 && (state.efer & Efer.LMA) != 0;
    }

    /** SDM 3A "Page-Fault Exceptions": I/D is reported only where instruction fetches can be told apart. */
    private GuestFault pageFault(long linear, int access, int error) {
        counters.pageFaults++;
        int kind = access & (Access.WRITE | Access.USER | Access.FETCH);
        boolean fetchReported =
                (state.cr4 & Cr4.SMEP) != 0 || ((state.cr4 & Cr4.PAE) != 0 && (state.efer & Efer.NXE) != 0);
        if (!fetchReported) {
            kind &= ~Access.FETCH;
        }
        return fault.asPageFault(linear, error | kind);
    }
}
