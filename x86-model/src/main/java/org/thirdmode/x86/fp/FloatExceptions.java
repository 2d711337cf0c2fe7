package org.thirdmode.x86.fp;

/**
 * The six floating-point exceptions, as the low bits of FSW and of MXCSR give them. The masks have the same order: FCW
 * bits 5:0, MXCSR bits 12:7.
 *
 * <p>SDM 1 "x87 Status Register", SDM 1 "MXCSR Control and Status Register".
 */
public final class FloatExceptions {
    /** IE: invalid operation. */
    public static final int INVALID = 1;
    /** DE: denormal operand. */
    public static final int DENORMAL = 1 << 1;
    /** ZE: division by zero, or another exact infinity from finite operands. */
    public static final int ZERO_DIVIDE = 1 << 2;
    /** OE: overflow. */
    public static final int OVERFLOW = 1 << 3;
    /** UE: underflow. */
    public static final int UNDERFLOW = 1 << 4;
    /** PE: inexact result. */
    public static final int PRECISION = 1 << 5;

    /** Found before anything is computed: unmasked, they keep the operation from taking place. */
    public static final int PRE_COMPUTATION = INVALID | DENORMAL | ZERO_DIVIDE;

    /** All six. */
    public static final int ALL = 0x3f;

    private FloatExceptions() {}
}
