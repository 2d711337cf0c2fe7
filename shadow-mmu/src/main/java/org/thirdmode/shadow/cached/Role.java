package org.thirdmode.shadow.cached;

import org.thirdmode.shadow.PagingRegisters;
import org.thirdmode.shadow.guest.GuestWalker;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/**
 * The role of a shadow page: everything beside the guest table (or, for a direct page, the guest frames) that its entries
 * depend on. Two uses of a table may share one shadow page only if their roles are the same.
 *
 * <pre>{@code
 *  22       19 18  17  16    15      14    13  12  11   9 8    6 5     4   3    2     0
 * +-----------+---+---+-----+-------+-----+---+---+------+------+-------+------+-------+
 * | key       |pke|pge| pse |smap&  |smep&|nxe| wp|guest |access|quad-  |direct| level |
 * |           |   |   |     | !wp   | !wp |   |   |levels|x w u |rant   |      |       |
 * +-----------+---+---+-----+-------+-----+---+---+------+------+-------+------+-------+
 * }</pre>
 *
 * In a direct page made of a large guest page, pge says whether that page is global, and key is its protection key.
 */
public final class Role {
    private Role() {}

    static final int BITS = 23;

    private static final int LEVEL = 7;
    private static final int DIRECT = 1 << 3;
    private static final int QUADRANT_SHIFT = 4;
    private static final int ACCESS_SHIFT = 6;
    private static final int GUEST_LEVELS_SHIFT = 9;
    private static final int WP = 1 << 12;
    private static final int NXE = 1 << 13;

    /** CR4.SMEP is set and CR0.WP clear. */
    public static final int SMEP_AND_NOT_WP = 1 << 14;

    private static final int SMAP_AND_NOT_WP = 1 << 15;
    private static final int PSE = 1 << 16;

    /** CR4.PGE is set. */
    public static final int PGE = 1 << 17;

    private static final int PKE = 1 << 18;
    private static final int KEY_SHIFT = 19;
    private static final int REGISTERS = (7 << GUEST_LEVELS_SHIFT) | (0x7f * WP);

    /** The part of a role that the control registers decide. */
    static int ofRegisters(PagingRegisters registers) {
        int levels = GuestWalker.levels(registers);
        if (levels == 0) {
            return 0;
        }
        long cr4 = registers.cr4();
        boolean wp = (registers.cr0() & Cr0.WP) != 0;
        int role = levels << GUEST_LEVELS_SHIFT;
        role |= wp ? WP : 0;
        role |= (registers.efer() & Efer.NXE) != 0 ? NXE : 0;
        role |= (cr4 & Cr4.SMEP) != 0 && !wp ? SMEP_AND_NOT_WP : 0;
        role |= (cr4 & Cr4.SMAP) != 0 && !wp ? SMAP_AND_NOT_WP : 0;
        role |= levels == 2 && (cr4 & Cr4.PSE) != 0 ? PSE : 0;
        role |= (cr4 & Cr4.PGE) != 0 ? PGE : 0;
        role |= levels > 3 && (cr4 & Cr4.PKE) != 0 ? PKE : 0;
        return role;
    }

    /** Whether a page's role is for the registers of {@code base}. */
    static boolean sameRegisters(int role, int base) {
        return ((role ^ base) & REGISTERS) == 0;
    }

    /** The role of the shadow of a guest table. */
    static int ofTable(int base, int level, int quadrant, int access) {
        return base | level | (quadrant << QUADRANT_SHIFT) | (access << ACCESS_SHIFT);
    }

    /** The role of a page that maps guest frames in a row. */
    static int ofDirect(int base, int level, int access, boolean global, int key) {
        return (base & ~PGE) | level | DIRECT | (access << ACCESS_SHIFT) | (global ? PGE : 0) | (key << KEY_SHIFT);
    }

    public static int level(int role) {
        return role & LEVEL;
    }

    public static boolean direct(int role) {
        return (role & DIRECT) != 0;
    }

    public static int quadrant(int role) {
        return (role >>> QUADRANT_SHIFT) & 3;
    }

    /** The rights that the way to this page leaves, as {@link org.thirdmode.shadow.GuestWalk} has them. */
    public static int access(int role) {
        return (role >>> ACCESS_SHIFT) & 7;
    }

    /** 0 without paging, 2 for 32-bit paging, 3 for PAE, 4 or 5. */
    public static int guestLevels(int role) {
        return (role >>> GUEST_LEVELS_SHIFT) & 7;
    }

    public static boolean wp(int role) {
        return (role & WP) != 0;
    }

    public static boolean nxe(int role) {
        return (role & NXE) != 0;
    }

    public static boolean smepAndNotWp(int role) {
        return (role & SMEP_AND_NOT_WP) != 0;
    }

    public static boolean pse(int role) {
        return (role & PSE) != 0;
    }

    /** CR4.PGE; of a direct page under paging, whether the guest's large page is global. */
    public static boolean pge(int role) {
        return (role & PGE) != 0;
    }

    public static boolean pke(int role) {
        return (role & PKE) != 0;
    }

    public static int key(int role) {
        return role >>> KEY_SHIFT;
    }

    /** Bytes of an entry of the guest's tables. */
    public static int guestEntrySize(int role) {
        return guestLevels(role) == 2 ? 4 : 8;
    }

    /** What hashes a page: guest frame and role. */
    static long cacheKey(long gfn, int role) {
        return (gfn << BITS) | role;
    }

    /** A role in words. */
    public static String describe(int role) {
        int access = access(role);
        return (direct(role) ? "direct " : "shadow ") + "level " + level(role) + " of " + guestLevels(role)
                + ", quadrant "
                + quadrant(role) + ", access " + ((access & 4) != 0 ? "u" : "-") + ((access & 2) != 0 ? "w" : "-")
                + ((access & 1) != 0 ? "x" : "-") + (wp(role) ? " wp" : "") + (nxe(role) ? " nxe" : "")
                + (smepAndNotWp(role) ? " smep&!wp" : "") + ((role & SMAP_AND_NOT_WP) != 0 ? " smap&!wp" : "")
                + (pse(role) ? " pse" : "") + (pge(role) ? " g" : "") + (pke(role) ? " pke" : "");
    }
}
