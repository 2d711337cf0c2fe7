package org.thirdmode.x86.decode;

/**
 * What an operand of a decoded instruction names, as one small number: which register, or the instruction's one memory
 * operand, or an immediate. The ranges do not overlap, so an operand needs no second field for its kind.
 */
public final class Operand {
    private Operand() {}

    /** General registers 0..15 in the manual's order (rAX, rCX, rDX, rBX, rSP, rBP, rSI, rDI, R8..R15). */
    public static final int GPR = 0;

    /** AH, CH, DH, BH: bits 15:8 of the first four general registers. */
    public static final int HIGH_BYTE = 16;

    /** The memory operand: base, index, scale, displacement and segment of the instruction. */
    public static final int MEMORY = 32;

    /** {@link Instruction#immediate}, already sign- or zero-extended as the form demands. */
    public static final int IMMEDIATE = 33;

    /** {@link Instruction#immediate2}: ENTER's second operand, the selector of a far pointer. */
    public static final int IMMEDIATE2 = 34;

    /** A branch displacement in {@link Instruction#immediate}, relative to the next instruction. */
    public static final int RELATIVE = 35;

    /** A far pointer: offset in {@link Instruction#immediate}, selector in {@link Instruction#immediate2}. */
    public static final int FAR_POINTER = 36;

    /** Segment registers ES, CS, SS, DS, FS, GS. */
    public static final int SEGMENT = 40;

    /** Control registers CR0..CR15. */
    public static final int CONTROL = 48;

    /** Debug registers DR0..DR15. */
    public static final int DEBUG = 64;

    /** XMM0..XMM15. */
    public static final int XMM = 80;

    /** ST(0)..ST(7). */
    public static final int X87 = 112;

    /** MM0..MM7. */
    public static final int MMX = 120;

    /** No operand in this place. */
    public static final int NONE = 255;
}
