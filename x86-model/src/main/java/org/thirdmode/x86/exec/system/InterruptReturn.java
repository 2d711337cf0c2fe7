package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.Intercept;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/** IRET in all its forms. SDM 2 "IRET/IRETD/IRETQ—Interrupt Return". */
final class InterruptReturn {
    private static final int ALWAYS = Flags.STATUS | Rflags.TF | Rflags.DF | Rflags.NT;
    private static final int WIDE = Rflags.RF | Rflags.AC | Rflags.ID;
    private static final int LOW_WORD = 0xffff;

    private final Processor cpu;
    private final CpuState state;
    private final Operands operands;
    private final DescriptorTables tables;
    private final FarTransfers transfers;
    private final TaskSwitch taskSwitch;

    InterruptReturn(Processor cpu, DescriptorTables tables, FarTransfers transfers, TaskSwitch taskSwitch) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.operands = cpu.operands;
        this.tables = tables;
        this.transfers = transfers;
        this.taskSwitch = taskSwitch;
    }

    void execute(Instruction i) {
        if (cpu.leaves(i, Intercept.IRET)) {
            return;
        }
        unblockNmi();
        int size = i.size;
        if (!state.protectedMode()) {
            real(size);
        } else if (state.virtual8086()) {
            virtual8086(size);
        } else if ((state.systemFlags & Rflags.NT) != 0) {
            task();
        } else {
            protectedMode(size);
        }
    }

    /** NMIs are unblocked even where the IRET faults. */
    private void unblockNmi() {
        boolean otherwise = cpu.guestMode && cpu.extension.unblockNmi();
        if (cpu.nmiBlocked && !otherwise) {
            cpu.nmiBlocked = false;
            cpu.wantAttention();
        }
    }

    private void real(int size) {
        long image = operands.peek(size, 2L * size);
        int writable = ALWAYS | Rflags.IF | Rflags.IOPL | (size == 4 ? WIDE : 0);
        transfers.ret(size, size);
        loadFlags(image, size, writable);
    }

    private void virtual8086(int size) {
        if (state.iopl() == 3) {
            long image = operands.peek(size, 2L * size);
            transfers.ret(size, size);
            loadFlags(image, size, ALWAYS | Rflags.IF | (size == 4 ? WIDE : 0));
            return;
        }
        if (size != 2 || (state.cr4 & Cr4.VME) == 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        long image = operands.peek(2, 4);
        boolean enables = (image & Rflags.IF) != 0;
        boolean pending = (state.systemFlags & Rflags.VIP) != 0;
        if ((enables && pending) || (image & Rflags.TF) != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        transfers.ret(2, 2);
        state.systemFlags = (state.systemFlags & ~Rflags.VIF) | (enables ? Rflags.VIF : 0);
        loadFlags(image, 2, ALWAYS);
    }

    /** Return from a nested task: the back link of the current TSS. */
    private void task() {
        if (state.longModeActive()) {
            throw cpu.fault(Vector.GP, 0);
        }
        int selector = (int) tables.read(state.tr.base, 2);
        if ((selector & 4) != 0) {
            throw tables.fault(Vector.TS, selector);
        }
        long d = tables.fetch(selector, Vector.TS);
        if (!Descriptor.isBusyTss(d)) {
            throw tables.fault(Vector.TS, selector);
        }
        if (!Descriptor.present(d)) {
            throw tables.fault(Vector.NP, selector);
        }
        taskSwitch.switchTo(selector, d, TaskSwitch.Reason.IRET, state.rflags());
    }

    private void protectedMode(int size) {
        long offset = operands.peek(size, 0);
        int selector = (int) operands.peek(size, size) & 0xffff;
        long image = operands.peek(size, 2L * size);
        if (size == 4 && (image & Rflags.VM) != 0 && state.cpl == 0 && !state.longModeActive()) {
            toVirtual8086(offset, selector, image);
            return;
        }
        long code = transfers.returnCode(selector);
        int rpl = selector & 3;
        // In 64-bit mode SS and RSP are popped whatever the privilege.
        boolean withStack = rpl > state.cpl || state.codeWidth == 64;
        int writable = writable(size);
        if (!withStack) {
            transfers.checkReturn(code, offset);
            tables.markAccessed(selector, code);
            operands.setStackPointer(state.r[CpuState.RSP] + (3L * size));
            DescriptorTables.load(state.segments[Segment.CS], selector, code);
            state.rip = offset;
            loadFlags(image, size, writable);
            cpu.modeChanged();
            return;
        }
        long pointer = operands.peek(size, 3L * size);
        int stackSelector = (int) operands.peek(size, 4L * size) & 0xffff;
        transfers.loadOuterStack(stackSelector, rpl, code);
        transfers.checkReturn(code, offset);
        tables.markAccessed(selector, code);
        transfers.leaveTo(selector, code, offset);
        transfers.setOuterPointer(pointer, 0);
        loadFlags(image, size, writable);
    }

    /** What CPL allows to change; judged by the privilege before the return. */
    private int writable(int size) {
        int writable = ALWAYS | WIDE;
        if (state.cpl <= state.iopl()) {
            writable |= Rflags.IF;
        }
        if (state.cpl == 0) {
            writable |= Rflags.IOPL | Rflags.VIF | Rflags.VIP;
        }
        return size == 2 ? writable & LOW_WORD : writable;
    }

    private void toVirtual8086(long offset, int selector, long image) {
        if (offset > 0xffff) {
            throw cpu.fault(Vector.GP, 0);
        }
        long pointer = operands.peek(4, 12);
        int ss = (int) operands.peek(4, 16) & 0xffff;
        int es = (int) operands.peek(4, 20) & 0xffff;
        int ds = (int) operands.peek(4, 24) & 0xffff;
        int fs = (int) operands.peek(4, 28) & 0xffff;
        int gs = (int) operands.peek(4, 32) & 0xffff;
        state.setRflags(image);
        SegmentRegisters.loadVirtual8086(state.segments[Segment.CS], selector);
        SegmentRegisters.loadVirtual8086(state.segments[Segment.SS], ss);
        SegmentRegisters.loadVirtual8086(state.segments[Segment.ES], es);
        SegmentRegisters.loadVirtual8086(state.segments[Segment.DS], ds);
        SegmentRegisters.loadVirtual8086(state.segments[Segment.FS], fs);
        SegmentRegisters.loadVirtual8086(state.segments[Segment.GS], gs);
        state.rip = offset;
        state.r[CpuState.RSP] = pointer;
        state.cpl = 3;
        cpu.modeChanged();
        cpu.flagsChanged();
    }

    private void loadFlags(long image, int size, int writable) {
        int mask = size == 2 ? writable & LOW_WORD : writable;
        state.setRflags((state.rflags() & ~(long) mask) | (image & mask));
        cpu.flagsChanged();
    }
}
