package org.thirdmode.pc.ata;

import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.pci.PciFunction;
import org.thirdmode.pc.pci.PortWindow;

/**
 * The PIIX3's IDE function at 0:1.1: its channels at the ports of a PC/AT, in "compatibility mode", and the bus master where base
 * address register 4 says. 82371SB (PIIX3) datasheet "IDE Timing Register", "BMIBA".
 */
public final class IdeFunction extends PciFunction {
    /** Its device and function on the bus. */
    public static final int DEVICE = 1;

    public static final int FUNCTION = 1;

    private static final int INTEL = 0x8086;
    private static final int IDE_TIMING = 0x40;
    private static final int IDE_DECODE = 0x8000;
    private static final int BASE = 4;
    private static final int COMMAND = 0x04;
    private static final int BUS_MASTER = 1 << 2;

    private final BusMaster busMaster;
    private final PortWindow window;

    /** The function of the channel that has {@code busMaster}. */
    public IdeFunction(BusMaster busMaster) {
        super(INTEL, 0x7010, 0x00, 0x01_0180);
        this.busMaster = busMaster;
        fix(IDE_TIMING, IDE_DECODE, 2);
        allow(IDE_TIMING, 0xffff, 2);
        allow(IDE_TIMING + 2, 0xffff, 2);
        window = new PortWindow("IDE bus master", BusMaster.REGISTERS, busMaster);
        bar(BASE, BusMaster.REGISTERS, true, window);
    }

    /** Lets the bus master answer at the ports that the base address register will name. */
    public void attach(IoPorts space) {
        window.attach(space);
    }

    @Override
    public void reset() {
        super.reset();
        busMaster.reset();
        busMaster.enable(false);
    }

    @Override
    protected void changed(int offset, int size) {
        busMaster.enable((read(COMMAND) & BUS_MASTER) != 0);
    }
}
