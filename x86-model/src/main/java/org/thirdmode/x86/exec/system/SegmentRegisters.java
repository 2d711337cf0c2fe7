package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.profile.CpuProfile.Vendor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/** Loading ES, SS, DS, FS and GS. SDM 2 "MOV—Move", SDM 3A "Loading Segment Selectors into Segment Registers". */
final class SegmentRegisters {
    private static final int REAL_DATA = Segment.PRESENT | Segment.CODE_OR_DATA | Segment.WRITABLE | Segment.ACCESSED;
    private static final int VIRTUAL_8086_DATA = REAL_DATA | (3 << Segment.DPL_SHIFT);

    private final Processor cpu;
    private final CpuState state;
    private final DescriptorTables tables;

    SegmentRegisters(Processor cpu, DescriptorTables tables) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.tables = tables;
    }

    /** Loads a segment register other than CS as MOV does, with all checks. Nothing has changed where it faults. */
    void load(int index, int selector) {
        if (state.realSegments()) {
            loadReal(index, selector);
        } else if (index == Segment.SS) {
            loadStack(selector);
            cpu.modeChanged();
            return;
        } else {
            loadData(index, selector);
        }
        state.deriveSegment(index);
        if (index == Segment.SS) {
            cpu.modeChanged();
        }
    }

    /** Real-address and virtual-8086 mode: the base is the selector times 16. Derives nothing. */
    void loadReal(int index, int selector) {
        Segment segment = state.segments[index];
        if (state.virtual8086()) {
            loadVirtual8086(segment, selector);
            return;
        }
        // In real-address mode limit and size of a segment stay what a descriptor last made them.
        boolean fresh = !segment.usable();
        int kept = fresh ? 0 : segment.attributes & (Segment.BIG | Segment.GRANULAR | Segment.AVAILABLE);
        segment.set(selector, (long) selector << 4, fresh ? 0xffff : segment.limit, kept | REAL_DATA);
    }

    static void loadVirtual8086(Segment segment, int selector) {
        segment.set(selector, (long) selector << 4, 0xffff, VIRTUAL_8086_DATA);
    }

    private void loadStack(int selector) {
        Segment ss = state.segments[Segment.SS];
        int rpl = selector & 3;
        if (DescriptorTables.isNull(selector)) {
            if (state.codeWidth != 64 || state.cpl == 3 || rpl != state.cpl) {
                throw tables.fault(Vector.GP);
            }
            setNullStack(ss, selector, state.cpl);
            return;
        }
        long d = tables.fetch(selector, Vector.GP);
        if (rpl != state.cpl || !Descriptor.isWritableData(d) || Descriptor.dpl(d) != state.cpl) {
            throw tables.fault(Vector.GP, selector);
        }
        if (!Descriptor.present(d)) {
            throw tables.fault(Vector.SS, selector);
        }
        tables.markAccessed(selector, d);
        DescriptorTables.load(ss, selector, d);
    }

    /** A null SS in 64-bit mode. */
    static void setNullStack(Segment ss, int selector, int cpl) {
        ss.set(selector, 0, 0, Segment.UNUSABLE | (cpl << Segment.DPL_SHIFT));
    }

    private void loadData(int index, int selector) {
        Segment segment = state.segments[index];
        if (DescriptorTables.isNull(selector)) {
            setNull(segment, selector);
            return;
        }
        long d = tables.fetch(selector, Vector.GP);
        if (!mayLoadData(selector, d, state.cpl)) {
            throw tables.fault(Vector.GP, selector);
        }
        if (!Descriptor.present(d)) {
            throw tables.fault(Vector.NP, selector);
        }
        tables.markAccessed(selector, d);
        DescriptorTables.load(segment, selector, d);
    }

    /** Data or readable code, and neither CPL nor RPL above DPL unless it is conforming code. */
    static boolean mayLoadData(int selector, long d, int cpl) {
        if (!Descriptor.isReadable(d)) {
            return false;
        }
        if (Descriptor.isCode(d) && Descriptor.isConforming(d)) {
            return true;
        }
        return (selector & 3) <= Descriptor.dpl(d) && cpl <= Descriptor.dpl(d);
    }

    /** Intel clears the base with a null selector, AMD keeps base and limit. */
    private void setNull(Segment segment, int selector) {
        if (cpu.profile.vendor() == Vendor.AMD) {
            segment.set(selector, segment.base, segment.limit, segment.attributes | Segment.UNUSABLE);
        } else {
            segment.set(selector, 0, 0, Segment.UNUSABLE);
        }
    }

    /**
     * After a return to an outer privilege level: what the new CPL may not use becomes null. SDM 2 "RET—Return From
     * Procedure". Derives nothing.
     */
    void dropInnerSegments(int cpl) {
        drop(Segment.ES, cpl);
        drop(Segment.FS, cpl);
        drop(Segment.GS, cpl);
        drop(Segment.DS, cpl);
    }

    private void drop(int index, int cpl) {
        Segment segment = state.segments[index];
        boolean conforming = segment.is(Segment.CODE) && segment.is(Segment.EXPAND_DOWN);
        if (segment.usable() && !conforming && segment.dpl() < cpl) {
            // "SegmentSelector := 0" and no more: 64-bit code goes on using the bases of FS and GS.
            segment.set(0, segment.base, segment.limit, segment.attributes | Segment.UNUSABLE);
        }
    }
}
