package org.thirdmode.x86.exec.general;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operation;
import org.thirdmode.x86.exec.InstructionGroup;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.ModelBug;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;

/**
 * String instructions. SDM 1 "String Instructions", SDM 2 "REP/REPE/REPZ/REPNE/REPNZ".
 *
 * <p>A repeated one executes iteration by iteration, each a tick. It stops where the budget ends, something wants
 * attention or RFLAGS.TF is set, with RIP back on itself and rCX, rSI and rDI as far as they have come; a fault leaves
 * them, and the flags, as after the last iteration that was completed. (SDM 2 wants the flags from before the whole
 * instruction; AMD's processors do not restore them, and where an interrupt came between it cannot be seen.)
 */
public final class Strings implements InstructionGroup {
    private static final int REPE = 0xf3;

    private final Processor cpu;
    private final CpuState state;
    private final Flags flags;
    private final Operands operands;
    private final StringPorts stringPorts;
    private final StringBlocks blocks;

    public Strings(Processor cpu) {
        this.cpu = cpu;
        state = cpu.state;
        flags = cpu.state.flags;
        operands = cpu.operands;
        stringPorts = new StringPorts(cpu);
        blocks = new StringBlocks(cpu);
    }

    @Override
    public void execute(Instruction i) {
        if (i.repeat == 0) {
            iterate(i);
        } else {
            repeat(i);
        }
    }

    private void repeat(Instruction i) {
        long left = state.r[CpuState.RCX] & i.addressMask;
        if (i.operation == Operation.INS || i.operation == Operation.OUTS) {
            stringPorts.checkPermission(i);
        }
        if (left == 0) {
            return;
        }
        boolean stepping = (state.systemFlags & Rflags.TF) != 0;
        while (true) {
            long atOnce = stepping ? 0 : blocks.iterations(i, atMost(left));
            boolean more = true;
            if (atOnce == 0) {
                more = iterate(i);
                left--;
            } else {
                cpu.countIterations(atOnce - 1);
                left -= atOnce;
            }
            operands.setRegister(CpuState.RCX, i.addressSize, left);
            if (left == 0 || !more) {
                return;
            }
            if (stepping || cpu.attention || cpu.iterationsLeft() <= 0) {
                state.rip = state.instructionRip;
                return;
            }
            cpu.countIterations(1);
        }
    }

    /** Iterations that may be done without a look at anything else: the one that is counted already, and the budget. */
    private long atMost(long left) {
        long allowed = Math.max(cpu.iterationsLeft(), 0) + 1;
        return Long.compareUnsigned(left, allowed) < 0 ? left : allowed;
    }

    /** One iteration; whether the repeat prefix lets another one follow. */
    private boolean iterate(Instruction i) {
        switch (i.operation) {
            case MOVS -> move(i);
            case STOS -> store(i);
            case LODS -> load(i);
            case CMPS -> {
                compare(i);
                return goesOn(i);
            }
            case SCAS -> {
                scan(i);
                return goesOn(i);
            }
            case INS -> {
                stringPorts.input(i);
                advance(CpuState.RDI, i);
            }
            case OUTS -> {
                stringPorts.output(i);
                advance(CpuState.RSI, i);
            }
            default -> throw new ModelBug("not a string instruction: " + i.operation);
        }
        return true;
    }

    private boolean goesOn(Instruction i) {
        return flags.zf() == (i.repeat == REPE);
    }

    private long source(Instruction i) {
        return operands.read(i.segment, state.r[CpuState.RSI] & i.addressMask, i.size);
    }

    /** The destination is in ES, whatever segment prefix there is. */
    private long destination(Instruction i) {
        return state.r[CpuState.RDI] & i.addressMask;
    }

    private void advance(int register, Instruction i) {
        long step = (state.systemFlags & Rflags.DF) != 0 ? -i.size : i.size;
        operands.setRegister(register, i.addressSize, state.r[register] + step);
    }

    private void move(Instruction i) {
        operands.write(Segment.ES, destination(i), i.size, source(i));
        advance(CpuState.RSI, i);
        advance(CpuState.RDI, i);
    }

    private void store(Instruction i) {
        operands.write(Segment.ES, destination(i), i.size, state.r[CpuState.RAX]);
        advance(CpuState.RDI, i);
    }

    private void load(Instruction i) {
        operands.setRegister(CpuState.RAX, i.size, source(i));
        advance(CpuState.RSI, i);
    }

    private void compare(Instruction i) {
        long x = source(i);
        long y = operands.read(Segment.ES, destination(i), i.size);
        flags.subtract(i.size, x, y, x - y);
        advance(CpuState.RSI, i);
        advance(CpuState.RDI, i);
    }

    private void scan(Instruction i) {
        long x = operands.register(CpuState.RAX, i.size);
        long y = operands.read(Segment.ES, destination(i), i.size);
        flags.subtract(i.size, x, y, x - y);
        advance(CpuState.RDI, i);
    }
}
