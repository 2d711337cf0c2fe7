package org.thirdmode.guests;

import static org.thirdmode.guests.GuestMode.LONG_4_LEVEL;
import static org.thirdmode.guests.GuestMode.PROTECTED_32_BIT_PAGING;
import static org.thirdmode.guests.GuestMode.PROTECTED_PAE;
import static org.thirdmode.guests.GuestMode.REAL;
import static org.thirdmode.guests.ImageKind.BOOT_SECTOR;
import static org.thirdmode.guests.ImageKind.MULTIBOOT;

import java.util.List;
import java.util.Optional;

/** Every image of this module, one row each. */
public final class GuestCatalogue {
    private static final List<GuestImage> IMAGES = List.of(
            image("hello16", "hello16.bin", BOOT_SECTOR, REAL, "says hello from real mode; #DE and INT through the IVT"),
            image("hello32", "hello32.elf", MULTIBOOT, PROTECTED_32_BIT_PAGING, "says hello; 4 MiB pages, #PF, #DE, #UD"),
            image("hellopae", "hellopae.elf", MULTIBOOT, PROTECTED_PAE, "says hello; PAE with execute-disable, #PF, #DE"),
            image("hello64", "hello64.elf", MULTIBOOT, LONG_4_LEVEL, "says hello from long mode; #PF, #DE, #UD"));

    private GuestCatalogue() {}

    /** All images, in the order in which a newcomer should try them. */
    public static List<GuestImage> images() {
        return IMAGES;
    }

    /** The image of that name, if there is one. */
    public static Optional<GuestImage> find(String name) {
        return IMAGES.stream().filter(image -> image.name().equals(name)).findFirst();
    }

    private static GuestImage image(String name, String file, ImageKind kind, GuestMode mode, String description) {
        return new GuestImage(name, file, kind, mode, description);
    }
}
