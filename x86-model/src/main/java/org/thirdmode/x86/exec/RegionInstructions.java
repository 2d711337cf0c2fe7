package org.thirdmode.x86.exec;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.util.List;
import java.util.NavigableMap;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Segment;

/**
 * The bytecodes of each fast form: a case here does what the case of the same form in {@link RunLoop} does. An instruction
 * changes registers, flags and memory only after it can no more leave the region.
 */
final class RegionInstructions extends RegionFrame {
    private static final ClassDesc RUN_LOOP = ClassDesc.of("org.thirdmode.x86.exec.RunLoop");
    private static final ClassDesc RARE_FORMS = ClassDesc.of("org.thirdmode.x86.exec.RareForms");
    private static final ClassDesc INSTRUCTION = ClassDesc.of("org.thirdmode.x86.decode.Instruction");

    private final List<Instruction> rare;

    /** How many bits of X and Y the flags are of, as a comparison left them; 0 where something else was last. */
    private int compared;

    /** @param rare gets the instructions that {@link RareForms} executes */
    RegionInstructions(CodeBuilder code, NavigableMap<Integer, Instruction> body, List<Instruction> rare) {
        super(code, body);
        this.rare = rare;
    }

    // ---- operands ----

    private void source(Instruction i) {
        if (i.source == CpuState.ZERO) {
            constant(i.immediate);
        } else {
            register(i.source);
            if (i.immediate != 0) {
                constant(i.immediate);
                code.ladd();
            }
        }
    }

    /** The operand that the run loop calls m. */
    private void m(Instruction i) {
        if (i.load != 0) {
            code.lload(M);
        } else {
            source(i);
        }
    }

    @Override
    void beginBlock(int offset, int instructions) {
        super.beginBlock(offset, instructions);
        compared = 0;
    }

    // ---- instructions ----

    /**
     * One instruction.
     *
     * @param stillLeft how many of its block have not been executed, itself too
     */
    void instruction(Instruction i, int stillLeft) {
        begin(i, stillLeft);
        if (i.load != 0) {
            effectiveAddress(i);
            code.lstore(AT);
            if (RegionForms.mayLeaveAfterLoad(i)) {
                loadHit(i.segment, i.load);
            } else if (!i.updates) {
                load(i.segment, i.load);
            }
        }
        switch (i.form) {
            case Forms.ADD_8 -> arithmetic(i, "add", 8);
            case Forms.ADD_32 -> arithmetic(i, "add", 32);
            case Forms.ADD_64 -> arithmetic(i, "add", 64);
            case Forms.SUB_8 -> arithmetic(i, "sub", 8);
            case Forms.SUB_32 -> arithmetic(i, "sub", 32);
            case Forms.SUB_64 -> arithmetic(i, "sub", 64);
            case Forms.ADC_32 -> withCarry(i, "adc", "add", 32);
            case Forms.ADC_64 -> withCarry(i, "adc", "add", 64);
            case Forms.SBB_32 -> withCarry(i, "sbb", "sub", 32);
            case Forms.SBB_64 -> withCarry(i, "sbb", "sub", 64);
            case Forms.CMP_8 -> compare(8, () -> register(i.a), () -> m(i));
            case Forms.CMP_32 -> compare(32, () -> register(i.a), () -> m(i));
            case Forms.CMP_64 -> compare(64, () -> register(i.a), () -> m(i));
            case Forms.CMP_MR_8 -> compare(8, () -> m(i), () -> source(i));
            case Forms.CMP_MR_32 -> compare(32, () -> m(i), () -> source(i));
            case Forms.CMP_MR_64 -> compare(64, () -> m(i), () -> source(i));
            case Forms.AND_8 -> logic(i, "and", 8);
            case Forms.AND_32 -> logic(i, "and", 32);
            case Forms.AND_64 -> logic(i, "and", 64);
            case Forms.OR_8 -> logic(i, "or", 8);
            case Forms.OR_32 -> logic(i, "or", 32);
            case Forms.OR_64 -> logic(i, "or", 64);
            case Forms.XOR_8 -> logic(i, "xor", 8);
            case Forms.XOR_32 -> logic(i, "xor", 32);
            case Forms.XOR_64 -> logic(i, "xor", 64);
            case Forms.TEST_8 -> test(8, () -> register(i.a), () -> m(i));
            case Forms.TEST_32 -> test(32, () -> register(i.a), () -> m(i));
            case Forms.TEST_64 -> test(64, () -> register(i.a), () -> m(i));
            case Forms.TEST_MR_8 -> test(8, () -> m(i), () -> source(i));
            case Forms.TEST_MR_32 -> test(32, () -> m(i), () -> source(i));
            case Forms.TEST_MR_64 -> test(64, () -> m(i), () -> source(i));
            case Forms.ADD_MR_32 -> inMemory(i, "add", 4);
            case Forms.ADD_MR_64 -> inMemory(i, "add", 8);
            case Forms.SUB_MR_32 -> inMemory(i, "sub", 4);
            case Forms.SUB_MR_64 -> inMemory(i, "sub", 8);
            case Forms.AND_MR_32 -> inMemory(i, "and", 4);
            case Forms.AND_MR_64 -> inMemory(i, "and", 8);
            case Forms.OR_MR_32 -> inMemory(i, "or", 4);
            case Forms.OR_MR_64 -> inMemory(i, "or", 8);
            case Forms.XOR_MR_32 -> inMemory(i, "xor", 4);
            case Forms.XOR_MR_64 -> inMemory(i, "xor", 8);
            case Forms.INC_32 -> step(i, "add", 32);
            case Forms.INC_64 -> step(i, "add", 64);
            case Forms.DEC_32 -> step(i, "sub", 32);
            case Forms.DEC_64 -> step(i, "sub", 64);
            case Forms.INC_M_32 -> stepInMemory(i, "add", 4);
            case Forms.INC_M_64 -> stepInMemory(i, "add", 8);
            case Forms.DEC_M_32 -> stepInMemory(i, "sub", 4);
            case Forms.DEC_M_64 -> stepInMemory(i, "sub", 8);
            case Forms.NEG_32 -> negate(i, 32);
            case Forms.NEG_64 -> negate(i, 64);
            case Forms.NOT_32 -> complement(i, 32);
            case Forms.NOT_64 -> complement(i, 64);
            case Forms.SHL_32 -> shift(i, "shl", 32, true);
            case Forms.SHR_32 -> shift(i, "shr", 32, true);
            case Forms.SAR_32 -> shift(i, "sar", 32, true);
            case Forms.ROL_32 -> shift(i, "rol", 32, false);
            case Forms.ROR_32 -> shift(i, "ror", 32, false);
            case Forms.SHL_64 -> shift(i, "shl", 64, true);
            case Forms.SHR_64 -> shift(i, "shr", 64, true);
            case Forms.SAR_64 -> shift(i, "sar", 64, true);
            case Forms.ROL_64 -> shift(i, "rol", 64, false);
            case Forms.ROR_64 -> shift(i, "ror", 64, false);
            case Forms.IMUL_32 -> multiply(i, 32, () -> register(i.a), () -> m(i));
            case Forms.IMUL_64 -> multiply(i, 64, () -> register(i.a), () -> m(i));
            case Forms.IMUL3_32 -> multiply(i, 32, () -> factor(i), () -> constant(i.immediate));
            case Forms.IMUL3_64 -> multiply(i, 64, () -> factor(i), () -> constant(i.immediate));
            case Forms.MOV_8 -> move(i, 8);
            case Forms.MOV_16 -> move(i, 16);
            case Forms.MOV_32 -> move(i, 32);
            case Forms.MOV_64 -> move(i, 64);
            case Forms.MOVZX8 ->
                extend(i, () -> {
                    constant(0xff);
                    code.land();
                });
            case Forms.MOVZX16 ->
                extend(i, () -> {
                    constant(0xffff);
                    code.land();
                });
            case Forms.MOVSX8_32 -> extend(i, () -> low32(() -> code.l2i().i2b().i2l()));
            case Forms.MOVSX16_32 ->
                extend(i, () -> low32(() -> code.l2i().i2s().i2l()));
            case Forms.MOVSX8_64 -> extend(i, () -> code.l2i().i2b().i2l());
            case Forms.MOVSX16_64 -> extend(i, () -> code.l2i().i2s().i2l());
            case Forms.MOVSXD -> extend(i, () -> code.l2i().i2l());
            case Forms.LEA_32 -> {
                effectiveAddress(i);
                setBits(i.a, 32);
            }
            case Forms.LEA_64 -> {
                effectiveAddress(i);
                set(i.a);
            }
            case Forms.STORE_8 -> store(i, 1);
            case Forms.STORE_16 -> store(i, 2);
            case Forms.STORE_32 -> store(i, 4);
            case Forms.STORE_64 -> store(i, 8);
            case Forms.CMOV_32 -> conditionalMove(i, 32);
            case Forms.CMOV_64 -> conditionalMove(i, 64);
            case Forms.SETCC -> {
                condition(i.condition);
                code.i2l();
                merge(i.a, 0xff);
            }
            case Forms.NOP -> {}
            case Forms.PUSH_32 -> push(4, () -> m(i), i.end);
            case Forms.PUSH_64 -> push(8, () -> m(i), i.end);
            case Forms.POP_32 -> pop(4, CpuState.RSP, i.a);
            case Forms.POP_64 -> pop(8, CpuState.RSP, i.a);
            case Forms.LEAVE_32 -> pop(4, CpuState.RBP, CpuState.RBP);
            case Forms.LEAVE_64 -> pop(8, CpuState.RBP, CpuState.RBP);
            case Forms.CALL_REL_32 -> call(i, 4);
            case Forms.CALL_REL_64 -> call(i, 8);
            case Forms.RET_32 -> ret(4);
            case Forms.RET_64 -> ret(8);
            case Forms.JMP_REL -> code.goto_(place(i.target));
            case Forms.JO,
                    Forms.JNO,
                    Forms.JB,
                    Forms.JAE,
                    Forms.JZ,
                    Forms.JNZ,
                    Forms.JBE,
                    Forms.JA,
                    Forms.JS,
                    Forms.JNS,
                    Forms.JP,
                    Forms.JNP,
                    Forms.JL,
                    Forms.JGE,
                    Forms.JLE,
                    Forms.JG -> {
                condition(i.condition);
                code.ifne(RegionForms.inPage(i) ? place(i.target) : otherwise());
            }
            default -> {
                if (i.form < Forms.FIRST_RARE) {
                    throw new IllegalStateException("a region cannot execute form " + i.form);
                }
                rare(i);
            }
        }
    }

    private void result(String operation, int bits, Runnable x, Runnable y) {
        x.run();
        y.run();
        call(ARITHMETIC, operation + bits, J, J, J);
        code.lstore(RESULT);
    }

    private void carries(String operation, int bits, Runnable x, Runnable y) {
        x.run();
        y.run();
        code.lload(RESULT);
        call(ARITHMETIC, operation + "Carries" + bits, I, J, J, J);
    }

    private void noCarries() {
        code.iconst_0();
        setCarries();
    }

    private void arithmetic(Instruction i, String operation, int bits) {
        result(operation, bits, () -> register(i.a), () -> m(i));
        carries(operation, bits, () -> register(i.a), () -> m(i));
        setCarries();
        code.lload(RESULT);
        setBits(i.a, bits);
    }

    private void withCarry(Instruction i, String operation, String carries, int bits) {
        register(i.a);
        m(i);
        code.iload(AUX);
        call(ARITHMETIC, operation + bits, J, J, J, I);
        code.lstore(RESULT);
        carries(carries, bits, () -> register(i.a), () -> m(i));
        setCarries();
        code.lload(RESULT);
        setBits(i.a, bits);
    }

    private void compare(int bits, Runnable x, Runnable y) {
        x.run();
        code.lstore(X);
        y.run();
        code.lstore(Y);
        result("sub", bits, () -> code.lload(X), () -> code.lload(Y));
        carries("sub", bits, () -> code.lload(X), () -> code.lload(Y));
        setCarries();
        compared = bits;
    }

    /** The flags are no more those of a comparison. */
    private void setCarries() {
        code.istore(AUX);
        compared = 0;
    }

    private void logic(Instruction i, String operation, int bits) {
        result(operation, bits, () -> register(i.a), () -> m(i));
        noCarries();
        code.lload(RESULT);
        setBits(i.a, bits);
    }

    private void test(int bits, Runnable x, Runnable y) {
        result("and", bits, x, y);
        noCarries();
    }

    private void inMemory(Instruction i, String operation, int size) {
        update(i.segment, size, () -> {
            result(operation, size * 8, () -> m(i), () -> source(i));
            if (operation.equals("add") || operation.equals("sub")) {
                carries(operation, size * 8, () -> m(i), () -> source(i));
                setCarries();
            } else {
                noCarries();
            }
        });
    }

    private void step(Instruction i, String operation, int bits) {
        stepped(operation, bits, () -> register(i.a));
        code.lload(RESULT);
        setBits(i.a, bits);
    }

    private void stepInMemory(Instruction i, String operation, int size) {
        update(i.segment, size, () -> stepped(operation, size * 8, () -> code.lload(M)));
    }

    private void stepped(String operation, int bits, Runnable x) {
        result(operation, bits, x, code::lconst_1);
        code.iload(AUX);
        carries(operation, bits, x, code::lconst_1);
        call(RUN_LOOP, "keepCarry", I, I, I);
        setCarries();
    }

    private void negate(Instruction i, int bits) {
        result("sub", bits, code::lconst_0, () -> register(i.a));
        carries("sub", bits, code::lconst_0, () -> register(i.a));
        setCarries();
        code.lload(RESULT);
        setBits(i.a, bits);
    }

    private void complement(Instruction i, int bits) {
        register(i.a);
        constant(-1);
        code.lxor();
        setBits(i.a, bits);
    }

    private void shift(Instruction i, String operation, int bits, boolean setsResult) {
        source(i);
        code.l2i().loadConstant(bits - 1).iand().istore(N);
        register(i.a);
        code.lstore(P);
        code.lload(P).iload(N);
        call(ARITHMETIC, operation + bits, J, J, I);
        code.lstore(Q);
        code.lload(P).iload(N).lload(Q).iload(AUX);
        call(ARITHMETIC, operation + "Carries" + bits, I, J, I, J, I);
        setCarries();
        if (setsResult) {
            code.iload(N).lload(Q).lload(RESULT);
            call(ARITHMETIC, "shifted", J, I, J, J);
            code.lstore(RESULT);
        }
        code.lload(Q);
        setBits(i.a, bits);
    }

    /** The first factor of a multiplication by an immediate. */
    private void factor(Instruction i) {
        if (i.load != 0) {
            code.lload(M);
        } else {
            register(i.b);
        }
    }

    private void multiply(Instruction i, int bits, Runnable x, Runnable y) {
        x.run();
        code.lstore(P);
        y.run();
        code.lstore(Q);
        code.lload(P).lload(Q).iload(AUX);
        call(ARITHMETIC, "imulCarries" + bits, I, J, J, I);
        setCarries();
        code.lload(P).lload(Q);
        call(ARITHMETIC, "imul" + bits, J, J, J);
        setBits(i.a, bits);
    }

    private void move(Instruction i, int bits) {
        m(i);
        setBits(i.a, bits);
    }

    private void extend(Instruction i, Runnable extension) {
        m(i);
        extension.run();
        set(i.a);
    }

    private void low32(Runnable extension) {
        extension.run();
        constant(LOW32);
        code.land();
    }

    private void store(Instruction i, int size) {
        effectiveAddress(i);
        code.lstore(AT);
        store(i.segment, size, () -> source(i), () -> {}, i.end);
    }

    /** Pushes whether condition {@code number} holds. */
    private void condition(int number) {
        if (compared >= 32 && RegionArithmetic.comparable(number)) {
            code.loadConstant(number).lload(X).lload(Y);
            call(ARITHMETIC, "holds" + compared, Z, I, J, J);
        } else {
            code.loadConstant(number).lload(RESULT).iload(AUX);
            call(RUN_LOOP, "holds", Z, I, J, I);
        }
    }

    private void conditionalMove(Instruction i, int bits) {
        Label stays = code.newLabel();
        Label end = code.newLabel();
        condition(i.condition);
        code.ifeq(stays);
        m(i);
        setBits(i.a, bits);
        code.goto_(end);
        code.labelBinding(stays);
        if (bits == 32) {
            register(i.a);
            setBits(i.a, 32);
        }
        code.labelBinding(end);
    }

    // ---- the stack ----

    private void push(int size, Runnable value, int next) {
        value.run();
        code.lstore(M);
        register(CpuState.RSP);
        constant(size);
        code.lsub();
        stackMasked();
        code.lstore(Q);
        code.lload(Q).lstore(AT);
        store(Segment.SS, size, () -> code.lload(M), this::setStackPointer, next);
    }

    private void pop(int size, int pointer, int destination) {
        popped(pointer, size);
        load(Segment.SS, size);
        setStackPointer();
        code.lload(M);
        set(destination);
    }

    /** AT becomes where to pop from, Q where the stack is then. */
    private void popped(int pointer, int size) {
        register(pointer);
        stackMasked();
        code.lstore(AT);
        code.lload(AT);
        constant(size);
        code.ladd();
        stackMasked();
        code.lstore(Q);
    }

    private void call(Instruction i, int size) {
        push(size, () -> returnAddress(i.end), i.target);
        code.goto_(place(i.target));
    }

    private void returnAddress(int end) {
        code.aload(CPU).loadConstant(end);
        call(ARITHMETIC, "returnAddress", J, PROCESSOR, I);
    }

    /** A return to behind a call of the same region; any other is the run loop's. */
    private void ret(int size) {
        popped(CpuState.RSP, size);
        loadHit(Segment.SS, size);
        for (int end : returnSites()) {
            Label other = code.newLabel();
            code.lload(M);
            returnAddress(end);
            code.lcmp().ifne(other);
            setStackPointer();
            code.goto_(place(end));
            code.labelBinding(other);
        }
        code.goto_(otherwise());
    }

    // ---- what stands in RareForms ----

    private void rare(Instruction i) {
        int registers = RegionForms.rareRegisters(i);
        for (int register = 0; register < CpuState.ZERO; register++) {
            if ((registers & (1 << register)) != 0) {
                code.aload(R).loadConstant(register);
                register(register);
                code.lastore();
            }
        }
        code.aload(FLAG_WORDS).lload(RESULT).putfield(FLAGS, "result", J);
        code.aload(FLAG_WORDS).iload(AUX).putfield(FLAGS, "aux", I);
        code.aload(THIS).getfield(REGION, "rare", INSTRUCTION.arrayType());
        code.loadConstant(rare.size()).aaload();
        rare.add(i);
        source(i);
        m(i);
        code.aload(R).aload(FLAG_WORDS);
        call(RARE_FORMS, "execute", Z, INSTRUCTION, J, J, J.arrayType(), FLAGS);
        code.ifeq(otherwise());
        for (int register = 0; register < CpuState.ZERO; register++) {
            if ((registers & (1 << register)) != 0) {
                code.aload(R).loadConstant(register).laload();
                set(register);
            }
        }
        code.aload(FLAG_WORDS).getfield(FLAGS, "result", J).lstore(RESULT);
        code.aload(FLAG_WORDS).getfield(FLAGS, "aux", I);
        setCarries();
    }
}
