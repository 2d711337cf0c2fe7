package org.thirdmode.pc.loader;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Images made by hand, byte for byte after the specifications. */
final class Images {
    /** A segment of an ELF file to be: its content lies behind the headers. */
    record Segment(int type, long virtual, long physical, byte[] content, long memorySize) {
        /** One to load. */
        Segment(long virtual, long physical, byte[] content, long memorySize) {
            this(1, virtual, physical, content, memorySize);
        }

        /** Notes. */
        static Segment notes(byte[] content) {
            return new Segment(4, 0, 0, content, content.length);
        }
    }

    private Images() {}

    static Image elf32(long entry, Segment... segments) {
        return elf(false, 3, entry, segments);
    }

    static Image elf64(long entry, Segment... segments) {
        return elf(true, 62, entry, segments);
    }

    static Image elf(boolean is64, int machine, long entry, Segment... segments) {
        int header = is64 ? 64 : 52;
        int programHeader = is64 ? 56 : 32;
        int offset = header + segments.length * programHeader;
        int size = offset;
        for (Segment segment : segments) {
            size += segment.content.length;
        }
        ByteBuffer file = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        file.put(new byte[] {0x7f, 'E', 'L', 'F', (byte) (is64 ? 2 : 1), 1, 1});
        file.putShort(16, (short) 2).putShort(18, (short) machine).putInt(20, 1);
        if (is64) {
            file.putLong(24, entry).putLong(32, header);
            file.putShort(52, (short) header)
                    .putShort(54, (short) programHeader)
                    .putShort(56, (short) segments.length);
        } else {
            file.putInt(24, (int) entry).putInt(28, header);
            file.putShort(40, (short) header)
                    .putShort(42, (short) programHeader)
                    .putShort(44, (short) segments.length);
        }
        int at = header;
        for (Segment segment : segments) {
            file.putInt(at, segment.type);
            if (is64) {
                file.putLong(at + 8, offset).putLong(at + 16, segment.virtual).putLong(at + 24, segment.physical);
                file.putLong(at + 32, segment.content.length).putLong(at + 40, segment.memorySize);
            } else {
                file.putInt(at + 4, offset)
                        .putInt(at + 8, (int) segment.virtual)
                        .putInt(at + 12, (int) segment.physical);
                file.putInt(at + 16, segment.content.length).putInt(at + 20, (int) segment.memorySize);
            }
            at += programHeader;
            file.put(offset, segment.content);
            offset += segment.content.length;
        }
        return new Image("kernel.elf", file.array());
    }

    /** A multiboot header with those flags and further fields. */
    static byte[] multibootHeader(int flags, int... fields) {
        ByteBuffer header = ByteBuffer.allocate(12 + fields.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(0x1bad_b002).putInt(flags).putInt(-(0x1bad_b002 + flags));
        for (int field : fields) {
            header.putInt(field);
        }
        return header.array();
    }

    static byte[] join(byte[]... parts) {
        List<Byte> all = new ArrayList<>();
        for (byte[] part : parts) {
            for (byte b : part) {
                all.add(b);
            }
        }
        byte[] bytes = new byte[all.size()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = all.get(i);
        }
        return bytes;
    }

    static Image multibootElf() {
        byte[] content = join(multibootHeader(3), new byte[] {(byte) 0xf4});
        return elf32(0x10_000c, new Segment(0x10_0000, 0x10_0000, content, 0x2000));
    }

    static Image bootSector(int size) {
        byte[] bytes = new byte[size];
        bytes[0] = (byte) 0xf4;
        bytes[510] = 0x55;
        bytes[511] = (byte) 0xaa;
        return new Image("disk.img", bytes);
    }
}
