package org.thirdmode.pc.firmware;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Fills a part of a ROM with one table after another. */
final class RomWriter {
    private final byte[] rom;
    private final int address;
    private final int end;
    private int next;

    /**
     * A writer of {@code rom}, whose first byte is at physical {@code address}.
     *
     * @param from the first offset that may be written
     * @param end the first one that may not
     */
    RomWriter(byte[] rom, int address, int from, int end) {
        this.rom = rom;
        this.address = address;
        this.end = end;
        next = from;
    }

    /** Puts a table at the next multiple of {@code alignment} and returns its physical address. */
    int append(byte[] table, int alignment) {
        int at = (next + alignment - 1) & -alignment;
        if (at + table.length > end) {
            throw new IllegalStateException("the tables of the firmware are larger than the room for them");
        }
        System.arraycopy(table, 0, rom, at, table.length);
        next = at + table.length;
        return address + at;
    }

    /** A table in little-endian order, all zero. */
    static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** What makes the first {@code size} bytes add up to 0. */
    static byte checksum(byte[] table, int size) {
        int sum = 0;
        for (int i = 0; i < size; i++) {
            sum += table[i];
        }
        return (byte) -sum;
    }
}
