package org.thirdmode.pc.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;

/** Linux documentation "The Linux/x86 Boot Protocol". */
final class LinuxBootImages extends LoaderBench {
    private static final int SETUP_SECTORS = 2;
    private static final int KERNEL = (SETUP_SECTORS + 1) * 512;

    private static byte[] kernel() {
        byte[] bytes = new byte[KERNEL + 3];
        put(bytes, 0x1f1, SETUP_SECTORS, 1);
        put(bytes, 0x1fe, 0xaa55, 2);
        put(bytes, 0x201, 0x66, 1);
        put(bytes, 0x202, 0x5372_6448L, 4);
        put(bytes, 0x1f4, 1, 4);
        put(bytes, 0x206, 0x20c, 2);
        put(bytes, 0x214, 0x10_0000, 4);
        put(bytes, 0x22c, 0x7fff_ffffL, 4);
        put(bytes, 0x260, 0x3000, 4);
        bytes[KERNEL] = (byte) 0xf4;
        return bytes;
    }

    private static void put(byte[] bytes, int at, long value, int size) {
        for (int i = 0; i < size; i++) {
            bytes[at + i] = (byte) (value >>> (8 * i));
        }
    }

    private static Image image(byte[] bytes) {
        return new Image("bzImage", bytes);
    }

    @Test
    void the32BitProtocolStartsWithBootSelectorsAndTheZeroPageAtEsi() throws ImageException {
        InitialState state = load(image(kernel()));
        assertEquals(InitialState.Mode.PROTECTED, state.mode());
        assertEquals(0x10_0000, state.rip());
        assertEquals(0xf4, memory.read(0x10_0000, 1));
        assertEquals(0x10, state.cs().selector());
        assertEquals(0x18, state.ds().selector());
        assertEquals(0x18, state.ss().selector());
        assertEquals(0x00cf_9b00_0000_ffffL, memory.read(state.gdtBase() + 0x10, 8));
        assertEquals(0x00cf_9300_0000_ffffL, memory.read(state.gdtBase() + 0x18, 8));
        assertEquals(0, state.rflags() & 0x200, "interrupts are off");
        assertEquals(0x5372_6448L, u32(state.rsi() + 0x202));
    }

    @Test
    void theZeroPageHasCommandLineMemoryMapAndScreen() throws ImageException {
        InitialState state = load(image(kernel()), LoadOptions.DEFAULT.withCommandLine("console=ttyS0 nopause"));
        long page = state.rsi();
        assertEquals("console=ttyS0 nopause", text(u32(page + 0x228)));
        assertEquals(0xff, memory.read(page + 0x210, 1), "type_of_loader");
        assertEquals(80, memory.read(page + 7, 1));
        assertEquals(25, memory.read(page + 0xe, 1));
        assertEquals(15 * 1024, u32(page + 0x1e0));
        long usable = 0;
        for (int i = 0; i < memory.read(page + 0x1e8, 1); i++) {
            long at = page + 0x2d0 + (i * 20L);
            usable += u32(at + 16) == 1 ? memory.read(at + 8, 8) : 0;
        }
        assertEquals((15 << 20) + 639 * 1024, usable);
    }

    /** As iPXE's ipxe.lkrn, which only looks like a kernel: its first code is of real mode and calls a BIOS. */
    @Test
    void anImageWithoutA32BitEntryPointIsRefused() {
        byte[] bytes = kernel();
        put(bytes, 0x214, 0, 4);
        ImageException refused = assertThrows(ImageException.class, () -> load(image(bytes)));
        assertTrue(refused.getMessage().contains("no 32-bit entry point"), refused.getMessage());
    }

    /** Such a kernel finds out itself, and halts without a word. */
    @Test
    void a64BitKernelIsRefusedForAProcessorWithout64BitMode() throws ImageException {
        byte[] bytes = kernel();
        put(bytes, 0x236, 1, 2);
        CpuProfile wide = CpuProfile.GENERIC;
        Set<Feature> features = EnumSet.copyOf(wide.features());
        features.remove(Feature.LM);
        CpuProfile narrow = wide.withFeatures(features);
        ImageException refused = assertThrows(ImageException.class, () -> loadOn(narrow, bytes));
        assertTrue(
                refused.getMessage().startsWith("bzImage: offset 0x236: found a 64-bit kernel;"), refused.getMessage());
        assertEquals(0x10_0000, loadOn(wide, bytes).rip());
        assertEquals(0x10_0000, loadOn(narrow, kernel()).rip());
    }

    private InitialState loadOn(CpuProfile processor, byte[] bytes) throws ImageException {
        return ImageLoader.load(image(bytes), LoadOptions.DEFAULT, layout, memory, processor);
    }

    @Test
    void aProtocolWithoutWhatIsNeededIsRefused() {
        byte[] bytes = kernel();
        put(bytes, 0x206, 0x204, 2);
        refuses("bzImage: offset 0x206: found boot protocol 0x0204; expected 0x0205 or newer", image(bytes));
    }

    @Test
    void aKernelThatIsNotThereIsRefused() {
        byte[] bytes = java.util.Arrays.copyOf(kernel(), KERNEL);
        refuses(
                "bzImage: offset 0x600: found the end of the file at 0x600; expected 1 bytes of protected-mode kernel"
                        + " from 0x600",
                image(bytes));
    }

    private static LoadOptions with(Image... files) {
        return LoadOptions.DEFAULT.withModules(java.util.Arrays.stream(files)
                .map(file -> new LoadOptions.Module(file, ""))
                .toList());
    }

    @Test
    void theInitialRamDiskIsAsHighAsMemoryIsAndTheKernelReaches() throws ImageException {
        byte[] disk = new byte[5000];
        disk[0] = 'a';
        disk[4999] = 'z';
        for (long reach : new long[] {0x7fff_ffffL, 0x3f_ffff}) {
            byte[] kernel = kernel();
            put(kernel, 0x22c, reach, 4);
            long page = load(image(kernel), with(new Image("initrd", disk))).rsi();
            long address = u32(page + 0x218);
            assertEquals(Math.min(16 << 20, reach + 1) - 8192, address);
            assertEquals(5000, u32(page + 0x21c));
            assertEquals('a', memory.read(address, 1));
            assertEquals('z', memory.read(address + 4999, 1));
        }
    }

    @Test
    void anInitialRamDiskThatDoesNotFitIsRefused() {
        refuses(
                "bzImage: offset 0x0: found no room beside it for initial RAM disk big of 16777216 bytes; expected"
                        + " 0x0 to 0x9fc00, 0x100000 to 0x1000000",
                image(kernel()),
                with(new Image("big", new byte[16 << 20])));
    }

    @Test
    void aSecondInitialRamDiskIsRefused() {
        refuses(
                "bzImage: offset 0x0: found 2 files beside it; expected one initial RAM disk",
                image(kernel()),
                with(new Image("one", new byte[1]), new Image("two", new byte[1])));
    }

    @Test
    void aKernelThatWasCutOffIsRefused() {
        byte[] bytes = kernel();
        put(bytes, 0x1f4, 0x1000, 4);
        refuses(
                "bzImage: offset 0x600: found the end of the file at 0x603; expected 65521 bytes of protected-mode"
                        + " kernel from 0x600",
                image(bytes));
    }
}
