package org.thirdmode.pc.virtio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** VIRTIO 1.1 "Block Device", "Split Virtqueues", and what a driver may not do. */
class VirtioDisks {
    private final VirtioHost host = new VirtioHost(64);

    private void served() {
        host.request(0, 1, 512);
        assertTrue(host.run(0));
        assertEquals(0, host.status());
    }

    private void brokenUntilReset() {
        host.request(0, 1, 512);
        assertFalse(host.run(0), "a driver that broke the rules is served no more");
        host.start();
        served();
    }

    @Test
    void aReadFillsTheBuffersAndSaysHowMuchWasWritten() {
        Arrays.fill(host.disk.bytes, 512, 1536, (byte) 7);
        host.request(0, 1, 1024);
        assertTrue(host.run(0));
        assertEquals(0, host.status());
        assertEquals(1025, host.board.memory().read(VirtioHost.USED + 8, 4));
        assertEquals(0x0707_0707L, host.board.memory().read(VirtioHost.DATA + 1020, 4));
        assertEquals(0, host.board.memory().read(VirtioHost.DATA + 1024, 4));
    }

    @Test
    void withoutFlushAWriteIsSafeAtOnce() {
        host.request(1, 5, 512);
        assertTrue(host.run(0));
        assertEquals(0, host.disk.flushes, "the driver can flush by itself");
        host.out(18, 1, 0);
        host.start();
        host.out(4, 4, 0);
        host.request(1, 5, 512);
        assertTrue(host.run(0));
        assertEquals(1, host.disk.flushes);
    }

    @Test
    void withoutBusMasteringNothingIsServed() {
        host.configure(4, 0x0003);
        host.request(0, 1, 512);
        assertFalse(host.run(0));
    }

    @Test
    void whatTheHostCannotDoIsAnInputOutputError() {
        host.disk.broken = true;
        host.request(0, 1, 512);
        assertTrue(host.run(0));
        assertEquals(1, host.status());
        assertEquals(
                "memory: the medium failed",
                host.board.virtioDisk().orElseThrow().failure().orElseThrow());
    }

    @Test
    void sectorsBeyondTheEndAreAnError() {
        for (long sector : new long[] {64, 63, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            host.request(0, sector, 1024);
            assertTrue(host.run(0));
            assertEquals(1, host.status(), () -> "sector " + sector);
        }
    }

    @Test
    void lengthsThatAreNoSectorsOrTooManyAreAnError() {
        for (long bytes : new long[] {0x1ff, 0xffff_ffffL, 0xffff_fe00L, 1}) {
            host.request(0, 0, bytes);
            assertTrue(host.run(0));
            assertEquals(1, host.status(), () -> bytes + " bytes");
        }
    }

    @Test
    void dataInNoMemoryIsAnError() {
        for (long address : new long[] {0xfec0_0000L, -512, 1L << 60, (16 << 20) - 256}) {
            host.request(0, 0, 512);
            host.descriptor(1, address, 512, VirtioHost.NEXT | VirtioHost.WRITE, 2);
            assertTrue(host.run(0));
            assertEquals(1, host.status(), () -> Long.toHexString(address));
        }
    }

    @Test
    void aChainThatIsALoopIsNone() {
        host.descriptor(0, VirtioHost.HEADER, 16, VirtioHost.NEXT, 1);
        host.descriptor(1, VirtioHost.DATA, 512, VirtioHost.NEXT | VirtioHost.WRITE, 1);
        assertFalse(host.run(0));
        brokenUntilReset();
    }

    @Test
    void anIndirectTableThatNamesItselfIsNone() {
        host.descriptor(0, VirtioHost.RING, 16 * 4, VirtioHost.INDIRECT, 0);
        assertFalse(host.run(0));
        brokenUntilReset();
    }

    @Test
    void anIndirectTableOfAnyLengthIsNone() {
        host.descriptor(0, VirtioHost.DATA, 0xffff_fff0L, VirtioHost.INDIRECT, 0);
        assertFalse(host.run(0));
        brokenUntilReset();
    }

    @Test
    void aHeadThatIsNoDescriptorIsNone() {
        assertFalse(host.run(SplitQueue.SIZE));
        brokenUntilReset();
    }

    @Test
    void buffersToReadComeBeforeThoseToWrite() {
        host.descriptor(0, VirtioHost.DATA, 512, VirtioHost.NEXT | VirtioHost.WRITE, 1);
        host.descriptor(1, VirtioHost.HEADER, 16, VirtioHost.NEXT, 2);
        host.descriptor(2, VirtioHost.STATUS, 1, VirtioHost.WRITE, 0);
        assertFalse(host.run(0));
        brokenUntilReset();
    }

    @Test
    void moreRequestsThanTheRingHoldsAreNone() {
        host.board.memory().write(VirtioHost.AVAILABLE + 2, 2, 0x4000);
        host.out(16, 2, 0);
        org.thirdmode.pc.device.Guest.run(host.board.clock(), 10_000);
        assertEquals(0, host.used());
        host.start();
        served();
    }

    @Test
    void aRingWhereNoMemoryIsGetsNothing() {
        for (int page : new int[] {0xfec00, -1, 0xf_ffff, 0xfff}) {
            host.out(8, 4, page);
            host.out(16, 2, 0);
            org.thirdmode.pc.device.Guest.run(host.board.clock(), 10_000);
        }
        host.start();
        served();
    }

    @Test
    void aBaseAddressWhereAnotherDeviceIsTakesNobodysPlace() {
        host.configure(0x10, 0x03c0);
        assertEquals(0xff, host.board.ports().read(0xc000, 1), "it is no longer here");
        host.board.ports().write(0x3fb, 1, 0x03);
        assertEquals(0x03, host.board.ports().read(0x3fb, 1), "the line control register of COM1");
        host.configure(0x10, 0xc000);
        served();
    }

    @Test
    void theIdentificationIsTwentyBytes() {
        host.request(8, 0, 20);
        assertTrue(host.run(0));
        assertEquals(0, host.status());
        byte[] id = new byte[9];
        for (int i = 0; i < id.length; i++) {
            id[i] = (byte) host.board.memory().read(VirtioHost.DATA + i, 1);
        }
        assertArrayEquals("thirdmode".getBytes(java.nio.charset.StandardCharsets.US_ASCII), id);
    }
}
