package org.thirdmode.x86.fp;

import java.util.EnumSet;
import org.thirdmode.x86.decode.Decoder;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operation.Group;
import org.thirdmode.x86.exec.InstructionGroup;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.TestProcessors;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.GuestFault;

/** A processor that executes single floating-point instructions, given as bytes. */
final class FloatMachine {
    /** Where the memory operand of the tests lies; RDI points to it. */
    static final long OPERAND = 0x4000;

    /** The end of what is mapped. */
    static final long END = 0x20_0000;

    /** No fault. */
    static final int NONE = -1;

    final Processor cpu;
    final CpuState state;
    final FpuState fpu;
    private final Decoder decoder;
    private final InstructionGroup x87;
    private final InstructionGroup sse;

    private FloatMachine(Processor cpu) {
        this.cpu = cpu;
        state = cpu.state;
        fpu = cpu.fpu;
        decoder = new Decoder(EnumSet.allOf(Feature.class));
        x87 = new FpuInstructions(cpu);
        sse = new SseInstructions(cpu);
        fpu.initialise();
        state.r[CpuState.RDI] = OPERAND;
    }

    /** In 64-bit mode, with everything enabled that an operating system enables. */
    static FloatMachine in64() {
        Processor cpu = TestProcessors.flat64();
        cpu.state.cr4 |= Cr4.OSFXSR | Cr4.OSXMMEXCPT;
        return new FloatMachine(cpu);
    }

    /** In 32-bit protected mode. */
    static FloatMachine in32() {
        Processor cpu = TestProcessors.flat32();
        cpu.state.cr4 |= Cr4.OSFXSR | Cr4.OSXMMEXCPT;
        return new FloatMachine(cpu);
    }

    /** In real mode. */
    static FloatMachine in16() {
        Processor cpu = TestProcessors.real();
        cpu.state.cr4 |= Cr4.OSFXSR | Cr4.OSXMMEXCPT;
        return new FloatMachine(cpu);
    }

    /** The vector of the fault that an instruction with its operand at {@code address} raises, from a fresh state. */
    int fault(byte[] code, long address) {
        fpu.reset();
        fpu.initialise();
        execute(0xd9, 0xee);
        execute(0xd9, 0xee);
        state.r[CpuState.RDI] = address;
        try {
            execute(code, 0, code.length);
            return NONE;
        } catch (GuestFault e) {
            return e.vector;
        } finally {
            state.r[CpuState.RDI] = OPERAND;
        }
    }

    /** Decodes and executes one instruction. */
    void execute(int... bytes) {
        byte[] code = new byte[bytes.length];
        for (int n = 0; n < bytes.length; n++) {
            code[n] = (byte) bytes[n];
        }
        execute(code, 0, code.length);
    }

    /** Executes what the bytes begin with if it is a floating-point instruction. */
    void executeAny(byte[] code) {
        Instruction i = decoder.decode(code, 0, code.length, state.codeWidth);
        if (i != null && (i.operation.group == Group.X87 || i.operation.group == Group.SSE)) {
            (i.operation.group == Group.X87 ? x87 : sse).execute(i);
        }
    }

    /** Decodes and executes one instruction. */
    void execute(byte[] code, int offset, int length) {
        Instruction i = decoder.decode(code, offset, offset + length, state.codeWidth);
        if (i == null || i.length != length) {
            throw new AssertionError("decoded " + (i == null ? "nothing" : i.operation + ", " + i.length + " bytes"));
        }
        if (i.operation.group == Group.X87) {
            x87.execute(i);
        } else if (i.operation.group == Group.SSE) {
            sse.execute(i);
        } else {
            throw new AssertionError("no floating-point instruction: " + i.operation);
        }
    }
}
