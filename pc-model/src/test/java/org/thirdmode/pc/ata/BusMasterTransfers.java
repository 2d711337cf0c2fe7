package org.thirdmode.pc.ata;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.pc.device.Guest;
import org.thirdmode.pc.snapshot.StateFile;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/** "Programming Interface for Bus Master IDE Controller" 1.0; ATA/ATAPI-6 "DMA command protocol". */
class BusMasterTransfers {
    private static final int STATUS = AtaHost.BUS_MASTER + 2;
    private static final int INTERRUPT = 4;
    private static final int ERROR = 2;
    private static final int ACTIVE = 1;

    @TempDir
    private Path folder;

    private final AtaHost host = new AtaHost(2048);

    @BeforeEach
    void enable() {
        host.enableBusMaster();
    }

    private int status() {
        return host.ports.read(STATUS, 1) & 7;
    }

    private byte[] memory(AtaHost of, long address, int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) of.memory.read(address + i, 1);
        }
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {0xc8, 0xc9})
    void aReadFillsTheRegionsInOrder(int code) {
        host.regions(0x1000, 0x8000, 0x600, 0x2_0ffe, 0xa00, 0x3_0000, 0x4000);
        host.dma(code, 100, 0x28, true);
        assertArrayEquals(host.sectors(100, 3), memory(host, 0x8000, 0x600));
        byte[] all = host.sectors(100, 0x28);
        assertArrayEquals(Arrays.copyOfRange(all, 0x600, 0x1000), memory(host, 0x2_0ffe, 0xa00));
        assertArrayEquals(Arrays.copyOfRange(all, 0x1000, 0x5000), memory(host, 0x3_0000, 0x4000));
        assertEquals(INTERRUPT, status(), "all of the table was used: not active");
        assertEquals(1, host.line.rises);
        assertEquals(0x50, host.in(7));
        host.ports.write(STATUS, 1, INTERRUPT);
        assertEquals(0, status());
    }

    @Test
    void aWriteTakesThemFromThere() {
        for (int i = 0; i < 1024; i++) {
            host.memory.write(0x5000 + i, 1, i * 7 + 3);
        }
        host.regions(0x1000, 0x5000, 1024);
        host.dma(0xca, 7, 2, false);
        assertArrayEquals(memory(host, 0x5000, 1024), host.sectors(7, 2));
        assertEquals(INTERRUPT, status());
    }

    @Test
    void aSizeOf0Is64KBytesAndACountOf0Is256Sectors() {
        host.regions(0x1000, 0x1_0000, 0, 0x4_0000, 0);
        host.dma(0xc8, 0, 0, true);
        assertArrayEquals(host.sectors(0, 128), memory(host, 0x1_0000, 0x1_0000));
        assertArrayEquals(host.sectors(128, 128), memory(host, 0x4_0000, 0x1_0000));
        assertEquals(INTERRUPT, status());
    }

    @Test
    void a48BitCommandDoesTheSame() {
        host.regions(0x1000, 0x8000, 512);
        host.ports.write(AtaHost.BUS_MASTER, 1, 9);
        host.lba48(0x25, 2047, 1);
        assertArrayEquals(host.sectors(2047, 1), memory(host, 0x8000, 512));
    }

    /** "If the table is longer than the transfer": interrupt and active. */
    @Test
    void aLongerTableIsStillActiveAtTheEnd() {
        host.regions(0x1000, 0x8000, 0x1000);
        host.dma(0xc8, 0, 1, true);
        assertEquals(INTERRUPT | ACTIVE, status());
        host.ports.write(AtaHost.BUS_MASTER, 1, 0);
        assertEquals(INTERRUPT, status());
    }

    @ParameterizedTest
    @CsvSource({"0x8000, 0x200", "0xf0000000, 0x400", "0xffe00, 0x400"})
    void aShortTableOrNoMemoryIsAnErrorAndTheCommandIsAborted(String address, String size) {
        host.regions(0x1000, Long.decode(address), Long.decode(size));
        host.dma(0xc8, 0, 2, true);
        assertEquals(ERROR | INTERRUPT, status());
        assertEquals(0x51, host.in(7));
        assertEquals(0x04, host.in(1));
    }

    @Test
    void theDiskWaitsForAFunctionThatMayBeAMaster() {
        host.configure(0x04, 0x0001);
        host.regions(0x1000, 0x8000, 512);
        host.dma(0xc8, 3, 1, true);
        assertEquals(ACTIVE, status());
        assertEquals(0x80, host.alternateStatus());
        host.configure(0x04, 0x0005);
        host.await();
        assertArrayEquals(host.sectors(3, 1), memory(host, 0x8000, 512));
    }

    @Test
    void aSectorBehindTheDiskIsNotFoundAndNothingMoves() {
        host.regions(0x1000, 0x8000, 512);
        host.dma(0xc8, 2048, 1, true);
        assertEquals(0x51, host.in(7));
        assertEquals(0x10, host.in(1));
        assertArrayEquals(new byte[512], memory(host, 0x8000, 512));
    }

    @ParameterizedTest
    @CsvSource({"0x22, 63, 0x0407", "0x20, 63, 0x0107", "0x45, 88, 0x203f", "0x42, 88, 0x043f"})
    void identifySaysWhichModeWasSelected(String mode, int word, String value) {
        host.out(1, 0x03);
        assertEquals(0x50, host.command(0xef, 2, Integer.decode(mode)) & 0x51);
        assertEquals(Integer.decode(value), host.identify()[word]);
        assertEquals(0x0100, host.identify()[49] & 0x0100);
        assertEquals(1, Integer.bitCount((host.identify()[63] | host.identify()[88]) >>> 8));
    }

    @Test
    void aTransferThatIsSavedGoesOn() throws IOException {
        host.regions(0x1000, 0x8000, 0x8000, 0x1_0000, 0x4000);
        host.ports.write(AtaHost.BUS_MASTER, 1, 8);
        host.lba28(0xc8, 10, 96);
        host.ports.write(AtaHost.BUS_MASTER, 1, 9);
        Guest.run(host.clock, 500);
        AtaHost to = new AtaHost(2048);
        to.enableBusMaster();
        for (int i = 0; i < 16; i++) {
            to.memory.write(0x1000 + i, 1, host.memory.read(0x1000 + i, 1));
        }
        Path file = folder.resolve("state");
        StateFile.write(file, all(host));
        StateFile.read(file, (StatePort port) -> {
            all(to).state(port);
            return to;
        });
        to.await();
        byte[] expected = host.sectors(10, 96);
        byte[] got = memory(to, 0x8000, expected.length);
        assertArrayEquals(
                Arrays.copyOfRange(expected, 0x6000, expected.length), Arrays.copyOfRange(got, 0x6000, got.length));
        assertEquals(0x50, to.in(7));
    }

    private static Stateful all(AtaHost of) {
        return port -> {
            port.part("clock", of.clock);
            port.part("channel", of.channel);
        };
    }
}
