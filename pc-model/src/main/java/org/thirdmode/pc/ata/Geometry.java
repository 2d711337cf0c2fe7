package org.thirdmode.pc.ata;

/**
 * Cylinders, heads and sectors of a track. ATA/ATAPI-5 "CHS addressing"; sectors of a track are numbered from 1.
 *
 * @param cylinders at most 65,535
 * @param heads 1 to 16
 * @param sectors of a track, 1 to 255
 */
record Geometry(int cylinders, int heads, int sectors) {
    private static final int MOST_CYLINDERS = 16_383;

    /** The translation that a disk of so many sectors has at first. */
    static Geometry initial(long total) {
        return new Geometry(16, 63, total, MOST_CYLINDERS);
    }

    /** What INITIALIZE DEVICE PARAMETERS asks for. */
    static Geometry translation(long total, int heads, int sectors) {
        return new Geometry(heads, sectors, total, 65_535);
    }

    private Geometry(int heads, int sectors, long total, int most) {
        this((int) Math.clamp(total / ((long) heads * sectors), 1L, most), heads, sectors);
    }

    /** Sectors that can be addressed. */
    long capacity() {
        return (long) cylinders * heads * sectors;
    }

    /** The sector at that place, or -1. */
    long sectorAt(int cylinder, int head, int sector) {
        if (cylinder >= cylinders || head >= heads || sector < 1 || sector > sectors) {
            return -1;
        }
        return ((long) cylinder * heads + head) * sectors + sector - 1;
    }
}
