package org.thirdmode.pc.ata;

import org.thirdmode.pc.bus.ByteRegisters;
import org.thirdmode.pc.bus.DirectMemoryAccess;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * The bus master of the PIIX3's IDE function: moves what a DMA command of the disk transfers between the disk and the memory
 * that a table of physical regions names. Only the primary channel has a disk.
 *
 * <pre>
 *   +0 command  3 1: the disk is read   0 start
 *   +2 status   6 device 1 can   5 device 0 can   2 interrupt   1 error   0 active; 2 and 1 are cleared by writing 1
 *   +4 table    address of the table, a multiple of 4
 *
 *   an entry    31 0: address   |   63 the last   47 32: bytes, 0 for 64 KBytes
 * </pre>
 *
 * <p>Source: "Programming Interface for Bus Master IDE Controller" 1.0; 82371SB (PIIX3) datasheet "BMICOM", "BMISTA", "BMIDTP".
 */
public final class BusMaster implements ByteRegisters, Stateful {
    /** Ports of both channels. */
    public static final int REGISTERS = 16;

    private static final int STATUS = 2;
    private static final int TABLE = 4;
    private static final int SECONDARY = 8;

    private static final int START = 1;
    private static final int TO_MEMORY = 1 << 3;

    private static final int ACTIVE = 1;
    private static final int FAILED = 1 << 1;
    private static final int INTERRUPT = 1 << 2;
    private static final int CAPABLE = 3 << 5;

    private static final int ENTRY = 8;
    private static final int LAST = 0x80;
    private static final int LARGEST_REGION = 0x1_0000;

    private final DirectMemoryAccess memory;
    private final Runnable started;
    private final byte[] entry = new byte[ENTRY];
    private boolean enabled;

    private int command;
    private int status;
    private int table;

    /** Where the next entry is, and what is left of the one before. */
    private long next;

    private long address;
    private int left;
    private boolean last;

    /** A bus master that calls {@code started} when software starts it. */
    BusMaster(DirectMemoryAccess memory, Runnable started) {
        this.memory = memory;
        this.started = started;
    }

    /** To the state after the RST# pin. */
    public void reset() {
        command = 0;
        status = 0;
        table = 0;
        stop();
    }

    private void stop() {
        status &= ~ACTIVE;
        left = 0;
        last = false;
    }

    /** Whether the PCI function may be a bus master: bit 2 of its command register. */
    public void enable(boolean may) {
        boolean wakes = may && !enabled;
        enabled = may;
        if (wakes && active()) {
            started.run();
        }
    }

    // ---- registers ----

    @Override
    public int register(int offset) {
        return switch (offset) {
            case 0 -> command;
            case STATUS -> status;
            case TABLE, TABLE + 1, TABLE + 2, TABLE + 3 -> table >>> ((offset - TABLE) * 8) & 0xff;
            default -> 0;
        };
    }

    @Override
    public void write(int offset, int size, int value) {
        for (int i = 0; i < size; i++) {
            register(offset + i, value >>> (i * 8) & 0xff);
        }
    }

    private void register(int offset, int value) {
        if (offset >= SECONDARY) {
            return;
        }
        switch (offset) {
            case 0 -> command(value);
            case STATUS -> status = (status & ~(value & (FAILED | INTERRUPT)) & ~CAPABLE) | (value & CAPABLE);
            case TABLE, TABLE + 1, TABLE + 2, TABLE + 3 -> {
                int shift = (offset - TABLE) * 8;
                table = ((table & ~(0xff << shift)) | value << shift) & ~3;
            }
            default -> {} // reserved
        }
    }

    private void command(int value) {
        boolean starts = (value & START) != 0 && (command & START) == 0;
        command = value & (START | TO_MEMORY);
        if (starts) {
            next = Integer.toUnsignedLong(table);
            left = 0;
            last = false;
            status |= ACTIVE;
            started.run();
        } else if ((value & START) == 0) {
            stop();
        }
    }

    /** INTRQ of the channel has risen. */
    void interrupted() {
        status |= INTERRUPT;
    }

    // ---- the disk's side ----

    /** Whether it moves what the disk asks for. */
    boolean active() {
        return (status & ACTIVE) != 0;
    }

    /** Whether it can do so now. */
    boolean ready() {
        return enabled && active();
    }

    /**
     * Moves bytes between {@code buffer} and memory; true where all of them were. Where not, there was no memory, or not enough
     * of it, or software has told the other direction: it has stopped.
     */
    boolean move(byte[] buffer, int count, boolean toMemory) {
        if (toMemory != ((command & TO_MEMORY) != 0)) {
            return fail();
        }
        for (int done = 0; done < count; ) {
            if (left == 0 && !nextRegion()) {
                return fail();
            }
            int part = Math.min(left, count - done);
            boolean moved =
                    toMemory ? memory.write(address, buffer, done, part) : memory.read(address, buffer, done, part);
            if (!moved) {
                return fail();
            }
            address += part;
            left -= part;
            done += part;
        }
        if (left == 0 && last) {
            status &= ~ACTIVE;
        }
        return true;
    }

    private boolean nextRegion() {
        if (last || !memory.read(next, entry, 0, ENTRY)) {
            return false;
        }
        address = Integer.toUnsignedLong((int) Frame.INT.get(entry, 0)) & ~1L;
        int count = Short.toUnsignedInt((short) Frame.SHORT.get(entry, 4)) & ~1;
        left = count == 0 ? LARGEST_REGION : count;
        last = (entry[ENTRY - 1] & LAST) != 0;
        next += ENTRY;
        return true;
    }

    private boolean fail() {
        stop();
        status |= FAILED;
        return false;
    }

    @Override
    public void state(StatePort port) {
        command = port.within("command", command, 0, START | TO_MEMORY);
        status = port.within("status", status, 0, 0x7f);
        table = port.number("table", table);
        next = port.number("next entry", next);
        address = port.number("address", address);
        left = port.within("left", left, 0, LARGEST_REGION);
        last = port.flag("last", last);
        enabled = port.flag("enabled", enabled);
    }
}
