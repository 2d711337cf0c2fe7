package org.thirdmode.pc.firmware;

import org.thirdmode.pc.ata.IdeFunction;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.virtio.VirtioBlock;

/**
 * What firmware does to PCI before it hands over, as SeaBIOS does it: the requests are led to IRQ10 and IRQ11, which are then
 * level triggered, and a device gets its ports and is told its line.
 */
public final class PciSetup {
    private static final int ISA_BRIDGE = 1;
    private static final int ROUTES = 0x60;
    private static final int DISK_PORT = 0xc000;
    private static final int NETWORK_PORT = 0xc040;
    private static final int IDE_PORT = 0xc100;
    private static final int EDGE_LEVEL_CONTROL = 0x4d1;

    private PciSetup() {}

    /** Does it to the virtio device in {@code slot} of the board that has {@code ports}. */
    public static void placeVirtio(IoPorts ports, int slot) {
        write(ports, ISA_BRIDGE, ROUTES, 0x0b0b_0a0a);
        ports.write(EDGE_LEVEL_CONTROL, 1, 1 << (10 - 8) | 1 << (11 - 8));
        write(ports, slot, 0x10, slot == VirtioBlock.SLOT ? DISK_PORT : NETWORK_PORT);
        write(ports, slot, 0x04, 0x0003);
        int line = ((slot - 1) & 2) == 0 ? 10 : 11;
        write(ports, slot, 0x3c, line);
    }

    /** Gives the IDE function's bus master its ports, on the board that has {@code ports}. */
    public static void placeIde(IoPorts ports) {
        int function = IdeFunction.DEVICE << 3 | IdeFunction.FUNCTION;
        writeFunction(ports, function, 0x20, IDE_PORT);
        writeFunction(ports, function, 0x04, 0x0005);
    }

    private static void write(IoPorts ports, int device, int offset, int value) {
        writeFunction(ports, device << 3, offset, value);
    }

    private static void writeFunction(IoPorts ports, int function, int offset, int value) {
        ports.write(0xcf8, 4, 0x8000_0000 | function << 8 | offset);
        ports.write(0xcfc, 4, value);
    }
}
