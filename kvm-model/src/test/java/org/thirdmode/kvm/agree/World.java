package org.thirdmode.kvm.agree;

import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Segment;

/**
 * The memory and the registers that a small guest finds, the same under both extensions.
 *
 * <pre>
 *   0 vectors of real mode   1000H GDT   2000H IDT   4000H TSS   20000H code   30000H handlers   5F000H stack
 *   80000H data: +4000H absent, +5000H read-only in the guest's tables; +2000H, +3000H absent beneath
 *   100000H guest tables   800000H and up: the host's
 * </pre>
 */
final class World {
    static final long GDT = 0x1000;
    static final long IDT = 0x2000;
    static final long TSS = 0x4000;
    static final long CODE = 0x2_0000;
    static final long HANDLERS = 0x3_0000;
    static final long STACK = 0x5_f000;
    static final long INNER_STACK = 0x6_f000;
    static final long DATA = 0x8_0000;
    static final long ABSENT = DATA + 0x4000;
    static final long READ_ONLY = DATA + 0x5000;
    static final long TABLES = 0x10_0000;
    static final long END = 0x20_0000;
    static final long HOST = 0x80_0000;

    private static final int CODE64 = 0x08;
    private static final int DATA0 = 0x10;
    private static final int CODE32 = 0x28;
    private static final int USER_DATA = 0x33;
    private static final int USER_CODE64 = 0x3b;
    private static final int USER_CODE32 = 0x43;
    private static final int TSS_SELECTOR = 0x18;

    private static final int DATA_RIGHTS = 0xc093;
    private static final int CODE32_RIGHTS = 0xc09b;
    private static final int CODE64_RIGHTS = 0xa09b;
    private static final int DPL3 = 0x60;
    private static final int BUSY_TSS = 0x8b;

    private World() {}

    /** Whether the second dimension lacks the page until the first access. */
    static boolean lazy(long page) {
        return page == DATA + 0x2000 || page == DATA + 0x3000;
    }

    static long cr0(GuestMode mode) {
        long common = Cr0.ET | Cr0.NE;
        return mode == GuestMode.REAL ? common : common | Cr0.PE | (mode.paging ? Cr0.PG | Cr0.WP : 0);
    }

    static long cr4(GuestMode mode) {
        return mode.width == 64 ? Cr4.PAE : 0;
    }

    // ---- memory ----

    static void fill(PhysicalMemory memory, SmallGuest guest) {
        GuestMode mode = guest.mode();
        memory.load(CODE, guest.code());
        memory.write(CODE + guest.code().length, 1, 0xf4);
        memory.write(GDT + CODE64, 8, 0x00af_9b00_0000_ffffL);
        memory.write(GDT + DATA0, 8, 0x00cf_9300_0000_ffffL);
        memory.write(GDT + TSS_SELECTOR, 8, 0x0000_8b00_0000_0067L | (TSS << 16));
        memory.write(GDT + CODE32, 8, 0x00cf_9b00_0000_ffffL);
        memory.write(GDT + 0x30, 8, 0x00cf_f300_0000_ffffL);
        memory.write(GDT + 0x38, 8, 0x00af_fb00_0000_ffffL);
        memory.write(GDT + 0x40, 8, 0x00cf_fb00_0000_ffffL);
        for (int vector = 0; vector < 256; vector++) {
            handler(memory, mode, vector);
        }
        if (mode.width == 64) {
            memory.write(TSS + 4, 8, INNER_STACK);
        } else {
            memory.write(TSS + 4, 4, INNER_STACK);
            memory.write(TSS + 8, 4, DATA0);
        }
        if (mode.paging) {
            tables(memory, mode);
        }
        for (long at = DATA; at < DATA + 0x6000; at += 8) {
            memory.write(at, 8, at * 0x9e37_79b9_7f4a_7c15L);
        }
    }

    /** Interrupts and traps return; a fault ends the run. */
    private static void handler(PhysicalMemory memory, GuestMode mode, int vector) {
        long handler = HANDLERS + (16L * vector);
        boolean returns = vector >= 32 || vector == 3 || vector == 4;
        memory.write(handler, 1, 0x90);
        if (returns) {
            memory.write(handler + 1, 2, mode.width == 64 ? 0xcf48 : 0x90cf);
        } else {
            memory.write(handler + 1, 1, 0xf4);
        }
        switch (mode.width) {
            case 16 -> memory.write(4L * vector, 4, (16L * vector) | (HANDLERS << 12));
            case 32 -> memory.write(IDT + (8L * vector), 8, gate(handler, CODE32));
            default -> {
                memory.write(IDT + (16L * vector), 8, gate(handler, CODE64));
                memory.write(IDT + (16L * vector) + 8, 8, 0);
            }
        }
    }

    /** An interrupt gate that every privilege level may use. */
    private static long gate(long handler, int selector) {
        return (handler & 0xffff) | ((long) selector << 16) | (0xee00L << 32) | ((handler >>> 16) << 48);
    }

    /** One to one below 2 MBytes. */
    private static void tables(PhysicalMemory memory, GuestMode mode) {
        long entry = mode.width == 64 ? 8 : 4;
        long pages = TABLES + 0x3000;
        if (mode.width == 64) {
            memory.write(TABLES, 8, (TABLES + 0x1000) | 7);
            memory.write(TABLES + 0x1000, 8, (TABLES + 0x2000) | 7);
            memory.write(TABLES + 0x2000, 8, pages | 7);
        } else {
            memory.write(TABLES, 4, pages | 7);
        }
        for (long n = 0; n < 512; n++) {
            long page = n << 12;
            long flags = page == ABSENT ? 0 : page == READ_ONLY ? 5 : 7;
            memory.write(pages + (n * entry), (int) entry, flags == 0 ? 0 : page | flags);
        }
    }

    // ---- registers ----

    /** The registers that the guest begins with. */
    static CpuState registers(GuestMode mode) {
        CpuState s = new CpuState();
        s.cr0 = cr0(mode);
        s.cr4 = cr4(mode);
        s.cr3 = mode.paging ? TABLES : 0;
        s.efer = mode.width == 64 ? Efer.LME | Efer.LMA : 0;
        for (int n = 0; n < 8; n++) {
            s.r[n] = 0x1111L * n;
        }
        s.setRflags(2);
        s.dr[6] = 0xffff_0ff0L;
        s.dr[7] = 0x400;
        s.ldtr.set(0, 0, 0, Segment.UNUSABLE);
        s.cpl = mode.privilege;
        if (mode == GuestMode.REAL) {
            real(s);
            return s;
        }
        boolean user = mode.privilege == 3;
        int dpl = user ? DPL3 : 0;
        for (Segment segment : s.segments) {
            segment.set(user ? USER_DATA : DATA0, 0, 0xffff_ffffL, DATA_RIGHTS | dpl);
        }
        boolean is64 = mode.width == 64;
        int code = user ? is64 ? USER_CODE64 : USER_CODE32 : is64 ? CODE64 : CODE32;
        s.segments[Segment.CS].set(code, 0, 0xffff_ffffL, (is64 ? CODE64_RIGHTS : CODE32_RIGHTS) | dpl);
        s.tr.set(TSS_SELECTOR, TSS, 0x67, BUSY_TSS);
        s.gdtrBase = GDT;
        s.gdtrLimit = 0x47;
        s.idtrBase = IDT;
        s.idtrLimit = is64 ? 0xfff : 0x7ff;
        s.rip = CODE;
        s.r[CpuState.RSP] = STACK;
        return s;
    }

    private static void real(CpuState s) {
        for (Segment segment : s.segments) {
            segment.set((int) (DATA >>> 4), DATA, 0xffff, 0x93);
        }
        s.segments[Segment.CS].set((int) (CODE >>> 4), CODE, 0xffff, 0x9b);
        s.segments[Segment.SS].set(0x5000, 0x5_0000, 0xffff, 0x93);
        s.tr.set(0, 0, 0xffff, BUSY_TSS);
        s.idtrLimit = 0x3ff;
        s.rip = 0;
        s.r[CpuState.RSP] = STACK & 0xffff;
    }
}
