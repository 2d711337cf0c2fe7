package org.thirdmode.pc.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Multiboot Specification 0.6.96. */
final class MultibootImages extends LoaderBench {
    private static final int ADDRESSES = 1 << 16;

    /** Flat: header at 2 MBytes, 16 bytes of code behind its 32 bytes, entry behind the header. */
    private static Image flat(int headerAddress, int loadAddress, int loadEnd, int bssEnd, int entry) {
        return new Image(
                "kernel.bin",
                Images.join(
                        Images.multibootHeader(ADDRESSES, headerAddress, loadAddress, loadEnd, bssEnd, entry),
                        new byte[] {(byte) 0xf4, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}));
    }

    @Test
    void anElfKernelStartsInFlatProtectedModeWithTheMagicInEax() throws ImageException {
        InitialState state = load(Images.multibootElf());
        assertEquals(InitialState.Mode.PROTECTED, state.mode());
        assertEquals(0x2bad_b002L, state.rax());
        assertEquals(0x10_000c, state.rip());
        assertEquals(0x11, state.cr0());
        assertEquals(0, state.rflags() & 0x200, "interrupts are off");
        assertEquals(new SegmentState(8, 0, 0xffff_ffffL, 0xc09b), state.cs());
        assertEquals(new SegmentState(0x10, 0, 0xffff_ffffL, 0xc093), state.ds());
        assertEquals(0x1bad_b002L, u32(0x10_0000));
        assertEquals(0xf4, memory.read(0x10_000c, 1));
    }

    @Test
    void theDescriptorsOfTheSelectorsAreInMemory() throws ImageException {
        InitialState state = load(Images.multibootElf());
        assertEquals(0x00cf_9b00_0000_ffffL, memory.read(state.gdtBase() + 8, 8));
        assertEquals(0x00cf_9300_0000_ffffL, memory.read(state.gdtBase() + 0x10, 8));
    }

    @Test
    void bssIsZeroedEvenWhereMemoryWasUsed() throws ImageException {
        for (long at = 0x10_0000; at < 0x10_2010; at += 8) {
            memory.write(at, 8, -1L);
        }
        load(Images.multibootElf());
        assertEquals(0, memory.read(0x10_000d, 1));
        assertEquals(0, memory.read(0x10_0ffc, 4));
        assertEquals(0, memory.read(0x10_1ff8, 8));
        assertEquals(-1L, memory.read(0x10_2000, 8));
    }

    @Test
    void theInformationHasMemoryCommandLineMapAndLoader() throws ImageException {
        InitialState state = load(Images.multibootElf(), LoadOptions.DEFAULT.withCommandLine("a=1 b"));
        long info = state.rbx();
        assertEquals(0x24f, u32(info));
        assertEquals(639, u32(info + 4));
        assertEquals(15 * 1024, u32(info + 8));
        assertEquals("kernel.elf a=1 b", text(u32(info + 16)));
        assertEquals("thirdmode", text(u32(info + 64)));
        assertEquals(0, u32(info + 20));
        long usable = 0;
        long end = u32(info + 48) + u32(info + 44);
        for (long at = u32(info + 48); at < end; at += u32(at) + 4) {
            if (u32(at + 20) == 1) {
                usable += memory.read(at + 12, 8);
            }
        }
        assertEquals(0x9_fc00 + (15 << 20), usable);
    }

    @Test
    void withoutArgumentsTheCommandLineIsTheName() throws ImageException {
        InitialState state = load(Images.multibootElf());
        assertEquals("kernel.elf", text(u32(state.rbx() + 16)));
    }

    @Test
    void modulesLieOnPagesAboveTheKernel() throws ImageException {
        LoadOptions options = LoadOptions.DEFAULT.withModules(List.of(
                new LoadOptions.Module(new Image("one", new byte[] {1, 2, 3}), ""),
                new LoadOptions.Module(new Image("two", new byte[5000]), "x y")));
        InitialState state = load(Images.multibootElf(), options);
        assertEquals(2, u32(state.rbx() + 20));
        long list = u32(state.rbx() + 24);
        assertEquals(0x10_2000, u32(list));
        assertEquals(0x10_2003, u32(list + 4));
        assertEquals("one", text(u32(list + 8)));
        assertEquals(0x030201, u32(0x10_2000));
        assertEquals(0x10_3000, u32(list + 16));
        assertEquals(0x10_3000 + 5000, u32(list + 20));
        assertEquals("two x y", text(u32(list + 24)));
    }

    @Test
    void theInformationNeverOverlapsTheImage() throws ImageException {
        byte[] content = new byte[0x9_0000];
        byte[] header = Images.multibootHeader(0);
        System.arraycopy(header, 0, content, 0, header.length);
        InitialState state = load(Images.elf32(0x1000, new Images.Segment(0x1000, 0x1000, content, content.length)));
        assertEquals(true, state.rbx() >= 0x1000 + content.length || state.rbx() < 0x1000);
        assertEquals(0x1bad_b002L, u32(0x1000));
    }

    @Test
    void a64BitElfStartsIn32BitModeAllTheSame() throws ImageException {
        Image image = Images.elf64(
                0x10_000c, new Images.Segment(0x10_0000, 0x10_0000, Images.multibootHeader(0, 0xf4), 0x1000));
        assertEquals(InitialState.Mode.PROTECTED, load(image).mode());
    }

    @Test
    void aVirtualEntryPointIsTranslatedThroughItsSegment() throws ImageException {
        Image image = Images.elf32(
                0xc010_000cL, new Images.Segment(0xc010_0000L, 0x10_0000, Images.multibootHeader(0, 0xf4), 0x1000));
        assertEquals(0x10_000c, load(image).rip());
    }

    @Test
    void addressFieldsPlaceAFlatImage() throws ImageException {
        InitialState state = load(flat(0x20_0000, 0x20_0000, 0x20_0028, 0x20_1000, 0x20_0020));
        assertEquals(0x20_0020, state.rip());
        assertEquals(0xf4, memory.read(0x20_0020, 1));
        assertEquals(8, memory.read(0x20_0027, 1));
        assertEquals(0, memory.read(0x20_0028, 1), "past load_end_addr nothing is loaded");
    }

    @Test
    void aLoadEndOf0LoadsTheWholeFile() throws ImageException {
        load(flat(0x20_0000, 0x20_0000, 0, 0, 0x20_0020));
        assertEquals(16, memory.read(0x20_002f, 1));
    }

    @Test
    void theHeaderIsSearchedOn4ByteBoundariesOfTheFirst8192Bytes() throws ImageException {
        byte[] file = new byte[8192 + 64];
        byte[] header = Images.multibootHeader(0);
        System.arraycopy(header, 0, file, 8180, 12);
        assertEquals(8180, Multiboot.findHeader(new Image("k", file)));
        byte[] later = new byte[8192 + 64];
        System.arraycopy(header, 0, later, 8184, 12);
        assertEquals(-1, Multiboot.findHeader(new Image("k", later)));
        byte[] odd = new byte[64];
        System.arraycopy(header, 0, odd, 2, 12);
        assertEquals(-1, Multiboot.findHeader(new Image("k", odd)));
    }

    @Test
    void aHeaderWithAWrongChecksumIsNone() {
        byte[] file = Images.multibootHeader(0);
        file[8]++;
        assertEquals(-1, Multiboot.findHeader(new Image("k", file)));
        refuses(
                "k: offset 0x0: found no multiboot header; expected 0x1badb002, flags and checksum in the first 8192 bytes,"
                        + " on a 4-byte boundary",
                new Image("k", file),
                LoadOptions.DEFAULT.withKind(ImageKind.MULTIBOOT));
    }

    @Test
    void aRequirementThatIsNotKnownIsRefused() {
        refuses(
                "k: offset 0x4: found multiboot flags 0x00000008; expected no requirement but bits 0, 1 and 2",
                new Image("k", Images.multibootHeader(8)));
    }

    @Test
    void aFlatFileWithoutAddressFieldsIsRefused() {
        refuses(
                "k: offset 0x4: found multiboot flags 0x00000000 in a file that is not ELF; expected bit 16 and the address"
                        + " fields",
                new Image("k", Images.multibootHeader(0)));
    }

    @Test
    void addressFieldsThatDoNotFitEachOtherAreRefused() {
        refuses(
                "kernel.bin: offset 0x10: found load_addr 0x200004 with header_addr 0x200000; expected load_addr at most"
                        + " header_addr and at most 0x0 bytes below it",
                flat(0x20_0000, 0x20_0004, 0, 0, 0x20_0020));
        refuses(
                "kernel.bin: offset 0x14: found load_end_addr 0x1fffff; expected 0 or an address from load_addr 0x200000 on",
                flat(0x20_0000, 0x20_0000, 0x1f_ffff, 0, 0x20_0020));
        refuses(
                "kernel.bin: offset 0x18: found bss_end_addr 0x200010; expected 0 or an address from the end of the text and"
                        + " data 0x200030 on",
                flat(0x20_0000, 0x20_0000, 0, 0x20_0010, 0x20_0020));
        refuses(
                "kernel.bin: offset 0x1c: found entry_addr 0x200030; expected an address from 0x200000 to 0x200030",
                flat(0x20_0000, 0x20_0000, 0, 0, 0x20_0030));
    }

    @Test
    void aTruncatedFlatImageIsRefused() {
        refuses(
                "kernel.bin: offset 0x0: found the end of the file at 0x30; expected 256 bytes of text and data from 0x0",
                flat(0x20_0000, 0x20_0000, 0x20_0100, 0, 0x20_0020));
        byte[] file = flat(0x20_0000, 0x20_0000, 0, 0, 0x20_0020).bytes();
        refuses(
                "k: offset 0x0: found the end of the file at 0x1e; expected 32 bytes of multiboot header with address fields"
                        + " from 0x0",
                new Image("k", java.util.Arrays.copyOf(file, 30)));
    }

    @Test
    void aModuleThatDoesNotFitIsRefused() {
        LoadOptions options = LoadOptions.DEFAULT.withModules(
                List.of(new LoadOptions.Module(new Image("big", new byte[16 << 20]), "")));
        refuses(
                "kernel.elf: offset 0x0: found no room beside it for module big of 16777216 bytes; expected 0x0 to 0x9fc00,"
                        + " 0x100000 to 0x1000000",
                Images.multibootElf(),
                options);
    }
}
