package org.thirdmode.x86.exec.general;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.exec.InstructionGroup;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.ModelBug;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/**
 * Control flow within the code segment. SDM 1 "Control Transfer Instructions". A target is checked before anything is
 * committed: against the limit of CS, in 64-bit mode for canonical form.
 */
public final class NearControl implements InstructionGroup {
    private final Processor cpu;
    private final CpuState state;
    private final Flags flags;
    private final Operands operands;

    public NearControl(Processor cpu) {
        this.cpu = cpu;
        state = cpu.state;
        flags = cpu.state.flags;
        operands = cpu.operands;
    }

    @Override
    public void execute(Instruction i) {
        switch (i.operation) {
            case JCC -> {
                if (flags.condition(i.condition)) {
                    state.rip = checked(target(i));
                }
            }
            case JMP_NEAR -> state.rip = checked(target(i));
            case CALL_NEAR -> call(i);
            case RET_NEAR -> ret(i);
            case LOOP -> loop(i, true);
            case LOOPE -> loop(i, flags.zf());
            case LOOPNE -> loop(i, !flags.zf());
            case JCXZ -> {
                if ((state.r[CpuState.RCX] & i.addressMask) == 0) {
                    state.rip = checked(target(i));
                }
            }
            case BOUND -> bound(i);
            case UD -> throw cpu.fault(Vector.UD);
            case TOO_LONG -> throw cpu.fault(Vector.GP, 0);
            default -> throw new ModelBug("not a near control transfer: " + i.operation);
        }
    }

    /** Where the instruction goes: a 16-bit operand size clears the upper bits of the instruction pointer. */
    private long target(Instruction i) {
        if (i.a == Operand.RELATIVE) {
            return (state.rip + i.immediate) & Operands.mask(i.size);
        }
        return operands.get(i, i.a, i.size);
    }

    private long checked(long target) {
        boolean allowed = state.codeWidth == 64
                ? cpu.mmu.canonical(target)
                : Long.compareUnsigned(target, state.segments[Segment.CS].limit) <= 0;
        if (!allowed) {
            throw cpu.fault(Vector.GP, 0);
        }
        return target;
    }

    private void call(Instruction i) {
        long target = checked(target(i));
        operands.push(i.size, state.rip);
        state.rip = target;
    }

    private void ret(Instruction i) {
        long target = checked(operands.peek(i.size, 0));
        long released = i.a == Operand.IMMEDIATE ? i.immediate & 0xffff : 0;
        operands.setStackPointer(state.r[CpuState.RSP] + i.size + released);
        state.rip = target;
    }

    private void loop(Instruction i, boolean condition) {
        long count = (state.r[CpuState.RCX] - 1) & i.addressMask;
        long next = count != 0 && condition ? checked(target(i)) : state.rip;
        operands.setRegister(CpuState.RCX, i.addressSize, count);
        state.rip = next;
    }

    private void bound(Instruction i) {
        long index = Operands.signExtend(operands.get(i, i.a, i.size), i.size);
        long offset = operands.effectiveAddress(i);
        long lower = operands.read(i.segment, offset, i.size);
        long upper = operands.read(i.segment, (offset + i.size) & i.addressMask, i.size);
        if (index < Operands.signExtend(lower, i.size) || index > Operands.signExtend(upper, i.size)) {
            throw cpu.fault(Vector.BR);
        }
    }
}
