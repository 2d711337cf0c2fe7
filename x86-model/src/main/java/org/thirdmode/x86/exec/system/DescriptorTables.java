package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/**
 * Access to the GDT, the LDT, the IDT and the TSS, and the error codes of faults that name a selector. All of these are
 * implicit supervisor-mode accesses (SDM 3A "Determination of Access Rights").
 */
final class DescriptorTables {
    private final Processor cpu;
    private final CpuState state;
    private final Mmu mmu;

    /**
     * EXT of the error codes: 1 while an event that is not the program's own (an exception, an external interrupt, INT1)
     * is delivered. SDM 3A "Error Code".
     */
    int ext;

    DescriptorTables(Processor cpu) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.mmu = cpu.mmu;
    }

    /** A fault whose error code names a selector, without its RPL. */
    GuestFault fault(int vector, int selector) {
        return cpu.fault(vector, (selector & 0xfffc) | ext);
    }

    /** A fault with a null error code. */
    GuestFault fault(int vector) {
        return cpu.fault(vector, ext);
    }

    static boolean isNull(int selector) {
        return (selector & 0xfffc) == 0;
    }

    // ---- memory ----

    private long wrap(long linear) {
        return state.longModeActive() ? linear : linear & 0xffff_ffffL;
    }

    /** Reads 1, 2, 4 or 8 bytes of a system structure. */
    long read(long address, int size) {
        long linear = wrap(address);
        if (!mmu.canonical(linear)) {
            throw fault(Vector.GP);
        }
        if (((int) linear & (Frame.SIZE - 1)) + size <= Frame.SIZE) {
            return mmu.readSystem(linear, size);
        }
        long value = 0;
        for (int n = 0; n < size; n++) {
            value |= mmu.readSystem(wrap(linear + n), 1) << (n * 8);
        }
        return value;
    }

    /** Writes 1, 2, 4 or 8 bytes of a system structure. */
    void write(long address, int size, long value) {
        writeAs(address, size, value, Access.IMPLICIT);
    }

    /** Writes with a privilege of the caller's choice ({@link Access}); nothing is written where any byte faults. */
    void writeAs(long address, int size, long value, int access) {
        long linear = wrap(address);
        if (((int) linear & (Frame.SIZE - 1)) + size <= Frame.SIZE) {
            mmu.writeAs(linear, size, value, access);
            return;
        }
        mmu.checkWriteAs(linear, 1, access);
        mmu.checkWriteAs(wrap(linear + size - 1), 1, access);
        for (int n = 0; n < size; n++) {
            mmu.writeAs(wrap(linear + n), 1, value >>> (n * 8), access);
        }
    }

    /** Faults if {@code size} bytes of a system structure could not be written. */
    void checkWrite(long address, int size) {
        long linear = wrap(address);
        mmu.checkWriteSystem(linear, 1);
        mmu.checkWriteSystem(wrap(linear + size - 1), 1);
    }

    // ---- descriptors ----

    /** Whether the selector's descriptor, of {@code size} bytes, lies within its table. */
    boolean within(int selector, int size) {
        int offset = selector & 0xfff8;
        if ((selector & 4) == 0) {
            return offset + size - 1 <= state.gdtrLimit;
        }
        return state.ldtr.usable() && offset + size - 1 <= state.ldtr.limit;
    }

    /** Linear address of a selector's descriptor. */
    long address(int selector) {
        return ((selector & 4) == 0 ? state.gdtrBase : state.ldtr.base) + (selector & 0xfff8);
    }

    /** The descriptor that a selector names; {@code vector} with the selector where it lies outside its table. */
    long fetch(int selector, int vector) {
        if (!within(selector, 8)) {
            throw fault(vector, selector);
        }
        return read(address(selector), 8);
    }

    /** The upper 8 bytes of a 16-byte descriptor (long mode); {@code vector} where they lie outside the table. */
    long fetchUpper(int selector, int vector) {
        if (!within(selector, 16)) {
            throw fault(vector, selector);
        }
        return read(address(selector) + 8, 8);
    }

    /** Sets the accessed bit of a code or data descriptor where it is clear. */
    void markAccessed(int selector, long descriptor) {
        if ((Descriptor.type(descriptor) & Segment.ACCESSED) == 0) {
            write(address(selector) + 5, 1, (descriptor >>> 40) | Segment.ACCESSED);
        }
    }

    /** Loads a segment register's hidden part from a descriptor, marked accessed. */
    static void load(Segment segment, int selector, long descriptor) {
        segment.set(
                selector,
                Descriptor.base(descriptor),
                Descriptor.limit(descriptor),
                Descriptor.attributes(descriptor) | Segment.ACCESSED);
    }
}
