package org.thirdmode.x86.fp;

import java.util.Arrays;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * The registers of the x87 FPU and of SSE. The x87 registers are kept by their physical number R0..R7, which is also how
 * the MMX registers alias them; ST(i) is R((TOP + i) mod 8).
 *
 * <p>SDM 1 "x87 FPU Execution Environment", SDM 1 "MMX Technology Programming Environment", SDM 1 "SSE Programming
 * Environment".
 */
public final class FpuState implements Stateful {
    /** FSW: IE DE ZE OE UE PE. */
    public static final int STATUS_EXCEPTIONS = FloatExceptions.ALL;
    /** FSW: stack fault. */
    public static final int STATUS_SF = 1 << 6;
    /** FSW: an unmasked exception is pending. */
    public static final int STATUS_ES = 1 << 7;

    public static final int STATUS_C0 = 1 << 8;
    public static final int STATUS_C1 = 1 << 9;
    public static final int STATUS_C2 = 1 << 10;
    public static final int STATUS_C3 = 1 << 14;
    /** FSW: busy, a copy of ES. */
    public static final int STATUS_B = 1 << 15;

    /** FCW after FNINIT. */
    public static final int CONTROL_INIT = 0x37f;
    /** MXCSR after reset. */
    public static final int MXCSR_INIT = 0x1f80;
    /** The bits of MXCSR that exist. */
    public static final int MXCSR_MASK = 0xffff;

    /** The significands of R0..R7, which are also MM0..MM7. */
    public final long[] significand = new long[8];
    /** Sign and exponent of R0..R7. */
    public final int[] signExponent = new int[8];

    /** FCW. Bit 6 reads as 1. */
    public int control = CONTROL_INIT;
    /** FSW without TOP. */
    public int status;
    /** TOP. */
    public int top;
    /** Bit i is 1 when Ri is not empty: the abridged tag word. */
    public int valid;
    /** The last non-control instruction's address. */
    public long instructionPointer;
    /** The last non-control instruction's code segment selector. */
    public int instructionSelector;
    /** The last memory operand's offset. */
    public long dataPointer;
    /** The last memory operand's segment selector. */
    public int dataSelector;
    /** FOP: the last opcode, its low three bits of the first byte and the second byte. */
    public int opcode;

    /** XMM0..XMM15: the low halves at even places, the high halves at odd ones. */
    public final long[] xmm = new long[32];

    /** MXCSR. */
    public int mxcsr = MXCSR_INIT;

    /** Power-up and RESET. SDM 3A "Processor State After Reset": FCW 0040H, tags "zero", every register +0.0. */
    public void reset() {
        control = 0x40;
        status = 0;
        top = 0;
        valid = 0xff;
        clearPointers();
        Arrays.fill(significand, 0);
        Arrays.fill(signExponent, 0);
        Arrays.fill(xmm, 0);
        mxcsr = MXCSR_INIT;
    }

    /** Becomes a copy of another. */
    public void set(FpuState from) {
        System.arraycopy(from.significand, 0, significand, 0, significand.length);
        System.arraycopy(from.signExponent, 0, signExponent, 0, signExponent.length);
        System.arraycopy(from.xmm, 0, xmm, 0, xmm.length);
        control = from.control;
        status = from.status;
        top = from.top;
        valid = from.valid;
        instructionPointer = from.instructionPointer;
        instructionSelector = from.instructionSelector;
        dataPointer = from.dataPointer;
        dataSelector = from.dataSelector;
        opcode = from.opcode;
        mxcsr = from.mxcsr;
    }

    /** FNINIT: the data registers keep their values. */
    public void initialise() {
        control = CONTROL_INIT;
        status = 0;
        top = 0;
        valid = 0;
        clearPointers();
    }

    private void clearPointers() {
        instructionPointer = 0;
        instructionSelector = 0;
        dataPointer = 0;
        dataSelector = 0;
        opcode = 0;
    }

    /** FSW with TOP. */
    public int statusWord() {
        return status | (top << 11);
    }

    /** Sets FSW with TOP; ES and B follow from the exceptions and the masks in {@link #control}. */
    public void setStatusWord(int word) {
        top = (word >>> 11) & 7;
        status = word & 0x477f;
        deriveSummary();
    }

    /** Sets FCW; the bits that do not exist read as the hardware has them. */
    public void setControl(int word) {
        control = (word & 0x1f3f) | 0x40;
        deriveSummary();
    }

    private void deriveSummary() {
        if ((status & ~control & STATUS_EXCEPTIONS) != 0) {
            status |= STATUS_ES | STATUS_B;
        } else {
            status &= ~(STATUS_ES | STATUS_B);
        }
    }

    /** Whether an unmasked x87 exception waits for the next waiting instruction. */
    public boolean exceptionPending() {
        return (status & STATUS_ES) != 0;
    }

    /** The full tag word: 0 valid, 1 zero, 2 special, 3 empty, two bits a physical register. */
    public int tagWord() {
        int word = 0;
        for (int i = 7; i >= 0; i--) {
            word = (word << 2) | tag(i);
        }
        return word;
    }

    private int tag(int register) {
        if ((valid & (1 << register)) == 0) {
            return 3;
        }
        int exponent = signExponent[register] & Float80.EXPONENT;
        long sig = significand[register];
        if (exponent == 0) {
            return sig == 0 ? 1 : 2;
        }
        return exponent == Float80.EXPONENT || sig >= 0 ? 2 : 0;
    }

    /** Loads the full tag word: only "empty or not" is kept. */
    public void setTagWord(int word) {
        valid = 0;
        for (int i = 0; i < 8; i++) {
            if (((word >>> (2 * i)) & 3) != 3) {
                valid |= 1 << i;
            }
        }
    }

    /** What every MMX instruction but EMMS does to the x87 state: TOP 0, no register empty. */
    public void enterMmx() {
        top = 0;
        valid = 0xff;
    }

    /** Writes MM{@code register}: the exponent becomes all ones. */
    public void setMmx(int register, long value) {
        significand[register] = value;
        signExponent[register] = 0xffff;
    }

    @Override
    public void state(StatePort port) {
        port.numbers("significand", significand);
        port.numbers("sign and exponent", signExponent);
        control = port.number("control", control);
        status = port.number("status", status);
        top = port.within("top", top, 0, 7);
        valid = port.number("valid", valid);
        instructionPointer = port.number("instruction pointer", instructionPointer);
        instructionSelector = port.number("instruction selector", instructionSelector);
        dataPointer = port.number("data pointer", dataPointer);
        dataSelector = port.number("data selector", dataSelector);
        opcode = port.number("opcode", opcode);
        port.numbers("xmm", xmm);
        mxcsr = port.number("mxcsr", mxcsr);
    }
}
