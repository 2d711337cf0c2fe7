package org.thirdmode.x86.exec.general;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Flags;

/** Bit scans and counts, CRC32, BMI1 and BMI2 but for the shifts. */
final class BitFields {
    /** The polynomial 11EDC6F41H with its bits reflected, as SDM 2 "CRC32" divides. */
    private static final int CRC32C_REFLECTED = 0x82F6_3B78;

    private final Flags flags;
    private final Operands operands;

    BitFields(Processor cpu) {
        flags = cpu.state.flags;
        operands = cpu.operands;
    }

    private long source(Instruction i) {
        return operands.get(i, i.b, i.size);
    }

    /** A source of 0 sets ZF and leaves the destination, of which Intel says "undefined" and AMD "unchanged". */
    void bsf(Instruction i) {
        long x = source(i);
        scanned(i, x, Long.numberOfTrailingZeros(x));
    }

    void bsr(Instruction i) {
        long x = source(i);
        scanned(i, x, 63 - Long.numberOfLeadingZeros(x));
    }

    /** All flags but ZF are undefined: AMD's processors clear them, and take PF from the number. */
    private void scanned(Instruction i, long source, int number) {
        if (source != 0) {
            operands.set(i, i.a, i.size, number);
        }
        flags.logic(source == 0 ? 0 : number);
        flags.setStatus(source == 0 ? Flags.ZF : 0, Flags.ZF | Flags.SF);
    }

    void tzcnt(Instruction i) {
        long x = source(i);
        counted(i, x, x == 0 ? i.size * 8 : Long.numberOfTrailingZeros(x));
    }

    void lzcnt(Instruction i) {
        long x = source(i);
        counted(i, x, Long.numberOfLeadingZeros(x) - (64 - i.size * 8));
    }

    /** OF, SF, PF and AF are undefined: AMD's processors keep OF and clear the others. */
    private void counted(Instruction i, long source, int count) {
        operands.set(i, i.a, i.size, count);
        int status = (source == 0 ? Flags.CF : 0) | (count == 0 ? Flags.ZF : 0);
        flags.setStatus(status, Flags.STATUS & ~Flags.OF);
    }

    void popcnt(Instruction i) {
        long x = source(i);
        operands.set(i, i.a, i.size, Long.bitCount(x));
        flags.setStatus(x == 0 ? Flags.ZF : 0);
    }

    void crc32(Instruction i) {
        int crc = (int) operands.get(i, i.a, 4);
        long data = operands.get(i, i.b, i.sizeB);
        for (int n = 0; n < i.sizeB; n++) {
            crc ^= (int) (data >>> (n * 8)) & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc >>> 1) ^ ((crc & 1) != 0 ? CRC32C_REFLECTED : 0);
            }
        }
        operands.set(i, i.a, 4, crc);
    }

    // ---- BMI1 ----

    void andn(Instruction i) {
        result(i, ~source(i) & operands.get(i, i.c, i.size), false);
    }

    void bextr(Instruction i) {
        long x = source(i);
        long control = operands.get(i, i.c, i.size);
        int start = (int) control & 0xff;
        int length = (int) (control >>> 8) & 0xff;
        long shifted = start < 64 ? x >>> start : 0;
        long field = length < 64 ? shifted & ((1L << length) - 1) : shifted;
        operands.set(i, i.a, i.size, field);
        // AF, SF and PF are undefined; AMD's processors take PF from the field, set AF and clear SF.
        flags.logic(field);
        flags.setStatus(Flags.AF, Flags.AF | Flags.SF);
    }

    void blsi(Instruction i) {
        long x = source(i);
        result(i, -x & x, x != 0);
    }

    void blsmsk(Instruction i) {
        long x = source(i);
        result(i, (x - 1) ^ x, x == 0);
    }

    void blsr(Instruction i) {
        long x = source(i);
        result(i, (x - 1) & x, x == 0);
    }

    /** SF and ZF by the result, OF clear; AF and PF are undefined. */
    private void result(Instruction i, long result, boolean carry) {
        operands.set(i, i.a, i.size, result);
        flags.logic(Operands.signExtend(result, i.size));
        flags.setCf(carry);
    }

    // ---- BMI2 ----

    void bzhi(Instruction i) {
        long x = source(i);
        int index = (int) operands.get(i, i.c, 1);
        boolean beyond = index > i.size * 8 - 1;
        result(i, beyond ? x : x & ((1L << index) - 1), beyond);
    }

    /** The destinations are written low half first: where both are one register, it holds the high half. */
    void mulx(Instruction i) {
        long x = operands.register(CpuState.RDX, i.size);
        long y = operands.get(i, i.c, i.size);
        long low = x * y;
        long high = i.size == 8 ? Math.unsignedMultiplyHigh(x, y) : low >>> 32;
        operands.set(i, i.b, i.size, low);
        operands.set(i, i.a, i.size, high);
    }

    void pdep(Instruction i) {
        operands.set(i, i.a, i.size, Long.expand(source(i), operands.get(i, i.c, i.size)));
    }

    void pext(Instruction i) {
        operands.set(i, i.a, i.size, Long.compress(source(i), operands.get(i, i.c, i.size)));
    }
}
