package org.thirdmode.x86.exec;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Segment;

/**
 * What is around the instructions of a {@link Region}, and what they are written with: local variables in the place of the
 * register file, blocks and ways out, addresses and memory.
 */
class RegionFrame {
    static final ClassDesc J = ConstantDescs.CD_long;
    static final ClassDesc I = ConstantDescs.CD_int;
    static final ClassDesc Z = ConstantDescs.CD_boolean;
    static final ClassDesc V = ConstantDescs.CD_void;

    static final ClassDesc REGION = ClassDesc.of("org.thirdmode.x86.exec.Region");
    static final ClassDesc ARITHMETIC = ClassDesc.of("org.thirdmode.x86.exec.RegionArithmetic");
    static final ClassDesc PROCESSOR = ClassDesc.of("org.thirdmode.x86.exec.Processor");
    static final ClassDesc FLAGS = ClassDesc.of("org.thirdmode.x86.state.Flags");
    static final ClassDesc ENTRY = ClassDesc.of("org.thirdmode.x86.paging.TlbEntry");
    private static final ClassDesc STATE = ClassDesc.of("org.thirdmode.x86.state.CpuState");
    private static final ClassDesc MEMORY = ClassDesc.of("org.thirdmode.x86.exec.RegionMemory");
    private static final ClassDesc RUNTIME_EXCEPTION = ClassDesc.of("java.lang.RuntimeException");
    private static final ClassDesc HIT = ClassDesc.of("org.thirdmode.x86.paging.TlbHit");

    static final long LOW32 = 0xffff_ffffL;

    // ---- local variables: this, and the parameters of Region.run ----

    static final int THIS = 0;
    static final int CPU = 1;
    private static final int VIEW = 2;

    /** The register file and the flags of the processor, for where the region is entered and left. */
    static final int R = 3;

    static final int FLAG_WORDS = 4;

    private static final int BUDGET = 5;

    /** The two words of {@link org.thirdmode.x86.state.Flags}. */
    static final int RESULT = 7;

    static final int AUX = 9;

    /** Where the region is left. */
    private static final int OFFSET = 10;

    /** The memory operand, its linear address, and the entry of the software TLB that it is a hit of. */
    static final int M = 11;

    static final int AT = 13;
    private static final int HELD = 15;

    /** What was compared last. */
    static final int X = 16;

    static final int Y = 18;

    /** For one instruction. */
    static final int P = 20;

    static final int Q = 22;
    static final int N = 24;

    private static final int STACK_MASK = 25;

    /** Base, end of what may be read and of what may be written, of each segment register. */
    private static final int SEGMENTS = 27;

    private static final int BASE = 0;
    private static final int READ_END = 2;
    private static final int WRITE_END = 4;

    /** The registers, and {@link CpuState#RIP_PAGE}. */
    private static final int REGISTERS = SEGMENTS + 6 * 6;

    final CodeBuilder code;
    private final NavigableMap<Integer, Instruction> body;

    /** The registers that the instructions name, a bit each, and those that they may change. */
    private final int used;

    private final int written;

    /** 64-bit code: segments but FS and GS begin at 0 and have no end. */
    final boolean wide;

    private final Map<Integer, Label> blocks = new TreeMap<>();

    /** A way out: at an instruction, with ticks to give back. */
    private record Exit(Label label, int offset, int unspent) {}

    private final List<Exit> exits = new ArrayList<>();

    /** An access that is no hit: what does it, and then goes on. */
    private final List<Runnable> misses = new ArrayList<>();

    private final Label leave;

    /** The instruction that is being written, how many of its block are left with it, and its way out; null for none yet. */
    private Instruction current;

    private int left;
    private Label otherwise;

    RegionFrame(CodeBuilder code, NavigableMap<Integer, Instruction> body) {
        this.code = code;
        this.body = body;
        used = body.values().stream().mapToInt(RegionForms::touched).reduce(0, (x, y) -> x | y);
        written = body.values().stream().mapToInt(RegionForms::written).reduce(0, (x, y) -> x | y);
        wide = body.firstEntry().getValue().codeWidth == 64;
        leave = code.newLabel();
    }

    // ---- in, through the blocks, and out ----

    /** Loads what the region keeps in local variables. */
    void enter(int head) {
        code.aload(CPU).getfield(PROCESSOR, "state", STATE).astore(HELD);
        code.aload(HELD).getfield(STATE, "r", J.arrayType()).astore(R);
        code.aload(HELD).getfield(STATE, "flags", FLAGS).astore(FLAG_WORDS);
        code.aload(CPU).getfield(PROCESSOR, "budget", J).lstore(BUDGET);
        code.aload(FLAG_WORDS).getfield(FLAGS, "result", J).lstore(RESULT);
        code.aload(FLAG_WORDS).getfield(FLAGS, "aux", I).istore(AUX);
        for (int register = 0; register <= CpuState.RIP_PAGE; register++) {
            if ((used & (1 << register)) != 0) {
                code.aload(R).loadConstant(register).laload().lstore(local(register));
            }
        }
        int segments = 0;
        for (Instruction i : body.values()) {
            segments |= 1 << i.segment;
        }
        segments |= 1 << Segment.SS;
        for (int segment = 0; segment < 6; segment++) {
            if ((segments & (1 << segment)) != 0 && (!wide || segment >= Segment.FS)) {
                segmentWord("segmentBase", segment, BASE);
                segmentWord("readEnd", segment, READ_END);
                segmentWord("writeEnd", segment, WRITE_END);
            }
        }
        if (!wide) {
            code.aload(HELD).getfield(STATE, "stackMask", J).lstore(STACK_MASK);
        }
        code.goto_(block(head));
    }

    private void segmentWord(String field, int segment, int place) {
        code.aload(HELD).getfield(STATE, field, J.arrayType());
        code.loadConstant(segment).laload().lstore(SEGMENTS + 6 * segment + place);
    }

    /** Begins a block: there must be ticks for all its instructions. */
    void beginBlock(int offset, int instructions) {
        code.labelBinding(block(offset));
        code.lload(BUDGET).loadConstant((long) instructions).lsub().lstore(BUDGET);
        code.lload(BUDGET).lconst_0().lcmp().iflt(exit(offset, instructions));
    }

    private Label block(int offset) {
        return blocks.computeIfAbsent(offset, any -> code.newLabel());
    }

    /** Where the calls of the region return to. */
    List<Integer> returnSites() {
        return body.values().stream()
                .filter(RegionForms::calls)
                .map(i -> i.end)
                .filter(body::containsKey)
                .toList();
    }

    /** Where to go for the instruction at an offset: its block, or out. */
    Label place(int offset) {
        return body.containsKey(offset) ? block(offset) : exit(offset, 0);
    }

    /** After a block: whatever follows. */
    void goTo(int offset) {
        code.goto_(place(offset));
    }

    Label exit(int offset, int unspent) {
        Label label = code.newLabel();
        exits.add(new Exit(label, offset, unspent));
        return label;
    }

    /** Begins an instruction; {@code stillLeft} of its block are not executed yet, itself too. */
    void begin(Instruction i, int stillLeft) {
        current = i;
        left = stillLeft;
        otherwise = null;
    }

    /** Where the run loop takes over before the instruction has changed anything. */
    Label otherwise() {
        if (otherwise == null) {
            otherwise = exit(current.offset, left);
        }
        return otherwise;
    }

    /** All that leaves it, and the end. */
    void leave() {
        misses.forEach(Runnable::run);
        for (Exit exit : exits) {
            code.labelBinding(exit.label());
            if (exit.unspent() != 0) {
                code.lload(BUDGET).loadConstant((long) exit.unspent()).ladd().lstore(BUDGET);
            }
            code.loadConstant(exit.offset()).istore(OFFSET).goto_(leave);
        }
        code.labelBinding(leave);
        for (int register = 0; register < CpuState.ZERO; register++) {
            if ((written & (1 << register)) != 0) {
                code.aload(R).loadConstant(register).lload(local(register)).lastore();
            }
        }
        code.aload(FLAG_WORDS).lload(RESULT).putfield(FLAGS, "result", J);
        code.aload(FLAG_WORDS).iload(AUX).putfield(FLAGS, "aux", I);
        code.aload(CPU).lload(BUDGET).putfield(PROCESSOR, "budget", J);
        code.iload(OFFSET).ireturn();
    }

    // ---- registers, constants, calls ----

    static int local(int register) {
        return REGISTERS + 2 * (register > CpuState.ZERO ? register - 1 : register);
    }

    void register(int register) {
        if (register == CpuState.ZERO) {
            code.lconst_0();
        } else {
            code.lload(local(register));
        }
    }

    void set(int register) {
        code.lstore(local(register));
    }

    void constant(long value) {
        code.loadConstant(value);
    }

    void call(ClassDesc owner, String name, ClassDesc result, ClassDesc... parameters) {
        code.invokestatic(owner, name, MethodTypeDesc.of(result, parameters));
    }

    // ---- memory ----

    void effectiveAddress(Instruction i) {
        boolean some = false;
        if (i.base != CpuState.ZERO) {
            register(i.base);
            some = true;
        }
        if (i.index != CpuState.ZERO) {
            register(i.index);
            if (i.scale != 0) {
                code.loadConstant(i.scale).lshl();
            }
            if (some) {
                code.ladd();
            }
            some = true;
        }
        if (i.displacement != 0 || !some) {
            constant(i.displacement);
            if (some) {
                code.ladd();
            }
        }
        if (i.addressMask != -1) {
            constant(i.addressMask);
            code.land();
        }
    }

    /** The offset in AT becomes a linear address, if the segment lets it be accessed; else it leaves. */
    private void linearAddress(int segment, boolean write) {
        if (!wide) {
            code.lload(AT).lload(SEGMENTS + 6 * segment + (write ? WRITE_END : READ_END));
            call(ConstantDescs.CD_Long, "compareUnsigned", I, J, J);
            code.ifge(otherwise());
            code.lload(AT).lload(SEGMENTS + 6 * segment + BASE).ladd();
            constant(LOW32);
            code.land().lstore(AT);
        } else if (segment >= Segment.FS) {
            code.lload(AT).lload(SEGMENTS + 6 * segment + BASE).ladd().lstore(AT);
        }
    }

    /** HELD gets the entry for the linear address in AT; where that is no hit it goes to {@code miss}. */
    private void hit(int size, boolean write, Label miss) {
        code.aload(VIEW).lload(AT);
        call(HIT, "entry", ENTRY, ENTRY.arrayType(), J);
        code.astore(HELD);
        code.aload(HELD).lload(AT).loadConstant(size);
        call(HIT, write ? "writes" : "reads", Z, ENTRY, J, I);
        code.ifeq(miss);
    }

    /** M becomes what stands at the offset in AT; where that is no hit it leaves. */
    void loadHit(int segment, int size) {
        linearAddress(segment, false);
        hit(size, false, otherwise());
        load(size);
        code.lstore(M);
    }

    /** M becomes what stands at the offset in AT, by hit or miss: for instructions that go through to their end then. */
    void load(int segment, int size) {
        linearAddress(segment, false);
        Label miss = code.newLabel();
        Label done = code.newLabel();
        hit(size, false, miss);
        load(size);
        code.lstore(M).labelBinding(done);
        Label fault = otherwise();
        misses.add(() -> {
            code.labelBinding(miss);
            loadMiss(size, false, fault);
            code.goto_(done);
        });
    }

    private void loadMiss(int size, boolean update, Label fault) {
        code.aload(CPU).lload(AT).loadConstant(size).loadConstant(update ? 1 : 0);
        call(MEMORY, "load", J, PROCESSOR, J, I, Z);
        code.lstore(M);
        leaveIfThrown(fault);
    }

    /**
     * Stores what {@code value} pushes at the offset in AT, by hit or miss.
     *
     * @param completion what the instruction still does after it
     * @param next the offset of the instruction after it: it goes on there outside where the region has overwritten itself
     */
    void store(int segment, int size, Runnable value, Runnable completion, int next) {
        linearAddress(segment, true);
        Label miss = code.newLabel();
        Label done = code.newLabel();
        hit(size, true, miss);
        store(size, value);
        code.labelBinding(done);
        Label fault = otherwise();
        int after = left - 1;
        misses.add(() -> {
            code.labelBinding(miss);
            storeMiss(size, value);
            leaveIfThrown(fault);
            leaveIfOverwritten(done, completion, next, after);
        });
        completion.run();
    }

    private void storeMiss(int size, Runnable value) {
        code.aload(CPU).lload(AT).loadConstant(size);
        value.run();
        call(MEMORY, "store", V, PROCESSOR, J, I, J);
    }

    /** After a store that was no hit: goes on where the region still is what the memory says. */
    private void leaveIfOverwritten(Label done, Runnable completion, int next, int after) {
        code.aload(THIS).getfield(REGION, "ended", Z).ifeq(done);
        completion.run();
        code.goto_(exit(next, after));
    }

    /**
     * What stands at the offset in AT becomes what {@code computation} makes of M, which is RESULT, by hit or miss.
     *
     * @param computation sets RESULT and AUX
     */
    void update(int segment, int size, Runnable computation) {
        linearAddress(segment, true);
        Label miss = code.newLabel();
        Label done = code.newLabel();
        hit(size, true, miss);
        load(size);
        code.lstore(M);
        computation.run();
        store(size, () -> code.lload(RESULT));
        code.labelBinding(done);
        Label fault = otherwise();
        int after = left - 1;
        int next = current.end;
        misses.add(() -> {
            code.labelBinding(miss);
            loadMiss(size, true, fault);
            code.lload(RESULT).lstore(P).iload(AUX).istore(N);
            computation.run();
            storeMiss(size, () -> code.lload(RESULT));
            Label stored = code.newLabel();
            code.aload(CPU).getfield(PROCESSOR, "thrown", RUNTIME_EXCEPTION).ifnull(stored);
            code.lload(P).lstore(RESULT).iload(N).istore(AUX).goto_(fault);
            code.labelBinding(stored);
            leaveIfOverwritten(done, () -> {}, next, after);
        });
    }

    private void leaveIfThrown(Label fault) {
        code.aload(CPU).getfield(PROCESSOR, "thrown", RUNTIME_EXCEPTION).ifnonnull(fault);
    }

    private void load(int size) {
        code.aload(HELD).lload(AT);
        call(HIT, "load" + size * 8, J, ENTRY, J);
    }

    /** Stores what {@code value} pushes. */
    private void store(int size, Runnable value) {
        code.aload(HELD).lload(AT);
        value.run();
        call(HIT, "store" + size * 8, V, ENTRY, J, J);
    }

    // ---- parts of registers ----

    /** A register gets the value of {@code bits} bits on the stack. */
    void setBits(int register, int bits) {
        switch (bits) {
            case 8 -> merge(register, 0xff);
            case 16 -> merge(register, 0xffff);
            case 32 -> {
                constant(LOW32);
                code.land();
                set(register);
            }
            default -> set(register);
        }
    }

    void merge(int register, long mask) {
        constant(mask);
        code.land();
        register(register);
        constant(~mask);
        code.land().lor();
        set(register);
    }

    void stackMasked() {
        if (!wide) {
            code.lload(STACK_MASK).land();
        }
    }

    /** rSP becomes Q, in the width of the stack. */
    void setStackPointer() {
        if (!wide) {
            register(CpuState.RSP);
            code.lload(STACK_MASK);
            constant(-1);
            code.lxor().land();
            code.lload(Q).lor();
        } else {
            code.lload(Q);
        }
        set(CpuState.RSP);
    }
}
