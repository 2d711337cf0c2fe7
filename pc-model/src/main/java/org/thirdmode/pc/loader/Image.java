package org.thirdmode.pc.loader;

import org.thirdmode.x86.memory.Frame;

/**
 * A file to load: its name, for messages and for the command line's first word, and its bytes.
 *
 * @param name the file's name, as the user gave it
 * @param bytes the whole file; not to be changed
 */
public record Image(String name, byte[] bytes) {
    /** Bytes in the file. */
    long size() {
        return bytes.length;
    }

    /** Whether the {@code count} bytes at {@code offset} are all in the file. */
    boolean holds(long offset, long count) {
        return offset >= 0 && count >= 0 && offset <= bytes.length && count <= bytes.length - offset;
    }

    /** The file must have {@code what}, {@code count} bytes at {@code offset}. */
    void require(long offset, long count, String what) throws ImageException {
        if (!holds(offset, count)) {
            throw ImageException.at(
                    this,
                    Math.max(0, Math.min(offset, bytes.length)),
                    "the end of the file at 0x" + Long.toHexString(bytes.length),
                    Long.toUnsignedString(count) + " bytes of " + what + " from 0x" + Long.toHexString(offset));
        }
    }

    /** The byte at {@code offset}, which the file holds, as a number. */
    int u8(long offset) {
        return bytes[(int) offset] & 0xff;
    }

    /** The 16-bit little-endian number at {@code offset}, which the file holds. */
    int u16(long offset) {
        return (short) Frame.SHORT.get(bytes, (int) offset) & 0xffff;
    }

    /** The 32-bit little-endian number at {@code offset}, which the file holds. */
    long u32(long offset) {
        return (int) Frame.INT.get(bytes, (int) offset) & 0xffff_ffffL;
    }

    /** The 64-bit little-endian number at {@code offset}, which the file holds. */
    long u64(long offset) {
        return (long) Frame.LONG.get(bytes, (int) offset);
    }

    /** A copy of {@code count} bytes from {@code offset}. */
    byte[] slice(long offset, long count) {
        byte[] copy = new byte[(int) count];
        System.arraycopy(bytes, (int) offset, copy, 0, (int) count);
        return copy;
    }
}
