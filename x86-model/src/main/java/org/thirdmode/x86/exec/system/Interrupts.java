package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/**
 * Delivery of one interrupt or exception through the IDT (in real-address mode: the interrupt vector table). SDM 2 "INT
 * n/INTO/INT3/INT1—Call to Interrupt Procedure", SDM 3A "Exception and Interrupt Handling".
 *
 * <p>The pushed instruction pointer is {@code state.rip}. A fault on the way leaves every register as it was; only a task
 * gate may fault in the new task's context.
 */
public final class Interrupts {
    /** What caused the event: it decides DPL checks, EXT and the virtual-8086 rules. */
    public enum Source {
        /** INT n. */
        INT_N,
        /** INT3 or INTO. */
        INT3_INTO,
        /** INT1, exceptions, external interrupts, NMI. */
        EXTERNAL
    }

    /** Flags that every delivery clears. */
    private static final int CLEARED = Rflags.TF | Rflags.NT | Rflags.RF | Rflags.VM;

    private final Processor cpu;
    private final CpuState state;
    private final Mmu mmu;
    private final DescriptorTables tables;
    private final StackFrame stack;
    private final TaskSwitch taskSwitch;
    private final TaskStateSegment tss;

    private final Segment newStack = new Segment();

    Interrupts(Processor cpu, DescriptorTables tables, StackFrame stack, TaskStateSegment tss, TaskSwitch taskSwitch) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.mmu = cpu.mmu;
        this.tables = tables;
        this.stack = stack;
        this.tss = tss;
        this.taskSwitch = taskSwitch;
    }

    /**
     * Delivers an event.
     *
     * @param flags the RFLAGS image to push
     * @param hasErrorCode whether an error code is pushed (never in real-address mode)
     */
    public void deliver(int vector, Source source, long flags, boolean hasErrorCode, int errorCode) {
        tables.ext = source == Source.EXTERNAL ? 1 : 0;
        try {
            if (!state.protectedMode()) {
                real(vector, flags);
            } else if (source == Source.INT_N && state.virtual8086() && virtual8086Redirection(vector, flags)) {
                cpu.modeChanged();
            } else if (state.longModeActive()) {
                longMode(vector, source, flags, hasErrorCode, errorCode);
            } else {
                protectedMode(vector, source, flags, hasErrorCode, errorCode);
            }
        } finally {
            tables.ext = 0;
        }
    }

    // ---- real-address mode ----

    /** SDM 3A "Interrupt and Exception Handling" (8086 emulation). */
    private void real(int vector, long flags) {
        int entry = vector * 4;
        if (entry + 3 > state.idtrLimit) {
            throw tables.fault(Vector.GP);
        }
        long pointer = tables.read(state.idtrBase + entry, 4);
        stack.onCurrentStack(0);
        stack.require(6);
        enterThroughTable(pointer, flags);
        state.systemFlags &= ~(Rflags.IF | Rflags.TF | Rflags.AC | Rflags.RF);
        cpu.modeChanged();
    }

    /** Pushes FLAGS, CS and IP and goes to segment:offset {@code pointer}. */
    private void enterThroughTable(long pointer, long flags) {
        Segment cs = state.segments[Segment.CS];
        long offset = pointer & 0xffff;
        if (offset > cs.limit) {
            throw tables.fault(Vector.GP);
        }
        stack.push(2, flags);
        stack.push(2, cs.selector);
        stack.push(2, state.rip);
        state.r[CpuState.RSP] = stack.pointer(state.r[CpuState.RSP]);
        int selector = (int) (pointer >>> 16) & 0xffff;
        cs.selector = selector;
        cs.base = (long) selector << 4;
        state.rip = offset;
    }

    // ---- virtual-8086 mode ----

    /**
     * INT n in virtual-8086 mode: whether the program's own vector table took it. SDM 3A "Class 3—Software Interrupt
     * Handling in Virtual-8086 Mode".
     */
    private boolean virtual8086Redirection(int vector, long flags) {
        boolean enhanced = (state.cr4 & Cr4.VME) != 0;
        if (!enhanced || tss.redirected(vector)) {
            if (state.iopl() < 3) {
                throw cpu.fault(Vector.GP, 0);
            }
            return false;
        }
        long pointer = mmu.read((long) vector * 4, 4);
        stack.onCurrentStack(3);
        stack.require(6);
        long image = flags;
        int cleared = Rflags.IF;
        if (state.iopl() < 3) {
            boolean virtualIf = (state.systemFlags & Rflags.VIF) != 0;
            image = (flags & ~(long) Rflags.IF) | Rflags.IOPL | (virtualIf ? Rflags.IF : 0);
            cleared = Rflags.VIF;
        }
        enterThroughTable(pointer, image);
        state.systemFlags &= ~(cleared | Rflags.TF | Rflags.NT | Rflags.RF);
        return true;
    }

    // ---- protected mode ----

    private void protectedMode(int vector, Source source, long flags, boolean hasErrorCode, int errorCode) {
        int entry = vector * 8;
        int gateError = (entry | 2) & 0xffff;
        if (entry + 7 > state.idtrLimit) {
            throw gateFault(Vector.GP, gateError);
        }
        long gate = tables.read(state.idtrBase + entry, 8);
        int type = Descriptor.type(gate);
        boolean known = switch (type) {
            case Descriptor.TASK_GATE,
                    Descriptor.INTERRUPT_GATE_16,
                    Descriptor.TRAP_GATE_16,
                    Descriptor.INTERRUPT_GATE_32,
                    Descriptor.TRAP_GATE_32 -> true;
            default -> false;
        };
        if (!known || (source != Source.EXTERNAL && Descriptor.dpl(gate) < state.cpl)) {
            throw gateFault(Vector.GP, gateError);
        }
        if (!Descriptor.present(gate)) {
            throw gateFault(Vector.NP, gateError);
        }
        if (type == Descriptor.TASK_GATE) {
            taskGate(gate, flags, hasErrorCode, errorCode);
            return;
        }
        int selector = Descriptor.gateSelector(gate);
        long code = handlerCode(selector);
        int size = Descriptor.gateIsWide(gate) ? 4 : 2;
        long offset = Descriptor.gateOffset(gate) & (size == 4 ? 0xffff_ffffL : 0xffffL);
        int dpl = Descriptor.dpl(code);
        if (!Descriptor.isConforming(code) && dpl < state.cpl) {
            boolean fromVirtual8086 = state.virtual8086();
            if (fromVirtual8086 && dpl != 0) {
                throw tables.fault(Vector.GP, selector);
            }
            inner(selector, code, size, offset, flags, hasErrorCode, errorCode, fromVirtual8086);
        } else if (state.virtual8086()) {
            throw tables.fault(Vector.GP, selector);
        } else {
            same(selector, code, size, offset, flags, hasErrorCode, errorCode);
        }
        enter((type & 1) == 0);
    }

    private GuestFault gateFault(int vector, int gateError) {
        return cpu.fault(vector, gateError | tables.ext);
    }

    private void taskGate(long gate, long flags, boolean hasErrorCode, int errorCode) {
        int selector = Descriptor.gateSelector(gate);
        if ((selector & 4) != 0 || !tables.within(selector, 8)) {
            throw tables.fault(Vector.GP, selector);
        }
        long d = tables.read(tables.address(selector), 8);
        if (!Descriptor.isAvailableTss(d)) {
            throw tables.fault(Vector.GP, selector);
        }
        if (!Descriptor.present(d)) {
            throw tables.fault(Vector.NP, selector);
        }
        taskSwitch.switchTo(selector, d, TaskSwitch.Reason.GATE, flags);
        if (hasErrorCode) {
            int size = Descriptor.gateIsWide(d) ? 4 : 2;
            stack.onCurrentStack(state.cpl);
            stack.require(size);
            stack.push(size, errorCode);
            state.r[CpuState.RSP] = stack.pointer(state.r[CpuState.RSP]);
        }
    }

    /** The handler's code descriptor, after the checks common to all modes. */
    private long handlerCode(int selector) {
        if (DescriptorTables.isNull(selector)) {
            throw tables.fault(Vector.GP);
        }
        long code = tables.fetch(selector, Vector.GP);
        if (!Descriptor.isCode(code) || Descriptor.dpl(code) > state.cpl) {
            throw tables.fault(Vector.GP, selector);
        }
        if (state.longModeActive() && (!Descriptor.isLong(code) || Descriptor.isBig(code))) {
            throw tables.fault(Vector.GP, selector);
        }
        if (!Descriptor.present(code)) {
            throw tables.fault(Vector.NP, selector);
        }
        return code;
    }

    /** To a handler of higher privilege: a new stack from the TSS. */
    private void inner(
            int selector,
            long code,
            int size,
            long offset,
            long flags,
            boolean hasErrorCode,
            int errorCode,
            boolean fromVirtual8086) {
        int dpl = Descriptor.dpl(code);
        Segment ss = state.segments[Segment.SS];
        long newPointer = tss.innerStack(dpl, newStack);
        stack.onStack(newStack, newPointer, dpl);
        int words = 5 + (hasErrorCode ? 1 : 0) + (fromVirtual8086 ? 4 : 0);
        stack.require(words * size);
        if (offset > Descriptor.limit(code)) {
            throw tables.fault(Vector.GP);
        }
        tables.markAccessed(selector, code);
        if (fromVirtual8086) {
            stack.push(size, state.segments[Segment.GS].selector);
            stack.push(size, state.segments[Segment.FS].selector);
            stack.push(size, state.segments[Segment.DS].selector);
            stack.push(size, state.segments[Segment.ES].selector);
        }
        stack.push(size, ss.selector);
        stack.push(size, state.r[CpuState.RSP]);
        pushReturn(size, flags, hasErrorCode, errorCode);
        ss.set(newStack);
        // The old RSP is on the frame; a 16-bit stack takes the upper half from the TSS.
        state.r[CpuState.RSP] = stack.pointer(newPointer);
        if (fromVirtual8086) {
            setNull(Segment.GS);
            setNull(Segment.FS);
            setNull(Segment.DS);
            setNull(Segment.ES);
        }
        loadCode(selector, code, dpl, offset);
    }

    private void setNull(int index) {
        state.segments[index].set(0, 0, 0, Segment.UNUSABLE);
    }

    /** To a handler of the same privilege, on the same stack. */
    private void same(int selector, long code, int size, long offset, long flags, boolean hasErrorCode, int errorCode) {
        stack.onCurrentStack(state.cpl);
        stack.require((hasErrorCode ? 4 : 3) * size);
        if (offset > Descriptor.limit(code)) {
            throw tables.fault(Vector.GP);
        }
        tables.markAccessed(selector, code);
        pushReturn(size, flags, hasErrorCode, errorCode);
        state.r[CpuState.RSP] = stack.pointer(state.r[CpuState.RSP]);
        loadCode(selector, code, state.cpl, offset);
    }

    private void pushReturn(int size, long flags, boolean hasErrorCode, int errorCode) {
        stack.push(size, flags);
        stack.push(size, state.segments[Segment.CS].selector);
        stack.push(size, state.rip);
        if (hasErrorCode) {
            stack.push(size, errorCode);
        }
    }

    private void loadCode(int selector, long code, int cpl, long offset) {
        DescriptorTables.load(state.segments[Segment.CS], (selector & ~3) | cpl, code);
        state.cpl = cpl;
        state.rip = offset;
    }

    private void enter(boolean interruptGate) {
        state.systemFlags &= ~(CLEARED | (interruptGate ? Rflags.IF : 0));
        cpu.modeChanged();
    }

    // ---- long mode ----

    /** SDM 3A "Exception and Interrupt Handling in 64-bit Mode". */
    private void longMode(int vector, Source source, long flags, boolean hasErrorCode, int errorCode) {
        int entry = vector * 16;
        int gateError = (vector * 8) | 2;
        if (entry + 15 > state.idtrLimit) {
            throw gateFault(Vector.GP, gateError);
        }
        long gate = tables.read(state.idtrBase + entry, 8);
        long upper = tables.read(state.idtrBase + entry + 8, 8);
        int type = Descriptor.type(gate);
        if (type != Descriptor.INTERRUPT_GATE_32 && type != Descriptor.TRAP_GATE_32) {
            throw gateFault(Vector.GP, gateError);
        }
        if (source != Source.EXTERNAL && Descriptor.dpl(gate) < state.cpl) {
            throw gateFault(Vector.GP, gateError);
        }
        if (!Descriptor.present(gate)) {
            throw gateFault(Vector.NP, gateError);
        }
        int selector = Descriptor.gateSelector(gate);
        long code = handlerCode(selector);
        long offset = Descriptor.gateOffset(gate) | (upper << 32);
        int dpl = Descriptor.isConforming(code) ? state.cpl : Descriptor.dpl(code);
        if (state.virtual8086()) {
            throw tables.fault(Vector.GP, selector);
        }
        boolean inner = dpl < state.cpl;
        int table = Descriptor.gateStackTable(gate);
        long pointer = table != 0
                ? tss.interruptStack(table)
                : inner ? tss.innerStack64(dpl) : state.r[CpuState.RSP] & state.stackMask;
        stack.onStack64(pointer & -16L, dpl);
        stack.require(hasErrorCode ? 48 : 40);
        if (!mmu.canonical(offset)) {
            throw tables.fault(Vector.GP);
        }
        tables.markAccessed(selector, code);
        Segment ss = state.segments[Segment.SS];
        stack.push(8, ss.selector);
        stack.push(8, state.r[CpuState.RSP]);
        pushReturn(8, flags, hasErrorCode, errorCode);
        if (inner) {
            SegmentRegisters.setNullStack(ss, dpl, dpl);
        }
        state.r[CpuState.RSP] = stack.pointer();
        loadCode(selector, code, dpl, offset);
        enter(type == Descriptor.INTERRUPT_GATE_32);
    }
}
