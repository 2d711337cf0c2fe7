package org.thirdmode.pc.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** "BIOS Boot Specification", INT 19h. */
final class BootSectors extends LoaderBench {
    @Test
    void theFirstSectorIsAt7c00InRealModeAndDlIsTheDrive() throws ImageException {
        InitialState state = load(Images.bootSector(512));
        assertEquals(InitialState.Mode.REAL, state.mode());
        assertEquals(0x7c00, state.rip());
        assertEquals(SegmentState.real(0), state.cs());
        assertEquals(0x80, state.rdx());
        assertEquals(0x10, state.cr0());
        assertEquals(0xf4, memory.read(0x7c00, 1));
        assertEquals(0xaa55, memory.read(0x7dfe, 2));
    }

    @Test
    void onlyTheFirstSectorOfADiskIsLoaded() throws ImageException {
        Image disk = Images.bootSector(10 << 20);
        disk.bytes()[512] = 0x77;
        assertEquals(0x80, load(disk).rdx());
        assertEquals(0, memory.read(0x7e00, 1));
    }

    @Test
    void aDiskOfAFloppysSizeIsDrive0() throws ImageException {
        assertEquals(0, load(Images.bootSector(1440 << 10)).rdx());
    }

    @Test
    void aSectorWithoutItsSignatureIsRefused() {
        refuses(
                "x.bin: offset 0x1fe: found 0x0000; expected the boot signature 0xaa55",
                new Image("x.bin", new byte[512]),
                LoadOptions.DEFAULT.withKind(ImageKind.BOOT_SECTOR));
    }

    @Test
    void aShortSectorIsRefused() {
        refuses(
                "x.bin: offset 0x0: found the end of the file at 0x1ff; expected 512 bytes of boot sector from 0x0",
                new Image("x.bin", new byte[511]),
                LoadOptions.DEFAULT.withKind(ImageKind.BOOT_SECTOR));
    }

    @Test
    void aFileOfNoKnownKindIsRefused() {
        refuses(
                "x.bin: offset 0x0: found no multiboot header, ELF header or boot signature in 600 bytes; expected an image"
                        + " of a known kind, or a kind given with it",
                new Image("x.bin", new byte[600]));
        refuses(
                "e: offset 0x0: found no multiboot header, ELF header or boot signature in 0 bytes; expected an image of a"
                        + " known kind, or a kind given with it",
                new Image("e", new byte[0]));
    }
}
