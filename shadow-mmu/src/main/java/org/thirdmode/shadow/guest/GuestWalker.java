package org.thirdmode.shadow.guest;

import org.thirdmode.shadow.GuestLimits;
import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.MmuCounters;
import org.thirdmode.shadow.PagingRegisters;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/**
 * The hypervisor's walk of the guest's tables: what the processor would do with them, done in software through the memory
 * slots. KVM: {@code walk_addr} of {@code paging_tmpl.h}; SDM 3A "Paging".
 *
 * <p>Accessed and Dirty flags are set in the guest's entries as the processor sets them: the Accessed flag of an entry that
 * refers to a table once the walk goes on through it, the flags of the entry that maps the page last, where the access is
 * allowed. Tables in a read-only slot keep theirs, as tables in ROM do.
 */
public class GuestWalker {
    /** Makes one. */
    @FunctionalInterface
    public interface Maker {
        GuestWalker make(PagingRegisters registers, GuestLimits limits, GuestMemory memory, MmuCounters counters);
    }

    private static final long P = 1L;
    private static final long RW = 1L << 1;
    private static final long US = 1L << 2;
    private static final long A = 1L << 5;
    private static final long D = 1L << 6;
    private static final long PS = 1L << 7;
    private static final long G = 1L << 8;
    private static final long XD = 1L << 63;
    private static final int KEY_SHIFT = 59;

    private static final int ERROR_P = 1;
    private static final int ERROR_RSVD = 1 << 3;
    private static final int ERROR_PK = 1 << 5;

    private final PagingRegisters registers;
    private final GuestLimits limits;
    private final GuestMemory memory;
    private final MmuCounters counters;
    private final GuestWalk walk = new GuestWalk();

    /** What {@link #pageTableEntry} says: asked while a walk's result is still in use. */
    private final GuestWalk single = new GuestWalk();

    private final long addressMask;

    /** Reserved bits of entries of 8 bytes with long-mode paging: [2 * level + PS]. */
    private final long[] reservedLong = new long[12];

    private final long[] reservedPae = new long[12];
    private final long reserved4MBytePage;

    public GuestWalker(PagingRegisters registers, GuestLimits limits, GuestMemory memory, MmuCounters counters) {
        this.registers = registers;
        this.limits = limits;
        this.memory = memory;
        this.counters = counters;
        int width = limits.maxPhyAddr();
        addressMask = bits(width - 1, 12);
        for (int level = 1; level <= 5; level++) {
            for (int ps = 0; ps <= 1; ps++) {
                long format = level == 1 || ps == 0 ? 0 : reservedInLargePage(level);
                reservedLong[2 * level + ps] = bits(51, width) | format;
                reservedPae[2 * level + ps] = bits(62, width) | format;
            }
        }
        int width32 = limits.pse36() ? Math.min(width, 40) : 32;
        reserved4MBytePage = bits(21, width32 - 19);
    }

    private static long bits(int high, int low) {
        return high < low ? 0 : (-1L << low) & (-1L >>> (63 - high));
    }

    private long reservedInLargePage(int level) {
        return switch (level) {
            case 2 -> bits(20, 13);
            case 3 -> limits.page1Gb() ? bits(29, 13) : PS;
            default -> PS;
        };
    }

    /** The guest's paging levels now: 0 without paging, 2 for 32-bit, 3 for PAE, 4 or 5. */
    public static int levels(PagingRegisters registers) {
        if ((registers.cr0() & Cr0.PG) == 0) {
            return 0;
        }
        if ((registers.cr4() & Cr4.PAE) == 0) {
            return 2;
        }
        if ((registers.efer() & Efer.LMA) == 0) {
            return 3;
        }
        return (registers.cr4() & Cr4.LA57) != 0 ? 5 : 4;
    }

    /**
     * Walks for an access of the kinds in {@code access} ({@link Access}).
     *
     * @param setFlags whether to set Accessed and Dirty flags
     * @return one object, the same each time
     */
    public GuestWalk walk(long linear, int access, boolean setFlags) {
        walk.faulted = false;
        walk.flagged = 0;
        int levels = levels(registers);
        int level;
        long table;
        switch (levels) {
            case 0 -> {
                return unpaged(linear);
            }
            case 3 -> {
                long pdpte = registers.pdpte((int) (linear >>> 30) & 3);
                if ((pdpte & P) == 0) {
                    return fault(access, 0);
                }
                level = 2;
                table = pdpte & addressMask;
            }
            default -> {
                level = levels;
                table = registers.cr3() & addressMask;
            }
        }
        return levels == 2
                ? descend(linear, access, setFlags, 2, registers.cr3() & 0xffff_f000L, 10, null)
                : descend(linear, access, setFlags, level, table, 9, levels == 3 ? reservedPae : reservedLong);
    }

    private GuestWalk unpaged(long linear) {
        walk.guestPhysical = linear & 0xffff_ffffL;
        walk.pageShift = 12;
        walk.leafLevel = 0;
        walk.writable = true;
        walk.user = true;
        walk.executable = true;
        walk.global = false;
        walk.dirty = true;
        walk.protectionKey = 0;
        return walk;
    }

    private GuestWalk descend(
            long linear, int access, boolean setFlags, int top, long root, int indexBits, long[] reserved) {
        int size = indexBits == 10 ? 4 : 8;
        boolean pse = indexBits == 9 || (registers.cr4() & Cr4.PSE) != 0;
        long noExecute = (registers.efer() & Efer.NXE) != 0 ? 0 : XD;
        int rights = GuestWalk.ALL;
        long table = root;
        for (int level = top; ; level--) {
            int shift = 12 + (indexBits * (level - 1));
            int index = (int) (linear >>> shift) & ((1 << indexBits) - 1);
            long guestPhysical = table + ((long) index * size);
            long entry = memory.read(guestPhysical, size);
            counters.guestEntriesRead++;
            walk.entries[level] = entry;
            walk.tableGfn[level] = table >>> 12;
            walk.index[level] = index;
            walk.rightsAbove[level] = rights;
            if ((entry & P) == 0) {
                return fault(access, 0);
            }
            boolean large = level > 1 && (entry & PS) != 0 && pse;
            long mustBeClear;
            if (reserved == null) {
                mustBeClear = large ? reserved4MBytePage : 0;
            } else {
                mustBeClear = reserved[2 * level + ((entry & PS) != 0 ? 1 : 0)] | noExecute;
            }
            if ((entry & mustBeClear) != 0) {
                return fault(access, ERROR_P | ERROR_RSVD);
            }
            rights &= rights(entry);
            if (level == 1 || large) {
                return finish(linear, access, setFlags, guestPhysical, size, level, shift, rights);
            }
            if (setFlags && (entry & A) == 0) {
                walk.entries[level] = entry | A;
                update(level, guestPhysical, size, entry | A);
                if (cannotGoOn(level)) {
                    return fault(access, 0);
                }
            }
            table = size == 4 ? entry & 0xffff_f000L : entry & addressMask;
        }
    }

    /** The guest frame in CR3 or a PDPTE register. */
    public long frameOf(long register) {
        return (levels(registers) == 2 ? register & 0xffff_f000L : register & addressMask) >>> 12;
    }

    /**
     * Takes an entry of a page table (level 1) for itself, under the registers as they are.
     *
     * @return page, rights, global, dirty and key of it alone, in an object that is always the same; null where a walk would fault or would
     *     have to set its Accessed flag first
     */
    public GuestWalk pageTableEntry(long entry, int size) {
        long mustBeClear = 0;
        if (size == 8) {
            mustBeClear = (levels(registers) == 3 ? reservedPae : reservedLong)[2]
                    | ((registers.efer() & Efer.NXE) != 0 ? 0 : XD);
        }
        if ((entry & (P | A)) != (P | A) || (entry & mustBeClear) != 0) {
            return null;
        }
        single.guestPhysical = size == 4 ? entry & 0xffff_f000L : entry & addressMask;
        describe(single, entry, rights(entry));
        single.dirty = (entry & D) != 0;
        return single;
    }

    private void describe(GuestWalk out, long entry, int rights) {
        out.writable = (rights & GuestWalk.WRITE) != 0;
        out.user = (rights & GuestWalk.USER) != 0;
        out.executable = (rights & GuestWalk.EXECUTE) != 0;
        out.global = (entry & G) != 0 && (registers.cr4() & Cr4.PGE) != 0;
        out.protectionKey = keysInForce() ? (int) (entry >>> KEY_SHIFT) & 0xf : 0;
    }

    /** What one entry allows. */
    public static int rights(long entry) {
        return ((entry & RW) != 0 ? GuestWalk.WRITE : 0)
                | ((entry & US) != 0 ? GuestWalk.USER : 0)
                | ((entry & XD) == 0 ? GuestWalk.EXECUTE : 0);
    }

    private GuestWalk finish(
            long linear, int access, boolean setFlags, long guestPhysical, int size, int level, int shift, int rights) {
        long entry = walk.entries[level];
        long offset = (1L << shift) - 1;
        if (size == 4) {
            walk.guestPhysical = level == 1
                    ? (entry & 0xffff_f000L) | (linear & offset)
                    : (entry & 0xffc0_0000L) | ((entry & 0x1f_e000L) << 19) | (linear & offset);
        } else {
            walk.guestPhysical = (entry & addressMask & ~offset) | (linear & offset);
        }
        walk.pageShift = shift;
        walk.leafLevel = level;
        describe(walk, entry, rights);
        int denied = denied(access);
        if (denied != 0) {
            return fault(access, denied);
        }
        long flagged = entry | ((access & Access.WRITE) != 0 ? A | D : A);
        if (setFlags && flagged != entry) {
            walk.entries[level] = flagged;
            update(level, guestPhysical, size, flagged);
            if (cannotGoOn(level)) {
                return fault(access, 0);
            }
        }
        // A table that cannot be written keeps its flags; the access is allowed all the same.
        walk.dirty = (flagged & D) != 0;
        return walk;
    }

    /** Whether the flags of the entry at a level should have been set just now, could not be, and must be. */
    private boolean cannotGoOn(int level) {
        return (walk.flagged >>> level & 1) == 0 && flagsMustBeSet();
    }

    /** Whether tables that cannot be written are no tables. A processor's may stand in ROM. */
    protected boolean flagsMustBeSet() {
        return false;
    }

    private void update(int level, long guestPhysical, int size, long entry) {
        if (memory.write(guestPhysical, size, entry)) {
            counters.guestFlagUpdates++;
            walk.flagged |= 1 << level;
        }
    }

    /** SDM 3A "Determination of Access Rights" and "Protection Keys": 0 where allowed, else bits of the error code. */
    private int denied(int access) {
        boolean write = (access & Access.WRITE) != 0;
        boolean fetch = (access & Access.FETCH) != 0;
        boolean userAccess = (access & Access.USER) != 0;
        boolean wp = (registers.cr0() & Cr0.WP) != 0;
        boolean allowed;
        if (userAccess) {
            allowed = walk.user && (fetch ? walk.executable : !write || walk.writable);
        } else if (fetch) {
            allowed = walk.executable && !(walk.user && (registers.cr4() & Cr4.SMEP) != 0);
        } else {
            allowed = (!write || walk.writable || !wp) && !(walk.user && smapForbids(access));
        }
        if (walk.user && !fetch && keyForbids(write && (userAccess || wp))) {
            return ERROR_P | ERROR_PK;
        }
        return allowed ? 0 : ERROR_P;
    }

    private boolean smapForbids(int access) {
        return (registers.cr4() & Cr4.SMAP) != 0 && ((access & Access.IMPLICIT) != 0 || !registers.alignmentCheck());
    }

    private boolean keyForbids(boolean checkedWrite) {
        if (!keysInForce()) {
            return false;
        }
        int disabled = registers.pkru() >>> (2 * walk.protectionKey);
        return (disabled & 1) != 0 || ((disabled & 2) != 0 && checkedWrite);
    }

    private boolean keysInForce() {
        return (registers.cr4() & Cr4.PKE) != 0 && (registers.efer() & Efer.LMA) != 0;
    }

    private GuestWalk fault(int access, int error) {
        int kind = access & (Access.WRITE | Access.USER | Access.FETCH);
        boolean fetchReported = (registers.cr4() & Cr4.SMEP) != 0
                || ((registers.cr4() & Cr4.PAE) != 0 && (registers.efer() & Efer.NXE) != 0);
        if (!fetchReported) {
            kind &= ~Access.FETCH;
        }
        walk.faulted = true;
        walk.errorCode = error | kind;
        return walk;
    }
}
