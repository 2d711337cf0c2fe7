package org.thirdmode.pc.loader;

/** How an image is loaded and started. */
public enum ImageKind {
    /** The first sector at 0000:7C00, real mode. */
    BOOT_SECTOR,
    /** Multiboot 1: flat 32-bit protected mode, EBX = the boot information. */
    MULTIBOOT,
    /** The Linux/x86 boot protocol, as of a bzImage: flat 32-bit protected mode, ESI = the zero page. */
    LINUX,
    /** An ELF executable without a multiboot header: by PVH where it has its note, else flat protected or 64-bit mode. */
    ELF,
    /** Bytes at an address, started at their first one. */
    RAW
}
