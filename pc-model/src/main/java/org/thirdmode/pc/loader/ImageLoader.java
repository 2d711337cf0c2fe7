package org.thirdmode.pc.loader;

import org.thirdmode.pc.memory.MemoryLayout;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.profile.CpuProfile;

/** Loads an image of any kind. Each kind has a class of its own: {@link Multiboot}, {@link LinuxBoot}, {@link
 * BootSector}, {@link ElfImage} and {@link Pvh}. */
public final class ImageLoader {
    private ImageLoader() {}

    /**
     * Checks {@code image}, writes it to {@code memory} and says how the processor starts.
     *
     * @throws ImageException where the image is not what it should be; then nothing has been written
     */
    public static InitialState load(Image image, LoadOptions options, MemoryLayout layout, PhysicalMemory memory)
            throws ImageException {
        LoadPlan plan = new LoadPlan(image, layout);
        InitialState state = plan(image, options, layout, plan);
        plan.commit(memory);
        return state;
    }

    /**
     * The same for a processor that the image must be able to run on.
     *
     * @throws ImageException also where it cannot, as far as the image tells
     */
    public static InitialState load(
            Image image, LoadOptions options, MemoryLayout layout, PhysicalMemory memory, CpuProfile processor)
            throws ImageException {
        if (kind(image, options) == ImageKind.LINUX) {
            LinuxBoot.require(image, processor);
        }
        return load(image, options, layout, memory);
    }

    private static InitialState plan(Image image, LoadOptions options, MemoryLayout layout, LoadPlan plan)
            throws ImageException {
        return switch (kind(image, options)) {
            case BOOT_SECTOR -> BootSector.plan(image, plan);
            case MULTIBOOT -> Multiboot.plan(image, options, layout, plan);
            case LINUX -> LinuxBoot.plan(image, options, layout, plan);
            case ELF -> ElfImage.plan(image, options, layout, plan);
            case RAW -> RawImage.plan(image, options.rawAddress(), plan);
        };
    }

    private static ImageKind kind(Image image, LoadOptions options) throws ImageException {
        return options.kind() == null ? kindOf(image) : options.kind();
    }

    /** The kind that the content of {@code image} shows. */
    public static ImageKind kindOf(Image image) throws ImageException {
        if (Multiboot.findHeader(image) >= 0) {
            return ImageKind.MULTIBOOT;
        }
        if (Elf.recognizes(image)) {
            return ImageKind.ELF;
        }
        if (LinuxBoot.recognizes(image)) {
            return ImageKind.LINUX;
        }
        if (BootSector.recognizes(image)) {
            return ImageKind.BOOT_SECTOR;
        }
        throw ImageException.at(
                image,
                0,
                "no multiboot header, ELF header or boot signature in " + image.size() + " bytes",
                "an image of a known kind, or a kind given with it");
    }
}
