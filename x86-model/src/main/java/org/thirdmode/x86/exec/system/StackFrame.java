package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/**
 * A stack under construction: the frame of an interrupt, a call through a gate. It is written with the privilege that the
 * handler will have, while SS and RSP still are those of the interrupted program; they change once nothing can fault any
 * more.
 */
final class StackFrame {
    private final DescriptorTables tables;
    private final CpuState state;
    private final Mmu mmu;

    private final Segment segment = new Segment();
    private boolean flat;
    private long mask;
    private int access;

    /** Selector named by the error code of #SS; 0 for the current stack. */
    private int named;

    private long sp;

    StackFrame(DescriptorTables tables, CpuState state, Mmu mmu) {
        this.tables = tables;
        this.state = state;
        this.mmu = mmu;
    }

    /** Begins at the current stack pointer, with the privilege of CPL {@code cpl}. */
    void onCurrentStack(int cpl) {
        begin(state.segments[Segment.SS], state.r[CpuState.RSP], cpl, 0);
        flat = state.codeWidth == 64;
        mask = state.stackMask;
        sp &= mask;
    }

    /** Begins on another segment's stack outside 64-bit mode. */
    void onStack(Segment ss, long pointer, int cpl) {
        begin(ss, pointer, cpl, ss.selector);
        flat = false;
        mask = ss.is(Segment.BIG) ? 0xffff_ffffL : 0xffffL;
        sp &= mask;
    }

    /** Begins at a 64-bit stack pointer. */
    void onStack64(long pointer, int cpl) {
        begin(state.segments[Segment.SS], pointer, cpl, 0);
        flat = true;
        mask = -1L;
    }

    private void begin(Segment ss, long pointer, int cpl, int selector) {
        segment.set(ss);
        sp = pointer;
        access = cpl == 3 ? Access.USER : 0;
        named = selector;
    }

    /** #SS where fewer than {@code bytes} bytes are free: checked before the first push, as the manual does. */
    void require(int bytes) {
        long lowest = (sp - bytes) & mask;
        if (sp == 0 || Long.compareUnsigned(lowest, sp) < 0) {
            check(lowest, bytes);
            return;
        }
        for (int n = 2; n <= bytes; n += 2) {
            check((sp - n) & mask, 2);
        }
    }

    /** Pushes 2, 4 or 8 bytes. */
    void push(int size, long value) {
        long at = (sp - size) & mask;
        check(at, size);
        tables.writeAs(flat ? at : (segment.base + at) & 0xffff_ffffL, size, value, access);
        sp = at;
    }

    private void check(long offset, int size) {
        boolean allowed =
                flat ? mmu.canonical(offset) && mmu.canonical(offset + size - 1) : allows(offset, offset + size - 1);
        if (!allowed) {
            throw tables.fault(Vector.SS, named);
        }
    }

    private boolean allows(long first, long last) {
        if (!segment.usable()) {
            return false;
        }
        if (segment.is(Segment.EXPAND_DOWN) && !segment.is(Segment.CODE)) {
            return first > segment.limit && last <= mask;
        }
        return last <= segment.limit;
    }

    /** The stack pointer after the last push. */
    long pointer() {
        return sp;
    }

    /** The whole RSP that results: a 16-bit stack keeps the upper half of what {@code before} was. */
    long pointer(long before) {
        return mask == 0xffffL ? (before & ~0xffffL) | sp : sp;
    }
}
