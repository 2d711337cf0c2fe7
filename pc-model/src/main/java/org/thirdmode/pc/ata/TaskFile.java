package org.thirdmode.pc.ata;

import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * The command block registers that software writes before a command. Features, count and the three of the address are queues of
 * two: a 48-bit command takes the previous content as its upper half. ATA/ATAPI-6 "48-bit Address feature set".
 *
 * <pre>
 *   device   7 1   6 LBA   5 1   4 DEV   3..0 head, or bits 27..24 of the address
 * </pre>
 */
final class TaskFile implements Stateful {
    static final int DEVICE_LBA = 0x40;
    static final int DEVICE_SELECTED = 0x10;

    private static final int DEVICE_OBSOLETE = 0xa0;

    int features;
    int count;
    int low;
    int middle;
    int high;
    int device;

    /** What the device puts there after power-on, a reset or a diagnostic: the signature of an ATA disk. */
    void signature() {
        features = 0;
        count = 1;
        low = 1;
        middle = 0;
        high = 0;
        device = 0;
    }

    /** Writes register {@code number}, 1 to 6. */
    void write(int number, int value) {
        switch (number) {
            case 1 -> features = pushed(features, value);
            case 2 -> count = pushed(count, value);
            case 3 -> low = pushed(low, value);
            case 4 -> middle = pushed(middle, value);
            case 5 -> high = pushed(high, value);
            default -> device = value;
        }
    }

    private static int pushed(int register, int value) {
        return (register << 8 | value) & 0xffff;
    }

    /** Reads register {@code number}, 2 to 6; the previous content where the high order byte is asked for. */
    int read(int number, boolean previous) {
        int register = switch (number) {
            case 2 -> count;
            case 3 -> low;
            case 4 -> middle;
            case 5 -> high;
            default -> device | DEVICE_OBSOLETE | (device | DEVICE_OBSOLETE) << 8;
        };
        return (previous ? register >>> 8 : register) & 0xff;
    }

    @Override
    public void state(StatePort port) {
        features = port.within("features", features, 0, 0xffff);
        count = port.within("count", count, 0, 0xffff);
        low = port.within("lba low", low, 0, 0xffff);
        middle = port.within("lba mid", middle, 0, 0xffff);
        high = port.within("lba high", high, 0, 0xffff);
        device = port.within("device", device, 0, 0xff);
    }

    boolean device1() {
        return (device & DEVICE_SELECTED) != 0;
    }

    /** How many sectors a command asks for: 0 stands for the most there can be. */
    int sectors(boolean ext) {
        int asked = ext ? count : count & 0xff;
        return asked != 0 ? asked : ext ? 0x1_0000 : 0x100;
    }

    /** The first sector of a command, or -1 where no sector has that place. */
    long address(boolean ext, Geometry geometry) {
        long lower = (low & 0xff) | (middle & 0xff) << 8 | (high & 0xff) << 16;
        if (ext) {
            long upper = (low >>> 8) | (middle & 0xff00L) | (high >>> 8 & 0xffL) << 16;
            return upper << 24 | lower;
        }
        if ((device & DEVICE_LBA) != 0) {
            return lower | (device & 0x0fL) << 24;
        }
        return geometry.sectorAt((middle & 0xff) | (high & 0xff) << 8, device & 0x0f, low & 0xff);
    }

    /** Puts the address of a sector there, in the form that {@code ext} and the device register say. */
    void setAddress(long sector, boolean ext, Geometry geometry) {
        if (!ext && (device & DEVICE_LBA) == 0) {
            long track = sector / geometry.sectors();
            low = (int) (sector % geometry.sectors()) + 1;
            middle = (int) (track / geometry.heads()) & 0xff;
            high = (int) (track / geometry.heads()) >>> 8 & 0xff;
            device = (device & 0xf0) | (int) (track % geometry.heads());
            return;
        }
        low = (int) (sector & 0xff) | (int) (sector >>> 24 & 0xff) << 8;
        middle = (int) (sector >>> 8 & 0xff) | (int) (sector >>> 32 & 0xff) << 8;
        high = (int) (sector >>> 16 & 0xff) | (int) (sector >>> 40 & 0xff) << 8;
        if (!ext) {
            device = (device & 0xf0) | (int) (sector >>> 24 & 0x0f);
        }
    }
}
