package org.thirdmode.pc.loader;

import java.util.Set;

/**
 * The first sector of a disk, loaded and started as a PC's firmware does: at 0000:7C00 in real mode, DL = the drive.
 *
 * <p>Source: "BIOS Boot Specification" 1.01, "INT 19h".
 */
final class BootSector {
    private static final int SIZE = 512;
    private static final int SIGNATURE_OFFSET = 510;
    private static final int SIGNATURE = 0xaa55;
    private static final long ADDRESS = 0x7c00;
    private static final int FLOPPY = 0x00;
    private static final int HARD_DISK = 0x80;

    /** The sizes of floppy disks, in KBytes. */
    private static final Set<Integer> FLOPPY_KB = Set.of(160, 180, 320, 360, 720, 1200, 1440, 2880);

    private BootSector() {}

    static boolean recognizes(Image image) {
        return image.holds(0, SIZE) && image.u16(SIGNATURE_OFFSET) == SIGNATURE;
    }

    static InitialState plan(Image image, LoadPlan plan) throws ImageException {
        image.require(0, SIZE, "boot sector");
        int signature = image.u16(SIGNATURE_OFFSET);
        if (signature != SIGNATURE) {
            throw ImageException.at(
                    image, SIGNATURE_OFFSET, String.format("0x%04x", signature), "the boot signature 0xaa55");
        }
        plan.place("boot sector", image, 0, SIZE, ADDRESS, SIZE, 0);
        boolean floppy = image.bytes().length % 1024 == 0 && FLOPPY_KB.contains(image.bytes().length / 1024);
        return InitialState.real(0, (int) ADDRESS, floppy ? FLOPPY : HARD_DISK);
    }
}
