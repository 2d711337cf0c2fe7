package org.thirdmode.pc.loader;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;
import org.thirdmode.pc.memory.MemoryLayout;

/**
 * An ELF kernel that says by a note where it wants to be entered without firmware, as Linux' vmlinux and FreeBSD's kernel do:
 * flat 32-bit protected mode, paging off, EBX = the start information with the memory map, the command line and the modules,
 * the first of which is the initial RAM disk.
 *
 * <p>Source: Xen "x86/HVM direct boot ABI"; its header {@code xen/include/public/arch-x86/hvm/start_info.h}. Left out: the
 * address of the RSDP, which the kernel finds where it looks on any PC.
 */
final class Pvh {
    private static final int NOTE_TYPE = 18; // XEN_ELFNOTE_PHYS32_ENTRY
    private static final int NOTE_HEADER = 12;
    private static final byte[] NOTE_NAME = "Xen\0".getBytes(StandardCharsets.US_ASCII);

    private static final long MAGIC = 0x336e_c578L;
    private static final int VERSION = 1;
    private static final int START_INFO = 56;
    private static final int MODULE = 32;
    private static final int MAP_ENTRY = 24;
    private static final int PAGE = 4096;

    private Pvh() {}

    /** The physical address of the entry point that a note of the file names. */
    static OptionalLong entry(Image image, Elf elf) {
        for (Elf.Segment notes : elf.notes()) {
            long end = notes.offset() + notes.fileSize();
            if (!image.holds(notes.offset(), notes.fileSize())) {
                continue;
            }
            long at = notes.offset();
            while (end - at >= NOTE_HEADER) {
                long nameSize = image.u32(at);
                long size = image.u32(at + 4);
                long name = at + NOTE_HEADER;
                long value = name + padded(nameSize);
                if (value + size > end) {
                    break;
                }
                if (image.u32(at + 8) == NOTE_TYPE && size >= 4 && named(image, name, nameSize)) {
                    return OptionalLong.of(image.u32(value));
                }
                at = value + padded(size);
            }
        }
        return OptionalLong.empty();
    }

    private static boolean named(Image image, long at, long size) {
        if (size != NOTE_NAME.length) {
            return false;
        }
        for (int i = 0; i < NOTE_NAME.length; i++) {
            if (image.u8(at + i) != NOTE_NAME[i]) {
                return false;
            }
        }
        return true;
    }

    private static long padded(long size) {
        return (size + 3) & -4L;
    }

    static InitialState plan(Image image, Elf elf, long entry, LoadOptions options, MemoryLayout layout, LoadPlan plan)
            throws ImageException {
        elf.place(plan, image);
        long info = plan.allocate("PVH start information", START_INFO, 8);
        plan.putU32(info, MAGIC);
        plan.putU32(info + 4, VERSION);
        plan.putU32(info + 8, 0);
        plan.putU32(info + 12, options.modules().size());
        plan.putU64(info + 16, modules(options.modules(), plan));
        plan.putU64(info + 24, string("command line", options.commandLine(), plan));
        plan.putU64(info + 32, 0);
        List<MemoryLayout.Range> ranges = layout.addressMap();
        plan.putU64(info + 40, map(ranges, plan));
        plan.putU64(info + 48, ranges.size());
        long gdt = plan.allocate("descriptor table", BootGdt.SIZE, 8);
        BootGdt.put(plan, gdt);
        return InitialState.flatProtected(entry, 0, info, gdt, BootGdt.SIZE - 1);
    }

    private static long modules(List<LoadOptions.Module> modules, LoadPlan plan) throws ImageException {
        if (modules.isEmpty()) {
            return 0;
        }
        long table = plan.allocate("list of modules", (long) modules.size() * MODULE, 8);
        for (int i = 0; i < modules.size(); i++) {
            LoadOptions.Module module = modules.get(i);
            Image file = module.file();
            long address = plan.allocateHigh("module " + file.name(), file.size(), PAGE);
            plan.putFile(address, file);
            long row = table + ((long) i * MODULE);
            plan.putU64(row, address);
            plan.putU64(row + 8, file.size());
            plan.putU64(row + 16, string("arguments of module " + file.name(), module.arguments(), plan));
            plan.putU64(row + 24, 0);
        }
        return table;
    }

    private static long map(List<MemoryLayout.Range> ranges, LoadPlan plan) throws ImageException {
        long table = plan.allocate("memory map", (long) ranges.size() * MAP_ENTRY, 8);
        for (int i = 0; i < ranges.size(); i++) {
            long row = table + ((long) i * MAP_ENTRY);
            plan.putU64(row, ranges.get(i).base());
            plan.putU64(row + 8, ranges.get(i).length());
            plan.putU64(row + 16, ranges.get(i).usable() ? 1 : 2);
        }
        return table;
    }

    private static long string(String what, String text, LoadPlan plan) throws ImageException {
        byte[] bytes = (text + "\0").getBytes(StandardCharsets.UTF_8);
        long address = plan.allocate(what, bytes.length, 1);
        plan.put(address, bytes);
        return address;
    }
}
