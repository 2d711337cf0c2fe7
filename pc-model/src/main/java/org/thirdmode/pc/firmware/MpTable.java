package org.thirdmode.pc.firmware;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The MP configuration table, for systems that do without ACPI: one processor, the ISA and PCI buses, the I/O APIC and which
 * interrupt is at which of its pins.
 *
 * <p>Source: Intel MultiProcessor Specification 1.4, "MP Floating Pointer Structure", "MP Configuration Table".
 */
final class MpTable {
    private static final int HEADER = 44;
    private static final int PROCESSOR = 20;
    private static final int OTHER = 8;
    private static final int ISA_LINES = 16;
    private static final int CASCADE = 2;
    private static final int PCI_BUS = 0;
    private static final int ISA_BUS = 1;
    private static final int ALIGNMENT = 16;
    private static final int EVERY_LOCAL_APIC = 0xff;

    // Types of interrupt.
    private static final int INT = 0;
    private static final int NMI = 1;
    private static final int EXT_INT = 3;

    private MpTable() {}

    /** Writes it and its floating pointer. */
    static void write(RomWriter rom) {
        // Two buses, an I/O APIC, each ISA interrupt but the cascade, two local interrupts.
        int others = 2 + 1 + (ISA_LINES - 1) + 2;
        ByteBuffer table = RomWriter.buffer(HEADER + PROCESSOR + (others * OTHER));
        text(table, "PCMP").putShort((short) table.capacity()).put((byte) 4).put((byte) 0);
        text(table, "3MODE   ");
        text(table, "BOARD       ");
        table.position(34);
        table.putShort((short) (1 + others)).putInt(0xfee0_0000);
        table.position(HEADER);
        // Processor 0: its local APIC, usable, the one that boots; family 6, an x87 unit and a local APIC.
        table.put((byte) 0)
                .put((byte) 0)
                .put((byte) 0x14)
                .put((byte) 3)
                .putInt(0x600)
                .putInt(0x201);
        table.position(HEADER + PROCESSOR);
        bus(table, PCI_BUS, "PCI   ");
        bus(table, ISA_BUS, "ISA   ");
        table.put((byte) 2).put((byte) 0).put((byte) 0x11).put((byte) 1).putInt(0xfec0_0000);
        for (int line = 0; line < ISA_LINES; line++) {
            if (line != CASCADE) {
                interrupt(table, 3, INT, line, 0, line == 0 ? 2 : line);
            }
        }
        interrupt(table, 4, EXT_INT, 0, EVERY_LOCAL_APIC, 0);
        interrupt(table, 4, NMI, 0, EVERY_LOCAL_APIC, 1);
        table.put(7, RomWriter.checksum(table.array(), table.capacity()));
        int address = rom.append(table.array(), ALIGNMENT);

        ByteBuffer pointer = RomWriter.buffer(16);
        text(pointer, "_MP_").putInt(address).put((byte) 1).put((byte) 4);
        pointer.put(10, RomWriter.checksum(pointer.array(), 16));
        rom.append(pointer.array(), ALIGNMENT);
    }

    private static void bus(ByteBuffer table, int id, String name) {
        text(table.put((byte) 1).put((byte) id), name);
    }

    /** An interrupt of the ISA bus at a pin of an I/O APIC (type 3) or of local APICs (type 4), as its bus has it. */
    private static void interrupt(ByteBuffer table, int entry, int type, int line, int apic, int pin) {
        table.put((byte) entry).put((byte) type).putShort((short) 0);
        table.put((byte) ISA_BUS).put((byte) line).put((byte) apic).put((byte) pin);
    }

    private static ByteBuffer text(ByteBuffer table, String text) {
        return table.put(text.getBytes(StandardCharsets.US_ASCII));
    }
}
