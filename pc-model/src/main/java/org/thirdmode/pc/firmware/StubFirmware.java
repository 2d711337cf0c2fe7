package org.thirdmode.pc.firmware;

import java.nio.charset.StandardCharsets;
import org.thirdmode.pc.memory.MemoryLayout;
import org.thirdmode.x86.memory.PhysicalMemory;

/**
 * The ROM of a machine that was given no other: 4 KBytes below 1 MByte (and below 4 GBytes) with a handler for every
 * interrupt of real mode, a reset vector, and the tables of ACPI and of the MultiProcessor Specification. It offers no service; a guest that enables interrupts before it has handlers of
 * its own, or comes back through the reset vector, finds what it finds on a PC.
 *
 * <p>At reset it follows the shutdown byte of the RTC's RAM (location 0FH) as the PC/AT does: 05H and 0AH jump to the far
 * pointer at 0040:0067; anything else asks the machine, by a write to {@link #BOOT_PORT}, to load the image anew.
 */
public final class StubFirmware {
    /** A write here asks the machine to load its image and start it. */
    public static final int BOOT_PORT = 0x8904;

    /** Bytes of the ROM. */
    public static final int SIZE = 4096;

    private static final int SEGMENT = 0xf000;

    /** The offset in the segment of the ROM's first byte. */
    private static final int FIRST = 0xf000;

    private static final int IGNORE = 0xf000;
    private static final int MASTER = 0xf008;
    private static final int SLAVE = 0xf010;
    private static final int TIMER = 0xf020;
    private static final int RESET = 0xf040;
    private static final int TABLES = 0xf100;
    private static final int RESET_VECTOR = 0xfff0;
    private static final int DATE = 0xfff5;
    private static final int MODEL = 0xfffe;

    private static final int VECTORS = 256;
    private static final int FIRST_MASTER_VECTOR = 0x08;
    private static final int FIRST_SLAVE_VECTOR = 0x70;

    private StubFirmware() {}

    /** Bytes of the chip that the ROM is in: all that a PC has decoded for it below 1 MByte. */
    public static final int CHIP_SIZE = 128 << 10;

    /**
     * The chip, erased but for the ROM at its end. Kernels look for tables all over it; where nothing answered there, each look
     * would be an exit from a virtual machine.
     */
    public static byte[] chip() {
        byte[] chip = new byte[CHIP_SIZE];
        java.util.Arrays.fill(chip, (byte) 0xff);
        System.arraycopy(rom(), 0, chip, CHIP_SIZE - SIZE, SIZE);
        return chip;
    }

    /** The ROM. */
    public static byte[] rom() {
        byte[] rom = new byte[SIZE];
        java.util.Arrays.fill(rom, (byte) 0xff);
        put(rom, IGNORE, 0xcf); // iret
        put(
                rom, MASTER, 0x50, // push ax
                0xb0, 0x20, // mov al, 20h: non-specific EOI
                0xe6, 0x20, // out 20h, al
                0x58, // pop ax
                0xcf); // iret
        put(
                rom, SLAVE, 0x50, // push ax
                0xb0, 0x20, // mov al, 20h
                0xe6, 0xa0, // out a0h, al
                0xe6, 0x20, // out 20h, al
                0x58, // pop ax
                0xcf); // iret
        put(
                rom, TIMER, 0x1e, // push ds
                0x50, // push ax
                0x31, 0xc0, // xor ax, ax
                0x8e, 0xd8, // mov ds, ax
                0x66, 0xff, 0x06, 0x6c, 0x04, // inc dword [046ch]: ticks since midnight
                0xcd, 0x1c, // int 1ch: the user's timer handler
                0xb0, 0x20, // mov al, 20h
                0xe6, 0x20, // out 20h, al
                0x58, // pop ax
                0x1f, // pop ds
                0xcf); // iret
        put(
                rom,
                RESET,
                0xfa, // cli
                0xb0,
                0x0f, // mov al, 0fh
                0xe6,
                0x70, // out 70h, al
                0xe4,
                0x71, // in al, 71h
                0x3c,
                0x0a, // cmp al, 0ah
                0x74,
                0x04, // je 1f
                0x3c,
                0x05, // cmp al, 05h
                0x75,
                0x08, // jne 2f
                0x31,
                0xc0, // 1: xor ax, ax
                0x8e,
                0xd8, // mov ds, ax
                0xff,
                0x2e,
                0x67,
                0x04, // jmp far [0467h]
                0xba,
                BOOT_PORT & 0xff,
                BOOT_PORT >> 8, // 2: mov dx, BOOT_PORT
                0xee, // out dx, al
                0xf4, // 3: hlt
                0xeb,
                0xfd); // jmp 3b
        put(rom, RESET_VECTOR, 0xea, RESET & 0xff, RESET >> 8, SEGMENT & 0xff, SEGMENT >> 8); // jmp far
        byte[] date = "11/21/26".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(date, 0, rom, DATE - FIRST, date.length);
        put(rom, MODEL, 0xfc); // PC/AT
        RomWriter tables = new RomWriter(rom, (SEGMENT << 4) + FIRST, TABLES - FIRST, RESET_VECTOR - FIRST);
        AcpiTables.write(tables);
        MpTable.write(tables);
        return rom;
    }

    private static void put(byte[] rom, int offset, int... code) {
        for (int i = 0; i < code.length; i++) {
            rom[offset - FIRST + i] = (byte) code[i];
        }
    }

    /** Fills the interrupt vector table and the BIOS data area, as firmware leaves them. */
    public static void prepare(PhysicalMemory memory) {
        for (int vector = 0; vector < VECTORS; vector++) {
            memory.write(vector * 4L, 2, handler(vector));
            memory.write(vector * 4L + 2, 2, SEGMENT);
        }
        memory.write(0x400, 2, 0x3f8); // COM1
        memory.write(0x40e, 2, MemoryLayout.EBDA >>> 4);
        memory.write(0x410, 2, 0x0226); // one serial port, 80x25 colour, a pointing device less
        memory.write(0x413, 2, MemoryLayout.EBDA >>> 10);
        memory.write(0x449, 1, 3); // video mode
        memory.write(0x44a, 2, 80);
        memory.write(0x463, 2, 0x3d4);
        memory.write(0x46c, 4, 0);
        memory.write(0x475, 1, 1); // one hard disk
        memory.write(0x484, 1, 24);
        memory.write(MemoryLayout.EBDA, 1, 1); // KBytes in the extended area
        memory.load(AcpiTables.FACS, AcpiTables.facs());
    }

    private static int handler(int vector) {
        if (vector == FIRST_MASTER_VECTOR) {
            return TIMER;
        }
        if (vector > FIRST_MASTER_VECTOR && vector < FIRST_MASTER_VECTOR + 8) {
            return MASTER;
        }
        return vector >= FIRST_SLAVE_VECTOR && vector < FIRST_SLAVE_VECTOR + 8 ? SLAVE : IGNORE;
    }
}
