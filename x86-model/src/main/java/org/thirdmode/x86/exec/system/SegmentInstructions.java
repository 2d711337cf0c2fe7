package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.decode.Operation;
import org.thirdmode.x86.exec.InstructionGroup;
import org.thirdmode.x86.exec.Intercept;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.ModelBug;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/** Instructions on segment registers and descriptor tables. SDM 2, each under its name. */
public final class SegmentInstructions implements InstructionGroup {
    private final Processor cpu;
    private final CpuState state;
    private final Operands operands;
    private final DescriptorTables tables;
    private final SegmentRegisters registers;
    private final ModelSpecificRegisters msrs;
    private final ControlRegisters controlRegisters;

    SegmentInstructions(
            Processor cpu,
            DescriptorTables tables,
            SegmentRegisters registers,
            ControlRegisters controlRegisters,
            ModelSpecificRegisters msrs) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.operands = cpu.operands;
        this.tables = tables;
        this.registers = registers;
        this.controlRegisters = controlRegisters;
        this.msrs = msrs;
    }

    @Override
    public void execute(Instruction i) {
        switch (i.operation) {
            case MOV_SREG -> move(i);
            case PUSH_SREG -> push(i);
            case POP_SREG -> pop(i);
            case LES -> loadFar(i, Segment.ES);
            case LDS -> loadFar(i, Segment.DS);
            case LSS -> loadFar(i, Segment.SS);
            case LFS -> loadFar(i, Segment.FS);
            case LGS -> loadFar(i, Segment.GS);
            case LGDT, LIDT -> loadTable(i);
            case SGDT -> storeTable(i, state.gdtrBase, state.gdtrLimit);
            case SIDT -> storeTable(i, state.idtrBase, state.idtrLimit);
            case LLDT -> loadLdt(i);
            case LTR -> loadTaskRegister(i);
            case SLDT -> store(i, state.ldtr.selector);
            case STR -> store(i, state.tr.selector);
            case LAR -> loadAccessRights(i);
            case LSL -> loadSegmentLimit(i);
            case VERR, VERW -> verify(i);
            case ARPL -> adjustRpl(i);
            case SWAPGS -> swapGs();
            case RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE -> base(i);
            default -> throw new ModelBug("not a segment instruction: " + i.operation);
        }
    }

    // ---- segment registers ----

    private void move(Instruction i) {
        if (i.a >= Operand.SEGMENT && i.a < Operand.CONTROL) {
            int index = i.a - Operand.SEGMENT;
            if (index == Segment.CS || index > Segment.GS) {
                throw cpu.fault(Vector.UD);
            }
            registers.load(index, (int) operands.get(i, i.b, 2));
            if (index == Segment.SS) {
                cpu.interruptShadow(Processor.SHADOW_MOV_SS);
            }
            return;
        }
        int index = i.b - Operand.SEGMENT;
        if (index > Segment.GS) {
            throw cpu.fault(Vector.UD);
        }
        operands.set(i, i.a, i.a == Operand.MEMORY ? 2 : i.size, state.segments[index].selector);
    }

    private void push(Instruction i) {
        int selector = state.segments[i.a - Operand.SEGMENT].selector;
        if (i.size == 4) {
            // A 32-bit push of a segment register writes 16 bits and leaves the rest of the slot alone.
            long sp = (state.r[CpuState.RSP] - 4) & state.stackMask;
            operands.checkWrite(Segment.SS, sp, 2);
            operands.write(Segment.SS, sp, 2, selector);
            operands.setStackPointer(sp);
        } else {
            operands.push(i.size, selector);
        }
    }

    private void pop(Instruction i) {
        int index = i.a - Operand.SEGMENT;
        int selector = (int) operands.peek(2, 0);
        long sp = state.r[CpuState.RSP] + i.size;
        long mask = state.stackMask;
        registers.load(index, selector);
        // The width of the stack before the load counts: POP SS may change it.
        state.r[CpuState.RSP] = mask == 0xffffL ? (state.r[CpuState.RSP] & ~0xffffL) | (sp & 0xffff) : sp & mask;
        if (index == Segment.SS) {
            cpu.interruptShadow(Processor.SHADOW_MOV_SS);
        }
    }

    private void loadFar(Instruction i, int index) {
        long at = operands.effectiveAddress(i);
        long offset = operands.read(i.segment, at, i.size);
        int selector = (int) operands.read(i.segment, (at + i.size) & i.addressMask, 2);
        registers.load(index, selector);
        operands.setRegister(i.a, i.size, offset);
    }

    // ---- table registers ----

    private void requirePrivilege() {
        if (state.protectedMode() && state.cpl != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
    }

    private void requireProtectedMode() {
        if (state.realSegments()) {
            throw cpu.fault(Vector.UD);
        }
    }

    private void requireUserAllowed() {
        if ((state.cr4 & Cr4.UMIP) != 0 && state.cpl > 0) {
            throw cpu.fault(Vector.GP, 0);
        }
    }

    private void loadTable(Instruction i) {
        requirePrivilege();
        if (cpu.leaves(i, Intercept.DESCRIPTOR_TABLE_LOAD)) {
            return;
        }
        boolean is64 = state.codeWidth == 64;
        long at = operands.effectiveAddress(i);
        int limit = (int) operands.read(i.segment, at, 2);
        long base = operands.read(i.segment, (at + 2) & i.addressMask, is64 ? 8 : 4);
        if (is64 && !controlRegisters.canonicalForLoad(base)) {
            throw cpu.fault(Vector.GP, 0);
        }
        if (!is64 && i.size == 2) {
            base &= 0xff_ffffL;
        }
        if (i.operation == Operation.LGDT) {
            state.gdtrBase = base;
            state.gdtrLimit = limit;
        } else {
            state.idtrBase = base;
            state.idtrLimit = limit;
        }
    }

    private void storeTable(Instruction i, long base, int limit) {
        requireUserAllowed();
        if (cpu.leaves(i, Intercept.DESCRIPTOR_TABLE_STORE)) {
            return;
        }
        int size = state.codeWidth == 64 ? 8 : 4;
        long at = operands.effectiveAddress(i);
        operands.checkWrite(i.segment, (at + 2) & i.addressMask, size);
        operands.write(i.segment, at, 2, limit);
        operands.write(i.segment, (at + 2) & i.addressMask, size, base);
    }

    private void store(Instruction i, int selector) {
        requireProtectedMode();
        requireUserAllowed();
        if (cpu.leaves(i, Intercept.DESCRIPTOR_TABLE_STORE)) {
            return;
        }
        operands.set(i, i.a, i.a == Operand.MEMORY ? 2 : i.size, selector);
    }

    private void loadLdt(Instruction i) {
        requireProtectedMode();
        requirePrivilege();
        if (cpu.leaves(i, Intercept.DESCRIPTOR_TABLE_LOAD)) {
            return;
        }
        int selector = (int) operands.get(i, i.a, 2);
        if (DescriptorTables.isNull(selector)) {
            state.ldtr.set(selector, 0, 0, Segment.UNUSABLE);
            return;
        }
        long d = fetchFromGdt(selector);
        if (Descriptor.type(d) != Descriptor.LDT) {
            throw tables.fault(Vector.GP, selector);
        }
        long base = systemBase(selector, d);
        if (!Descriptor.present(d)) {
            throw tables.fault(Vector.NP, selector);
        }
        state.ldtr.set(selector, base, Descriptor.limit(d), Descriptor.attributes(d));
    }

    private void loadTaskRegister(Instruction i) {
        requireProtectedMode();
        requirePrivilege();
        if (cpu.leaves(i, Intercept.DESCRIPTOR_TABLE_LOAD)) {
            return;
        }
        int selector = (int) operands.get(i, i.a, 2);
        if (DescriptorTables.isNull(selector)) {
            throw cpu.fault(Vector.GP, 0);
        }
        long d = fetchFromGdt(selector);
        boolean available = state.longModeActive()
                ? Descriptor.type(d) == Descriptor.TSS_32_AVAILABLE
                : Descriptor.isAvailableTss(d);
        if (!available) {
            throw tables.fault(Vector.GP, selector);
        }
        long base = systemBase(selector, d);
        if (!Descriptor.present(d)) {
            throw tables.fault(Vector.NP, selector);
        }
        tables.write(tables.address(selector) + 5, 1, (d >>> 40) | Descriptor.BUSY);
        state.tr.set(selector, base, Descriptor.limit(d), Descriptor.attributes(d) | Descriptor.BUSY);
    }

    private long fetchFromGdt(int selector) {
        if ((selector & 4) != 0) {
            throw tables.fault(Vector.GP, selector);
        }
        return tables.fetch(selector, Vector.GP);
    }

    /** The base of a TSS or LDT descriptor: 16 bytes long in long mode. */
    private long systemBase(int selector, long d) {
        long base = Descriptor.base(d);
        if (!state.longModeActive()) {
            return base;
        }
        long upper = tables.fetchUpper(selector, Vector.GP);
        base |= upper << 32;
        if (((upper >>> 40) & 0x1f) != 0 || !controlRegisters.canonicalForLoad(base)) {
            throw tables.fault(Vector.GP, selector);
        }
        return base;
    }

    // ---- looking at descriptors ----

    private void setZero(boolean zero) {
        state.flags.setStatus(zero ? Flags.ZF : 0, Flags.ZF);
    }

    /** The descriptor if LAR, LSL, VERR and VERW may see it at all; 0 (which no visible one is) if not. */
    private long visible(int selector) {
        if (DescriptorTables.isNull(selector) || !tables.within(selector, 8)) {
            return 0;
        }
        long d = tables.read(tables.address(selector), 8);
        if (Descriptor.isCode(d) && Descriptor.isConforming(d)) {
            return d;
        }
        int dpl = Descriptor.dpl(d);
        return dpl >= state.cpl && dpl >= (selector & 3) ? d : 0;
    }

    /** Which system types LAR and LSL accept, by bit. SDM 2 "LAR", "LSL", the tables of segment and gate types. */
    private static final int LAR_LEGACY =
            (1 << 1) | (1 << 2) | (1 << 3) | (1 << 4) | (1 << 5) | (1 << 9) | (1 << 11) | (1 << 12);

    private static final int LAR_LONG = (1 << 2) | (1 << 9) | (1 << 11) | (1 << 12);
    private static final int LSL_LEGACY = (1 << 1) | (1 << 2) | (1 << 3) | (1 << 9) | (1 << 11);
    private static final int LSL_LONG = (1 << 2) | (1 << 9) | (1 << 11);

    private boolean accepted(long d, int legacy, int longMode) {
        int type = Descriptor.type(d);
        if (type >= Segment.CODE_OR_DATA) {
            return true;
        }
        return (((state.longModeActive() ? longMode : legacy) >>> type) & 1) != 0;
    }

    private void loadAccessRights(Instruction i) {
        requireProtectedMode();
        long d = visible((int) operands.get(i, i.b, 2));
        boolean ok = d != 0 && accepted(d, LAR_LEGACY, LAR_LONG);
        if (ok) {
            operands.setRegister(i.a, i.size, (d >>> 32) & (i.size == 2 ? 0xff00L : 0xf0_ff00L));
        }
        setZero(ok);
    }

    private void loadSegmentLimit(Instruction i) {
        requireProtectedMode();
        long d = visible((int) operands.get(i, i.b, 2));
        boolean ok = d != 0 && accepted(d, LSL_LEGACY, LSL_LONG);
        if (ok) {
            operands.setRegister(i.a, i.size, Descriptor.limit(d));
        }
        setZero(ok);
    }

    private void verify(Instruction i) {
        requireProtectedMode();
        long d = visible((int) operands.get(i, i.a, 2));
        boolean ok = i.operation == Operation.VERR ? Descriptor.isReadable(d) : Descriptor.isWritableData(d);
        setZero(ok);
    }

    private void adjustRpl(Instruction i) {
        requireProtectedMode();
        long destination = operands.getForUpdate(i, i.a, 2);
        long source = operands.get(i, i.b, 2);
        boolean lower = (destination & 3) < (source & 3);
        if (lower) {
            operands.set(i, i.a, 2, (destination & ~3L) | (source & 3));
        }
        setZero(lower);
    }

    // ---- bases of FS and GS ----

    private void swapGs() {
        if (state.codeWidth != 64) {
            throw cpu.fault(Vector.UD);
        }
        if (state.cpl != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        Segment gs = state.segments[Segment.GS];
        long base = gs.base;
        gs.base = msrs.kernelGsBase;
        msrs.kernelGsBase = base;
        state.deriveSegment(Segment.GS);
    }

    private void base(Instruction i) {
        if ((state.cr4 & Cr4.FSGSBASE) == 0 || state.codeWidth != 64) {
            throw cpu.fault(Vector.UD);
        }
        boolean fs = i.operation == Operation.RDFSBASE || i.operation == Operation.WRFSBASE;
        int index = fs ? Segment.FS : Segment.GS;
        if (i.operation == Operation.RDFSBASE || i.operation == Operation.RDGSBASE) {
            operands.setRegister(i.a, i.size, state.segments[index].base);
            return;
        }
        long base = operands.register(i.a, i.size);
        if (!controlRegisters.canonicalForLoad(base)) {
            throw cpu.fault(Vector.GP, 0);
        }
        state.segments[index].base = base;
        state.deriveSegment(index);
    }
}
