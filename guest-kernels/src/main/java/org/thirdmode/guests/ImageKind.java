package org.thirdmode.guests;

/** How a machine has to load an image. */
public enum ImageKind {
    /** One 512-byte sector, loaded at 0000:7C00 and started in real mode. */
    BOOT_SECTOR,
    /** Multiboot 1, in an ELF32 container: started in flat 32-bit protected mode, paging off. */
    MULTIBOOT
}
