package org.thirdmode.pc.ata;

import java.util.ArrayList;
import java.util.List;

/** The 256 words of IDENTIFY DEVICE. ATA/ATAPI-6 "IDENTIFY DEVICE", table "IDENTIFY DEVICE information". */
final class Identity {
    private static final int WORDS = 256;

    /** The kinds of DMA in the transfer mode of SET FEATURES, beside the number of the mode. */
    static final int MULTIWORD = 0x20;

    static final int ULTRA = 0x40;

    /** The most sectors that 28 bits of address reach. */
    private static final long MOST_LBA28 = 0x0fff_ffff;

    /** One row of the table: word {@code first} on. */
    private record Row(int first, String meaning, int... values) {}

    private Identity() {}

    /** The words of a disk, as 512 bytes. */
    static byte[] of(
            long sectors, Geometry initial, Geometry current, int multiple, int most, boolean cache, int mode) {
        List<Row> rows = new ArrayList<>();
        rows.add(new Row(0, "general configuration: not removable", 0x0040));
        rows.add(new Row(1, "cylinders", initial.cylinders()));
        rows.add(new Row(3, "heads", initial.heads()));
        rows.add(new Row(6, "sectors of a track", initial.sectors()));
        rows.add(new Row(10, "serial number", text("1", 20)));
        rows.add(new Row(23, "firmware revision", text("1.0", 8)));
        rows.add(new Row(27, "model number", text("Thirdmode disk", 40)));
        rows.add(new Row(47, "most sectors of READ and WRITE MULTIPLE", 0x8000 | most));
        rows.add(new Row(48, "transfers of double words", 1));
        rows.add(new Row(49, "capabilities: IORDY, LBA, DMA", 0x0b00));
        rows.add(new Row(50, "capabilities", 0x4000));
        rows.add(new Row(51, "PIO data transfer mode 2", 0x0200));
        rows.add(new Row(53, "words 54 to 58, 64 to 70 and 88 are valid", 0x0007));
        rows.add(new Row(54, "current cylinders", current.cylinders(), current.heads(), current.sectors()));
        rows.add(new Row(57, "current capacity in sectors", words(Math.min(sectors, current.capacity()), 2)));
        rows.add(new Row(59, "current setting of READ and WRITE MULTIPLE", multiple == 0 ? 0 : 0x0100 | multiple));
        rows.add(new Row(60, "user addressable sectors", words(Math.min(sectors, MOST_LBA28), 2)));
        rows.add(new Row(63, "multiword DMA modes 0 to 2", 0x0007 | selected(mode, MULTIWORD)));
        rows.add(new Row(64, "advanced PIO modes 3 and 4", 0x0003));
        rows.add(new Row(65, "least and recommended multiword DMA cycle in ns", 120, 120));
        rows.add(new Row(67, "least PIO cycle in ns, without and with IORDY", 120, 120));
        rows.add(new Row(80, "ATA-1 to ATA/ATAPI-6", 0x007e));
        rows.add(new Row(82, "supported: write cache", 0x4020, 0x7400, 0x4000));
        rows.add(new Row(85, "enabled: write cache, 48-bit address, FLUSH CACHE (EXT)", cache ? 0x4020 : 0x4000));
        rows.add(new Row(86, "the same, continued", 0x3400, 0x4000));
        rows.add(new Row(88, "ultra DMA modes 0 to 5", 0x003f | selected(mode, ULTRA)));
        rows.add(new Row(93, "hardware reset: device 0 passed", 0x6001));
        rows.add(new Row(100, "sectors of the 48-bit address feature set", words(sectors, 4)));
        return bytes(rows);
    }

    /** Bit 8 on for mode 0 of a kind on, where {@code mode} is one of it. */
    private static int selected(int mode, int kind) {
        return (mode & ~7) == kind ? 0x0100 << (mode & 7) : 0;
    }

    private static byte[] bytes(List<Row> rows) {
        byte[] bytes = new byte[WORDS * 2];
        for (Row row : rows) {
            for (int i = 0; i < row.values.length; i++) {
                bytes[(row.first + i) * 2] = (byte) row.values[i];
                bytes[(row.first + i) * 2 + 1] = (byte) (row.values[i] >>> 8);
            }
        }
        return bytes;
    }

    /** A text of {@code size} characters: the first of each two is the upper byte of a word. */
    private static int[] text(String text, int size) {
        String padded = text + " ".repeat(size - text.length());
        int[] words = new int[size / 2];
        for (int i = 0; i < words.length; i++) {
            words[i] = padded.charAt(i * 2) << 8 | padded.charAt(i * 2 + 1);
        }
        return words;
    }

    private static int[] words(long value, int count) {
        int[] words = new int[count];
        for (int i = 0; i < count; i++) {
            words[i] = (int) (value >>> (i * 16)) & 0xffff;
        }
        return words;
    }
}
