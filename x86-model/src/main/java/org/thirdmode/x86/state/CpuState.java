package org.thirdmode.x86.state;

import java.util.Arrays;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * The architectural state of one logical processor, and what is derived from it for the hot paths. Fields are plain:
 * instructions read and write them directly. Whoever changes a field that something is derived from calls the method
 * that derives it again ({@link #deriveSegment}, {@link #deriveMode}).
 */
public final class CpuState implements Stateful {
    /** Index in {@link #r} of a register that always reads 0 (absent base or index). */
    public static final int ZERO = 16;

    /** Index in {@link #r} of the linear address of the page that RIP is in (base of RIP-relative addresses). */
    public static final int RIP_PAGE = 17;

    public static final int RAX = 0;
    public static final int RCX = 1;
    public static final int RDX = 2;
    public static final int RBX = 3;
    public static final int RSP = 4;
    public static final int RBP = 5;
    public static final int RSI = 6;
    public static final int RDI = 7;

    /**
     * The general registers, then {@link #ZERO} and {@link #RIP_PAGE}. Writing 32 bits clears bits 63:32, in every mode.
     */
    public final long[] r = new long[18];

    /** RIP: while an instruction executes in the second level, that of the next instruction. */
    public long rip;

    /** RIP of the instruction in execution: where a fault returns to. */
    public long instructionRip;

    /** The status flags. */
    public final Flags flags = new Flags();

    /** RFLAGS without the status flags; see {@link Rflags}. Bit 1 is set. */
    public int systemFlags = Rflags.FIXED;

    /** ES, CS, SS, DS, FS, GS. */
    public final Segment[] segments = new Segment[6];

    public final Segment ldtr = new Segment();
    public final Segment tr = new Segment();

    public long gdtrBase;
    public int gdtrLimit;
    public long idtrBase;
    public int idtrLimit;

    public long cr0;
    public long cr2;
    public long cr3;
    public long cr4;
    public long efer;
    public long xcr0 = 1;

    /** PKRU: two bits a protection key, access disable and write disable. SDM 3A "Protection Keys". */
    public int pkru;

    /** The PDPTE registers: what PAE paging loaded from the table that CR3 points to. SDM 3A "PDPTE Registers". */
    public final long[] pdpte = new long[4];

    public final long[] dr = new long[8];

    /** The current privilege level. */
    public int cpl;

    // ---- derived ----

    /** Width of the code segment: 16, 32 or 64 bits. Follows CS, EFER.LMA and the mode. */
    public int codeWidth = 16;

    /** Width of the stack pointer: all ones in 16, 32 or 64 bits. Follows SS and {@link #codeWidth}. */
    public long stackMask = 0xffff;

    /**
     * Width of the instruction pointer: all ones in 32 or 64 bits. In 16-bit code too it is EIP that is checked against
     * CS.limit: only branches with a 16-bit operand size cut it off.
     */
    public long ripMask = 0xffff_ffffL;

    /** All ones in the width of linear addresses: 32 bits outside 64-bit mode. */
    public long linearMask = 0xffff_ffffL;

    /** The base that an address through each segment register adds (0 in 64-bit mode but for FS and GS). */
    public final long[] segmentBase = new long[6];

    /**
     * An offset in segment i below readEnd[i] (unsigned) may be read, up to 16 bytes, without any further check of the
     * segment; any other needs {@link #segmentAllows}. 0 where nothing may be said so simply.
     */
    public final long[] readEnd = new long[6];

    /** The same for writing. */
    public final long[] writeEnd = new long[6];

    public CpuState() {
        for (int i = 0; i < segments.length; i++) {
            segments[i] = new Segment();
        }
    }

    public boolean protectedMode() {
        return (cr0 & Cr0.PE) != 0;
    }

    public boolean virtual8086() {
        return (systemFlags & Rflags.VM) != 0;
    }

    /** Real-address mode or virtual-8086 mode: segments are selector times 16. */
    public boolean realSegments() {
        return !protectedMode() || virtual8086();
    }

    public boolean longModeActive() {
        return (efer & Efer.LMA) != 0;
    }

    /** 64-bit mode: long mode active and CS.L set. */
    public boolean longMode64() {
        return codeWidth == 64;
    }

    public boolean paging() {
        return (cr0 & Cr0.PG) != 0;
    }

    public int iopl() {
        return (systemFlags & Rflags.IOPL) >>> Rflags.IOPL_SHIFT;
    }

    /** RFLAGS, all of it. */
    public long rflags() {
        return systemFlags | flags.status();
    }

    /** Sets RFLAGS, all of it, with no check and no side effect; callers tell the processor what else follows. */
    public void setRflags(long value) {
        systemFlags = ((int) value & Rflags.SYSTEM) | Rflags.FIXED;
        flags.setStatus((int) value);
    }

    /** After CS, SS, CR0.PE, RFLAGS.VM or EFER.LMA changed: derives the widths and every segment's fast limits. */
    public void deriveMode() {
        Segment cs = segments[Segment.CS];
        boolean is64 = longModeActive() && cs.is(Segment.LONG) && !virtual8086();
        codeWidth = is64 ? 64 : cs.is(Segment.BIG) ? 32 : 16;
        stackMask = is64 ? -1L : segments[Segment.SS].is(Segment.BIG) ? 0xffff_ffffL : 0xffffL;
        ripMask = is64 ? -1L : 0xffff_ffffL;
        linearMask = is64 ? -1L : 0xffff_ffffL;
        for (int i = 0; i < segments.length; i++) {
            deriveSegment(i);
        }
    }

    /** After the hidden part of segment register {@code index} changed (for CS and SS: {@link #deriveMode}). */
    public void deriveSegment(int index) {
        Segment segment = segments[index];
        if (codeWidth == 64) {
            segmentBase[index] = index >= Segment.FS ? segment.base : 0;
            readEnd[index] = -1L;
            writeEnd[index] = -1L;
            return;
        }
        segmentBase[index] = segment.base & 0xffff_ffffL;
        boolean plain = segment.usable()
                && segment.is(Segment.PRESENT)
                && segment.limit > 15
                && (segment.is(Segment.CODE) || !segment.is(Segment.EXPAND_DOWN));
        long end = plain ? segment.limit - 14 : 0;
        boolean readable = !segment.is(Segment.CODE) || segment.is(Segment.WRITABLE);
        boolean writable = !segment.is(Segment.CODE) && segment.is(Segment.WRITABLE);
        readEnd[index] = readable ? end : 0;
        writeEnd[index] = writable ? end : 0;
    }

    /**
     * Whether {@code size} bytes at {@code offset} may be accessed through a segment register: usability, type and limit.
     * SDM 3A "Limit Checking" and "Type Checking". In 64-bit mode there is no such check.
     */
    public boolean segmentAllows(int index, long offset, int size, boolean write) {
        if (codeWidth == 64) {
            return true;
        }
        Segment segment = segments[index];
        if (!segment.usable()) {
            return false;
        }
        boolean code = segment.is(Segment.CODE);
        if (write ? code || !segment.is(Segment.WRITABLE) : code && !segment.is(Segment.WRITABLE)) {
            return false;
        }
        long last = offset + size - 1;
        if (!code && segment.is(Segment.EXPAND_DOWN)) {
            long top = segment.is(Segment.BIG) ? 0xffff_ffffL : 0xffffL;
            return offset > segment.limit && last <= top;
        }
        // A 4-GByte segment wraps: nothing lies beyond its limit.
        return last <= segment.limit || segment.limit == 0xffff_ffffL;
    }

    @Override
    public void state(StatePort port) {
        long[] general = Arrays.copyOf(r, ZERO);
        port.numbers("general registers", general);
        System.arraycopy(general, 0, r, 0, ZERO);
        rip = port.number("rip", rip);
        instructionRip = port.number("instruction rip", instructionRip);
        long eflags = port.number("rflags", rflags());
        for (int i = 0; i < segments.length; i++) {
            port.part("segment " + i, segments[i]);
        }
        port.part("ldtr", ldtr);
        port.part("tr", tr);
        gdtrBase = port.number("gdtr base", gdtrBase);
        gdtrLimit = port.number("gdtr limit", gdtrLimit);
        idtrBase = port.number("idtr base", idtrBase);
        idtrLimit = port.number("idtr limit", idtrLimit);
        cr0 = port.number("cr0", cr0);
        cr2 = port.number("cr2", cr2);
        cr3 = port.number("cr3", cr3);
        cr4 = port.number("cr4", cr4);
        efer = port.number("efer", efer);
        xcr0 = port.number("xcr0", xcr0);
        pkru = port.number("pkru", pkru);
        port.numbers("pdpte", pdpte);
        port.numbers("dr", dr);
        cpl = port.within("cpl", cpl, 0, 3);
        if (port.restoring()) {
            setRflags(eflags);
            deriveMode();
        }
    }
}
