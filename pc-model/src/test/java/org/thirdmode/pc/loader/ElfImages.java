package org.thirdmode.pc.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** "Executable and Linking Format": plain executables, without a multiboot header. */
final class ElfImages extends LoaderBench {
    private static final byte[] CODE = {(byte) 0xf4, 1, 2, 3};

    private static Images.Segment at(long address, long size) {
        return new Images.Segment(address, address, CODE, size);
    }

    @Test
    void a32BitExecutableStartsInFlatProtectedMode() throws ImageException {
        InitialState state = load(Images.elf32(0x20_0000, at(0x20_0000, 4)));
        assertEquals(InitialState.Mode.PROTECTED, state.mode());
        assertEquals(0x20_0000, state.rip());
        assertEquals(0, state.rax());
        assertEquals(0x0302_01f4L, u32(0x20_0000));
    }

    @Test
    void a64BitExecutableStartsIn64BitModeWithAnIdentityMap() throws ImageException {
        InitialState state = load(Images.elf64(0x20_0000, at(0x20_0000, 4)));
        assertEquals(InitialState.Mode.LONG, state.mode());
        assertEquals(0x8000_0011L, state.cr0());
        assertEquals(0x20, state.cr4());
        assertEquals(0x500, state.efer());
        assertEquals(0xa09b, state.cs().accessRights());
        long pml4e = memory.read(state.cr3(), 8);
        assertEquals(3, pml4e & 0xfff);
        long pdpte = memory.read((pml4e & -4096L) + 5 * 8, 8);
        assertEquals(5L << 30 | 0x83, pdpte);
        assertEquals(0, memory.read(state.cr3() + 8, 8));
        assertTrue(layout.isRam(state.rsp() - 8, 8));
    }

    @Test
    void aHighHalfKernelStartsAtItsPhysicalAddress() throws ImageException {
        Image image = Images.elf64(
                0xffff_ffff_8020_0000L, new Images.Segment(0xffff_ffff_8020_0000L, 0x20_0000, CODE, 0x1000));
        assertEquals(0x20_0000, load(image).rip());
    }

    @Test
    void bothMachinesAreTakenInBothClasses() throws ImageException {
        assertEquals(
                InitialState.Mode.PROTECTED,
                load(Images.elf(false, 62, 0x20_0000, at(0x20_0000, 4))).mode());
        assertEquals(
                InitialState.Mode.LONG,
                load(Images.elf(true, 3, 0x20_0000, at(0x20_0000, 4))).mode());
    }

    @Test
    void segmentsThatOverlapAreRefused() {
        refuses(
                "kernel.elf: offset 0x54: found segment at 0x200800 to 0x201800; expected no overlap with segment at 0x200000"
                        + " to 0x201000",
                Images.elf32(0x20_0000, at(0x20_0000, 0x1000), at(0x20_0800, 0x1000)));
    }

    @Test
    void segmentsThatTouchAreFine() throws ImageException {
        load(Images.elf32(0x20_0000, at(0x20_0000, 0x800), at(0x20_0800, 0x800)));
    }

    @Test
    void aSegmentTooLargeForMemoryIsRefused() {
        refuses(
                "kernel.elf: offset 0x34: found segment at 0x200000 to 0x1200000; expected RAM there: 0x0 to 0x9fc00,"
                        + " 0x100000 to 0x1000000",
                Images.elf32(0x20_0000, at(0x20_0000, 16 << 20)));
    }

    @Test
    void aSegmentInTheHoleBelow1MByteIsRefused() {
        refuses(
                "kernel.elf: offset 0x34: found segment at 0x9f000 to 0xa1000; expected RAM there: 0x0 to 0x9fc00, 0x100000 to"
                        + " 0x1000000",
                Images.elf32(0x9_f000, at(0x9_f000, 0x2000)));
    }

    @Test
    void aSegmentThatWrapsTheAddressSpaceIsRefused() {
        refuses(
                "kernel.elf: offset 0x40: found segment at 0xfffffffffffff000 to 0x1000; expected RAM there: 0x0 to 0x9fc00,"
                        + " 0x100000 to 0x1000000",
                Images.elf64(0x20_0000, at(0xffff_ffff_ffff_f000L, 0x2000)));
    }

    @Test
    void anEntryPointOutsideIsRefused() {
        refuses(
                "kernel.elf: offset 0x18: found entry point 0x200004; expected an address within a loaded segment",
                Images.elf32(0x20_0004, at(0x20_0000, 4)));
    }

    @Test
    void moreBytesInTheFileThanInMemoryAreRefused() {
        refuses(
                "kernel.elf: offset 0x34: found segment of 0x4 bytes in the file; expected no more than its 0x2 bytes in memory",
                Images.elf32(0x20_0000, at(0x20_0000, 2)));
    }

    @Test
    void aTruncatedFileIsRefused() {
        byte[] whole = Images.elf32(0x20_0000, at(0x20_0000, 4)).bytes();
        refuses(
                "k: offset 0x54: found the end of the file at 0x56; expected 4 bytes of segment from 0x54",
                new Image("k", Arrays.copyOf(whole, whole.length - 2)));
        refuses(
                "k: offset 0x34: found the end of the file at 0x50; expected 32 bytes of program headers from 0x34",
                new Image("k", Arrays.copyOf(whole, 0x50)));
        refuses(
                "k: offset 0x0: found the end of the file at 0x20; expected 52 bytes of ELF header from 0x0",
                new Image("k", Arrays.copyOf(whole, 0x20)));
    }

    @Test
    void aFileThatIsNoExecutableForThisMachineIsRefused() {
        byte[] whole = Images.elf32(0x20_0000, at(0x20_0000, 4)).bytes();
        refuses("k: offset 0x4: found ELF class 3; expected 1 (32 bits) or 2 (64 bits)", changed(whole, 4, 3));
        refuses("k: offset 0x5: found ELF data encoding 2; expected 1 (little-endian)", changed(whole, 5, 2));
        refuses("k: offset 0x10: found ELF type 3; expected 2 (an executable file)", changed(whole, 16, 3));
        refuses("k: offset 0x12: found ELF machine 40; expected 3 (386) or 62 (x86-64)", changed(whole, 18, 40));
        refuses("k: offset 0x2a: found program headers of 33 bytes; expected 32 bytes each", changed(whole, 42, 33));
        refuses("k: offset 0x34: found no loadable segment; expected at least one", changed(whole, 44, 0));
    }

    @Test
    void aFileSaidToBeElfThatIsNotIsRefused() {
        refuses(
                "k: offset 0x0: found 0x00000000; expected the ELF magic 0x464c457f",
                new Image("k", new byte[100]),
                LoadOptions.DEFAULT.withKind(ImageKind.ELF));
    }

    private static Image changed(byte[] whole, int at, int value) {
        byte[] copy = whole.clone();
        copy[at] = (byte) value;
        return new Image("k", copy);
    }
}
