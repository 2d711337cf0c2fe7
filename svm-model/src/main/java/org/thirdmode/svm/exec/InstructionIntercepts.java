package org.thirdmode.svm.exec;

import org.thirdmode.svm.SvmFeature;
import org.thirdmode.svm.intercept.ExitTable;
import org.thirdmode.svm.intercept.InterceptTable;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.decode.Operation;
import org.thirdmode.x86.exec.Intercept;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.system.DebugRegisters;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;

/** Which of the guest's instructions leave it, and what the exit tells. APM 2 "Instruction Intercepts", "Decode Assists". */
final class InstructionIntercepts {
    private static final long MOVE = 1L << 63;
    private static final int NONE = -1;

    /** Exit codes of the two miscellaneous vectors: bit 0 of each. */
    private static final int MISC1 = 0x60;

    private static final int MISC2 = 0x80;

    private final Svm svm;
    private final Processor cpu;
    private final CpuState state;
    private final GuestControls controls;
    private final ExitInformation exit;
    private final boolean decodeAssists;

    InstructionIntercepts(Svm svm) {
        this.svm = svm;
        cpu = svm.cpu;
        state = cpu.state;
        controls = svm.controls;
        exit = svm.exit;
        decodeAssists = svm.profile.has(SvmFeature.DECODE_ASSISTS);
    }

    /** The exit code of an instruction that has a bit in a miscellaneous vector and nothing more to tell. */
    private static int code(Operation operation) {
        return switch (operation) {
            case SIDT -> MISC1 + 6;
            case SGDT -> MISC1 + 7;
            case SLDT -> MISC1 + 8;
            case STR -> MISC1 + 9;
            case LIDT -> MISC1 + 10;
            case LGDT -> MISC1 + 11;
            case LLDT -> MISC1 + 12;
            case LTR -> MISC1 + 13;
            case RDTSC -> MISC1 + 14;
            case RDPMC -> MISC1 + 15;
            case PUSHF -> MISC1 + 16;
            case POPF -> MISC1 + 17;
            case CPUID -> MISC1 + 18;
            case RSM -> MISC1 + 19;
            case IRET -> MISC1 + 20;
            case INT -> MISC1 + 21;
            case INVD -> MISC1 + 22;
            case PAUSE -> MISC1 + 23;
            case HLT -> MISC1 + 24;
            case INVLPG -> MISC1 + 25;
            case RDTSCP -> MISC2 + 7;
            case INT1 -> MISC2 + 8;
            case WBINVD -> MISC2 + 9;
            case MONITOR -> MISC2 + 10;
            case XSETBV -> MISC2 + 13;
            default -> NONE;
        };
    }

    private boolean set(int code) {
        int vector = code < MISC2 ? controls.misc1 : controls.misc2;
        return ((vector >>> (code & 31)) & 1) != 0;
    }

    /** An instruction whose bit of {@link Intercept} is set. */
    boolean instruction(Instruction i, long intercept) {
        if (intercept == Intercept.DR_READ || intercept == Intercept.DR_WRITE) {
            return debugRegister(i, intercept == Intercept.DR_WRITE);
        }
        if (i.operation == Operation.MWAIT) {
            return mwait();
        }
        if (i.operation == Operation.INVPCID) {
            return leaves(0xa2, 0);
        }
        int code = code(i.operation);
        if (code == NONE || !set(code)) {
            return false;
        }
        if (i.operation == Operation.PAUSE && !controls.pause(cpu.now())) {
            return false;
        }
        return leaves(code, decodeAssists ? told(i) : 0);
    }

    private boolean leaves(int code, long information) {
        exit.instruction(code, information, 0);
        return true;
    }

    private long told(Instruction i) {
        return switch (i.operation) {
            case INT -> i.immediate & 0xff;
            case INVLPG -> (state.segmentBase[i.segment] + cpu.operands.effectiveAddress(i)) & state.linearMask;
            default -> 0;
        };
    }

    private boolean mwait() {
        if (controls.intercepts2(InterceptTable.MWAIT)) {
            return leaves(ExitTable.MWAIT, 0);
        }
        boolean conditional = controls.intercepts2(InterceptTable.MWAIT_ARMED) && cpu.system.monitorArmed();
        return conditional && leaves(ExitTable.MWAIT_CONDITIONAL, 0);
    }

    /** The exceptions of privilege and of general detect come before the intercept. */
    private boolean debugRegister(Instruction i, boolean write) {
        int number = (write ? i.a : i.b) - Operand.DEBUG;
        boolean intercepted = (((write ? controls.drWrite : controls.drRead) >>> number) & 1) != 0;
        if (!intercepted || state.cpl != 0 || (state.dr[7] & DebugRegisters.GD) != 0) {
            return false;
        }
        int code = (write ? ExitTable.DR0_WRITE : ExitTable.DR0_READ) + number;
        return leaves(code, decodeAssists ? write ? i.b : i.a : 0);
    }

    // ---- control registers ----

    /** What an exit tells of MOV to or from a control register; CLTS, LMSW and SMSW have bit 63 clear. */
    private long move(Instruction i, int register) {
        return decodeAssists && i.operation == Operation.MOV_CR ? MOVE | register : 0;
    }

    long readControlRegister(Instruction i, int number, long value) {
        if (((controls.crRead >>> number) & 1) != 0) {
            throw exit.instruction(ExitTable.CR0_READ + number, move(i, i.a), 0);
        }
        return number == 8 && svm.virtual.masking() ? svm.virtual.taskPriority() : value;
    }

    long writeControlRegister(Instruction i, int number, long value) {
        if (((controls.crWrite >>> number) & 1) != 0) {
            throw exit.instruction(ExitTable.CR0_WRITE + number, move(i, i.b), 0);
        }
        boolean selective = number == 0 && controls.intercepts1(InterceptTable.CR0_SEL_WRITE);
        if (selective && ((value ^ state.cr0) & ~(Cr0.TS | Cr0.MP)) != 0) {
            throw exit.instruction(ExitTable.CR0_SEL_WRITE, move(i, i.b), 0);
        }
        return value;
    }

    boolean writeTaskPriority(Instruction i, long value) {
        if (((controls.crWrite >>> 8) & 1) != 0) {
            throw exit.instruction(ExitTable.CR0_WRITE + 8, move(i, i.b), 0);
        }
        if (!svm.virtual.masking() || value >>> 4 != 0) {
            return false;
        }
        svm.virtual.setTaskPriority((int) value);
        cpu.wantAttention();
        return true;
    }

    /** "LMSW treats the selective CR0-write intercept as a non-selective intercept"; CLTS changes TS alone. */
    void writeMachineStatus(Instruction i) {
        if ((controls.crWrite & 1) != 0) {
            throw exit.instruction(ExitTable.CR0_WRITE, 0, 0);
        }
        if (i.operation == Operation.LMSW && controls.intercepts1(InterceptTable.CR0_SEL_WRITE)) {
            throw exit.instruction(ExitTable.CR0_SEL_WRITE, 0, 0);
        }
    }

    // ---- ports and MSRs ----

    boolean io(Instruction i, int port, int size, boolean in) {
        if (!svm.maps.port(controls.iopm, port, size)) {
            return false;
        }
        boolean string = i.operation == Operation.INS || i.operation == Operation.OUTS;
        long information = (in ? 1 : 0)
                | (string ? 4 : 0)
                | (string && i.repeat != 0 ? 8 : 0)
                | ((long) size << 4)
                | ((i.addressSize >>> 1) << 7)
                | ((long) port << 16);
        if (string && decodeAssists) {
            information |= (in ? 0L : i.segment) << 10;
        }
        exit.instruction(ExitTable.IOIO, information, state.rip);
        return true;
    }

    boolean msr(int msr, boolean write) {
        return svm.maps.msr(controls.msrpm, msr, write) && leaves(ExitTable.MSR, write ? 1 : 0);
    }
}
