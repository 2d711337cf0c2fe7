package org.thirdmode.pc.bus;

/** A device of which each port reads as a byte of its own: a wider read is of the ports from the first one upwards. */
public interface ByteRegisters extends PortDevice {
    /** The byte at {@code offset} ports from the first one of the range, 0 to 255. */
    int register(int offset);

    @Override
    default int read(int offset, int size) {
        int value = 0;
        for (int i = size - 1; i >= 0; i--) {
            value = value << 8 | register(offset + i);
        }
        return value;
    }
}
