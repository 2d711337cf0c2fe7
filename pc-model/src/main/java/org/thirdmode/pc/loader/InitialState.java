package org.thirdmode.pc.loader;

/**
 * How the processor starts: everything that differs from its state after reset is here as a plain value. The registers not
 * named (R8 to R15, debug registers, MSRs) keep their reset values.
 *
 * @param mode a word for people: which of the factory methods made it
 * @param gdtBase base of GDTR; its limit in bytes follows
 * @param idtBase base of IDTR; its limit in bytes follows
 */
public record InitialState(
        Mode mode,
        long rax,
        long rbx,
        long rcx,
        long rdx,
        long rsi,
        long rdi,
        long rsp,
        long rip,
        long rflags,
        SegmentState cs,
        SegmentState ds,
        SegmentState ss,
        long gdtBase,
        int gdtLimit,
        long idtBase,
        int idtLimit,
        long cr0,
        long cr3,
        long cr4,
        long efer) {
    /** The modes in which an image starts. */
    public enum Mode {
        /** At the reset vector F000:FFF0, code segment base FFFF0000H. */
        RESET,
        REAL,
        /** Flat 32-bit segments, paging off. */
        PROTECTED,
        /** 64-bit code, an identity map of 4-level paging. */
        LONG
    }

    private static final long RFLAGS_FIXED = 0x2;
    private static final long CR0_ET = 0x10;
    private static final long CR0_PE = 0x1;
    private static final long CR0_PG = 0x8000_0000L;
    private static final long CR0_CD_NW = 0x6000_0000L;
    private static final long CR4_PAE = 0x20;
    private static final long EFER_LME_LMA = 0x500;

    /** Power-up: SDM 3A "Processor State After Reset". */
    public static InitialState reset() {
        SegmentState code = new SegmentState(0xf000, 0xffff_0000L, 0xffff, 0x9b);
        SegmentState data = SegmentState.real(0);
        return new InitialState(
                Mode.RESET,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0xfff0,
                RFLAGS_FIXED,
                code,
                data,
                data,
                0,
                0xffff,
                0,
                0xffff,
                CR0_CD_NW | CR0_ET,
                0,
                0,
                0);
    }

    /** Real mode at {@code selector:offset}, DL = {@code drive}, the stack below the boot sector. */
    public static InitialState real(int selector, int offset, int drive) {
        SegmentState data = SegmentState.real(0);
        return new InitialState(
                Mode.REAL,
                0,
                0,
                0,
                drive,
                0,
                0,
                0x7c00,
                offset,
                RFLAGS_FIXED,
                SegmentState.real(selector),
                data,
                data,
                0,
                0,
                0,
                0x3ff,
                CR0_ET,
                0,
                0,
                0);
    }

    /** Flat protected mode at {@code entry} with EAX and EBX as given; the table of the selectors is at {@code gdtBase}. */
    public static InitialState flatProtected(long entry, long eax, long ebx, long gdtBase, int gdtLimit) {
        SegmentState data = SegmentState.flatData(BootGdt.DATA);
        return new InitialState(
                Mode.PROTECTED,
                eax,
                ebx,
                0,
                0,
                0,
                0,
                0,
                entry,
                RFLAGS_FIXED,
                SegmentState.flatCode(BootGdt.CODE_32),
                data,
                data,
                gdtBase,
                gdtLimit,
                0,
                0,
                CR0_ET | CR0_PE,
                0,
                0,
                0);
    }

    /** Flat protected mode at {@code entry} with these selectors and ESI as given. */
    static InitialState flatProtected(long entry, int code, int data, long esi, long gdtBase, int gdtLimit) {
        InitialState state = flatProtected(entry, 0, 0, gdtBase, gdtLimit);
        SegmentState flat = SegmentState.flatData(data);
        return new InitialState(
                Mode.PROTECTED,
                0,
                0,
                0,
                0,
                esi,
                0,
                0,
                entry,
                state.rflags,
                SegmentState.flatCode(code),
                flat,
                flat,
                gdtBase,
                gdtLimit,
                0,
                0,
                state.cr0,
                0,
                0,
                0);
    }

    /** 64-bit mode at {@code entry} with a stack, the tables at {@code cr3}. */
    public static InitialState longMode(long entry, long rsp, long cr3, long gdtBase, int gdtLimit) {
        SegmentState data = SegmentState.flatData(BootGdt.DATA);
        return new InitialState(
                Mode.LONG,
                0,
                0,
                0,
                0,
                0,
                0,
                rsp,
                entry,
                RFLAGS_FIXED,
                SegmentState.longCode(BootGdt.CODE_64),
                data,
                data,
                gdtBase,
                gdtLimit,
                0,
                0,
                CR0_PG | CR0_ET | CR0_PE,
                cr3,
                CR4_PAE,
                EFER_LME_LMA);
    }
}
