package org.thirdmode.pc.ata;

import org.thirdmode.pc.bus.ByteRegisters;
import org.thirdmode.pc.bus.DirectMemoryAccess;
import org.thirdmode.pc.bus.InterruptLine;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.PortDevice;
import org.thirdmode.pc.disk.BlockImage;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.time.GuestClock;

/**
 * The registers of an IDE channel with one disk, device 0. ATA/ATAPI-6 "I/O registers", "Device 0 only configurations".
 *
 * <pre>
 *   command block + 0 data   1 features/error   2 count   3 LBA low   4 LBA mid   5 LBA high   6 device   7 command/status
 *   control block     2 device control (7 HOB   2 SRST   1 nIEN) / alternate status
 * </pre>
 */
public final class AtaChannel implements ByteRegisters, Stateful {
    /** The primary channel's ports and line on a PC. */
    public static final int COMMAND_BLOCK = 0x1f0;

    public static final int CONTROL_BLOCK = 0x3f6;
    public static final int LINE = 14;

    private static final int CONTROL_PREVIOUS = 0x80;
    private static final int CONTROL_RESET = 0x04;
    private static final int CONTROL_NO_INTERRUPT = 0x02;

    private static final int REGISTERS = 8;
    private static final int STATUS = 7;

    private final AtaDisk disk;
    private final InterruptLine line;
    private int control;
    private boolean pending;

    /** INTRQ, as it was driven last. */
    private boolean high;

    /** A channel with a disk that has the sectors of {@code image}. */
    public AtaChannel(GuestClock clock, BlockImage image, DirectMemoryAccess memory, InterruptLine line) {
        this.line = line;
        disk = new AtaDisk(clock, image, memory, this::pending);
    }

    /** Puts the registers at their ports. */
    public void attach(IoPorts ports) {
        ports.register("IDE command block", COMMAND_BLOCK, REGISTERS, 4, this);
        ports.register("IDE device control", CONTROL_BLOCK, 1, 1, new PortDevice() {
            @Override
            public int read(int offset, int size) {
                return disk.selected() ? disk.status() : 0;
            }

            @Override
            public void write(int offset, int size, int value) {
                control(value);
            }
        });
    }

    /** To the state after the RESET- pin. */
    public void reset() {
        control = 0;
        disk.powerOn();
    }

    /** What moves the data of the disk's DMA commands. */
    public BusMaster busMaster() {
        return disk.busMaster();
    }

    /** The disk on the channel. */
    public AtaDisk disk() {
        return disk;
    }

    @Override
    public int read(int offset, int size) {
        if (offset == 0) {
            if (!disk.selected() || size == 1) {
                return 0;
            }
            int low = disk.readData();
            return size == 2 ? low : low | disk.readData() << 16;
        }
        return ByteRegisters.super.read(offset, size);
    }

    @Override
    public int register(int number) {
        if (number == STATUS) {
            // "The device 0 shall return 00h for the status of a device 1 that is not there".
            return disk.selected() ? disk.acknowledge() : 0;
        }
        return disk.read(number, (control & CONTROL_PREVIOUS) != 0);
    }

    @Override
    public void write(int offset, int size, int value) {
        if (offset == 0) {
            if (disk.selected() && size != 1) {
                disk.writeData(value & 0xffff);
                if (size == 4) {
                    disk.writeData(value >>> 16);
                }
            }
            return;
        }
        for (int i = 0; i < size; i++) {
            int part = value >>> (i * 8) & 0xff;
            // "A write to any Command Block register shall clear the HOB bit".
            control &= ~CONTROL_PREVIOUS;
            if (offset + i == STATUS) {
                disk.command(part);
            } else {
                disk.write(offset + i, part);
            }
            drive();
        }
    }

    private void control(int value) {
        boolean was = (control & CONTROL_RESET) != 0;
        boolean is = (value & CONTROL_RESET) != 0;
        control = value;
        if (was != is) {
            disk.softReset(is);
        }
        drive();
    }

    private void pending(boolean interrupt) {
        pending = interrupt;
        drive();
    }

    @Override
    public void state(StatePort port) {
        control = port.within("control", control, 0, 0xff);
        pending = port.flag("interrupt pending", pending);
        high = port.flag("interrupt asserted", high);
        port.part("disk", disk);
    }

    private void drive() {
        if (disk != null) {
            boolean asserted = pending && disk.selected() && (control & CONTROL_NO_INTERRUPT) == 0;
            if (asserted && !high) {
                disk.busMaster().interrupted();
            }
            high = asserted;
            line.set(asserted);
        }
    }
}
