package org.thirdmode.pc.loader;

import java.util.ArrayList;
import java.util.List;

/**
 * The parts of an ELF executable that a loader needs: class, machine, entry point and loadable segments.
 *
 * <p>Source: Tool Interface Standard, "Executable and Linking Format", "ELF Header" and "Program Header"; the 64-bit layout
 * from the System V ABI's "Object Files".
 *
 * @param is64 whether the file has the 64-bit layout
 * @param entry the entry point, a virtual address
 * @param segments the PT_LOAD segments that take memory, in the order of the table
 * @param notes the PT_NOTE segments
 */
record Elf(boolean is64, long entry, List<Segment> segments, List<Segment> notes) {
    private static final long MAGIC = 0x464c_457fL;
    private static final int CLASS_32 = 1;
    private static final int CLASS_64 = 2;
    private static final int LITTLE_ENDIAN = 1;
    private static final int TYPE_EXECUTABLE = 2;
    private static final int MACHINE_386 = 3;
    private static final int MACHINE_X86_64 = 62;
    private static final long PT_LOAD = 1;
    private static final long PT_NOTE = 4;
    private static final int ENTRY_32 = 24;

    /** One segment; {@code header} is where its program header lies in the file. */
    record Segment(
            long header, long offset, long virtualAddress, long physicalAddress, long fileSize, long memorySize) {}

    /** Whether the file begins as an ELF file does. */
    static boolean recognizes(Image image) {
        return image.holds(0, 4) && image.u32(0) == MAGIC;
    }

    /** Reads the headers of a file that {@link #recognizes} accepted. */
    static Elf parse(Image image) throws ImageException {
        image.require(0, 52, "ELF header");
        int fileClass = image.bytes()[4] & 0xff;
        boolean is64 = fileClass == CLASS_64;
        if (!is64 && fileClass != CLASS_32) {
            throw ImageException.at(image, 4, "ELF class " + fileClass, "1 (32 bits) or 2 (64 bits)");
        }
        if (image.bytes()[5] != LITTLE_ENDIAN) {
            throw ImageException.at(image, 5, "ELF data encoding " + (image.bytes()[5] & 0xff), "1 (little-endian)");
        }
        image.require(0, is64 ? 64 : 52, "ELF header");
        if (image.u16(16) != TYPE_EXECUTABLE) {
            throw ImageException.at(image, 16, "ELF type " + image.u16(16), "2 (an executable file)");
        }
        int machine = image.u16(18);
        if (machine != MACHINE_386 && machine != MACHINE_X86_64) {
            throw ImageException.at(image, 18, "ELF machine " + machine, "3 (386) or 62 (x86-64)");
        }
        long table = is64 ? image.u64(32) : image.u32(28);
        int entrySize = image.u16(is64 ? 54 : 42);
        int count = image.u16(is64 ? 56 : 44);
        int expectedSize = is64 ? 56 : 32;
        if (entrySize != expectedSize) {
            throw ImageException.at(
                    image, is64 ? 54 : 42, "program headers of " + entrySize + " bytes", expectedSize + " bytes each");
        }
        image.require(table, (long) count * entrySize, "program headers");
        List<Segment> segments = new ArrayList<>();
        List<Segment> notes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long at = table + (long) i * entrySize;
            long type = image.u32(at);
            if (type == PT_LOAD || type == PT_NOTE) {
                Segment segment = is64
                        ? new Segment(
                                at,
                                image.u64(at + 8),
                                image.u64(at + 16),
                                image.u64(at + 24),
                                image.u64(at + 32),
                                image.u64(at + 40))
                        : new Segment(
                                at,
                                image.u32(at + 4),
                                image.u32(at + 8),
                                image.u32(at + 12),
                                image.u32(at + 16),
                                image.u32(at + 20));
                if (type == PT_NOTE) {
                    notes.add(segment);
                } else if (segment.memorySize != 0 || segment.fileSize != 0) {
                    segments.add(segment);
                }
            }
        }
        if (segments.isEmpty()) {
            throw ImageException.at(image, table, "no loadable segment", "at least one");
        }
        return new Elf(is64, is64 ? image.u64(ENTRY_32) : image.u32(ENTRY_32), segments, notes);
    }

    /** Places every segment. */
    void place(LoadPlan plan, Image image) throws ImageException {
        for (Segment segment : segments) {
            plan.place(
                    "segment",
                    image,
                    segment.offset,
                    segment.fileSize,
                    segment.physicalAddress,
                    segment.memorySize,
                    segment.header);
        }
    }

    /**
     * The physical address of the entry point: through the segment whose virtual addresses hold it, else the entry point is
     * a physical address itself.
     */
    long physicalEntry(Image image) throws ImageException {
        for (Segment segment : segments) {
            if (Long.compareUnsigned(entry - segment.virtualAddress, segment.memorySize) < 0) {
                return entry - segment.virtualAddress + segment.physicalAddress;
            }
        }
        for (Segment segment : segments) {
            if (Long.compareUnsigned(entry - segment.physicalAddress, segment.memorySize) < 0) {
                return entry;
            }
        }
        throw ImageException.at(
                image, ENTRY_32, String.format("entry point 0x%x", entry), "an address within a loaded segment");
    }
}
