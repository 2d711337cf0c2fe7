package org.thirdmode.pc.disk.qcow2;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Numbers in tables. "All numbers in qcow2 are stored in Big Endian byte order." */
final class BigEndian {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private BigEndian() {}

    /** Entry {@code index} of a table of 64-bit entries. */
    static long entry(byte[] table, int index) {
        return (long) LONG.get(table, index * 8);
    }

    /** Sets entry {@code index} of a table of 64-bit entries. */
    static void setEntry(byte[] table, int index, long value) {
        LONG.set(table, index * 8, value);
    }
}
