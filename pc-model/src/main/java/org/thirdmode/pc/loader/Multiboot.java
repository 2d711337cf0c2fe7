package org.thirdmode.pc.loader;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.thirdmode.pc.memory.MemoryLayout;

/**
 * A multiboot kernel: an ELF executable, or any file whose multiboot header has address fields.
 *
 * <p>Source: Multiboot Specification version 0.6.96, "OS image format", "Machine state", "Boot information format". The
 * first word of the command line is the image's name, as GRUB and QEMU do. An ELF file may have either class: it starts in
 * 32-bit protected mode all the same.
 */
final class Multiboot {
    private static final long HEADER_MAGIC = 0x1bad_b002L;
    private static final long LOADER_MAGIC = 0x2bad_b002L;

    /** The header is within the first 8192 bytes, on a 4-byte boundary. */
    private static final int SEARCHED = 8192;

    /** Header flags: bits 15:0 are requirements; those known here are page-aligned modules, memory and video information. */
    private static final long KNOWN_REQUIREMENTS = 0x7;

    private static final long HAS_ADDRESSES = 1 << 16;

    // Fields of the boot information that are filled in.
    private static final long INFO_MEMORY = 1 << 0;
    private static final long INFO_BOOT_DEVICE = 1 << 1;
    private static final long INFO_COMMAND_LINE = 1 << 2;
    private static final long INFO_MODULES = 1 << 3;
    private static final long INFO_MEMORY_MAP = 1 << 6;
    private static final long INFO_LOADER_NAME = 1 << 9;

    private static final int INFO_SIZE = 88;
    private static final int MAP_ENTRY = 24;
    private static final int MODULE_ENTRY = 16;
    private static final int PAGE = 4096;

    /** The first hard disk, no partition. */
    private static final long BOOT_DEVICE = 0x80ff_ffffL;

    private static final String LOADER_NAME = "thirdmode";

    private Multiboot() {}

    /** The offset of the multiboot header, or -1. */
    static long findHeader(Image image) {
        long end = Math.min(SEARCHED, image.size());
        for (long at = 0; at + 12 <= end; at += 4) {
            if (image.u32(at) == HEADER_MAGIC
                    && ((HEADER_MAGIC + image.u32(at + 4) + image.u32(at + 8)) & 0xffff_ffffL) == 0) {
                return at;
            }
        }
        return -1;
    }

    static InitialState plan(Image image, LoadOptions options, MemoryLayout layout, LoadPlan plan)
            throws ImageException {
        long header = findHeader(image);
        if (header < 0) {
            throw ImageException.at(
                    image,
                    0,
                    "no multiboot header",
                    "0x1badb002, flags and checksum in the first 8192 bytes, on a 4-byte boundary");
        }
        long flags = image.u32(header + 4);
        if ((flags & 0xffff & ~KNOWN_REQUIREMENTS) != 0) {
            throw ImageException.at(
                    image,
                    header + 4,
                    String.format("multiboot flags 0x%08x", flags),
                    "no requirement but bits 0, 1 and 2");
        }
        long entry;
        if ((flags & HAS_ADDRESSES) != 0) {
            entry = placeByAddresses(image, header, plan);
        } else if (Elf.recognizes(image)) {
            Elf elf = Elf.parse(image);
            elf.place(plan, image);
            entry = elf.physicalEntry(image);
        } else {
            throw ImageException.at(
                    image,
                    header + 4,
                    String.format("multiboot flags 0x%08x in a file that is not ELF", flags),
                    "bit 16 and the address fields");
        }
        if (entry > 0xffff_ffffL) {
            throw ImageException.at(
                    image, 24, String.format("entry point 0x%x", entry), "a physical address below 4 GiB");
        }
        long info = putInformation(image, options, layout, plan);
        long gdt = plan.allocate("descriptor table", BootGdt.SIZE, 8);
        BootGdt.put(plan, gdt);
        return InitialState.flatProtected(entry, LOADER_MAGIC, info, gdt, BootGdt.SIZE - 1);
    }

    /** "The address fields of Multiboot header". */
    private static long placeByAddresses(Image image, long header, LoadPlan plan) throws ImageException {
        image.require(header, 32, "multiboot header with address fields");
        long headerAddress = image.u32(header + 12);
        long loadAddress = image.u32(header + 16);
        long loadEnd = image.u32(header + 20);
        long bssEnd = image.u32(header + 24);
        long entry = image.u32(header + 28);

        long textOffset = header - (headerAddress - loadAddress);
        if (headerAddress < loadAddress || textOffset < 0) {
            throw ImageException.at(
                    image,
                    header + 16,
                    String.format("load_addr 0x%x with header_addr 0x%x", loadAddress, headerAddress),
                    String.format("load_addr at most header_addr and at most 0x%x bytes below it", header));
        }
        if (loadEnd != 0 && loadEnd < loadAddress) {
            throw ImageException.at(
                    image,
                    header + 20,
                    String.format("load_end_addr 0x%x", loadEnd),
                    String.format("0 or an address from load_addr 0x%x on", loadAddress));
        }
        long loadSize = loadEnd == 0 ? image.size() - textOffset : loadEnd - loadAddress;
        if (bssEnd != 0 && bssEnd < loadAddress + loadSize) {
            throw ImageException.at(
                    image,
                    header + 24,
                    String.format("bss_end_addr 0x%x", bssEnd),
                    String.format("0 or an address from the end of the text and data 0x%x on", loadAddress + loadSize));
        }
        long memorySize = bssEnd == 0 ? loadSize : bssEnd - loadAddress;
        plan.place("text and data", image, textOffset, loadSize, loadAddress, memorySize, header + 16);
        if (entry < loadAddress || entry >= loadAddress + memorySize) {
            throw ImageException.at(
                    image,
                    header + 28,
                    String.format("entry_addr 0x%x", entry),
                    String.format("an address from 0x%x to 0x%x", loadAddress, loadAddress + memorySize));
        }
        return entry;
    }

    /** "Boot information format": returns its address. */
    private static long putInformation(Image image, LoadOptions options, MemoryLayout layout, LoadPlan plan)
            throws ImageException {
        List<MemoryLayout.Range> map = layout.addressMap();
        long info = plan.allocate("boot information", INFO_SIZE, 16);
        long mapAddress = plan.allocate("memory map", (long) map.size() * MAP_ENTRY, 16);
        long commandLine = putText(plan, "command line", line(image.name(), options.commandLine()));
        long loaderName = putText(plan, "boot loader name", LOADER_NAME);
        long modules = putModules(options.modules(), plan);

        plan.putU32(
                info,
                INFO_MEMORY | INFO_BOOT_DEVICE | INFO_COMMAND_LINE | INFO_MODULES | INFO_MEMORY_MAP | INFO_LOADER_NAME);
        plan.putU32(info + 4, MemoryLayout.EBDA / 1024);
        plan.putU32(info + 8, (layout.highEnd() - MemoryLayout.HIGH) / 1024);
        plan.putU32(info + 12, BOOT_DEVICE);
        plan.putU32(info + 16, commandLine);
        plan.putU32(info + 20, options.modules().size());
        plan.putU32(info + 24, modules);
        plan.putU32(info + 44, (long) map.size() * MAP_ENTRY);
        plan.putU32(info + 48, mapAddress);
        plan.putU32(info + 64, loaderName);

        long at = mapAddress;
        for (MemoryLayout.Range range : map) {
            plan.putU32(at, MAP_ENTRY - 4); // the size does not count itself
            plan.putU64(at + 4, range.base());
            plan.putU64(at + 12, range.length());
            plan.putU32(at + 20, range.usable() ? 1 : 2);
            at += MAP_ENTRY;
        }
        return info;
    }

    /** "The module structure": returns the address of the first one. */
    private static long putModules(List<LoadOptions.Module> modules, LoadPlan plan) throws ImageException {
        long table = plan.allocate("module list", (long) modules.size() * MODULE_ENTRY, 16);
        List<Long> starts = new ArrayList<>();
        for (LoadOptions.Module module : modules) {
            // Page aligned whether the image asks for it or not.
            long start = plan.allocateHigh(
                    "module " + module.file().name(), module.file().size(), PAGE);
            plan.putFile(start, module.file());
            starts.add(start);
        }
        for (int i = 0; i < modules.size(); i++) {
            LoadOptions.Module module = modules.get(i);
            long at = table + (long) i * MODULE_ENTRY;
            plan.putU32(at, starts.get(i));
            plan.putU32(at + 4, starts.get(i) + module.file().size());
            plan.putU32(
                    at + 8,
                    putText(plan, "module command line", line(module.file().name(), module.arguments())));
        }
        return table;
    }

    private static String line(String name, String arguments) {
        return arguments.isEmpty() ? name : name + " " + arguments;
    }

    private static long putText(LoadPlan plan, String what, String text) throws ImageException {
        byte[] bytes = (text + "\0").getBytes(StandardCharsets.UTF_8);
        long address = plan.allocate(what, bytes.length, 1);
        plan.put(address, bytes);
        return address;
    }
}
