package org.thirdmode.x86.bus;

/**
 * The I/O address space as the processor sees it: 65,536 byte ports.
 *
 * <p>Source: SDM 1 "I/O Port Addressing".
 */
public interface PortBus {
    /**
     * Reads {@code size} bytes (1, 2 or 4) at {@code port}.
     *
     * @return the value, zero-extended; all ones where no device answers
     */
    int read(int port, int size);

    /** Writes the low {@code size} bytes (1, 2 or 4) of {@code value} to {@code port}; ignored where no device answers. */
    void write(int port, int size, int value);

    /** A machine without any device: reads are all ones, writes go nowhere. */
    PortBus EMPTY = new PortBus() {
        @Override
        public int read(int port, int size) {
            return size == 1 ? 0xff : size == 2 ? 0xffff : -1;
        }

        @Override
        public void write(int port, int size, int value) {}
    };
}
