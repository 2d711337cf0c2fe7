package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.exec.EventInformation;
import org.thirdmode.x86.exec.InstructionGroup;
import org.thirdmode.x86.exec.Intercept;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.ModelBug;
import org.thirdmode.x86.state.Vector;

/** Far control flow and software interrupts. */
public final class FarControlInstructions implements InstructionGroup {
    private final Processor cpu;
    private final CpuState state;
    private final Operands operands;
    private final FarTransfers transfers;
    private final InterruptReturn interruptReturn;
    private final FastSystemCalls fastCalls;

    FarControlInstructions(
            Processor cpu, FarTransfers transfers, InterruptReturn interruptReturn, FastSystemCalls fastCalls) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.operands = cpu.operands;
        this.transfers = transfers;
        this.interruptReturn = interruptReturn;
        this.fastCalls = fastCalls;
    }

    @Override
    public void execute(Instruction i) {
        switch (i.operation) {
            case JMP_FAR -> transfers.jump(selector(i), offset(i), i.size);
            case CALL_FAR -> transfers.call(selector(i), offset(i), i.size);
            case RET_FAR -> transfers.ret(i.size, i.a == Operand.IMMEDIATE ? (int) i.immediate & 0xffff : 0);
            case IRET -> interruptReturn.execute(i);
            case INT -> {
                if (cpu.leaves(i, Intercept.INT_N)) {
                    return;
                }
                software(i, EventInformation.SOFTWARE_INTERRUPT, (int) i.immediate & 0xff);
            }
            case INT3 -> software(i, EventInformation.SOFTWARE_EXCEPTION, Vector.BP);
            case INTO -> {
                if (state.flags.of()) {
                    software(i, EventInformation.SOFTWARE_EXCEPTION, Vector.OF);
                }
            }
            case INT1 -> {
                if (cpu.leaves(i, Intercept.INT1)) {
                    return;
                }
                software(i, EventInformation.PRIVILEGED_SOFTWARE_EXCEPTION, Vector.DB);
            }
            case SYSCALL -> fastCalls.syscall();
            case SYSRET -> fastCalls.sysret(i.size);
            case SYSENTER -> fastCalls.sysenter();
            case SYSEXIT -> fastCalls.sysexit(i.size);
            default -> throw new ModelBug("not a far control instruction: " + i.operation);
        }
    }

    private static boolean isPointer(Instruction i) {
        return i.a == Operand.FAR_POINTER;
    }

    private int selector(Instruction i) {
        if (isPointer(i)) {
            return (int) i.immediate2 & 0xffff;
        }
        long at = (operands.effectiveAddress(i) + i.size) & i.addressMask;
        return (int) operands.read(i.segment, at, 2);
    }

    private long offset(Instruction i) {
        if (isPointer(i)) {
            return i.immediate & Operands.mask(i.size);
        }
        return operands.read(i.segment, operands.effectiveAddress(i), i.size);
    }

    /** INT clears TF before a single-step trap could be taken. */
    private void software(Instruction i, int type, int vector) {
        cpu.events.software(type, vector, i.length);
        cpu.noSingleStep();
    }
}
