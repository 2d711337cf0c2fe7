package org.thirdmode.pc.loader;

import java.util.OptionalLong;
import org.thirdmode.pc.memory.MemoryLayout;

/**
 * An ELF executable. With a note that names an entry point for {@link Pvh} it starts there; on its own a 32-bit one starts in flat protected mode, a 64-bit one in 64-bit mode with an identity map
 * of the first 512 GBytes in 1-GByte pages, made in guest memory, and a stack of 4 KBytes.
 *
 * <p>Source of the map: SDM 3A "4-Level Paging and 5-Level Paging".
 */
final class ElfImage {
    private static final long PRESENT_WRITABLE = 0x3;
    private static final long LARGE = 0x80;
    private static final int ENTRIES = 512;
    private static final int TABLE = 4096;

    private ElfImage() {}

    static InitialState plan(Image image, LoadOptions options, MemoryLayout layout, LoadPlan plan)
            throws ImageException {
        image.require(0, 4, "ELF header");
        if (!Elf.recognizes(image)) {
            throw ImageException.at(image, 0, String.format("0x%08x", image.u32(0)), "the ELF magic 0x464c457f");
        }
        Elf elf = Elf.parse(image);
        OptionalLong pvh = Pvh.entry(image, elf);
        if (pvh.isPresent()) {
            return Pvh.plan(image, elf, pvh.getAsLong(), options, layout, plan);
        }
        elf.place(plan, image);
        long entry = elf.physicalEntry(image);
        long gdt = plan.allocate("descriptor table", BootGdt.SIZE, 8);
        BootGdt.put(plan, gdt);
        if (!elf.is64()) {
            return InitialState.flatProtected(entry, 0, 0, gdt, BootGdt.SIZE - 1);
        }
        long root = plan.allocate("page tables", 2 * TABLE, TABLE);
        long pointers = root + TABLE;
        plan.putU64(root, pointers | PRESENT_WRITABLE);
        for (int i = 0; i < ENTRIES; i++) {
            plan.putU64(pointers + i * 8L, ((long) i << 30) | LARGE | PRESENT_WRITABLE);
        }
        long stack = plan.allocate("stack", TABLE, TABLE);
        return InitialState.longMode(entry, stack + TABLE, root, gdt, BootGdt.SIZE - 1);
    }
}
