package org.thirdmode.pc.firmware;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.thirdmode.pc.device.AcpiPm;

/**
 * The tables by which an operating system finds the board: RSDP, RSDT and XSDT, FADT, DSDT, MADT. FACS, which the system
 * writes to, is in RAM ({@link #FACS}).
 *
 * <p>Source: ACPI specification "Root System Description Pointer (RSDP)", "Fixed ACPI Description Table (FADT)", "Multiple APIC
 * Description Table (MADT)". The DSDT is compiled from {@code src/main/acpi/dsdt.asl}.
 */
final class AcpiTables {
    /** Where the FACS is: in the extended BIOS data area, at a multiple of 64. */
    static final int FACS = 0x9_fc40;

    static final int FACS_SIZE = 64;

    private static final int ALIGNMENT = 16;
    private static final int HEADER = 36;
    private static final int CHECKSUM = 9;
    private static final int RSDP_SIZE = 36;
    private static final int RSDP_SIZE_OF_ACPI_1 = 20;
    private static final int FADT_SIZE = 244;
    private static final int SCI = 9;
    private static final int LOCAL_APIC = 0xfee0_0000;
    private static final int IO_APIC = 0xfec0_0000;

    private final RomWriter rom;

    private AcpiTables(RomWriter rom) {
        this.rom = rom;
    }

    /** Writes all of them. */
    static void write(RomWriter rom) {
        AcpiTables tables = new AcpiTables(rom);
        int dsdt = tables.dsdt();
        int[] described = {tables.fadt(dsdt), tables.madt()};
        tables.rsdp(tables.root("RSDT", 4, described), tables.root("XSDT", 8, described));
    }

    private int dsdt() {
        try (InputStream aml = AcpiTables.class.getResourceAsStream("dsdt.aml")) {
            return rom.append(aml.readAllBytes(), ALIGNMENT);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int fadt(int dsdt) {
        ByteBuffer table = header("FACP", 3, FADT_SIZE);
        table.putInt(36, FACS).putInt(40, dsdt);
        table.putShort(46, (short) SCI);
        table.putInt(48, AcpiPm.COMMAND_PORT);
        table.put(52, (byte) AcpiPm.COMMAND_ACPI_ENABLE).put(53, (byte) AcpiPm.COMMAND_ACPI_DISABLE);
        table.putInt(56, AcpiPm.BASE).putInt(64, AcpiPm.BASE + 4).putInt(76, AcpiPm.BASE + 8);
        // Bytes of the blocks: PM1 event, PM1 control, PM timer.
        table.put(88, (byte) 4).put(89, (byte) 2).put(91, (byte) 4);
        // No C2, no C3: latencies out of bounds.
        table.putShort(96, (short) 0xffff).putShort(98, (short) 0xffff);
        table.put(108, (byte) 0x32); // the century in the RTC's RAM
        table.putShort(109, (short) 0b11); // IA-PC boot architecture: legacy devices, an 8042
        // WBINVD, C1 on each processor, no power or sleep button of fixed hardware, a reset register.
        table.putInt(112, 1 << 0 | 1 << 2 | 1 << 4 | 1 << 5 | 1 << 10);
        table.put(116, (byte) 1).put(117, (byte) 8).putLong(120, 0xcf9).put(128, (byte) 6);
        table.putLong(140, dsdt);
        return finish(table);
    }

    private int madt() {
        ByteBuffer table = header("APIC", 1, 44 + 8 + 12 + (4 * 10) + (1 * 10) + 6);
        table.position(36);
        table.putInt(LOCAL_APIC).putInt(1); // the 8259A pair is there as well
        table.put((byte) 0).put((byte) 8).put((byte) 0).put((byte) 0).putInt(1); // processor 0, local APIC 0, enabled
        table.put((byte) 1)
                .put((byte) 12)
                .put((byte) 0)
                .put((byte) 0)
                .putInt(IO_APIC)
                .putInt(0);
        overridden(table, 0, 2, 0);
        // Active high and level-triggered, as PCI interrupts come out of the PIIX3, and the SCI.
        for (int line : new int[] {5, SCI, 10, 11}) {
            overridden(table, line, line, 0b1101);
        }
        table.put((byte) 4).put((byte) 6).put((byte) 0xff).putShort((short) 0).put((byte) 1); // NMI at LINT1
        return finish(table);
    }

    private static void overridden(ByteBuffer table, int source, int global, int flags) {
        table.put((byte) 2)
                .put((byte) 10)
                .put((byte) 0)
                .put((byte) source)
                .putInt(global)
                .putShort((short) flags);
    }

    private int root(String signature, int entrySize, int[] described) {
        ByteBuffer table = header(signature, 1, HEADER + (described.length * entrySize));
        for (int i = 0; i < described.length; i++) {
            if (entrySize == 4) {
                table.putInt(HEADER + (i * 4), described[i]);
            } else {
                table.putLong(HEADER + (i * 8), described[i]);
            }
        }
        return finish(table);
    }

    private void rsdp(int rsdt, int xsdt) {
        ByteBuffer table = RomWriter.buffer(RSDP_SIZE);
        text(table, 0, "RSD PTR ");
        text(table, 9, "3MODE ");
        table.put(15, (byte) 2).putInt(16, rsdt).putInt(20, RSDP_SIZE).putLong(24, xsdt);
        table.put(8, RomWriter.checksum(table.array(), RSDP_SIZE_OF_ACPI_1));
        table.put(32, RomWriter.checksum(table.array(), RSDP_SIZE));
        rom.append(table.array(), ALIGNMENT);
    }

    private static ByteBuffer header(String signature, int revision, int size) {
        ByteBuffer table = RomWriter.buffer(size);
        text(table, 0, signature);
        table.putInt(4, size).put(8, (byte) revision);
        text(table, 10, "3MODE ");
        text(table, 16, "BOARD   ");
        table.putInt(24, 1);
        text(table, 28, "3MOD");
        table.putInt(32, 1);
        return table;
    }

    private int finish(ByteBuffer table) {
        table.put(CHECKSUM, RomWriter.checksum(table.array(), table.capacity()));
        return rom.append(table.array(), ALIGNMENT);
    }

    /** The FACS before an operating system has it: version 1, nobody holds the global lock. */
    static byte[] facs() {
        ByteBuffer table = RomWriter.buffer(FACS_SIZE);
        text(table, 0, "FACS");
        table.putInt(4, FACS_SIZE).put(32, (byte) 1);
        return table.array();
    }

    private static void text(ByteBuffer table, int at, String text) {
        table.put(at, text.getBytes(StandardCharsets.US_ASCII));
    }
}
