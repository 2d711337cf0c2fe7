package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operation;
import org.thirdmode.x86.exec.Intercept;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.fp.FpuState;
import org.thirdmode.x86.fp.FxsaveImage;
import org.thirdmode.x86.profile.Cpuid;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.ModelBug;
import org.thirdmode.x86.state.Vector;

/**
 * XCR0 and the XSAVE family. SDM 1 "Managing State Using the XSAVE Feature Set".
 *
 * <pre>
 *   byte   0 legacy region: x87 and SSE    512 header: XSTATE_BV, XCOMP_BV, 48 bytes of zeros
 *        576 (compacted) or at the component's own offset (standard): PKRU
 * </pre>
 */
final class ExtendedState {
    private static final long LOW32 = 0xffff_ffffL;
    private static final long COMPACTED = Long.MIN_VALUE;
    private static final int HEADER = 512;
    private static final int EXTENDED = 576;

    private final Processor cpu;
    private final CpuState state;
    private final Operands operands;
    private final FpuState fpu;
    private final ModelSpecificRegisters msrs;
    private final long supported;

    /** The legacy region that is being restored: read as a whole before anything changes. */
    private final long[] image = new long[FxsaveImage.XMM_END];

    ExtendedState(Processor cpu, ModelSpecificRegisters msrs) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.operands = cpu.operands;
        this.fpu = cpu.fpu;
        this.msrs = msrs;
        supported = new Cpuid(cpu.profile, cpu.memory.addressWidth()).supportedXcr0();
    }

    void execute(Instruction i) {
        if ((state.cr4 & Cr4.OSXSAVE) == 0) {
            throw cpu.fault(Vector.UD);
        }
        switch (i.operation) {
            case XGETBV -> getExtendedControl();
            case XSETBV -> setExtendedControl(i);
            case XSAVE, XSAVEOPT -> saveStandard(i);
            case XSAVEC, XSAVES -> saveCompacted(i);
            case XRSTOR, XRSTORS -> restore(i);
            default -> throw new ModelBug("not an instruction of the XSAVE family: " + i.operation);
        }
    }

    private GuestFault generalProtection() {
        return cpu.fault(Vector.GP, 0);
    }

    /** EDX:EAX. */
    private long pair() {
        return (state.r[CpuState.RDX] << 32) | (state.r[CpuState.RAX] & LOW32);
    }

    // ---- XCR0 ----

    private void getExtendedControl() {
        long number = state.r[CpuState.RCX] & LOW32;
        boolean inUse = number == 1 && cpu.features.contains(Feature.XGETBV1);
        if (number != 0 && !inUse) {
            throw generalProtection();
        }
        long value = inUse ? state.xcr0 & inUse() : state.xcr0;
        state.r[CpuState.RAX] = value & LOW32;
        state.r[CpuState.RDX] = value >>> 32;
    }

    private void setExtendedControl(Instruction i) {
        if (state.cpl != 0) {
            throw generalProtection();
        }
        if (cpu.leaves(i, Intercept.XSETBV)) {
            return;
        }
        if ((state.r[CpuState.RCX] & LOW32) != 0) {
            throw generalProtection();
        }
        long value = pair();
        if ((value & Cpuid.X87) == 0 || (value & ~supported) != 0) {
            throw generalProtection();
        }
        state.xcr0 = value;
    }

    // ---- the components ----

    /** Bytes of a compacted XSAVE area with these components. */
    static int compactedSize(long components) {
        return EXTENDED + ((components & Cpuid.PKRU) != 0 ? Cpuid.PKRU_SIZE : 0);
    }

    /** XINUSE: the components that are not in their initial configuration. */
    private long inUse() {
        return (x87InUse() ? Cpuid.X87 : 0) | (sseInUse() ? Cpuid.SSE : 0) | (state.pkru != 0 ? Cpuid.PKRU : 0);
    }

    private boolean x87InUse() {
        boolean initial = FxsaveImage.get(fpu, 0, true) == FpuState.CONTROL_INIT
                && fpu.instructionPointer == 0
                && fpu.dataPointer == 0
                && fpu.instructionSelector == 0
                && fpu.dataSelector == 0;
        for (int n = 0; initial && n < 8; n++) {
            initial = fpu.significand[n] == 0 && fpu.signExponent[n] == 0;
        }
        return !initial;
    }

    /** The SSE component's XINUSE pertains to the XMM registers only. */
    private boolean sseInUse() {
        for (long part : fpu.xmm) {
            if (part != 0) {
                return true;
            }
        }
        return false;
    }

    private int xmmEnd() {
        return state.codeWidth == 64 ? FxsaveImage.XMM_END : FxsaveImage.XMM_END_32;
    }

    /** The components that an instruction acts on, after the checks that all share. */
    private long requested(Instruction i) {
        if ((state.cr0 & Cr0.TS) != 0) {
            throw cpu.fault(Vector.NM);
        }
        boolean supervisor = i.operation == Operation.XSAVES || i.operation == Operation.XRSTORS;
        if (supervisor) {
            if (state.cpl != 0) {
                throw generalProtection();
            }
            long bit = i.operation == Operation.XSAVES ? Intercept.XSAVES : Intercept.XRSTORS;
            if ((cpu.intercepts & bit) != 0 && cpu.extension.instruction(i, bit)) {
                throw cpu.exit;
            }
        }
        if ((linear(i) & 63) != 0) {
            throw generalProtection();
        }
        long enabled = supervisor ? state.xcr0 | msrs.xss : state.xcr0;
        return enabled & pair();
    }

    private long linear(Instruction i) {
        return (state.segmentBase[i.segment] + operands.effectiveAddress(i)) & state.linearMask;
    }

    private long at(Instruction i, int offset) {
        return (operands.effectiveAddress(i) + offset) & i.addressMask;
    }

    private long read(Instruction i, int offset) {
        return operands.read(i.segment, at(i, offset), 8);
    }

    private void write(Instruction i, int offset, long value) {
        operands.write(i.segment, at(i, offset), 8, value);
    }

    private void checkWrite(Instruction i, int offset, int size) {
        operands.checkWrite(i.segment, at(i, offset), size);
    }

    // ---- saving ----

    /** XSAVE writes every component asked for, XSAVEOPT those in use. */
    private void saveStandard(Instruction i) {
        long components = requested(i);
        long inUse = inUse();
        long written = i.operation == Operation.XSAVEOPT ? components & inUse : components;
        long before = read(i, HEADER);
        checkWrite(i, 0, EXTENDED);
        if ((written & Cpuid.PKRU) != 0) {
            checkWrite(i, Cpuid.PKRU_OFFSET, Cpuid.PKRU_SIZE);
            write(i, Cpuid.PKRU_OFFSET, state.pkru & LOW32);
        }
        saveLegacy(i, written, (components & Cpuid.SSE) != 0);
        write(i, HEADER, (before & ~components) | (inUse & components));
    }

    private void saveCompacted(Instruction i) {
        long components = requested(i);
        long inUse = inUse();
        if (fpu.mxcsr != FpuState.MXCSR_INIT) {
            inUse |= Cpuid.SSE;
        }
        long written = components & inUse;
        checkWrite(i, 0, compactedSize(components));
        if ((written & Cpuid.PKRU) != 0) {
            write(i, EXTENDED, state.pkru & LOW32);
        }
        saveLegacy(i, written, (written & Cpuid.SSE) != 0);
        write(i, HEADER, written);
        write(i, HEADER + 8, components | COMPACTED);
    }

    private void saveLegacy(Instruction i, long written, boolean withMxcsr) {
        boolean wide = i.size == 8;
        if ((written & Cpuid.X87) != 0) {
            for (int n = 0; n < FxsaveImage.MXCSR; n++) {
                write(i, n * 8, FxsaveImage.get(fpu, n, wide));
            }
            for (int n = FxsaveImage.ST; n < FxsaveImage.XMM; n++) {
                write(i, n * 8, FxsaveImage.get(fpu, n, wide));
            }
        }
        if (withMxcsr) {
            write(i, FxsaveImage.MXCSR * 8, FxsaveImage.get(fpu, FxsaveImage.MXCSR, wide));
        }
        if ((written & Cpuid.SSE) != 0) {
            for (int n = FxsaveImage.XMM; n < xmmEnd(); n++) {
                write(i, n * 8, FxsaveImage.get(fpu, n, wide));
            }
        }
    }

    // ---- restoring ----

    private void restore(Instruction i) {
        long components = requested(i);
        long present = read(i, HEADER);
        long format = read(i, HEADER + 8);
        boolean compacted = format < 0;
        checkHeader(i, present, format, compacted);
        boolean loadsSse = (components & present & Cpuid.SSE) != 0;
        boolean loadsMxcsr = compacted ? loadsSse : (components & Cpuid.SSE) != 0;
        for (int n = 0; n < image.length; n++) {
            image[n] = read(i, n * 8);
        }
        if (loadsMxcsr && !FxsaveImage.mxcsrAllowed(image[FxsaveImage.MXCSR])) {
            throw generalProtection();
        }
        long keys = 0;
        if ((components & present & Cpuid.PKRU) != 0) {
            keys = read(i, compacted ? EXTENDED : Cpuid.PKRU_OFFSET);
        }
        if ((components & Cpuid.X87) != 0) {
            restoreX87(i, (present & Cpuid.X87) != 0);
        }
        if ((components & Cpuid.SSE) != 0) {
            for (int n = FxsaveImage.XMM; n < xmmEnd(); n++) {
                FxsaveImage.set(fpu, n, true, loadsSse ? image[n] : 0);
            }
            fpu.mxcsr = loadsMxcsr ? (int) image[FxsaveImage.MXCSR] : FpuState.MXCSR_INIT;
        }
        if ((components & Cpuid.PKRU) != 0) {
            state.pkru = (int) keys;
            cpu.mmu.flushAll();
        }
    }

    /** SDM 1 "Standard Form of XRSTOR", "Compacted Form of XRSTOR": what the header may say. */
    private void checkHeader(Instruction i, long present, long format, boolean compacted) {
        boolean supervisor = i.operation == Operation.XRSTORS;
        long enabled = supervisor ? state.xcr0 | msrs.xss : state.xcr0;
        boolean wrong;
        if (compacted) {
            long kept = format & ~COMPACTED;
            wrong = !cpu.features.contains(Feature.XSAVEC) || (kept & ~enabled) != 0 || (present & ~kept) != 0;
            for (int n = 16; !wrong && n < 64; n += 8) {
                wrong = read(i, HEADER + n) != 0;
            }
        } else {
            wrong = supervisor || format != 0 || (present & ~enabled) != 0 || read(i, HEADER + 16) != 0;
        }
        if (wrong) {
            throw generalProtection();
        }
    }

    private void restoreX87(Instruction i, boolean load) {
        if (!load) {
            fpu.initialise();
            for (int n = 0; n < 8; n++) {
                fpu.significand[n] = 0;
                fpu.signExponent[n] = 0;
            }
            return;
        }
        boolean wide = i.size == 8;
        for (int n = 0; n < FxsaveImage.MXCSR; n++) {
            FxsaveImage.set(fpu, n, wide, image[n]);
        }
        for (int n = FxsaveImage.ST; n < FxsaveImage.XMM; n++) {
            FxsaveImage.set(fpu, n, wide, image[n]);
        }
    }
}
