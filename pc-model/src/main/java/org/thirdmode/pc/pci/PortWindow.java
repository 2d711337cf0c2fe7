package org.thirdmode.pc.pci;

import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.PortDevice;

/** The ports at which a function's registers answer, where a base address register puts them. */
public final class PortWindow implements PciFunction.Placement {
    private static final int WIDEST = 4;

    private final String name;
    private final int size;
    private final PortDevice device;
    private IoPorts ports;
    private int base = -1;

    /** {@code size} ports of {@code device}; decoded nowhere as yet. */
    public PortWindow(String name, int size, PortDevice device) {
        this.name = name;
        this.size = size;
        this.device = device;
    }

    /** Tells which ports there are. */
    public void attach(IoPorts space) {
        ports = space;
    }

    /** To a place that another device has it does not go. */
    @Override
    public void moved(long address) {
        if (ports == null) {
            return;
        }
        if (base >= 0) {
            ports.unregister(base);
            base = -1;
        }
        if (address >= 0 && !ports.taken((int) address, size)) {
            base = (int) address;
            ports.register(name, base, size, WIDEST, device);
        }
    }
}
