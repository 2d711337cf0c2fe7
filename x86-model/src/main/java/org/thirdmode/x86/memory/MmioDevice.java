package org.thirdmode.x86.memory;

/** Registers of a device in the physical address space. */
public interface MmioDevice {
    /** Reads {@code size} bytes (1, 2, 4 or 8) at {@code offset} from the region's start; zero-extended. */
    long read(long offset, int size);

    /** Writes the low {@code size} bytes (1, 2, 4 or 8) of {@code value} at {@code offset} from the region's start. */
    void write(long offset, int size, long value);
}
