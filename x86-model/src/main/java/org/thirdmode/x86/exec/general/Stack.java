package org.thirdmode.x86.exec.general;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.exec.InstructionGroup;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.ModelBug;
import org.thirdmode.x86.state.Segment;

/** The stack and procedure frames. SDM 1 "Procedure Stack", "Procedure Calls for Block-Structured Languages". */
public final class Stack implements InstructionGroup {
    /** PUSHA and POPA: rAX to rDI. */
    private static final int PUSHED_REGISTERS = 8;

    private final CpuState state;
    private final Operands operands;
    private final FlagsImage flagsImage;

    public Stack(Processor cpu) {
        state = cpu.state;
        operands = cpu.operands;
        flagsImage = new FlagsImage(cpu);
    }

    @Override
    public void execute(Instruction i) {
        switch (i.operation) {
            // PUSH of rSP, or of memory addressed by it, takes the value from before.
            case PUSH -> operands.push(i.size, operands.get(i, i.a, i.size));
            case POP -> pop(i);
            case PUSHA -> pushAll(i);
            case POPA -> popAll(i);
            case PUSHF -> flagsImage.pushf(i);
            case POPF -> flagsImage.popf(i);
            case ENTER -> enter(i);
            case LEAVE -> leave(i);
            default -> throw new ModelBug("not a stack instruction: " + i.operation);
        }
    }

    /** The stack pointer moves first: POP of rSP overwrites it, and a memory operand addressed by it uses the new one. */
    private void pop(Instruction i) {
        if (i.a != Operand.MEMORY) {
            operands.set(i, i.a, i.size, operands.pop(i.size));
            return;
        }
        long before = state.r[CpuState.RSP];
        long value = operands.pop(i.size);
        try {
            operands.set(i, i.a, i.size, value);
        } catch (GuestFault | GuestExit unwinding) {
            state.r[CpuState.RSP] = before;
            throw unwinding;
        }
    }

    private long stackOffset(long displacement) {
        return (state.r[CpuState.RSP] + displacement) & state.stackMask;
    }

    private void pushAll(Instruction i) {
        for (int n = 1; n <= PUSHED_REGISTERS; n++) {
            operands.checkWrite(Segment.SS, stackOffset((long) -n * i.size), i.size);
        }
        for (int n = 1; n <= PUSHED_REGISTERS; n++) {
            operands.write(Segment.SS, stackOffset((long) -n * i.size), i.size, state.r[n - 1]);
        }
        operands.setStackPointer(state.r[CpuState.RSP] - (long) PUSHED_REGISTERS * i.size);
    }

    private void popAll(Instruction i) {
        for (int n = 0; n < PUSHED_REGISTERS; n++) {
            operands.peek(i.size, (long) n * i.size);
        }
        for (int n = 0; n < PUSHED_REGISTERS; n++) {
            int register = PUSHED_REGISTERS - 1 - n;
            if (register != CpuState.RSP) {
                operands.setRegister(register, i.size, operands.peek(i.size, (long) n * i.size));
            }
        }
        operands.setStackPointer(state.r[CpuState.RSP] + (long) PUSHED_REGISTERS * i.size);
    }

    /**
     * ENTER: pushes rBP, copies the enclosing frames' pointers, makes room. The stack is used through the width of SS,
     * the frame pointer has the operand size. Registers change once every access has succeeded; the last is a write at
     * the final stack pointer that is checked and not done.
     */
    private void enter(Instruction i) {
        int size = i.size;
        int level = (int) i.immediate2 & 31;
        long mask = state.stackMask;
        long sp = (state.r[CpuState.RSP] - size) & mask;
        operands.write(Segment.SS, sp, size, state.r[CpuState.RBP]);
        long frame = sp;
        long bp = state.r[CpuState.RBP];
        for (int n = 1; n < level; n++) {
            bp = (bp - size) & mask;
            long pointer = operands.read(Segment.SS, bp, size);
            sp = (sp - size) & mask;
            operands.write(Segment.SS, sp, size, pointer);
        }
        // The pushed frame pointer is that of the whole stack-pointer register.
        long frameTemp = (state.r[CpuState.RSP] & ~mask) | frame;
        if (level > 0) {
            sp = (sp - size) & mask;
            operands.write(Segment.SS, sp, size, frameTemp);
        }
        sp = (sp - (i.immediate & 0xffff)) & mask;
        operands.readForUpdate(Segment.SS, sp, size);
        operands.setRegister(CpuState.RBP, size, frameTemp);
        operands.setStackPointer(sp);
    }

    private void leave(Instruction i) {
        long frame = state.r[CpuState.RBP] & state.stackMask;
        long value = operands.read(Segment.SS, frame, i.size);
        operands.setStackPointer(frame + i.size);
        operands.setRegister(CpuState.RBP, i.size, value);
    }
}
