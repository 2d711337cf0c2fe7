package org.thirdmode.pc.bus;

/** A device in the I/O address space. It is handed only accesses of a size it was registered for. */
public interface PortDevice {
    /** Reads {@code size} bytes (1, 2 or 4) at {@code offset} ports from the first one of the range; zero-extended. */
    int read(int offset, int size);

    /** Writes {@code size} bytes (1, 2 or 4); {@code value} is zero-extended. */
    void write(int offset, int size, int value);
}
