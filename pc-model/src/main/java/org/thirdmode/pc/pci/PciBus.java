package org.thirdmode.pc.pci;

import java.util.TreeMap;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.PortDevice;
import org.thirdmode.pc.device.SystemPorts;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * PCI bus 0 and configuration mechanism 1: an address register at CF8H, taken only as a whole double word, and a window of
 * four bytes at CFCH. The byte at CF9H is the board's reset control register.
 *
 * <p>Source: PCI Local Bus Specification 2.2 "Software Generation of Configuration Transactions".
 */
public final class PciBus implements Stateful {
    private static final int ENABLE = 0x8000_0000;

    private final TreeMap<Integer, PciFunction> functions = new TreeMap<>();
    private final SystemPorts systemPorts;
    private int address;

    /** A bus without functions, on the board that has {@code systemPorts}. */
    public PciBus(SystemPorts systemPorts) {
        this.systemPorts = systemPorts;
    }

    /** Adds function {@code function} (0..7) of device {@code device} (0..31). */
    public void add(int device, int function, PciFunction added) {
        functions.put(device << 3 | function, added);
    }

    /** Puts the two registers at their ports. */
    public void attach(IoPorts ports) {
        ports.register("PCI configuration address", 0xcf8, 4, 4, new PortDevice() {
            @Override
            public int read(int offset, int size) {
                return size == 4 ? address : size == 1 && offset == 1 ? systemPorts.readResetControl() : -1;
            }

            @Override
            public void write(int offset, int size, int value) {
                if (size == 4) {
                    address = value & (ENABLE | 0x00ff_fffc);
                } else if (size == 1 && offset == 1) {
                    systemPorts.writeResetControl(value);
                }
            }
        });
        ports.register("PCI configuration data", 0xcfc, 4, 4, new PortDevice() {
            @Override
            public int read(int offset, int size) {
                PciFunction function = selected();
                if (function == null) {
                    return -1;
                }
                int value = 0;
                for (int i = size - 1; i >= 0; i--) {
                    value = value << 8 | function.read((address & 0xfc) + offset + i);
                }
                return value;
            }

            @Override
            public void write(int offset, int size, int value) {
                PciFunction function = selected();
                if (function == null) {
                    return;
                }
                int first = (address & 0xfc) + offset;
                for (int i = 0; i < size; i++) {
                    function.write(first + i, value >>> (i * 8));
                }
                function.written(first, size);
            }
        });
    }

    /** The function that the address register names, or null: bus 0 alone is populated. */
    private PciFunction selected() {
        if ((address & ENABLE) == 0 || (address >>> 16 & 0xff) != 0) {
            return null;
        }
        return functions.get(address >>> 8 & 0xff);
    }

    /** Every function to the state after reset. */
    public void reset() {
        address = 0;
        functions.values().forEach(PciFunction::reset);
    }

    @Override
    public void state(StatePort port) {
        address = port.number("address", address);
        functions.forEach((number, function) -> port.part("function " + number, function));
    }
}
