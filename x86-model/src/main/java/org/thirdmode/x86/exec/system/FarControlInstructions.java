package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.exec.InstructionGroup;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.system.Interrupts.Source;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.ModelBug;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Vector;

/** Far control flow and software interrupts. */
public final class FarControlInstructions implements InstructionGroup {
    private final Processor cpu;
    private final CpuState state;
    private final Operands operands;
    private final FarTransfers transfers;
    private final Interrupts interrupts;
    private final InterruptReturn interruptReturn;
    private final FastSystemCalls fastCalls;

    FarControlInstructions(
            Processor cpu,
            FarTransfers transfers,
            Interrupts interrupts,
            InterruptReturn interruptReturn,
            FastSystemCalls fastCalls) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.operands = cpu.operands;
        this.transfers = transfers;
        this.interrupts = interrupts;
        this.interruptReturn = interruptReturn;
        this.fastCalls = fastCalls;
    }

    @Override
    public void execute(Instruction i) {
        switch (i.operation) {
            case JMP_FAR -> transfers.jump(selector(i), offset(i), i.size);
            case CALL_FAR -> transfers.call(selector(i), offset(i), i.size);
            case RET_FAR -> transfers.ret(i.size, i.a == Operand.IMMEDIATE ? (int) i.immediate & 0xffff : 0);
            case IRET -> interruptReturn.execute(i.size);
            case INT -> software((int) i.immediate & 0xff, Source.INT_N);
            case INT3 -> software(Vector.BP, Source.INT3_INTO);
            case INTO -> {
                if (state.flags.of()) {
                    software(Vector.OF, Source.INT3_INTO);
                }
            }
            case INT1 -> {
                cpu.events.mergePendingDebug();
                software(Vector.DB, Source.EXTERNAL);
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

    /** The pushed image holds RF as it is; INT clears TF before a single-step trap could be taken. */
    private void software(int vector, Source source) {
        interrupts.deliver(vector, source, state.rflags() & ~(long) Rflags.RF, false, 0);
        cpu.noSingleStep();
    }
}
