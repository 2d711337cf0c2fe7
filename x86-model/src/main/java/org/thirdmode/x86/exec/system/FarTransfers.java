package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/** Far JMP, CALL and RET. SDM 2 "JMP—Jump", "CALL—Call Procedure", "RET—Return From Procedure". */
final class FarTransfers {
    private final Processor cpu;
    private final CpuState state;
    private final Mmu mmu;
    private final DescriptorTables tables;
    private final StackFrame stack;
    private final TaskStateSegment tss;
    private final TaskSwitch taskSwitch;
    private final SegmentRegisters segmentRegisters;

    private final Segment newStack = new Segment();

    /** The outer stack's register while a return to an outer level is checked. */
    private final Segment outerStack = new Segment();

    FarTransfers(
            Processor cpu,
            DescriptorTables tables,
            StackFrame stack,
            TaskStateSegment tss,
            TaskSwitch taskSwitch,
            SegmentRegisters segmentRegisters) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.mmu = cpu.mmu;
        this.tables = tables;
        this.stack = stack;
        this.tss = tss;
        this.taskSwitch = taskSwitch;
        this.segmentRegisters = segmentRegisters;
    }

    // ---- JMP and CALL ----

    void jump(int selector, long offset, int size) {
        if (state.realSegments()) {
            jumpReal(selector, offset);
        } else {
            transfer(selector, offset, size, false);
        }
    }

    void call(int selector, long offset, int size) {
        if (state.realSegments()) {
            stack.onCurrentStack(state.cpl);
            stack.require(size * 2);
            if (offset > state.segments[Segment.CS].limit) {
                throw tables.fault(Vector.GP);
            }
            pushReturn(size);
            state.r[CpuState.RSP] = stack.pointer(state.r[CpuState.RSP]);
            jumpReal(selector, offset);
        } else {
            transfer(selector, offset, size, true);
        }
    }

    private void jumpReal(int selector, long offset) {
        Segment cs = state.segments[Segment.CS];
        if (offset > cs.limit) {
            throw tables.fault(Vector.GP);
        }
        segmentRegisters.loadReal(Segment.CS, selector);
        state.rip = offset;
        cpu.modeChanged();
    }

    private void transfer(int selector, long offset, int size, boolean call) {
        if (DescriptorTables.isNull(selector)) {
            throw tables.fault(Vector.GP);
        }
        long d = tables.fetch(selector, Vector.GP);
        if (Descriptor.isCode(d)) {
            direct(selector, d, offset, size, call);
            return;
        }
        int type = Descriptor.type(d);
        boolean longMode = state.longModeActive();
        switch (type) {
            case Descriptor.CALL_GATE_16, Descriptor.CALL_GATE_32 -> {
                if (longMode && type == Descriptor.CALL_GATE_16) {
                    throw tables.fault(Vector.GP, selector);
                }
                throughCallGate(selector, d, call);
            }
            case Descriptor.TASK_GATE -> {
                if (longMode) {
                    throw tables.fault(Vector.GP, selector);
                }
                throughTaskGate(selector, d, call);
            }
            case Descriptor.TSS_16_AVAILABLE,
                    Descriptor.TSS_32_AVAILABLE,
                    Descriptor.TSS_16_BUSY,
                    Descriptor.TSS_32_BUSY -> {
                boolean allowed = !longMode
                        && Descriptor.dpl(d) >= state.cpl
                        && Descriptor.dpl(d) >= (selector & 3)
                        && Descriptor.isAvailableTss(d);
                if (!allowed) {
                    throw tables.fault(Vector.GP, selector);
                }
                if (!Descriptor.present(d)) {
                    throw tables.fault(Vector.NP, selector);
                }
                toTask(selector, d, call);
            }
            default -> throw tables.fault(Vector.GP, selector);
        }
    }

    /** To a code segment itself: no change of privilege. */
    private void direct(int selector, long d, long offset, int size, boolean call) {
        int dpl = Descriptor.dpl(d);
        boolean allowed =
                Descriptor.isConforming(d) ? dpl <= state.cpl : dpl == state.cpl && (selector & 3) <= state.cpl;
        if (!allowed || impossibleWidth(d)) {
            throw tables.fault(Vector.GP, selector);
        }
        if (!Descriptor.present(d)) {
            throw tables.fault(Vector.NP, selector);
        }
        if (call) {
            stack.onCurrentStack(state.cpl);
            stack.require(size * 2);
        }
        checkTarget(d, offset);
        tables.markAccessed(selector, d);
        if (call) {
            pushReturn(size);
            state.r[CpuState.RSP] = stack.pointer(state.r[CpuState.RSP]);
        }
        enter(selector, d, state.cpl, offset);
    }

    private void pushReturn(int size) {
        stack.push(size, state.segments[Segment.CS].selector);
        stack.push(size, state.rip);
    }

    /** L and D both set: reserved while long mode is active. */
    private boolean impossibleWidth(long d) {
        return state.longModeActive() && Descriptor.isLong(d) && Descriptor.isBig(d);
    }

    /** #GP(0) where the target lies outside the segment, or is not canonical in 64-bit mode. */
    private void checkTarget(long d, long offset) {
        boolean is64 = state.longModeActive() && Descriptor.isLong(d);
        if (is64 ? !mmu.canonical(offset) : Long.compareUnsigned(offset, Descriptor.limit(d)) > 0) {
            throw tables.fault(Vector.GP);
        }
    }

    private void enter(int selector, long d, int cpl, long offset) {
        DescriptorTables.load(state.segments[Segment.CS], (selector & ~3) | cpl, d);
        state.cpl = cpl;
        state.rip = offset;
        cpu.modeChanged();
    }

    private void checkGate(int selector, long gate) {
        int dpl = Descriptor.dpl(gate);
        if (dpl < state.cpl || dpl < (selector & 3)) {
            throw tables.fault(Vector.GP, selector);
        }
        if (!Descriptor.present(gate)) {
            throw tables.fault(Vector.NP, selector);
        }
    }

    private void throughTaskGate(int selector, long gate, boolean call) {
        checkGate(selector, gate);
        int target = Descriptor.gateSelector(gate);
        if ((target & 4) != 0) {
            throw tables.fault(Vector.GP, target);
        }
        long d = tables.fetch(target, Vector.GP);
        if (!Descriptor.isAvailableTss(d)) {
            throw tables.fault(Vector.GP, target);
        }
        if (!Descriptor.present(d)) {
            throw tables.fault(Vector.NP, target);
        }
        toTask(target, d, call);
    }

    private void toTask(int selector, long d, boolean call) {
        taskSwitch.switchTo(selector, d, call ? TaskSwitch.Reason.CALL : TaskSwitch.Reason.JMP, state.rflags());
    }

    private void throughCallGate(int selector, long gate, boolean call) {
        boolean longMode = state.longModeActive();
        long upper = 0;
        if (longMode) {
            upper = tables.fetchUpper(selector, Vector.GP);
            if (((upper >>> 40) & 0x1f) != 0) {
                throw tables.fault(Vector.GP, selector);
            }
        }
        checkGate(selector, gate);
        int target = Descriptor.gateSelector(gate);
        if (DescriptorTables.isNull(target)) {
            throw tables.fault(Vector.GP);
        }
        long d = tables.fetch(target, Vector.GP);
        int dpl = Descriptor.dpl(d);
        boolean conforming = Descriptor.isConforming(d);
        boolean inner = call && !conforming && dpl < state.cpl;
        boolean allowed = Descriptor.isCode(d)
                && dpl <= state.cpl
                && (conforming || inner || dpl == state.cpl)
                && (!longMode || (Descriptor.isLong(d) && !Descriptor.isBig(d)));
        if (!allowed) {
            throw tables.fault(Vector.GP, target);
        }
        if (!Descriptor.present(d)) {
            throw tables.fault(Vector.NP, target);
        }
        int size = longMode ? 8 : Descriptor.gateIsWide(gate) ? 4 : 2;
        long offset = Descriptor.gateOffset(gate) & (size == 2 ? 0xffffL : 0xffff_ffffL);
        offset |= longMode ? upper << 32 : 0;
        if (inner) {
            callInner(gate, target, d, offset, size);
            return;
        }
        if (call) {
            stack.onCurrentStack(state.cpl);
            stack.require(size * 2);
        }
        checkTarget(d, offset);
        tables.markAccessed(target, d);
        if (call) {
            pushReturn(size);
            state.r[CpuState.RSP] = stack.pointer(state.r[CpuState.RSP]);
        }
        enter(target, d, state.cpl, offset);
    }

    /** CALL to more privilege: a new stack from the TSS, with the gate's parameters copied to it. */
    private void callInner(long gate, int target, long d, long offset, int size) {
        int dpl = Descriptor.dpl(d);
        Segment ss = state.segments[Segment.SS];
        long oldPointer = state.r[CpuState.RSP];
        if (size == 8) {
            long pointer = tss.innerStack64(dpl);
            stack.onStack64(pointer, dpl);
            stack.require(32);
            checkTarget(d, offset);
            tables.markAccessed(target, d);
            stack.push(8, ss.selector);
            stack.push(8, oldPointer);
            pushReturn(8);
            SegmentRegisters.setNullStack(ss, dpl, dpl);
            state.r[CpuState.RSP] = stack.pointer();
            enter(target, d, dpl, offset);
            return;
        }
        int parameters = Descriptor.gateParameters(gate);
        long pointer = tss.innerStack(dpl, newStack);
        stack.onStack(newStack, pointer, dpl);
        stack.require((4 + parameters) * size);
        checkTarget(d, offset);
        tables.markAccessed(target, d);
        stack.push(size, ss.selector);
        stack.push(size, oldPointer);
        for (int n = parameters - 1; n >= 0; n--) {
            stack.push(size, cpu.operands.peek(size, (long) n * size));
        }
        pushReturn(size);
        ss.set(newStack);
        state.r[CpuState.RSP] = stack.pointer(pointer);
        enter(target, d, dpl, offset);
    }

    // ---- RET ----

    /** @param released bytes of parameters taken off the stack, of the outer level too */
    void ret(int size, int released) {
        if (state.realSegments()) {
            long offset = cpu.operands.peek(size, 0);
            int selector = (int) cpu.operands.peek(size, size) & 0xffff;
            if (offset > state.segments[Segment.CS].limit) {
                throw tables.fault(Vector.GP);
            }
            cpu.operands.setStackPointer(state.r[CpuState.RSP] + (2L * size) + released);
            jumpReal(selector, offset);
            return;
        }
        long offset = cpu.operands.peek(size, 0);
        int selector = (int) cpu.operands.peek(size, size) & 0xffff;
        long d = returnCode(selector);
        int rpl = selector & 3;
        if (rpl == state.cpl) {
            checkTarget(d, offset);
            tables.markAccessed(selector, d);
            cpu.operands.setStackPointer(state.r[CpuState.RSP] + (2L * size) + released);
            enter(selector, d, rpl, offset);
            return;
        }
        long at = (2L * size) + released;
        long pointer = cpu.operands.peek(size, at);
        int stackSelector = (int) cpu.operands.peek(size, at + size) & 0xffff;
        loadOuterStack(stackSelector, rpl, d);
        checkTarget(d, offset);
        tables.markAccessed(selector, d);
        leaveTo(selector, d, offset);
        setOuterPointer(pointer, released);
    }

    /** The code descriptor of a far return, checked. Also IRET's. */
    long returnCode(int selector) {
        if (DescriptorTables.isNull(selector)) {
            throw tables.fault(Vector.GP);
        }
        long d = tables.fetch(selector, Vector.GP);
        int rpl = selector & 3;
        int dpl = Descriptor.dpl(d);
        boolean allowed = Descriptor.isCode(d)
                && rpl >= state.cpl
                && (Descriptor.isConforming(d) ? dpl <= rpl : dpl == rpl)
                && !impossibleWidth(d);
        if (!allowed) {
            throw tables.fault(Vector.GP, selector);
        }
        if (!Descriptor.present(d)) {
            throw tables.fault(Vector.NP, selector);
        }
        return d;
    }

    /** Checks the stack segment to return to and keeps it for {@link #leaveTo}. */
    void loadOuterStack(int selector, int cpl, long code) {
        if (DescriptorTables.isNull(selector)) {
            boolean to64 = state.longModeActive() && Descriptor.isLong(code);
            if (!to64 || cpl == 3 || (selector & 3) != cpl) {
                throw tables.fault(Vector.GP);
            }
            SegmentRegisters.setNullStack(outerStack, selector, cpl);
            return;
        }
        long d = tables.fetch(selector, Vector.GP);
        if ((selector & 3) != cpl || !Descriptor.isWritableData(d) || Descriptor.dpl(d) != cpl) {
            throw tables.fault(Vector.GP, selector);
        }
        if (!Descriptor.present(d)) {
            throw tables.fault(Vector.SS, selector);
        }
        tables.markAccessed(selector, d);
        DescriptorTables.load(outerStack, selector, d);
    }

    /** #GP(0) where a return would end outside its segment. */
    void checkReturn(long code, long offset) {
        checkTarget(code, offset);
    }

    /** Commits a return: CS and RIP, and the stack segment that {@link #loadOuterStack} kept. */
    void leaveTo(int selector, long code, long offset) {
        int cpl = selector & 3;
        boolean outward = cpl > state.cpl;
        state.segments[Segment.SS].set(outerStack);
        DescriptorTables.load(state.segments[Segment.CS], selector, code);
        state.cpl = cpl;
        state.rip = offset;
        if (outward) {
            segmentRegisters.dropInnerSegments(cpl);
        }
        cpu.modeChanged();
    }

    /** The outer stack pointer, in the width of the stack that is now current. */
    void setOuterPointer(long pointer, int released) {
        long mask = state.stackMask;
        long sum = pointer + released;
        state.r[CpuState.RSP] = mask == 0xffffL ? (pointer & 0xffff_0000L) | (sum & 0xffff) : sum & mask;
    }
}
