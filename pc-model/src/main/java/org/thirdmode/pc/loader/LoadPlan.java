package org.thirdmode.pc.loader;

import com.google.common.collect.Range;
import com.google.common.collect.RangeMap;
import com.google.common.collect.TreeRangeMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.thirdmode.pc.memory.MemoryLayout;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;

/**
 * What a loader is going to write, checked against the machine's memory and against itself before any byte is written.
 *
 * <p>Pieces of the image come first ({@link #place}); what the loader adds of its own finds room beside them ({@link
 * #allocate}).
 */
final class LoadPlan {
    private record Piece(long address, byte[] source, int from, int count, long zeroes) {}

    private final Image image;
    private final MemoryLayout layout;
    private final RangeMap<Long, String> taken = TreeRangeMap.create();
    private final List<Piece> pieces = new ArrayList<>();
    private final Map<Long, byte[]> blocks = new java.util.TreeMap<>();

    LoadPlan(Image image, MemoryLayout layout) {
        this.image = image;
        this.layout = layout;
    }

    /**
     * Places {@code count} bytes from {@code offset} of {@code source} at {@code address}, followed by zeroes up to {@code
     * total} bytes.
     *
     * @param at the offset in the image that says so, for messages
     */
    void place(String what, Image source, long offset, long count, long address, long total, long at)
            throws ImageException {
        source.require(offset, count, what);
        String span = String.format("%s at 0x%x to 0x%x", what, address, address + total);
        if (Long.compareUnsigned(count, total) > 0) {
            throw ImageException.at(
                    image,
                    at,
                    String.format("%s of 0x%x bytes in the file", what, count),
                    String.format("no more than its 0x%x bytes in memory", total));
        }
        if (!layout.isRam(address, total)) {
            throw ImageException.at(image, at, span, "RAM there: " + ram());
        }
        if (total == 0) {
            return;
        }
        Range<Long> range = Range.closedOpen(address, address + total);
        Map<Range<Long>, String> overlaps = taken.subRangeMap(range).asMapOfRanges();
        if (!overlaps.isEmpty()) {
            throw ImageException.at(
                    image,
                    at,
                    span,
                    "no overlap with " + overlaps.values().iterator().next());
        }
        taken.put(range, span);
        pieces.add(new Piece(address, source.bytes(), (int) offset, (int) count, total - count));
    }

    private String ram() {
        StringBuilder text = new StringBuilder();
        for (MemoryLayout.Range range : layout.addressMap()) {
            if (range.usable()) {
                text.append(text.isEmpty() ? "" : ", ")
                        .append(String.format("0x%x to 0x%x", range.base(), range.base() + range.length()));
            }
        }
        return text.toString();
    }

    /** The first address past every piece placed at {@code from} or above; {@code from} where there is none. */
    long endOfPieces(long from) {
        long end = from;
        for (Piece piece : pieces) {
            end = Math.max(end, piece.address + piece.count + piece.zeroes);
        }
        return end;
    }

    /** The lowest room for {@code size} bytes in [from, to), aligned, or -1. */
    private long find(long size, long alignment, long from, long to) {
        long address = alignUp(from, alignment);
        while (address + size <= to && layout.isRam(address, size)) {
            Map<Range<Long>, String> overlaps =
                    taken.subRangeMap(Range.closedOpen(address, address + size)).asMapOfRanges();
            if (overlaps.isEmpty()) {
                return address;
            }
            long next = address;
            for (Range<Long> overlap : overlaps.keySet()) {
                next = Math.max(next, overlap.upperEndpoint());
            }
            address = alignUp(next, alignment);
        }
        return -1;
    }

    private static long alignUp(long address, long alignment) {
        return (address + alignment - 1) & -alignment;
    }

    /** Room for {@code size} bytes that the loader writes itself: in conventional memory from 9000H, else above the image. */
    long allocate(String what, long size, long alignment) throws ImageException {
        long address = find(size, alignment, 0x9000, MemoryLayout.EBDA);
        if (address < 0) {
            address = find(size, alignment, endOfPieces(MemoryLayout.HIGH), layout.highEnd());
        }
        return take(what, size, address);
    }

    /** Room for {@code size} bytes above the image, as for a module. */
    long allocateHigh(String what, long size, long alignment) throws ImageException {
        return take(what, size, find(size, alignment, endOfPieces(MemoryLayout.HIGH), layout.highEnd()));
    }

    /** The highest room for {@code size} bytes in the RAM from {@code from} to {@code to}. */
    long allocateBelow(String what, long size, long alignment, long from, long to) throws ImageException {
        long address = (Math.min(to, layout.highEnd()) - size) & -alignment;
        return take(what, size, find(size, alignment, Math.max(from, address), address + size));
    }

    private long take(String what, long size, long address) throws ImageException {
        if (address < 0) {
            throw ImageException.at(image, 0, "no room beside it for " + what + " of " + size + " bytes", ram());
        }
        if (size > 0) {
            taken.put(Range.closedOpen(address, address + size), what);
        }
        return address;
    }

    /** Stores a 32-bit number, little-endian. */
    void putU32(long address, long value) {
        byte[] bytes = new byte[4];
        Frame.INT.set(bytes, 0, (int) value);
        put(address, bytes);
    }

    /** Stores a 64-bit number, little-endian. */
    void putU64(long address, long value) {
        byte[] bytes = new byte[8];
        Frame.LONG.set(bytes, 0, value);
        put(address, bytes);
    }

    /** Stores bytes of the loader's own, in room that it allocated. */
    void put(long address, byte[] bytes) {
        blocks.put(address, bytes);
    }

    /** Places a file that comes with the image, such as a module, in room that was allocated for it. */
    void putFile(long address, Image file) {
        pieces.add(new Piece(address, file.bytes(), 0, file.bytes().length, 0));
    }

    /** Writes everything. */
    void commit(PhysicalMemory memory) {
        for (Piece piece : pieces) {
            write(memory, piece.address, piece.source, piece.from, piece.count);
            zero(memory, piece.address + piece.count, piece.zeroes);
        }
        blocks.forEach(memory::load);
    }

    private static void write(PhysicalMemory memory, long address, byte[] source, int from, int count) {
        int i = 0;
        while (i < count && (address + i & 7) != 0) {
            memory.write(address + i, 1, source[from + i]);
            i++;
        }
        for (; i + 8 <= count; i += 8) {
            memory.write(address + i, 8, (long) Frame.LONG.get(source, from + i));
        }
        for (; i < count; i++) {
            memory.write(address + i, 1, source[from + i]);
        }
    }

    /** Zeroes a range; frames not touched are zero, so whole frames are only forgotten and cost nothing. */
    private static void zero(PhysicalMemory memory, long address, long count) {
        long end = address + count;
        long firstFrame = Math.min(end, alignUp(address, Frame.SIZE));
        long lastFrame = Math.max(firstFrame, end & -Frame.SIZE);
        for (long at = address; at < firstFrame; at++) {
            memory.write(at, 1, 0);
        }
        if (lastFrame > firstFrame) {
            memory.unmap(firstFrame, lastFrame - firstFrame);
            memory.mapRam(firstFrame, lastFrame - firstFrame);
        }
        for (long at = lastFrame; at < end; at++) {
            memory.write(at, 1, 0);
        }
    }
}
