package org.thirdmode.x86.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * One 4-KByte frame of simulated memory that holds real bits, and what the processor has decoded of it.
 *
 * <p>The accessors take offsets within the frame; an access never crosses its end.
 */
public final class Frame {
    /** Bytes in a frame. */
    public static final int SIZE = 4096;

    /** Views of a frame's bytes as little-endian units; an unaligned index is fine, as on x86. */
    public static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    public static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    public static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** The frame's content. */
    public final byte[] bytes;

    /** Whether guest writes are ignored. */
    public final boolean readOnly;

    /**
     * What the processor has decoded of this frame, or null. While it is not null no translation may carry a write tag
     * for the frame: every write must come through {@link PhysicalMemory#write} so that stale code is dropped.
     */
    public DecodedCode code;

    Frame(byte[] bytes, boolean readOnly) {
        this.bytes = bytes;
        this.readOnly = readOnly;
    }

    /** Reads {@code size} bytes (1, 2, 4 or 8), zero-extended. */
    public long get(int offset, int size) {
        return switch (size) {
            case 1 -> bytes[offset] & 0xffL;
            case 2 -> (short) SHORT.get(bytes, offset) & 0xffffL;
            case 4 -> (int) INT.get(bytes, offset) & 0xffff_ffffL;
            default -> (long) LONG.get(bytes, offset);
        };
    }

    /** Stores the low {@code size} bytes (1, 2, 4 or 8) of {@code value}, whatever {@link #readOnly} says. */
    void put(int offset, int size, long value) {
        switch (size) {
            case 1 -> bytes[offset] = (byte) value;
            case 2 -> SHORT.set(bytes, offset, (short) value);
            case 4 -> INT.set(bytes, offset, (int) value);
            default -> LONG.set(bytes, offset, value);
        }
    }

    /** Decoded instructions that a write to their bytes makes stale. */
    public interface DecodedCode {
        /** Bytes {@code from} (inclusive) to {@code to} (exclusive) of the frame were written. */
        void bytesWritten(int from, int to);
    }
}
