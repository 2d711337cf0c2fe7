package org.thirdmode.x86.memory;

import com.google.common.collect.Range;
import com.google.common.collect.RangeMap;
import com.google.common.collect.TreeRangeMap;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import org.thirdmode.x86.snapshot.StateException;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * The physical address space of one machine: RAM, ROM and device regions of any size up to the processor's width.
 *
 * <p>Memory is sparse: a frame exists once it is touched, so a 64-GiB machine costs what it uses. An address that no
 * region claims reads as all ones and swallows writes, as an x86 bus does.
 *
 * <p>Frames are reached through a two-level directory: no map look-up on the way of a translation.
 */
public final class PhysicalMemory implements Stateful {
    private static final int FRAME_SHIFT = 12;
    private static final int DIRECTORY_SHIFT = 12;
    private static final int DIRECTORY_SIZE = 1 << DIRECTORY_SHIFT;

    private final int addressWidth;
    private final RangeMap<Long, Region> regions = TreeRangeMap.create();
    private Frame[][] directory = new Frame[16][];
    private long framesInUse;
    private final LongFunction<Frame> ram;
    private Runnable onMapChanged = () -> {};

    /** The next address that no bus has. */
    private long beyond;

    /** An empty address space of {@code addressWidth} bits (32..52). */
    public PhysicalMemory(int addressWidth) {
        this(addressWidth, address -> new Frame(new byte[Frame.SIZE], false));
    }

    /**
     * An empty address space whose RAM is someone else's: what a program sees of memory that it shares.
     *
     * @param ram the frame of RAM at a frame's address, asked once on first touch
     */
    public PhysicalMemory(int addressWidth, LongFunction<Frame> ram) {
        if (addressWidth < 32 || addressWidth > 52) {
            throw new IllegalArgumentException("physical address width " + addressWidth + ": expected 32 to 52 bits");
        }
        this.addressWidth = addressWidth;
        this.ram = ram;
        beyond = 1L << addressWidth;
    }

    /** MAXPHYADDR of the machine, in bits. */
    public int addressWidth() {
        return addressWidth;
    }

    /** What stands at a range of physical addresses. */
    public sealed interface Region {}

    /** Read-write memory. */
    public record Ram() implements Region {}

    /** Memory whose content is given and that ignores writes; {@code base} is the address of {@code image[0]}. */
    public record Rom(long base, byte[] image) implements Region {}

    /** A device's registers, from {@code base}. */
    public record Mmio(long base, MmioDevice device) implements Region {}

    /** Puts RAM at [base, base + size); frame aligned. A later region covers an earlier one. */
    public void mapRam(long base, long size) {
        map(base, size, new Ram());
    }

    /** Puts a ROM at {@code base}; its length is a multiple of the frame size. Two mappings may share one image. */
    public void mapRom(long base, byte[] image) {
        map(base, image.length, new Rom(base, image));
    }

    /** Puts a device at [base, base + size); frame aligned. */
    public void mapMmio(long base, long size, MmioDevice device) {
        map(base, size, new Mmio(base, device));
    }

    /**
     * Puts registers of the processor's own where no address of the machine leads: beyond the address width. Only what
     * translates addresses can send an access there.
     *
     * @param size whole frames
     * @return the address of the first
     */
    public long mapBeyond(long size, MmioDevice device) {
        long base = beyond;
        beyond += size;
        regions.put(Range.closedOpen(base, beyond), new Mmio(base, device));
        return base;
    }

    /** Takes away whatever stands at [base, base + size). */
    public void unmap(long base, long size) {
        map(base, size, null);
    }

    private void map(long base, long size, Region region) {
        if (((base | size) & (Frame.SIZE - 1)) != 0 || size <= 0 || base < 0 || base + size > 1L << addressWidth) {
            throw new IllegalArgumentException(String.format(
                    "region [0x%x, +0x%x): expected whole frames of 4096 bytes below 2^%d", base, size, addressWidth));
        }
        Range<Long> range = Range.closedOpen(base, base + size);
        regions.remove(range);
        if (region != null) {
            regions.putCoalescing(range, region);
        }
        if (!(region instanceof Ram)) {
            forgetFrames(base, size);
        }
        onMapChanged.run();
    }

    private void forgetFrames(long base, long size) {
        long end = (base + size) >>> FRAME_SHIFT;
        for (long number = base >>> FRAME_SHIFT; number < end; ) {
            int top = (int) (number >>> DIRECTORY_SHIFT);
            if (top >= directory.length) {
                return;
            }
            if (directory[top] == null) {
                number = (top + 1L) << DIRECTORY_SHIFT;
                continue;
            }
            int low = (int) number & DIRECTORY_SIZE - 1;
            if (directory[top][low] != null) {
                directory[top][low] = null;
                framesInUse--;
            }
            number++;
        }
    }

    /** Who must hear that the map changed: translations to the old one are stale. */
    public void onMapChanged(Runnable listener) {
        onMapChanged = listener;
    }

    /** The region at {@code address}, or null. */
    public Region regionAt(long address) {
        return regions.get(address);
    }

    /** The regions by address, for reports and memory maps handed to guests. */
    public RangeMap<Long, Region> regions() {
        return regions;
    }

    /** Frames touched so far. */
    public long framesInUse() {
        return framesInUse;
    }

    /** The frame at a physical address, made on first touch; null where there is no RAM or ROM. */
    public Frame frame(long address) {
        long number = address >>> FRAME_SHIFT;
        long top = number >>> DIRECTORY_SHIFT;
        if (top < directory.length) {
            Frame[] frames = directory[(int) top];
            if (frames != null) {
                Frame frame = frames[(int) number & DIRECTORY_SIZE - 1];
                if (frame != null) {
                    return frame;
                }
            }
        }
        return touch(address);
    }

    /** Whether the frame at {@code address} exists. */
    public boolean touched(long address) {
        long number = address >>> FRAME_SHIFT;
        long top = number >>> DIRECTORY_SHIFT;
        return top < directory.length
                && directory[(int) top] != null
                && directory[(int) top][(int) number & (DIRECTORY_SIZE - 1)] != null;
    }

    private Frame touch(long address) {
        if (address < 0 || address >>> addressWidth != 0) {
            return null;
        }
        Frame made = switch (regions.get(address)) {
            case Ram ignored -> ram.apply(address & -Frame.SIZE);
            case Rom(long base, byte[] image) -> {
                byte[] bytes = new byte[Frame.SIZE];
                System.arraycopy(image, (int) ((address & -Frame.SIZE) - base), bytes, 0, Frame.SIZE);
                yield new Frame(bytes, true);
            }
            case Mmio ignored -> null;
            case null -> null;
        };
        if (made != null) {
            long number = address >>> FRAME_SHIFT;
            int top = (int) (number >>> DIRECTORY_SHIFT);
            if (top >= directory.length) {
                directory = java.util.Arrays.copyOf(directory, Math.max(top + 1, directory.length * 2));
            }
            if (directory[top] == null) {
                directory[top] = new Frame[DIRECTORY_SIZE];
            }
            directory[top][(int) number & DIRECTORY_SIZE - 1] = made;
            framesInUse++;
        }
        return made;
    }

    /** Reads {@code size} bytes (1, 2, 4 or 8) at any address, zero-extended; all ones where nothing answers. */
    public long read(long address, int size) {
        int offset = (int) address & Frame.SIZE - 1;
        if (offset + size > Frame.SIZE) {
            return readBytes(address, size);
        }
        Frame frame = frame(address);
        if (frame != null) {
            return frame.get(offset, size);
        }
        long ones = size == 8 ? -1L : (1L << (size * 8)) - 1;
        return regionAt(address) instanceof Mmio(long base, MmioDevice device)
                ? device.read(address - base, size) & ones
                : ones;
    }

    private long readBytes(long address, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= read(address + i, 1) << (i * 8);
        }
        return value;
    }

    /** Writes the low {@code size} bytes (1, 2, 4 or 8) of {@code value}; drops decoded code that it changes. */
    public void write(long address, int size, long value) {
        int offset = (int) address & Frame.SIZE - 1;
        if (offset + size > Frame.SIZE) {
            for (int i = 0; i < size; i++) {
                write(address + i, 1, value >>> (i * 8));
            }
            return;
        }
        Frame frame = frame(address);
        if (frame != null) {
            if (!frame.readOnly) {
                frame.put(offset, size, value);
                if (frame.code != null) {
                    frame.code.bytesWritten(offset, offset + size);
                }
            }
        } else if (regionAt(address) instanceof Mmio(long base, MmioDevice device)) {
            device.write(address - base, size, value);
        }
    }

    /** Copies {@code source} into memory from {@code address} on, as a loader does: ROM is left as it is. */
    public void load(long address, byte[] source) {
        int at = 0;
        while (at < source.length) {
            int offset = (int) (address + at) & (Frame.SIZE - 1);
            int length = Math.min(Frame.SIZE - offset, source.length - at);
            Frame frame = frame(address + at);
            if (frame != null && !frame.readOnly) {
                System.arraycopy(source, at, frame.bytes, offset, length);
                if (frame.code != null) {
                    frame.code.bytesWritten(offset, offset + length);
                }
            }
            at += length;
        }
    }

    /** The RAM that was touched. What stands in the address map is the board's, and is there before. */
    @Override
    public void state(StatePort port) {
        List<Long> touched = new ArrayList<>();
        for (int top = 0; top < directory.length; top++) {
            for (int low = 0; directory[top] != null && low < DIRECTORY_SIZE; low++) {
                if (directory[top][low] != null && !directory[top][low].readOnly) {
                    touched.add(((((long) top) << DIRECTORY_SHIFT) | low) << FRAME_SHIFT);
                }
            }
        }
        port.pages("pages", Frame.SIZE, touched, address -> {
            Frame frame = frame(address);
            if (frame == null || frame.readOnly) {
                throw new StateException(String.format("page 0x%x: is no RAM of this machine", address));
            }
            return frame.bytes;
        });
    }
}
