package org.thirdmode.pc.pci;

import java.util.Arrays;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * The programmable attribute map: for each piece of C0000H-FFFFFH, whether it is the RAM beneath or the ROM on the bus.
 * Firmware copies itself into that RAM and locks it.
 *
 * <p>Two of a register's bits belong to a piece: reads from RAM (bit 0) and writes to RAM (bit 1). With reads from the bus the
 * RAM is not written either: no firmware runs from ROM and writes beneath at once.
 *
 * <p>Source: 82441FX (440FX) datasheet "PAM - Programmable Attribute Map Registers".
 */
public final class ProgrammableAttributes implements Stateful {
    /** The configuration offset of PAM0. */
    public static final int FIRST_REGISTER = 0x59;

    /** PAM0 to PAM6. */
    public static final int REGISTERS = 7;

    private static final long BASE = 0xc_0000;
    private static final int SIZE = 0x4_0000;
    private static final int SMALL_PIECE = 0x4000;
    private static final long LARGE_PIECE_BASE = 0xf_0000;
    private static final int LARGE_PIECE = 0x1_0000;

    private final PhysicalMemory memory;
    private final byte[] ram = new byte[SIZE];
    private byte[] rom = new byte[0];

    /** Piece 0 is F0000H-FFFFFH, pieces 1 to 12 are 16 KBytes each from C0000H. */
    private final int[] attributes = new int[1 + (REGISTERS - 1) * 2];

    /** An attribute map whose every piece is the bus. */
    public ProgrammableAttributes(PhysicalMemory memory) {
        this.memory = memory;
    }

    /** The ROM on the bus: its last byte is at FFFFFH. A multiple of 4096 bytes, at most 256 KBytes. */
    public void setRom(byte[] image) {
        rom = image.clone();
        for (int piece = 0; piece < attributes.length; piece++) {
            map(piece, 0);
        }
    }

    /** PAM{@code register} was written. */
    void set(int register, int value) {
        if (register == 0) {
            change(0, value >>> 4 & 3);
            return;
        }
        int piece = register * 2 - 1;
        change(piece, value & 3);
        change(piece + 1, value >>> 4 & 3);
    }

    private void change(int piece, int attribute) {
        if (attributes[piece] != attribute) {
            map(piece, attribute);
        }
    }

    private static long base(int piece) {
        return piece == 0 ? LARGE_PIECE_BASE : BASE + (piece - 1L) * SMALL_PIECE;
    }

    private static int size(int piece) {
        return piece == 0 ? LARGE_PIECE : SMALL_PIECE;
    }

    private void map(int piece, int attribute) {
        long base = base(piece);
        int size = size(piece);
        keepRam(piece);
        attributes[piece] = attribute;
        int from = (int) (base - BASE);
        if (attribute == 3) {
            memory.unmap(base, size); // what was read of the ROM is not to stay
            memory.mapRam(base, size);
            memory.load(base, Arrays.copyOfRange(ram, from, from + size));
        } else if ((attribute & 1) != 0) {
            memory.mapRom(base, Arrays.copyOfRange(ram, from, from + size));
        } else {
            mapBus(base, size);
        }
    }

    /** Keeps what was written to a piece while it was read-write. */
    private void keepRam(int piece) {
        if (attributes[piece] != 3) {
            return;
        }
        long base = base(piece);
        for (int i = 0; i < size(piece); i += Frame.SIZE) {
            Frame frame = memory.frame(base + i);
            if (frame != null) { // a local APIC may have been moved here
                System.arraycopy(frame.bytes, 0, ram, (int) (base - BASE) + i, Frame.SIZE);
            }
        }
    }

    private void mapBus(long base, int size) {
        memory.unmap(base, size);
        for (int i = 0; i < size; i += Frame.SIZE) {
            long at = rom.length - (BASE + SIZE - (base + i));
            if (at >= 0) {
                memory.mapRom(base + i, Arrays.copyOfRange(rom, (int) at, (int) at + Frame.SIZE));
            }
        }
    }

    @Override
    public void state(StatePort port) {
        if (!port.restoring()) {
            for (int piece = 0; piece < attributes.length; piece++) {
                keepRam(piece);
            }
        }
        port.bytes("ram", ram);
        int[] written = attributes.clone();
        port.numbers("attributes", written);
        for (int piece = 0; piece < written.length; piece++) {
            change(piece, written[piece] & 3);
        }
    }
}
