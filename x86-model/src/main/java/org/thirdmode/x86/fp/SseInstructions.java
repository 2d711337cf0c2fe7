package org.thirdmode.x86.fp;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.InstructionGroup;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Vector;

/**
 * MMX, SSE and SSE2: whether an instruction may be executed, and which class does it. The order of the checks is that of
 * SDM 2 "Instruction Exception Specification": #UD, #NM, #MF (where MMX registers are touched), memory, #XM.
 */
public final class SseInstructions implements InstructionGroup {
    private final Processor cpu;
    private final CpuState state;
    private final FpuState fpu;
    private final FpuMemory memory;
    private final SseMoves moves;
    private final SseIntegers integers;
    private final SseShuffles shuffles;
    private final SseText text;
    private final SseFloats floats;

    public SseInstructions(Processor cpu) {
        this.cpu = cpu;
        state = cpu.state;
        fpu = cpu.fpu;
        memory = new FpuMemory(cpu);
        SseOperands operands = new SseOperands(cpu, memory);
        moves = new SseMoves(cpu, operands, memory);
        integers = new SseIntegers(cpu, operands);
        shuffles = new SseShuffles(cpu, operands);
        text = new SseText(cpu, operands);
        floats = new SseFloats(cpu, operands);
    }

    @Override
    public void execute(Instruction i) {
        switch (i.operation) {
            case FXSAVE -> {
                requireAvailable();
                save(i);
            }
            case FXRSTOR -> {
                requireAvailable();
                restore(i);
            }
            case EMMS -> {
                requireMmx();
                fpu.top = 0;
                fpu.valid = 0;
            }
            case LDMXCSR -> {
                requireSse();
                long value = memory.read(i, 4);
                if (!FxsaveImage.mxcsrAllowed(value)) {
                    throw cpu.fault(Vector.GP, 0);
                }
                fpu.mxcsr = (int) value;
            }
            case STMXCSR -> {
                requireSse();
                memory.write(i, 4, fpu.mxcsr);
            }
            default -> {
                boolean mmx = SseOperands.isMmx(i.a) || SseOperands.isMmx(i.b);
                boolean xmm = SseOperands.isXmm(i.a) || SseOperands.isXmm(i.b);
                if (xmm) {
                    requireSse();
                }
                if (mmx) {
                    requireMmx();
                }
                if (!moves.execute(i) && !integers.execute(i) && !shuffles.execute(i) && !text.execute(i)) {
                    floats.execute(i);
                }
            }
        }
    }

    /** SDM 2 "FXSAVE": #NM for CR0.EM too. */
    private void requireAvailable() {
        if ((state.cr0 & (Cr0.EM | Cr0.TS)) != 0) {
            throw cpu.fault(Vector.NM);
        }
    }

    private void requireSse() {
        if ((state.cr0 & Cr0.EM) != 0 || (state.cr4 & Cr4.OSFXSR) == 0) {
            throw cpu.fault(Vector.UD);
        }
        if ((state.cr0 & Cr0.TS) != 0) {
            throw cpu.fault(Vector.NM);
        }
    }

    private void requireMmx() {
        if ((state.cr0 & Cr0.EM) != 0) {
            throw cpu.fault(Vector.UD);
        }
        if ((state.cr0 & Cr0.TS) != 0) {
            throw cpu.fault(Vector.NM);
        }
        if (fpu.exceptionPending()) {
            if ((state.cr0 & Cr0.NE) != 0) {
                throw cpu.fault(Vector.MF);
            }
            cpu.assertFerr();
        }
    }

    // ---- FXSAVE, FXRSTOR ----

    /** Where the XMM registers end: none without CR4.OSFXSR, eight outside 64-bit mode. */
    private int endOfImage() {
        if ((state.cr4 & Cr4.OSFXSR) == 0) {
            return FxsaveImage.XMM;
        }
        return state.longMode64() ? FxsaveImage.XMM_END : FxsaveImage.XMM_END_32;
    }

    private static boolean wide(Instruction i) {
        return i.size == 8;
    }

    private void save(Instruction i) {
        long at = memory.area(i, 512, 16, true);
        for (int index = 0; index < endOfImage(); index++) {
            memory.writeAt(at, 8 * index, 8, FxsaveImage.get(fpu, index, wide(i)));
        }
    }

    private void restore(Instruction i) {
        long at = memory.area(i, 512, 16, false);
        boolean sse = (state.cr4 & Cr4.OSFXSR) != 0;
        if (sse && !FxsaveImage.mxcsrAllowed(memory.readAt(at, 24, 4))) {
            throw cpu.fault(Vector.GP, 0);
        }
        for (int index = 0; index < endOfImage(); index++) {
            if (index != FxsaveImage.MXCSR || sse) {
                FxsaveImage.set(fpu, index, wide(i), memory.readAt(at, 8 * index, 8));
            }
        }
    }
}
