package org.thirdmode.x86.decode;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The {@code .text} section of an ELF file. */
final class ElfText {
    private ElfText() {}

    /** Its bytes; null where the file has no such section. System V ABI "Sections". */
    static byte[] text(byte[] elf) {
        ByteBuffer file = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
        boolean wide = elf[4] == 2;
        long table = wide ? file.getLong(0x28) : file.getInt(0x20);
        int size = file.getShort(wide ? 0x3a : 0x2e);
        int count = file.getShort(wide ? 0x3c : 0x30);
        int names = (int) table + size * file.getShort(wide ? 0x3e : 0x32);
        for (int n = 0; n < count; n++) {
            int header = (int) table + n * size;
            int name = (int) offset(file, names, wide) + file.getInt(header);
            if (new String(elf, name, 6, StandardCharsets.US_ASCII).equals(".text\0")) {
                int from = (int) offset(file, header, wide);
                int length = wide ? (int) file.getLong(header + 0x20) : file.getInt(header + 0x14);
                return Arrays.copyOfRange(elf, from, from + length);
            }
        }
        return null;
    }

    private static long offset(ByteBuffer file, int header, boolean wide) {
        return wide ? file.getLong(header + 0x18) : file.getInt(header + 0x10);
    }
}
