package org.thirdmode.pc.ata;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** ATA/ATAPI-6, chapter "Command protocols", and the chapter "Register delivered interrupts and I/O registers". */
class AtaCommandProtocols {
    private static final int BUSY = 0x80;
    private static final int READY = 0x50;
    private static final int DRQ = 0x58;
    private static final int ERR = 0x51;

    private final AtaHost host = new AtaHost(2048);

    private static byte[] pattern(int sectors, int seed) {
        byte[] bytes = new byte[sectors * 512];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 7 + seed);
        }
        return bytes;
    }

    // ---- PIO data-in ----

    @Test
    void pioDataInIsBusyThenOffersEachSectorWithAnInterrupt() {
        host.out(6, 0xe0);
        host.out(2, 2);
        host.out(3, 5);
        host.out(7, 0x20);
        assertEquals(BUSY, host.alternateStatus());
        assertFalse(host.line.level);
        host.await();
        assertTrue(host.line.level);
        assertEquals(DRQ, host.alternateStatus());
        assertTrue(host.line.level, "the alternate status register leaves the interrupt alone");
        assertEquals(DRQ, host.in(7));
        assertFalse(host.line.level, "reading the status register acknowledges it");
        assertArrayEquals(host.sectors(5, 1), host.readBlock(1));
        assertEquals(BUSY, host.alternateStatus());
        host.await();
        assertEquals(DRQ, host.in(7));
        assertArrayEquals(host.sectors(6, 1), host.readBlock(1));
        assertEquals(READY, host.in(7));
        host.await();
        assertEquals(2, host.line.rises, "none after the last block");
    }

    @Test
    void aCountOf0Means256Sectors() {
        host.lba28(0x20, 100, 0);
        for (int i = 0; i < 256; i++) {
            assertEquals(DRQ, host.in(7), "sector " + i);
            assertArrayEquals(host.sectors(100 + i, 1), host.readBlock(1));
            host.await();
        }
        assertEquals(READY, host.in(7));
    }

    @Test
    void theDataRegisterIsReadBySingleAndByDoubleWords() {
        host.lba28(0x20, 3, 1);
        int first = host.ports.read(AtaHost.DATA, 4);
        byte[] sector = host.sectors(3, 1);
        assertEquals((sector[0] & 0xff) | (sector[1] & 0xff) << 8 | (sector[2] & 0xff) << 16 | sector[3] << 24, first);
        for (int i = 4; i < 512; i += 4) {
            host.ports.read(AtaHost.DATA, 4);
        }
        assertEquals(READY, host.in(7));
    }

    @ParameterizedTest
    @CsvSource({"0xc4, 28", "0x29, 48"})
    void readMultipleOffersBlocksOfTheSetSize(String code, int bits) {
        assertEquals(READY, host.command(0xc6, 2, 4));
        if (bits == 28) {
            host.lba28(Integer.decode(code), 10, 6);
        } else {
            host.lba48(Integer.decode(code), 10, 6);
        }
        assertArrayEquals(host.sectors(10, 4), host.readBlock(4));
        assertEquals(BUSY, host.alternateStatus());
        host.await();
        assertArrayEquals(host.sectors(14, 2), host.readBlock(2), "the last block is what is left");
        assertEquals(READY, host.in(7));
    }

    @Test
    void readMultipleIsAbortedWhereNoBlockSizeIsSet() {
        host.lba28(0xc4, 0, 1);
        assertEquals(ERR, host.in(7));
        assertEquals(0x04, host.in(1));
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 5, 32, 255})
    void aBlockSizeThatIsNoPowerOf2OrTooLargeIsAborted(int size) {
        assertEquals(ERR, host.command(0xc6, 2, size));
    }

    // ---- PIO data-out ----

    @Test
    void pioDataOutTakesTheFirstBlockWithoutAnInterruptAndInterruptsAfterEach() {
        host.lba28(0x30, 20, 2);
        assertEquals(DRQ, host.alternateStatus());
        assertFalse(host.line.level);
        byte[] first = pattern(1, 1);
        byte[] second = pattern(1, 2);
        host.writeBlock(first);
        assertTrue(host.line.level);
        assertEquals(DRQ, host.in(7));
        host.writeBlock(second);
        assertTrue(host.line.level);
        assertEquals(READY, host.in(7));
        assertArrayEquals(first, host.sectors(20, 1));
        assertArrayEquals(second, host.sectors(21, 1));
        assertEquals(2, host.line.rises);
    }

    @ParameterizedTest
    @CsvSource({"0x34, 1", "0x39, 8"})
    void the48BitWritesReachTheSectorsBehindTheirAddress(String code, int block) {
        host.command(0xc6, 2, 8);
        host.lba48(Integer.decode(code), 1000, 8);
        byte[] bytes = pattern(8, 9);
        for (int i = 0; i < 8; i += block) {
            assertEquals(DRQ, host.in(7));
            host.writeBlock(Arrays.copyOfRange(bytes, i * 512, (i + block) * 512));
        }
        assertEquals(READY, host.in(7));
        assertArrayEquals(bytes, host.sectors(1000, 8));
    }

    @Test
    void withTheWriteCacheOffAWriteIsFlushedBeforeItIsSaidToBeDone() {
        assertEquals(0, host.disk.flushes);
        host.lba28(0x30, 0, 1);
        host.writeBlock(pattern(1, 0));
        assertEquals(0, host.disk.flushes);
        assertEquals(READY, host.command(0xef, 1, 0x82));
        assertEquals(1, host.disk.flushes, "what the cache held");
        host.lba28(0x30, 0, 1);
        host.writeBlock(pattern(1, 0));
        assertEquals(2, host.disk.flushes);
        assertEquals(0, host.identify()[85] & 0x20);
        host.command(0xef, 1, 0x02);
        assertEquals(0x20, host.identify()[85] & 0x20);
    }

    @ParameterizedTest
    @ValueSource(ints = {0xe7, 0xea})
    void flushCacheReachesTheImage(int code) {
        assertEquals(READY, host.command(code, 2, 0));
        assertEquals(1, host.disk.flushes);
    }

    // ---- addresses ----

    @Test
    void aSectorIsFoundByItsCylinderHeadAndNumber() {
        host.out(6, 0xa0 | 1); // head 1
        host.out(2, 1);
        host.out(3, 2); // sector 2
        host.out(4, 1); // cylinder 1
        host.out(5, 0);
        host.out(7, 0x20);
        host.await();
        assertArrayEquals(host.sectors((16 + 1) * 63 + 1, 1), host.readBlock(1));
    }

    @Test
    void initializeDeviceParametersChangesTheTranslation() {
        host.out(2, 17);
        host.out(6, 0xa0 | 3); // heads - 1
        host.out(7, 0x91);
        host.await();
        assertEquals(READY, host.in(7));
        int[] words = host.identify();
        assertEquals(2048 / (4 * 17), words[54]);
        assertEquals(4, words[55]);
        assertEquals(17, words[56]);
        assertEquals(2048 / (4 * 17) * 4 * 17, words[57]);
        host.out(6, 0xa0 | 2);
        host.out(2, 1);
        host.out(3, 17);
        host.out(4, 5);
        host.out(5, 0);
        host.out(7, 0x20);
        host.await();
        assertArrayEquals(host.sectors((5 * 4 + 2) * 17 + 16, 1), host.readBlock(1));
    }

    @ParameterizedTest
    @CsvSource({"2048, 1", "2047, 2", "0x0fffffff, 1", "1900, 0"})
    void anAddressBehindTheDiskIsNotFound(String sector, int count) {
        host.lba28(0x20, Long.decode(sector), count);
        assertEquals(ERR, host.in(7));
        assertEquals(0x10, host.in(1));
    }

    @ParameterizedTest
    @ValueSource(longs = {2048, 1L << 28, 1L << 32, 1L << 40, (1L << 48) - 1})
    void so48BitAddressesAreNot(long sector) {
        host.lba48(0x24, sector, 1);
        assertEquals(ERR, host.in(7));
        assertEquals(0x10, host.in(1));
    }

    @Test
    void sector0OfATrackIsNotFound() {
        host.out(6, 0xa0);
        host.out(2, 1);
        host.out(3, 0);
        host.out(7, 0x20);
        host.await();
        assertEquals(0x10, host.in(1));
    }

    @Test
    void theHighOrderByteShowsTheFirstOfTwoWrites() {
        host.out(3, 0x12);
        host.out(3, 0x34);
        assertEquals(0x34, host.in(3));
        host.control(0x80);
        assertEquals(0x12, host.in(3));
        host.out(4, 1);
        assertEquals(0x34, host.in(3), "a write to the command block clears HOB");
    }

    // ---- errors, resets, what is not there ----

    @ParameterizedTest
    @ValueSource(ints = {0x00, 0xa0, 0xa1, 0xb0, 0x08, 0xff, 0xf1, 0x26})
    void anUnknownCommandIsAborted(int code) {
        assertEquals(ERR, host.command(code, 1, 0));
        assertEquals(0x04, host.in(1));
        assertEquals(1, host.line.rises);
    }

    @Test
    void aMediumThatFailsIsAnUncorrectableErrorWithItsAddress() {
        host.disk.broken = true;
        host.lba28(0x20, 77, 1);
        assertEquals(ERR, host.in(7));
        assertEquals(0x40, host.in(1));
        assertEquals(77, host.in(3));
        assertEquals("memory: the medium failed", host.channel.disk().failure().orElseThrow());
        host.disk.broken = false;
        host.lba28(0x20, 77, 1);
        assertEquals(DRQ, host.in(7), "and the next command is a new one");
    }

    @Test
    void aWriteToAReadOnlyDiskIsRefused() {
        host.disk.writeProtected = true;
        host.lba28(0x30, 1, 1);
        assertEquals(ERR, host.in(7));
        assertEquals(0x40, host.in(1));
    }

    @Test
    void softwareResetEndsATransferAndLeavesTheSignature() {
        host.lba28(0x20, 5, 3);
        host.readBlock(1);
        host.control(0x04);
        assertEquals(BUSY, host.alternateStatus());
        host.await();
        assertEquals(BUSY, host.alternateStatus(), "until the bit is cleared");
        host.control(0x00);
        assertEquals(BUSY, host.alternateStatus());
        host.await();
        assertEquals(READY, host.in(7));
        assertEquals(0x01, host.in(1));
        assertEquals(1, host.in(2));
        assertEquals(1, host.in(3));
        assertEquals(0, host.in(4));
        assertEquals(0, host.in(5));
    }

    @Test
    void theDiagnosticSaysThatDevice0PassedWhicheverIsSelected() {
        host.out(6, 0xb0);
        host.out(7, 0x90);
        host.await();
        assertEquals(READY, host.in(7));
        assertEquals(0x01, host.in(1));
        assertEquals(1, host.in(3));
    }

    @Test
    void aDeviceThatIsNotThereHasStatus0AndTakesNoCommand() {
        host.out(6, 0xb0);
        assertEquals(0, host.in(7));
        assertEquals(0, host.alternateStatus());
        host.out(7, 0xec);
        host.await();
        assertEquals(0, host.in(7));
        assertEquals(0, host.line.rises);
        host.out(6, 0xa0);
        assertEquals(READY, host.in(7));
    }

    @Test
    void nIenKeepsTheLineDownAndLetsAPendingInterruptThroughLater() {
        host.control(0x02);
        host.lba28(0x20, 0, 1);
        assertFalse(host.line.level);
        host.control(0x00);
        assertTrue(host.line.level);
    }

    @Test
    void aBusyDeviceTakesNoRegisterAndNoCommand() {
        host.out(6, 0xe0);
        host.out(2, 1);
        host.out(3, 9);
        host.out(7, 0x20);
        host.out(3, 11);
        host.out(7, 0xec);
        host.await();
        assertArrayEquals(host.sectors(9, 1), host.readBlock(1));
    }

    @Test
    void identifySaysHowLargeTheDiskIs() {
        int[] words = host.identify();
        assertEquals(2048, words[60] | words[61] << 16);
        assertEquals(2048, words[100] | words[101] << 16);
        assertEquals(16, words[3]);
        assertEquals(63, words[6]);
        assertEquals(2, words[1]);
        assertEquals('T' << 8 | 'h', words[27]);
        assertEquals(0x0200, words[49] & 0x0200, "LBA");
        assertEquals(0x0400, words[83] & 0x0400, "48-bit addresses");
        assertEquals(1, words[82 + 1] >>> 14, "words 82 and 83 are valid");
    }
}
