package org.thirdmode.pc.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.thirdmode.pc.Board;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.device.Guest;
import org.thirdmode.pc.loader.ImageException;

/** VIRTIO 1.1 "Network Device". */
class VirtioNetworkCards {
    private static final int BASE = 0xc040;
    private static final int RECEIVE = 0;
    private static final int TRANSMIT = 1;
    private static final int HEADER = 10;
    private static final long[] RINGS = {1 << 20, 2 << 20};
    private static final long[] BUFFERS = {3 << 20, 4 << 20};
    private static final int BUFFER = 2048;
    private static final int WRITE = 2;

    /** An ARP request for 10.0.2.2, which is answered by a frame as long. */
    private static final byte[] QUESTION = HexFormat.of()
            .parseHex("ffffffffffff525400123456" + "0806000108000604" + "00015254001234560a00020f"
                    + "0000000000000a000202");

    private final Board board;
    private final int[] added = new int[2];

    VirtioNetworkCards() throws ImageException {
        board = new Board(MachineConfiguration.DEFAULT.withMemory(16 << 20).withNetwork(), HostPorts.NONE);
        board.actAsFirmware();
        configure(4, 0x0007);
        start();
    }

    private void configure(int offset, int value) {
        board.ports().write(0xcf8, 4, 0x8000_0000 | VirtioNetwork.SLOT << 11 | offset);
        board.ports().write(0xcfc, 4, value);
    }

    private void out(int register, int size, int value) {
        board.ports().write(BASE + register, size, value);
    }

    private void start() {
        out(18, 1, 0);
        for (int queue : new int[] {RECEIVE, TRANSMIT}) {
            out(14, 2, queue);
            out(8, 4, (int) (RINGS[queue] >>> 12));
            board.memory().load(RINGS[queue], new byte[3 * 4096]);
            added[queue] = 0;
        }
        out(18, 1, 7);
    }

    /** Hands over a buffer of {@code size} bytes, and waits. */
    private void give(int queue, long address, int size) {
        int slot = added[queue] % SplitQueue.SIZE;
        long descriptor = RINGS[queue] + 16L * slot;
        board.memory().write(descriptor, 8, address);
        board.memory().write(descriptor + 8, 4, size);
        board.memory().write(descriptor + 12, 2, queue == RECEIVE ? WRITE : 0);
        long available = RINGS[queue] + 16 * SplitQueue.SIZE;
        board.memory().write(available + 4 + 2L * slot, 2, slot);
        board.memory().write(available + 2, 2, ++added[queue] & 0xffff);
        out(16, 2, queue);
        Guest.run(board.clock(), (int) (4 * VirtioNetwork.FRAME_TICKS));
    }

    private void room() {
        give(RECEIVE, BUFFERS[RECEIVE] + (long) added[RECEIVE] * BUFFER, BUFFER);
    }

    private void ask() {
        board.memory().load(BUFFERS[TRANSMIT] + HEADER, QUESTION);
        give(TRANSMIT, BUFFERS[TRANSMIT], HEADER + QUESTION.length);
    }

    private long used(int queue) {
        return board.memory().read(RINGS[queue] + 4096 + 2, 2);
    }

    @Test
    void itsAddressAndItsLinkAreInItsRegisters() {
        assertEquals(
                0x5634_1200_5452L & 0xffff_ffffL,
                Integer.toUnsignedLong(board.ports().read(BASE + 20, 4)));
        assertEquals(0x5634, board.ports().read(BASE + 24, 2));
        assertEquals(1, board.ports().read(BASE + 26, 2));
    }

    @Test
    void aFrameGoesOutAndTheAnswerComesIn() {
        room();
        ask();
        assertEquals(1, used(TRANSMIT));
        assertEquals(1, used(RECEIVE));
        assertEquals(HEADER + QUESTION.length, board.memory().read(RINGS[RECEIVE] + 4096 + 8, 4));
        assertEquals(0, board.memory().read(BUFFERS[RECEIVE], 8), "nothing is offloaded");
        assertEquals(0x1200_5452L, board.memory().read(BUFFERS[RECEIVE] + HEADER, 4), "it is for the card");
        assertEquals(1, board.ports().read(BASE + 19, 1), "interrupt status");
        assertEquals(0, board.ports().read(BASE + 19, 1), "cleared by reading");
    }

    @Test
    void whatArrivesBeforeThereIsRoomWaits() {
        ask();
        ask();
        assertEquals(0, used(RECEIVE));
        room();
        assertEquals(1, used(RECEIVE));
        room();
        assertEquals(2, used(RECEIVE));
    }

    @Test
    void ofTooManyThatWaitTheLastAreLost() {
        for (int i = 0; i < VirtioNetwork.MOST_WAITING + 5; i++) {
            ask();
        }
        for (int i = 0; i < VirtioNetwork.MOST_WAITING + 5; i++) {
            room();
        }
        assertEquals(VirtioNetwork.MOST_WAITING, used(RECEIVE));
    }

    @Test
    void aFrameOfNoLengthOrTooLongIsThrownAway() {
        give(TRANSMIT, BUFFERS[TRANSMIT], HEADER);
        give(TRANSMIT, BUFFERS[TRANSMIT], HEADER + 1515);
        give(TRANSMIT, BUFFERS[TRANSMIT], 3);
        assertEquals(3, used(TRANSMIT));
        assertEquals(0L, board.counts().get("network frames sent"));
    }

    @Test
    void roomInNoMemoryBreaksItUntilReset() {
        give(RECEIVE, 1L << 39, BUFFER);
        ask();
        ask();
        assertEquals(0, used(RECEIVE));
        assertEquals(1, used(TRANSMIT), "a card that was broken takes nothing");
        start();
        room();
        ask();
        assertEquals(1, used(RECEIVE));
    }

    @Test
    void roomTooSmallForAFrameBreaksIt() {
        give(RECEIVE, BUFFERS[RECEIVE], HEADER + QUESTION.length - 1);
        ask();
        room();
        assertEquals(0, used(RECEIVE));
    }
}
