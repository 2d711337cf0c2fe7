package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.exec.Extension;
import org.thirdmode.x86.exec.Intercept;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/**
 * Hardware task switches between 16-bit and 32-bit TSSs. SDM 3A "Task Switching"; what may fault before the new task's
 * state is loaded faults in the old task, all later faults in the new one, whose registers are loaded by then.
 */
final class TaskSwitch {
    /** What asked for the switch: it decides busy bits, NT and the back link (SDM 3A, the table of "Task Linking"). */
    enum Reason {
        JMP(Extension.TaskSwitchCause.JMP),
        CALL(Extension.TaskSwitchCause.CALL),
        IRET(Extension.TaskSwitchCause.IRET),
        /** An interrupt or exception through a task gate: as CALL, with another RFLAGS image to save. */
        GATE(Extension.TaskSwitchCause.TASK_GATE_IN_IDT);

        private final Extension.TaskSwitchCause cause;

        Reason(Extension.TaskSwitchCause cause) {
            this.cause = cause;
        }
    }

    private static final int DEBUG_LOCAL_ENABLES = 0x155;

    /** The data segment registers in the order of a TSS; CS and SS are treated apart. */
    private static final int[] DATA = {Segment.ES, Segment.DS, Segment.FS, Segment.GS};

    private final Processor cpu;
    private final CpuState state;
    private final DescriptorTables tables;
    private final DebugRegisters debug;

    TaskSwitch(Processor cpu, DescriptorTables tables, DebugRegisters debug) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.tables = tables;
        this.debug = debug;
    }

    /**
     * Switches to the task of a TSS descriptor of the right type that is present. {@code state.rip} is what the old task
     * goes on with.
     *
     * @param flags the old task's RFLAGS image
     */
    void switchTo(int selector, long d, Reason reason, long flags) {
        if ((cpu.intercepts & Intercept.TASK_SWITCH) != 0) {
            cpu.extension.taskSwitch(selector, reason.cause);
        }
        boolean wide = Descriptor.gateIsWide(d);
        long limit = Descriptor.limit(d);
        if (limit < (wide ? 0x67 : 0x2b)) {
            throw tables.fault(Vector.TS, selector);
        }
        long base = Descriptor.base(d);
        boolean nested = reason == Reason.CALL || reason == Reason.GATE;
        // Everything is read, and everything that will be written is looked at, while the old task can still be
        // faulted.
        Image next = wide ? read32(base) : read16(base);
        boolean oldWide = (state.tr.type() & 8) != 0;
        int oldFirst = oldWide ? 0x20 : 0x0e;
        int oldLast = oldWide ? 0x5f : 0x29;
        tables.checkWrite(state.tr.base + oldFirst, oldLast + 1 - oldFirst);
        if (nested) {
            tables.checkWrite(base, 2);
        }
        long oldDescriptor = descriptorByte(state.tr.selector);
        long newDescriptor = tables.address(selector) + 5;
        if (reason != Reason.IRET) {
            tables.checkWrite(newDescriptor, 1);
        }
        if (!nested && oldDescriptor >= 0) {
            tables.checkWrite(oldDescriptor, 1);
            tables.write(oldDescriptor, 1, tables.read(oldDescriptor, 1) & ~(long) Descriptor.BUSY);
        }
        long saved = reason == Reason.IRET ? flags & ~(long) Rflags.NT : flags;
        if (oldWide) {
            save32(state.tr.base, saved);
        } else {
            save16(state.tr.base, saved);
        }
        if (nested) {
            tables.write(base, 2, state.tr.selector);
        }
        if (reason != Reason.IRET) {
            tables.write(newDescriptor, 1, (d >>> 40) | Descriptor.BUSY);
        }
        state.tr.set(selector, base, limit, Descriptor.attributes(d) | Descriptor.BUSY);
        load(next, nested, wide);
        qualify(next);
        if (next.trap) {
            cpu.pendingDebug |= DebugRegisters.BT;
            cpu.wantAttention();
        }
    }

    /** Linear address of the type byte of the current TSS's descriptor; -1 where there is none. */
    private long descriptorByte(int selector) {
        return tables.within(selector, 8) ? tables.address(selector) + 5 : -1;
    }

    /** A task's state as its TSS holds it. */
    private static final class Image {
        long cr3;
        long eip;
        long flags;
        final long[] registers = new long[8];
        final int[] selectors = new int[6];
        int ldt;
        boolean trap;
    }

    private Image read32(long base) {
        Image image = new Image();
        image.cr3 = tables.read(base + 0x1c, 4);
        image.eip = tables.read(base + 0x20, 4);
        image.flags = tables.read(base + 0x24, 4);
        for (int n = 0; n < 8; n++) {
            image.registers[n] = tables.read(base + 0x28 + (n * 4L), 4);
        }
        for (int n = 0; n < 6; n++) {
            image.selectors[n] = (int) tables.read(base + 0x48 + (n * 4L), 2);
        }
        image.ldt = (int) tables.read(base + 0x60, 2);
        image.trap = (tables.read(base + 0x64, 2) & 1) != 0;
        return image;
    }

    private Image read16(long base) {
        Image image = new Image();
        image.cr3 = -1;
        image.eip = tables.read(base + 0x0e, 2);
        image.flags = tables.read(base + 0x10, 2);
        for (int n = 0; n < 8; n++) {
            // The upper half of a register is undefined after a switch to a 16-bit task; it becomes all ones, as the
            // processors of the time showed it.
            image.registers[n] = tables.read(base + 0x12 + (n * 2L), 2) | 0xffff_0000L;
        }
        for (int n = 0; n < 4; n++) {
            image.selectors[n] = (int) tables.read(base + 0x22 + (n * 2L), 2);
        }
        image.ldt = (int) tables.read(base + 0x2a, 2);
        return image;
    }

    private void save32(long base, long flags) {
        tables.write(base + 0x20, 4, state.rip);
        tables.write(base + 0x24, 4, flags);
        for (int n = 0; n < 8; n++) {
            tables.write(base + 0x28 + (n * 4L), 4, state.r[n]);
        }
        for (int n = 0; n < 6; n++) {
            tables.write(base + 0x48 + (n * 4L), 2, state.segments[n].selector);
        }
    }

    private void save16(long base, long flags) {
        tables.write(base + 0x0e, 2, state.rip);
        tables.write(base + 0x10, 2, flags);
        for (int n = 0; n < 8; n++) {
            tables.write(base + 0x12 + (n * 2L), 2, state.r[n]);
        }
        for (int n = 0; n < 4; n++) {
            tables.write(base + 0x22 + (n * 2L), 2, state.segments[n].selector);
        }
    }

    /** Step "loads the TSS state": no check but that of the PDPTEs; segment registers get only their selectors. */
    private void load(Image next, boolean nested, boolean wide) {
        state.cr0 |= Cr0.TS;
        state.dr[7] &= ~(long) DEBUG_LOCAL_ENABLES;
        debug.changed();
        boolean newTables = wide && state.paging();
        if (newTables) {
            state.cr3 = next.cr3;
            cpu.mmu.loadedCr3(false);
        }
        state.rip = next.eip;
        state.instructionRip = next.eip;
        state.setRflags(next.flags | (nested ? Rflags.NT : 0));
        for (int n = 0; n < 8; n++) {
            state.r[n] = next.registers[n];
        }
        boolean virtual8086 = state.virtual8086();
        for (int n = 0; n < 6; n++) {
            if (virtual8086) {
                SegmentRegisters.loadVirtual8086(state.segments[n], next.selectors[n]);
            } else {
                state.segments[n].set(next.selectors[n], 0, 0, Segment.UNUSABLE);
            }
        }
        state.ldtr.set(next.ldt, 0, 0, Segment.UNUSABLE);
        state.cpl = virtual8086 ? 3 : next.selectors[Segment.CS] & 3;
        cpu.modeChanged();
        cpu.flagsChanged();
        if (newTables && (state.cr4 & Cr4.PAE) != 0 && !cpu.walker.loadPdptes(state.cr3)) {
            throw tables.fault(Vector.GP);
        }
    }

    /** Step "the descriptors are loaded and qualified": faults belong to the new task. */
    private void qualify(Image next) {
        qualifyLdt(next.ldt);
        if (!state.virtual8086()) {
            qualifyCode(next.selectors[Segment.CS]);
            qualifyStack(next.selectors[Segment.SS]);
            for (int index : DATA) {
                qualifyData(index, next.selectors[index]);
            }
        }
        cpu.modeChanged();
        if (state.rip > state.segments[Segment.CS].limit) {
            throw tables.fault(Vector.GP);
        }
    }

    private void qualifyLdt(int selector) {
        if ((selector & 4) != 0) {
            throw tables.fault(Vector.TS, selector);
        }
        if (DescriptorTables.isNull(selector)) {
            return;
        }
        long d = tables.fetch(selector, Vector.TS);
        if (Descriptor.type(d) != Descriptor.LDT || !Descriptor.present(d)) {
            throw tables.fault(Vector.TS, selector);
        }
        state.ldtr.set(selector, Descriptor.base(d), Descriptor.limit(d), Descriptor.attributes(d));
    }

    private void qualifyCode(int selector) {
        if (DescriptorTables.isNull(selector)) {
            throw tables.fault(Vector.TS, selector);
        }
        long d = tables.fetch(selector, Vector.TS);
        int rpl = selector & 3;
        int dpl = Descriptor.dpl(d);
        if (!Descriptor.isCode(d) || (Descriptor.isConforming(d) ? dpl > rpl : dpl != rpl)) {
            throw tables.fault(Vector.TS, selector);
        }
        if (!Descriptor.present(d)) {
            throw tables.fault(Vector.NP, selector);
        }
        tables.markAccessed(selector, d);
        DescriptorTables.load(state.segments[Segment.CS], selector, d);
        cpu.modeChanged();
    }

    private void qualifyStack(int selector) {
        if (DescriptorTables.isNull(selector)) {
            throw tables.fault(Vector.TS, selector);
        }
        long d = tables.fetch(selector, Vector.TS);
        if (!Descriptor.isWritableData(d) || Descriptor.dpl(d) != state.cpl || (selector & 3) != state.cpl) {
            throw tables.fault(Vector.TS, selector);
        }
        if (!Descriptor.present(d)) {
            throw tables.fault(Vector.SS, selector);
        }
        tables.markAccessed(selector, d);
        DescriptorTables.load(state.segments[Segment.SS], selector, d);
        cpu.modeChanged();
    }

    private void qualifyData(int index, int selector) {
        if (DescriptorTables.isNull(selector)) {
            return;
        }
        long d = tables.fetch(selector, Vector.TS);
        if (!SegmentRegisters.mayLoadData(selector, d, state.cpl)) {
            throw tables.fault(Vector.TS, selector);
        }
        if (!Descriptor.present(d)) {
            throw tables.fault(Vector.NP, selector);
        }
        tables.markAccessed(selector, d);
        DescriptorTables.load(state.segments[index], selector, d);
    }
}
