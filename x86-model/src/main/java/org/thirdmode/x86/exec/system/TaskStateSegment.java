package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/**
 * The current TSS outside task switches: stacks of inner privilege levels, the interrupt stack table, the I/O permission
 * and interrupt redirection bitmaps. SDM 3A "Task-State Segment (TSS)", "64-Bit TSS Format", "I/O Permission Bit Map".
 */
final class TaskStateSegment {
    private static final int IO_MAP_BASE = 0x66;

    private final CpuState state;
    private final DescriptorTables tables;

    TaskStateSegment(Processor cpu, DescriptorTables tables) {
        this.state = cpu.state;
        this.tables = tables;
    }

    private boolean is32Bit() {
        return (state.tr.type() & 8) != 0;
    }

    /**
     * The stack for a handler of privilege {@code dpl} outside long mode: SS into {@code ss} after all its checks.
     *
     * @return SP or ESP
     */
    long innerStack(int dpl, Segment ss) {
        int offset = is32Bit() ? dpl * 8 + 4 : dpl * 4 + 2;
        int size = is32Bit() ? 4 : 2;
        if (offset + size + 1 > state.tr.limit) {
            throw tables.fault(Vector.TS, state.tr.selector);
        }
        long pointer = tables.read(state.tr.base + offset, size);
        int selector = (int) tables.read(state.tr.base + offset + size, 2);
        if (DescriptorTables.isNull(selector)) {
            throw tables.fault(Vector.TS);
        }
        long d = tables.fetch(selector, Vector.TS);
        if ((selector & 3) != dpl || Descriptor.dpl(d) != dpl || !Descriptor.isWritableData(d)) {
            throw tables.fault(Vector.TS, selector);
        }
        if (!Descriptor.present(d)) {
            throw tables.fault(Vector.SS, selector);
        }
        tables.markAccessed(selector, d);
        DescriptorTables.load(ss, selector, d);
        return pointer;
    }

    /** RSPn of a 64-bit TSS. */
    long innerStack64(int dpl) {
        return pointer64(dpl * 8 + 4);
    }

    /** ISTn of a 64-bit TSS, n = 1..7. */
    long interruptStack(int number) {
        return pointer64(number * 8 + 28);
    }

    private long pointer64(int offset) {
        if (offset + 7 > state.tr.limit) {
            throw tables.fault(Vector.TS, state.tr.selector);
        }
        return tables.read(state.tr.base + offset, 4) | (tables.read(state.tr.base + offset + 4, 4) << 32);
    }

    /** Whether the I/O permission bitmap allows {@code size} ports from {@code port}. */
    boolean allowsPorts(int port, int size) {
        if (!is32Bit() || IO_MAP_BASE + 1 > state.tr.limit) {
            return false;
        }
        long map = tables.read(state.tr.base + IO_MAP_BASE, 2);
        long at = map + (port >>> 3);
        // Two bytes are read whatever the port; the map ends with a byte of ones for that.
        if (at + 1 > state.tr.limit) {
            return false;
        }
        long bits = tables.read(state.tr.base + at, 2) >>> (port & 7);
        return (bits & ((1L << size) - 1)) == 0;
    }

    /** Whether the bit of {@code vector} in the software interrupt redirection bitmap is set: to the monitor's IDT. */
    boolean redirected(int vector) {
        if (!is32Bit() || IO_MAP_BASE + 1 > state.tr.limit) {
            throw tables.fault(Vector.GP);
        }
        long map = tables.read(state.tr.base + IO_MAP_BASE, 2);
        long at = map - 32 + (vector >>> 3);
        if (map < 32 || at > state.tr.limit) {
            throw tables.fault(Vector.GP);
        }
        return (tables.read(state.tr.base + at, 1) & (1L << (vector & 7))) != 0;
    }
}
