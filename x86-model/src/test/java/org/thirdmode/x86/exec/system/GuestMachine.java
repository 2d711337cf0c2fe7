package org.thirdmode.x86.exec.system;

import java.util.HexFormat;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.TestProcessors;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;

/**
 * A small guest whose every interrupt handler is a HLT: a test runs a few bytes of machine code and reads off which
 * handler was entered, with what on its stack.
 *
 * <pre>
 *   1000H GDT   2000H IDT   3000H TSS   4000H another TSS   8000H + 16 * vector handlers   10000H code
 *   stacks grow down from 6000H (privilege 0), 7000H (privilege 3), 6800H (interrupt stack table)
 * </pre>
 */
final class GuestMachine {
    static final int GDT = 0x1000;
    static final int IDT = 0x2000;
    static final int TSS = 0x3000;
    static final int OTHER_TSS = 0x4000;
    static final int STACK_0 = 0x6000;
    static final int INTERRUPT_STACK = 0x6800;
    static final int STACK_3 = 0x7000;
    static final int HANDLERS = 0x8000;
    static final int CODE = 0x10000;

    // Selectors of the GDT.
    static final int CODE_0 = 0x08;
    static final int DATA_0 = 0x10;
    static final int CODE_3 = 0x1b;
    static final int DATA_3 = 0x23;
    static final int TASK = 0x28;
    static final int OTHER_TASK = 0x38;
    static final int FREE = 0x50;

    // Access bytes.
    static final int PRESENT = 0x80;
    static final int DPL_3 = 0x60;
    static final int READABLE_CODE = 0x9a;
    static final int WRITABLE_DATA = 0x92;
    static final int TSS_32 = 0x89;
    static final int CALL_GATE_32 = 0x8c;
    static final int TASK_GATE = 0x85;
    static final int INTERRUPT_GATE = 0x8e;
    static final int TRAP_GATE = 0x8f;

    /** G and D/B, as bits 23:20 of a descriptor's upper half. */
    private static final long FLAT_32 = 0xcL << 52;

    private static final long FLAT_64 = 0xaL << 52;

    final Processor cpu;
    final CpuState state;
    private final boolean wide;

    private GuestMachine(Processor cpu, boolean wide) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.wide = wide;
        state.gdtrBase = GDT;
        state.gdtrLimit = 0xff;
        state.idtrBase = IDT;
        state.idtrLimit = wide ? 0xfff : 0x7ff;
        descriptor(CODE_0, segment(0, 0xfffff, READABLE_CODE) | (wide ? FLAT_64 : FLAT_32));
        descriptor(DATA_0, segment(0, 0xfffff, WRITABLE_DATA) | FLAT_32);
        descriptor(CODE_3, segment(0, 0xfffff, READABLE_CODE | DPL_3) | (wide ? FLAT_64 : FLAT_32));
        descriptor(DATA_3, segment(0, 0xfffff, WRITABLE_DATA | DPL_3) | FLAT_32);
        descriptor(TASK, segment(TSS, 0x2fff, TSS_32 | 2));
        descriptor(OTHER_TASK, segment(OTHER_TSS, 0x67, TSS_32));
        state.tr.set(TASK, TSS, 0xfff, Segment.PRESENT | 11);
        for (int vector = 0; vector < 256; vector++) {
            gate(vector, INTERRUPT_GATE, CODE_0, HANDLERS + (vector * 16));
            cpu.memory.write(HANDLERS + (vector * 16L), 1, 0xf4);
        }
        cpu.memory.write(TSS + 4, wide ? 8 : 4, STACK_0);
        if (wide) {
            cpu.memory.write(TSS + 36, 8, INTERRUPT_STACK);
        } else {
            cpu.memory.write(TSS + 8, 4, DATA_0);
        }
        cpu.memory.write(TSS + 0x66, 2, 0x1000);
        state.r[CpuState.RSP] = STACK_0;
        state.rip = CODE;
    }

    /** At privilege 0 in protected mode, no paging. */
    static GuestMachine protectedMode() {
        return new GuestMachine(TestProcessors.flat32(), false);
    }

    /** At privilege 0 in 64-bit mode. */
    static GuestMachine longMode() {
        return new GuestMachine(TestProcessors.flat64(), true);
    }

    /** The same at privilege 3, IOPL 0, interrupts on. */
    GuestMachine atPrivilege3() {
        int width = wide ? Segment.LONG : Segment.BIG;
        state.segments[Segment.CS].set(CODE_3, 0, 0xffff_ffffL, 0x9b | DPL_3 | width | Segment.GRANULAR);
        for (int n : new int[] {Segment.ES, Segment.SS, Segment.DS, Segment.FS, Segment.GS}) {
            state.segments[n].set(DATA_3, 0, 0xffff_ffffL, 0x93 | DPL_3 | Segment.BIG | Segment.GRANULAR);
        }
        state.r[CpuState.RSP] = STACK_3;
        state.cpl = 3;
        state.systemFlags |= Rflags.IF;
        cpu.modeChanged();
        cpu.flagsChanged();
        return this;
    }

    /** In virtual-8086 mode with CS = 1000H and SS = 0700H, SP = 0, so that code stands at 10000H as ever. */
    GuestMachine inVirtual8086Mode(int iopl) {
        state.systemFlags |= Rflags.VM | Rflags.IF | (iopl << Rflags.IOPL_SHIFT);
        for (int n = 0; n < 6; n++) {
            SegmentRegisters.loadVirtual8086(state.segments[n], n == Segment.CS ? 0x1000 : n == Segment.SS ? 0x700 : n);
        }
        state.cpl = 3;
        state.rip = 0;
        state.r[CpuState.RSP] = 0x100;
        cpu.modeChanged();
        cpu.flagsChanged();
        return this;
    }

    // ---- tables ----

    static long segment(long base, long limit, int access) {
        return (limit & 0xffff)
                | ((limit & 0xf_0000L) << 32)
                | ((base & 0xff_ffffL) << 16)
                | ((base & 0xff00_0000L) << 32)
                | ((long) access << 40);
    }

    static long gateDescriptor(int access, int selector, long offset, int parameters) {
        return (offset & 0xffff)
                | ((offset & 0xffff_0000L) << 32)
                | ((long) selector << 16)
                | ((long) parameters << 32)
                | ((long) access << 40);
    }

    static long flat32(int access) {
        return segment(0, 0xfffff, access) | FLAT_32;
    }

    void descriptor(int selector, long value) {
        cpu.memory.write(GDT + (selector & 0xfff8L), 8, value);
    }

    long descriptor(int selector) {
        return cpu.memory.read(GDT + (selector & 0xfff8L), 8);
    }

    void gate(int vector, int access, int selector, long offset) {
        cpu.memory.write(IDT + ((wide ? 16L : 8L) * vector), 8, gateDescriptor(access, selector, offset, 0));
    }

    /** Makes the handler of {@code vector} run on the first stack of the interrupt stack table. */
    void useInterruptStack(int vector) {
        cpu.memory.write(IDT + (16L * vector) + 4, 1, 1);
    }

    // ---- running ----

    GuestMachine code(String hex) {
        cpu.memory.load(CODE, HexFormat.of().parseHex(hex.replace(" ", "")));
        return this;
    }

    /**
     * Runs {@code hex} at the current CS:RIP until a HLT.
     *
     * @return the vector of the handler that was entered; -1 where the code halted by itself, -2 after a shutdown
     */
    int run(String hex) {
        code(hex);
        return run();
    }

    int run() {
        cpu.run(cpu.now() + 10_000);
        if (cpu.activity == Processor.Activity.SHUTDOWN) {
            return -2;
        }
        if (cpu.activity != Processor.Activity.HLT) {
            throw new AssertionError("still running at " + Long.toHexString(state.rip));
        }
        long handler = state.rip - 1 - HANDLERS;
        return handler >= 0 && handler < 0x1000 ? (int) (handler >>> 4) : -1;
    }

    /** The n-th slot of the current stack, 0 the one pushed last. */
    long slot(int n) {
        int size = wide ? 8 : 4;
        return cpu.memory.read(state.r[CpuState.RSP] + ((long) n * size), size);
    }

    long memory(long address, int size) {
        return cpu.memory.read(address, size);
    }
}
