package org.thirdmode.x86.fp;

/**
 * The legacy region of the FXSAVE and XSAVE areas, as 64 quadwords: which registers lie where, and nothing about memory.
 *
 * <pre>
 *   byte    0 FCW  2 FSW  4 abridged FTW  6 FOP  8 FIP, FCS  16 FDP, FDS  24 MXCSR  28 MXCSR_MASK
 *          32 ST(0)/MM0 .. ST(7)/MM7, 16 bytes each
 *         160 XMM0 .. XMM15, 16 bytes each
 *         416 not used
 * </pre>
 *
 * SDM 2 "FXSAVE—Save x87 FPU, MMX Technology, and SSE State", SDM 1 "Legacy Region of an XSAVE Area".
 */
public final class FxsaveImage {
    /** The quadword that holds MXCSR and its mask: of the SSE and AVX components. */
    public static final int MXCSR = 3;
    /** The first quadword of ST(0). */
    public static final int ST = 4;
    /** The first quadword of XMM0. */
    public static final int XMM = 20;
    /** The end of XMM7: where the area ends outside 64-bit mode. */
    public static final int XMM_END_32 = 36;
    /** The end of XMM15. */
    public static final int XMM_END = 52;

    private FxsaveImage() {}

    /**
     * A quadword of the image.
     *
     * @param index which, below {@link #XMM_END}
     * @param wide whether FIP and FDP have 64 bits (FXSAVE64, XSAVE64)
     */
    public static long get(FpuState s, int index, boolean wide) {
        if (index >= XMM) {
            return s.xmm[index - XMM];
        }
        if (index >= ST) {
            int register = (s.top + ((index - ST) >> 1)) & 7;
            return (index & 1) == 0 ? s.significand[register] : s.signExponent[register];
        }
        return switch (index) {
            case 0 ->
                (s.control & 0xffffL)
                        | ((s.statusWord() & 0xffffL) << 16)
                        | ((s.valid & 0xffL) << 32)
                        | ((s.opcode & 0x7ffL) << 48);
            case 1 -> wide ? s.instructionPointer : pointer(s.instructionPointer, s.instructionSelector);
            case 2 -> wide ? s.dataPointer : pointer(s.dataPointer, s.dataSelector);
            default -> (s.mxcsr & 0xffff_ffffL) | ((long) FpuState.MXCSR_MASK << 32);
        };
    }

    private static long pointer(long offset, int selector) {
        return (offset & 0xffff_ffffL) | ((selector & 0xffffL) << 32);
    }

    /**
     * Loads a quadword of the image. Quadword 0 holds TOP, so it must come before those of the stack. MXCSR is loaded as
     * it is: the caller has refused reserved bits.
     */
    public static void set(FpuState s, int index, boolean wide, long value) {
        if (index >= XMM) {
            s.xmm[index - XMM] = value;
            return;
        }
        if (index >= ST) {
            int register = (s.top + ((index - ST) >> 1)) & 7;
            if ((index & 1) == 0) {
                s.significand[register] = value;
            } else {
                s.signExponent[register] = (int) value & 0xffff;
            }
            return;
        }
        switch (index) {
            case 0 -> {
                s.setControl((int) value & 0xffff);
                s.setStatusWord((int) (value >>> 16) & 0xffff);
                s.valid = (int) (value >>> 32) & 0xff;
                s.opcode = (int) (value >>> 48) & 0x7ff;
            }
            case 1 -> {
                s.instructionPointer = wide ? value : value & 0xffff_ffffL;
                s.instructionSelector = wide ? 0 : (int) (value >>> 32) & 0xffff;
            }
            case 2 -> {
                s.dataPointer = wide ? value : value & 0xffff_ffffL;
                s.dataSelector = wide ? 0 : (int) (value >>> 32) & 0xffff;
            }
            default -> s.mxcsr = (int) value;
        }
    }

    /** Whether MXCSR may be loaded with this value: no reserved bit set. */
    public static boolean mxcsrAllowed(long value) {
        return (value & 0xffff_ffffL & ~FpuState.MXCSR_MASK) == 0;
    }
}
