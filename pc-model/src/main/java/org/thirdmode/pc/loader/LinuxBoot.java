package org.thirdmode.pc.loader;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.thirdmode.pc.memory.MemoryLayout;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;

/**
 * A kernel with the header of the Linux/x86 boot protocol, such as a bzImage or memtest86+: its protected-mode part at 1
 * MByte, started by the 32-bit protocol with the "zero page" at ESI.
 *
 * <p>Source: Linux documentation "The Linux/x86 Boot Protocol": "The Real-Mode Kernel Header", "32-bit Boot Protocol"; "Zero
 * Page". The first module is the initial RAM disk. Left out: a kernel that wants another address (code32_start is obeyed where
 * RAM is there).
 */
final class LinuxBoot {
    private static final int HEADER = 0x1f1;
    private static final int MAGIC_AT = 0x202;
    private static final long MAGIC = 0x5372_6448L;
    private static final int SYSSIZE = 0x1f4;
    private static final int SECTOR = 512;

    /** The oldest protocol with a 32-bit entry point that says what it needs. */
    private static final int OLDEST = 0x205;

    private static final int XLOADFLAGS = 0x236;
    private static final int XLF_KERNEL_64 = 1;

    /** The oldest protocol with {@link #XLOADFLAGS}. */
    private static final int WITH_XLOADFLAGS = 0x20c;

    private static final int RAMDISK_IMAGE = 0x218;
    private static final int RAMDISK_SIZE = 0x21c;
    private static final int INITRD_ADDR_MAX = 0x22c;

    private static final int PAGE = 4096;
    private static final int ZERO_PAGE = 4096;
    private static final int MAP_ENTRY = 20;
    private static final int CODE = 0x10;
    private static final int DATA = 0x18;
    private static final long[] DESCRIPTORS = {0, 0, 0x00cf_9b00_0000_ffffL, 0x00cf_9300_0000_ffffL};

    private LinuxBoot() {}

    static boolean recognizes(Image image) {
        return image.size() >= MAGIC_AT + 4L && image.u32(MAGIC_AT) == MAGIC && image.u16(0x1fe) == 0xaa55;
    }

    /** A 64-bit kernel that finds no 64-bit mode halts without a word. */
    static void require(Image image, CpuProfile processor) throws ImageException {
        boolean wide = recognizes(image)
                && image.size() >= XLOADFLAGS + 2L
                && image.u16(0x206) >= WITH_XLOADFLAGS
                && (image.u16(XLOADFLAGS) & XLF_KERNEL_64) != 0;
        if (wide && !processor.has(Feature.LM)) {
            throw ImageException.at(
                    image, XLOADFLAGS, "a 64-bit kernel", "a 32-bit one, or a processor that has 64-bit mode");
        }
    }

    static InitialState plan(Image image, LoadOptions options, MemoryLayout layout, LoadPlan plan)
            throws ImageException {
        image.require(0, 0x268, "Linux boot header");
        if (!recognizes(image)) {
            throw ImageException.at(image, MAGIC_AT, String.format("0x%08x", image.u32(MAGIC_AT)), "HdrS");
        }
        if (image.u16(0x206) < OLDEST) {
            throw ImageException.at(
                    image, 0x206, String.format("boot protocol 0x%04x", image.u16(0x206)), "0x0205 or newer");
        }
        int setupSectors = image.u8(HEADER) == 0 ? 4 : image.u8(HEADER);
        long kernel = (setupSectors + 1L) * SECTOR;
        image.require(kernel, 1, "protected-mode kernel");
        // In units of 16 bytes, of which the last may not be full.
        image.require(kernel, (image.u32(SYSSIZE) * 16) - 15, "protected-mode kernel");
        long count = image.size() - kernel;
        long start = image.u32(0x214);
        if (start == 0) {
            throw ImageException.at(
                    image,
                    0x214,
                    "no 32-bit entry point, so it starts in real mode with a BIOS's services",
                    "a kernel with one; start this by --bios from a --disk that it is on");
        }
        long total = image.u16(0x206) >= 0x20a ? Math.max(count, image.u32(0x260)) : count;
        plan.place("protected-mode kernel", image, kernel, count, start, total, 0x214);

        byte[] zeroPage = zeroPage(image, layout, commandLine(options, plan));
        if (!options.modules().isEmpty()) {
            placeRamDisk(image, options, start + total, plan, zeroPage);
        }
        long page = plan.allocate("zero page", ZERO_PAGE, ZERO_PAGE);
        plan.put(page, zeroPage);
        long gdt = plan.allocate("descriptor table", DESCRIPTORS.length * 8L, 8);
        for (int i = 0; i < DESCRIPTORS.length; i++) {
            plan.putU64(gdt + (i * 8L), DESCRIPTORS[i]);
        }
        return InitialState.flatProtected(start, CODE, DATA, page, gdt, (DESCRIPTORS.length * 8) - 1);
    }

    /** As high as the kernel can reach it, out of the way of what it unpacks. */
    private static void placeRamDisk(Image image, LoadOptions options, long end, LoadPlan plan, byte[] zeroPage)
            throws ImageException {
        Image disk = options.modules().getFirst().file();
        if (options.modules().size() > 1) {
            throw ImageException.at(image, 0, options.modules().size() + " files beside it", "one initial RAM disk");
        }
        long address = plan.allocateBelow(
                "initial RAM disk " + disk.name(), disk.size(), PAGE, end, image.u32(INITRD_ADDR_MAX) + 1);
        plan.putFile(address, disk);
        put(zeroPage, RAMDISK_IMAGE, address, 4);
        put(zeroPage, RAMDISK_SIZE, disk.size(), 4);
    }

    private static long commandLine(LoadOptions options, LoadPlan plan) throws ImageException {
        byte[] bytes = (options.commandLine() + "\0").getBytes(StandardCharsets.UTF_8);
        long address = plan.allocate("command line", bytes.length, 1);
        plan.put(address, bytes);
        return address;
    }

    /** The header as it is in the file, what a loader fills in, the screen, the memory map. */
    private static byte[] zeroPage(Image image, MemoryLayout layout, long commandLine) {
        byte[] page = new byte[ZERO_PAGE];
        int end = MAGIC_AT + image.u8(0x201);
        System.arraycopy(image.bytes(), HEADER, page, HEADER, (int) Math.min(end, image.size()) - HEADER);
        // A text screen of 80 times 25 in VGA mode 3.
        page[0x06] = 3;
        page[0x07] = 80;
        page[0x0e] = 25;
        page[0x0f] = 1;
        put(page, 0x10, 16, 2);
        put(page, 0x1e0, (layout.highEnd() - MemoryLayout.HIGH) / 1024, 4);
        // A loader without a number of its own.
        page[0x210] = (byte) 0xff;
        put(page, 0x228, commandLine, 4);
        List<MemoryLayout.Range> map = layout.addressMap();
        page[0x1e8] = (byte) map.size();
        for (int i = 0; i < map.size(); i++) {
            int at = 0x2d0 + (i * MAP_ENTRY);
            put(page, at, map.get(i).base(), 8);
            put(page, at + 8, map.get(i).length(), 8);
            put(page, at + 16, map.get(i).usable() ? 1 : 2, 4);
        }
        return page;
    }

    private static void put(byte[] page, int at, long value, int size) {
        for (int i = 0; i < size; i++) {
            page[at + i] = (byte) (value >>> (8 * i));
        }
    }
}
