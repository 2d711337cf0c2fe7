package org.thirdmode.pc.ata;

import org.thirdmode.pc.bus.DirectMemoryAccess;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.device.Guest;
import org.thirdmode.pc.device.Wire;
import org.thirdmode.pc.disk.MemoryDisk;
import org.thirdmode.pc.pci.PciBus;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.time.GuestClock;

/** A host that programs the channel by its ports, and lets time pass. */
final class AtaHost {
    static final int DATA = 0x1f0;
    static final int STATUS = 0x1f7;
    static final int BUS_MASTER = 0xc100;
    static final int MEMORY = 1 << 20;

    final GuestClock clock = new GuestClock();
    final IoPorts ports = new IoPorts();
    final Wire line = new Wire();
    final PhysicalMemory memory = new PhysicalMemory(32);
    final MemoryDisk disk;
    final AtaChannel channel;

    AtaHost(int sectors) {
        disk = new MemoryDisk(sectors);
        for (int i = 0; i < disk.bytes.length; i++) {
            disk.bytes[i] = (byte) (i * 31 + i / 512);
        }
        memory.mapRam(0, MEMORY);
        channel = new AtaChannel(clock, disk, new DirectMemoryAccess(memory), line);
        channel.attach(ports);
        IdeFunction function = new IdeFunction(channel.busMaster());
        function.attach(ports);
        PciBus bus = new PciBus(null);
        bus.add(1, 1, function);
        bus.attach(ports);
        line.rises = 0;
    }

    /** As firmware and an operating system do it: the bus master gets ports and may be one. */
    void enableBusMaster() {
        configure(0x20, BUS_MASTER);
        configure(0x04, 0x0005);
    }

    void configure(int offset, int value) {
        ports.write(0xcf8, 4, 0x8000_0900 | offset);
        ports.write(0xcfc, 4, value);
    }

    /** Puts a table of regions at {@code table}: address and size of each, in bytes. */
    void regions(long table, long... regions) {
        for (int i = 0; i < regions.length; i += 2) {
            memory.write(table + i * 4L, 4, regions[i]);
            memory.write(table + i * 4L + 4, 4, (regions[i + 1] & 0xffff) | (i + 2 == regions.length ? 1L << 31 : 0));
        }
        ports.write(BUS_MASTER + 4, 4, (int) table);
    }

    /** Writes a DMA command, starts the bus master and waits. */
    void dma(int code, long sector, int count, boolean toMemory) {
        ports.write(BUS_MASTER + 2, 1, 0x66);
        ports.write(BUS_MASTER, 1, toMemory ? 8 : 0);
        lba28(code, sector, count);
        ports.write(BUS_MASTER, 1, toMemory ? 9 : 1);
        await();
    }

    int in(int register) {
        return ports.read(DATA + register, 1);
    }

    void out(int register, int value) {
        ports.write(DATA + register, 1, value);
    }

    int alternateStatus() {
        return ports.read(0x3f6, 1);
    }

    void control(int value) {
        ports.write(0x3f6, 1, value);
    }

    /** Lets time pass until the device is no longer busy. */
    void await() {
        Guest.run(clock, 10_000);
    }

    /** Writes a 28-bit command and waits. */
    void lba28(int code, long sector, int count) {
        out(6, 0xe0 | (int) (sector >>> 24 & 0x0f));
        out(2, count);
        out(3, (int) sector & 0xff);
        out(4, (int) (sector >>> 8) & 0xff);
        out(5, (int) (sector >>> 16) & 0xff);
        out(7, code);
        await();
    }

    /** Writes a 48-bit command and waits. */
    void lba48(int code, long sector, int count) {
        out(6, 0x40);
        out(2, count >>> 8);
        out(3, (int) (sector >>> 24) & 0xff);
        out(4, (int) (sector >>> 32) & 0xff);
        out(5, (int) (sector >>> 40) & 0xff);
        out(2, count & 0xff);
        out(3, (int) sector & 0xff);
        out(4, (int) (sector >>> 8) & 0xff);
        out(5, (int) (sector >>> 16) & 0xff);
        out(7, code);
        await();
    }

    /** A command without data: its one parameter goes to {@code register}. */
    int command(int code, int register, int value) {
        out(6, 0xa0);
        out(register, value);
        out(7, code);
        await();
        return in(7);
    }

    /** Reads as many sectors as one DRQ block. */
    byte[] readBlock(int sectors) {
        byte[] bytes = new byte[sectors * 512];
        for (int i = 0; i < bytes.length; i += 2) {
            int word = ports.read(DATA, 2);
            bytes[i] = (byte) word;
            bytes[i + 1] = (byte) (word >>> 8);
        }
        return bytes;
    }

    void writeBlock(byte[] bytes) {
        for (int i = 0; i < bytes.length; i += 2) {
            ports.write(DATA, 2, (bytes[i] & 0xff) | (bytes[i + 1] & 0xff) << 8);
        }
        await();
    }

    byte[] sectors(int first, int count) {
        return java.util.Arrays.copyOfRange(disk.bytes, first * 512, (first + count) * 512);
    }

    int[] identify() {
        out(6, 0xa0);
        out(7, 0xec);
        await();
        byte[] bytes = readBlock(1);
        int[] words = new int[256];
        for (int i = 0; i < words.length; i++) {
            words[i] = (bytes[i * 2] & 0xff) | (bytes[i * 2 + 1] & 0xff) << 8;
        }
        return words;
    }
}
