package org.thirdmode.x86.fp;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.decode.Operation;
import org.thirdmode.x86.exec.InstructionGroup;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.ModelBug;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/**
 * The x87 instructions as the processor executes them: whether they may (CR0.EM, CR0.TS, a pending exception), their
 * memory operands, the pointers to the last instruction and operand; the rest is {@link X87}'s.
 *
 * <p>SDM 2 "Instruction Set Reference", the instructions beginning with F; SDM 3A "Processor Extension".
 */
public final class FpuInstructions implements InstructionGroup {
    private final Processor cpu;
    private final CpuState state;
    private final FpuState fpu;
    private final X87 x87;
    private final FpuMemory memory;
    private final FpuEnvironment environment;

    public FpuInstructions(Processor cpu) {
        this.cpu = cpu;
        state = cpu.state;
        fpu = cpu.fpu;
        x87 = new X87(fpu);
        memory = new FpuMemory(cpu);
        environment = new FpuEnvironment(fpu, state, memory);
    }

    @Override
    public void execute(Instruction i) {
        if (i.operation == Operation.FWAIT) {
            if ((state.cr0 & (Cr0.MP | Cr0.TS)) == (Cr0.MP | Cr0.TS)) {
                throw cpu.fault(Vector.NM);
            }
            reportPending();
            return;
        }
        if ((state.cr0 & (Cr0.EM | Cr0.TS)) != 0) {
            throw cpu.fault(Vector.NM);
        }
        if (control(i)) {
            return;
        }
        reportPending();
        switch (i.operation) {
            case FLDCW -> fpu.setControl((int) memory.read(i, 2));
            case FLDENV -> environment.load(i, false);
            case FRSTOR -> environment.load(i, true);
            default -> {
                if (i.a == Operand.MEMORY) {
                    memoryForm(i);
                } else {
                    registerForm(i);
                }
                remember(i);
            }
        }
    }

    /** An unmasked exception of an earlier instruction: #MF, or with CR0.NE clear the FERR# pin. */
    private void reportPending() {
        if (fpu.exceptionPending()) {
            if ((state.cr0 & Cr0.NE) != 0) {
                throw cpu.fault(Vector.MF);
            }
            // As if IGNNE# were asserted, the instruction goes on; whoever listens to FERR# raises its interrupt.
            cpu.assertFerr();
        }
    }

    /** The instructions that do not look for pending exceptions. */
    private boolean control(Instruction i) {
        switch (i.operation) {
            case FNINIT -> fpu.initialise();
            case FNCLEX -> x87.clearExceptions();
            case FNSTCW -> memory.write(i, 2, fpu.control);
            case FNSTSW -> {
                if (i.a == Operand.MEMORY) {
                    memory.write(i, 2, fpu.statusWord());
                } else {
                    cpu.operands.setRegister(CpuState.RAX, 2, fpu.statusWord());
                }
            }
            case FNSTENV -> {
                environment.store(i, false);
                fpu.setControl(fpu.control | FloatExceptions.ALL);
            }
            case FNSAVE -> {
                environment.store(i, true);
                fpu.initialise();
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    /** Sets FIP, FCS, FOP and, with a memory operand, FDP and FDS. */
    private void remember(Instruction i) {
        fpu.instructionPointer = state.instructionRip;
        fpu.instructionSelector = state.segments[Segment.CS].selector;
        fpu.opcode = ((i.opcodeByte & 7) << 8) | i.modRm;
        if (i.a == Operand.MEMORY) {
            fpu.dataPointer = cpu.operands.effectiveAddress(i);
            fpu.dataSelector = state.segments[i.segment].selector;
        }
    }

    // ---- with a memory operand ----

    private void memoryForm(Instruction i) {
        switch (i.operation) {
            case FADD, FMUL, FSUB, FSUBR, FDIV, FDIVR -> {
                long bits = memory.read(i, i.sizeA);
                if (i.sizeA == 4) {
                    x87.arithmeticSingle(operation(i.operation), (int) bits);
                } else {
                    x87.arithmeticDouble(operation(i.operation), bits);
                }
            }
            case FIADD, FIMUL, FISUB, FISUBR, FIDIV, FIDIVR ->
                x87.arithmeticInteger(operation(i.operation), integer(i));
            case FCOM, FCOMP -> {
                int pops = i.operation == Operation.FCOMP ? 1 : 0;
                long bits = memory.read(i, i.sizeA);
                if (i.sizeA == 4) {
                    x87.compareSingle((int) bits, pops);
                } else {
                    x87.compareDouble(bits, pops);
                }
            }
            case FICOM -> x87.compareInteger(integer(i), 0);
            case FICOMP -> x87.compareInteger(integer(i), 1);
            case FLD -> load(i);
            case FILD -> {
                long value = memory.read(i, i.sizeA);
                x87.loadInteger(i.sizeA == 8 ? value : i.sizeA == 4 ? (int) value : (short) value);
            }
            case FBLD -> {
                memory.read10(i);
                x87.loadBcd(memory.low, (int) memory.high);
            }
            case FST, FSTP -> store(i);
            case FIST, FISTP, FISTTP -> {
                boolean written = x87.storeInteger(i.sizeA * 8, i.operation == Operation.FISTTP);
                if (written) {
                    memory.write(i, i.sizeA, x87.stored);
                }
                x87.finishStore(written, i.operation != Operation.FIST);
            }
            case FBSTP -> {
                boolean written = x87.storeBcd();
                if (written) {
                    memory.write10(i, x87.stored, x87.storedHigh);
                }
                x87.finishStore(written, true);
            }
            default -> throw new ModelBug("no x87 memory form of " + i.operation);
        }
    }

    private int integer(Instruction i) {
        long value = memory.read(i, i.sizeA);
        return i.sizeA == 2 ? (short) value : (int) value;
    }

    private void load(Instruction i) {
        switch (i.sizeA) {
            case 4 -> x87.loadSingle((int) memory.read(i, 4));
            case 8 -> x87.loadDouble(memory.read(i, 8));
            default -> {
                memory.read10(i);
                x87.loadExtended((int) memory.high, memory.low);
            }
        }
    }

    private void store(Instruction i) {
        boolean written = switch (i.sizeA) {
            case 4 -> x87.storeSingle();
            case 8 -> x87.storeDouble();
            default -> x87.storeExtended();
        };
        if (written) {
            if (i.sizeA == 10) {
                memory.write10(i, x87.stored, x87.storedHigh);
            } else {
                memory.write(i, i.sizeA, x87.stored);
            }
        }
        x87.finishStore(written, i.operation == Operation.FSTP);
    }

    private static int operation(Operation operation) {
        return switch (operation) {
            case FADD, FIADD, FADDP -> X87.ADD;
            case FMUL, FIMUL, FMULP -> X87.MUL;
            case FSUB, FISUB, FSUBP -> X87.SUB;
            case FSUBR, FISUBR, FSUBRP -> X87.SUBR;
            case FDIV, FIDIV, FDIVP -> X87.DIV;
            default -> X87.DIVR;
        };
    }

    // ---- with stack registers ----

    private static int stack(int operand) {
        return operand - Operand.X87;
    }

    private void registerForm(Instruction i) {
        switch (i.operation) {
            case FADD, FMUL, FSUB, FSUBR, FDIV, FDIVR ->
                x87.arithmetic(operation(i.operation), stack(i.a), stack(i.b), false);
            case FADDP, FMULP, FSUBP, FSUBRP, FDIVP, FDIVRP ->
                x87.arithmetic(operation(i.operation), stack(i.a), stack(i.b), true);
            case FCOM -> x87.compare(stack(i.b), false, 0);
            case FCOMP -> x87.compare(stack(i.b), false, 1);
            case FCOMPP -> x87.compare(1, false, 2);
            case FUCOM -> x87.compare(stack(i.a), true, 0);
            case FUCOMP -> x87.compare(stack(i.a), true, 1);
            case FUCOMPP -> x87.compare(1, true, 2);
            case FCOMI, FCOMIP -> compareToFlags(i, false, i.operation == Operation.FCOMIP);
            case FUCOMI, FUCOMIP -> compareToFlags(i, true, i.operation == Operation.FUCOMIP);
            case FCMOVB -> move(i, 2);
            case FCMOVE -> move(i, 4);
            case FCMOVBE -> move(i, 6);
            case FCMOVU -> move(i, 10);
            case FCMOVNB -> move(i, 3);
            case FCMOVNE -> move(i, 5);
            case FCMOVNBE -> move(i, 7);
            case FCMOVNU -> move(i, 11);
            case FLD -> x87.loadRegister(stack(i.a));
            case FST -> x87.storeRegister(stack(i.a), false);
            case FSTP -> x87.storeRegister(stack(i.a), true);
            case FXCH -> x87.exchange(stack(i.a));
            case FFREE -> x87.free(stack(i.a), false);
            case FFREEP -> x87.free(stack(i.a), true);
            case FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ -> x87.loadConstant(i.modRm - 0xe8);
            case FNOP -> {
                // Nor do the 8087's FNENI and FNDISI and the 80287's FNSETPM do anything.
            }
            default -> stackForm(i);
        }
    }

    private void stackForm(Instruction i) {
        switch (i.operation) {
            case FCHS -> x87.changeSign();
            case FABS -> x87.absolute();
            case FTST -> x87.test();
            case FXAM -> x87.examine();
            case F2XM1 -> x87.exponential();
            case FYL2X -> x87.logarithm(false);
            case FYL2XP1 -> x87.logarithm(true);
            case FPTAN -> x87.sineAndPush(true);
            case FSINCOS -> x87.sineAndPush(false);
            case FPATAN -> x87.arctangent();
            case FXTRACT -> x87.extract();
            case FPREM -> x87.remainder(false);
            case FPREM1 -> x87.remainder(true);
            case FDECSTP -> x87.rotate(-1);
            case FINCSTP -> x87.rotate(1);
            case FSQRT -> x87.squareRoot();
            case FRNDINT -> x87.roundToInteger();
            case FSCALE -> x87.scale();
            case FSIN -> x87.sine(false);
            case FCOS -> x87.sine(true);
            default -> throw new ModelBug("no x87 form of " + i.operation);
        }
    }

    private void move(Instruction i, int condition) {
        x87.conditionalMove(stack(i.b), state.flags.condition(condition));
    }

    private void compareToFlags(Instruction i, boolean quiet, boolean pops) {
        int comparison = x87.compareToFlags(stack(i.b), quiet, pops);
        state.flags.setStatus(flagsOf(comparison));
    }

    /** ZF, PF and CF as FCOMI and COMISS set them; OF, SF and AF are clear. */
    static int flagsOf(int comparison) {
        return switch (comparison) {
            case ExtendedArithmetic.LESS -> Flags.CF;
            case ExtendedArithmetic.EQUAL -> Flags.ZF;
            case ExtendedArithmetic.GREATER -> 0;
            default -> Flags.ZF | Flags.PF | Flags.CF;
        };
    }
}
