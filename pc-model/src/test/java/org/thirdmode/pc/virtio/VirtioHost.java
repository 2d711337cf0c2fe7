package org.thirdmode.pc.virtio;

import org.thirdmode.pc.Board;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.device.Guest;
import org.thirdmode.pc.disk.DiskInterface;
import org.thirdmode.pc.disk.MemoryDisk;
import org.thirdmode.pc.loader.ImageException;

/** A driver of the virtio disk, as far as a test wants one: ring at 1 MByte, header at 2 MBytes, data at 3, status at 4. */
final class VirtioHost {
    static final long RING = 1 << 20;
    static final long HEADER = 2 << 20;
    static final long DATA = 3 << 20;
    static final long STATUS = 4 << 20;
    static final long AVAILABLE = RING + 16 * SplitQueue.SIZE;
    static final long USED = RING + 4096;

    static final int NEXT = 1;
    static final int WRITE = 2;
    static final int INDIRECT = 4;

    final MemoryDisk disk;
    final Board board;
    final int base = 0xc000;
    private int added;

    VirtioHost(int sectors) {
        disk = new MemoryDisk(sectors);
        try {
            HostPorts host = HostPorts.NONE.withDisk(DiskInterface.VIRTIO, disk);
            board = new Board(MachineConfiguration.DEFAULT.withMemory(16 << 20), host);
        } catch (ImageException e) {
            throw new AssertionError(e);
        }
        board.actAsFirmware();
        configure(4, 0x0007);
        start();
    }

    void start() {
        out(18, 1, 0);
        out(18, 1, 3);
        out(4, 4, in(0, 4));
        out(14, 2, 0);
        out(8, 4, (int) (RING >>> 12));
        out(18, 1, 7);
        board.memory().load(RING, new byte[3 * 4096]);
        added = 0;
    }

    void configure(int offset, int value) {
        board.ports().write(0xcf8, 4, 0x8000_0000 | VirtioBlock.SLOT << 11 | offset);
        board.ports().write(0xcfc, 4, value);
    }

    int in(int register, int size) {
        return board.ports().read(base + register, size);
    }

    void out(int register, int size, int value) {
        board.ports().write(base + register, size, value);
    }

    void descriptor(int number, long address, long length, int flags, int next) {
        descriptor(RING, number, address, length, flags, next);
    }

    void descriptor(long table, int number, long address, long length, int flags, int next) {
        long at = table + 16L * number;
        board.memory().write(at, 8, address);
        board.memory().write(at + 8, 4, length);
        board.memory().write(at + 12, 2, flags);
        board.memory().write(at + 14, 2, next);
    }

    /** Header, data, status: descriptors 0 to 2. */
    void request(int type, long sector, long bytes) {
        board.memory().write(HEADER, 4, type);
        board.memory().write(HEADER + 8, 8, sector);
        board.memory().write(STATUS, 1, 0xee);
        descriptor(0, HEADER, 16, NEXT, 1);
        descriptor(1, DATA, bytes, NEXT | (type == 1 ? 0 : WRITE), 2);
        descriptor(2, STATUS, 1, WRITE, 0);
    }

    /** Hands over the chain that begins with descriptor {@code head}, and waits. Returns whether it came back. */
    boolean run(int head) {
        int before = used();
        board.memory().write(AVAILABLE + 4 + 2L * (added % SplitQueue.SIZE), 2, head);
        board.memory().write(AVAILABLE + 2, 2, ++added & 0xffff);
        out(16, 2, 0);
        Guest.run(board.clock(), 10_000);
        return used() == ((before + 1) & 0xffff);
    }

    int used() {
        return (int) board.memory().read(USED + 2, 2);
    }

    int status() {
        return (int) board.memory().read(STATUS, 1);
    }
}
