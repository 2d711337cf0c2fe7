package org.thirdmode.pc.loader;

/**
 * A firmware ROM: all of it ends at 4 GBytes, its last 128 KBytes also at 1 MByte; the processor starts at the reset vector.
 *
 * <p>Source: SDM 3A "First Instruction Executed"; 82371SB (PIIX3) datasheet "XBCS - X-Bus Chip Select Register" for the two
 * places.
 */
public final class BiosImage {
    private static final int UNIT = 4096;
    private static final int LARGEST = 8 << 20;

    private BiosImage() {}

    /** Checks that {@code image} can be a ROM. */
    public static void check(Image image) throws ImageException {
        if (image.size() == 0 || image.size() % UNIT != 0 || image.size() > LARGEST) {
            throw ImageException.at(
                    image,
                    Math.min(image.size(), LARGEST),
                    "a ROM of " + image.size() + " bytes",
                    "a multiple of " + UNIT + " bytes, at most " + LARGEST);
        }
    }
}
