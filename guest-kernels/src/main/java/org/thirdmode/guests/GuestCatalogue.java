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
            image(
                    "hello16",
                    "hello16.bin",
                    BOOT_SECTOR,
                    REAL,
                    "says hello from real mode; #DE and INT through the IVT"),
            image(
                    "hello32",
                    "hello32.elf",
                    MULTIBOOT,
                    PROTECTED_32_BIT_PAGING,
                    "says hello; 4 MiB pages, #PF, #DE, #UD"),
            image(
                    "hellopae",
                    "hellopae.elf",
                    MULTIBOOT,
                    PROTECTED_PAE,
                    "says hello; PAE with execute-disable, #PF, #DE"),
            image("hello64", "hello64.elf", MULTIBOOT, LONG_4_LEVEL, "says hello from long mode; #PF, #DE, #UD"),
            image(
                    "hello-vmx",
                    "hello-vmx.elf",
                    MULTIBOOT,
                    LONG_4_LEVEL,
                    "a hypervisor: says hello from VMX root and from VMX non-root operation"),
            image(
                    "hello-svm",
                    "hello-svm.elf",
                    MULTIBOOT,
                    LONG_4_LEVEL,
                    "a hypervisor: says hello from the host of SVM and from its guest"),
            image(
                    "hello-disks",
                    "hello-disks.elf",
                    MULTIBOOT,
                    PROTECTED_32_BIT_PAGING,
                    "reads, writes and checks sectors of an ATA and of a virtio disk"),
            mini(
                    "mini32",
                    PROTECTED_32_BIT_PAGING,
                    "a kernel with processes, demand paging, fork; runs a workload; 32-bit paging"),
            mini("minipae", PROTECTED_PAE, "the same kernel with PAE paging"),
            mini("mini64", LONG_4_LEVEL, "the same kernel in 64-bit mode with 4-level paging"),
            benchmark(
                    "bench-alu",
                    PROTECTED_32_BIT_PAGING,
                    "arithmetic, shifts, branches, calls; 22 instructions an iteration"),
            benchmark(
                    "bench-rmw",
                    PROTECTED_32_BIT_PAGING,
                    "read-modify-write of every word of 1 MiB; 6 instructions an iteration"),
            benchmark(
                    "bench-stride",
                    PROTECTED_32_BIT_PAGING,
                    "read-modify-write over 64 MiB, step 4 KiB: a walk each; 6 instructions"),
            benchmark(
                    "bench-churn", PROTECTED_32_BIT_PAGING, "map, touch, unmap, INVLPG; 12 instructions an iteration"),
            benchmark(
                    "bench-cr3",
                    PROTECTED_32_BIT_PAGING,
                    "CR3 switch, 64 pages touched; 264 instructions an iteration"),
            benchmark(
                    "bench-4g",
                    PROTECTED_32_BIT_PAGING,
                    "mixed work, 80,000,000 iterations of 50 instructions: 4.0 thousand million"),
            benchmark(
                    "bench-alu-64", LONG_4_LEVEL, "arithmetic, shifts, branches, calls; 22 instructions an iteration"),
            benchmark(
                    "bench-rmw-64",
                    LONG_4_LEVEL,
                    "read-modify-write of every word of 1 MiB; 6 instructions an iteration"),
            benchmark(
                    "bench-stride-64",
                    LONG_4_LEVEL,
                    "read-modify-write over 64 MiB, step 4 KiB: a walk each; 6 instructions"),
            benchmark("bench-churn-64", LONG_4_LEVEL, "map, touch, unmap, INVLPG; 12 instructions an iteration"),
            benchmark("bench-cr3-64", LONG_4_LEVEL, "CR3 switch, 64 pages touched; 264 instructions an iteration"),
            benchmark(
                    "bench-4g-64",
                    LONG_4_LEVEL,
                    "mixed work, 80,000,000 iterations of 50 instructions: 4.0 thousand million"));

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

    private static GuestImage mini(String name, GuestMode mode, String description) {
        return image(name, name + ".elf", MULTIBOOT, mode, description);
    }

    private static GuestImage benchmark(String name, GuestMode mode, String description) {
        return image(name, name + ".elf", MULTIBOOT, mode, description);
    }
}
