package org.thirdmode.pc.virtio;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.thirdmode.pc.bus.DirectMemoryAccess;
import org.thirdmode.pc.bus.InterruptLine;
import org.thirdmode.pc.net.Neighbour;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.time.GuestClock;

/**
 * A virtio network card on the PCI bus, with {@link Neighbour} at the other end of its cable. VIRTIO 1.1 "Network Device".
 *
 * <pre>
 *   20 Ethernet address, 6 bytes   26 link status: 1 up
 * </pre>
 *
 * <p>A frame takes {@link #FRAME_TICKS}, either way. What arrives while the driver has given no room waits; of more than {@link
 * #MOST_WAITING} frames the last are lost.
 */
public final class VirtioNetwork extends VirtioFunction {
    /** The slot in which it is. */
    public static final int SLOT = 3;

    /** Ticks that a frame takes. */
    static final long FRAME_TICKS = 10_000;

    /** Frames that can wait for the driver. */
    static final int MOST_WAITING = 64;

    private static final int NETWORK_CARD = 1;
    private static final int ETHERNET_CONTROLLER = 0x02_0000;
    private static final int MAC = 1 << 5;
    private static final int STATUS = 1 << 16;

    /** 52:54:00:12:34:56, as QEMU's first card has; its bytes in order, the first lowest. */
    private static final long ADDRESS = 0x5634_1200_5452L;

    private static final int RECEIVE = 0;
    private static final int TRANSMIT = 1;

    /** What stands before a frame: of what is offloaded, which nothing is. */
    private static final int HEADER = 10;

    private static final int LARGEST_FRAME = 1514;

    private final GuestClock clock;
    private final GuestClock.Timer timer;
    private final Deque<byte[]> waiting = new ArrayDeque<>();
    private long sent;
    private long received;

    /** A card that interrupts by {@code line}. */
    public VirtioNetwork(GuestClock clock, DirectMemoryAccess memory, InterruptLine line) {
        super("virtio network card", NETWORK_CARD, ETHERNET_CONTROLLER, 2, MAC | STATUS, memory, line);
        this.clock = clock;
        timer = clock.newTimer(this::serve);
        configure(0, ADDRESS, 6);
        configure(6, 1, 2);
    }

    @Override
    void notified() {
        if (!timer.armed()) {
            timer.arm(clock.now() + FRAME_TICKS);
        }
    }

    @Override
    void stopped() {
        timer.disarm();
        waiting.clear();
    }

    /** One frame, to the driver or from it; the next has a time of its own. */
    private void serve() {
        if (served() && (deliver() || transmit())) {
            notified();
        }
    }

    /** Gives the driver a frame. Returns whether there was one, and room for it. */
    private boolean deliver() {
        SplitQueue queue = queue(RECEIVE);
        if (waiting.isEmpty() || queue.waiting() <= 0) {
            return false;
        }
        int head = take(queue);
        if (head < 0) {
            return false;
        }
        byte[] frame = waiting.remove();
        byte[] whole = new byte[HEADER + frame.length];
        System.arraycopy(frame, 0, whole, HEADER, frame.length);
        if (!chain.copyIn(0, whole, whole.length) || !queue.give(head, whole.length)) {
            breaks();
            return false;
        }
        received++;
        interrupt(queue);
        return true;
    }

    /** Takes a frame from the driver. Returns whether there was one. */
    private boolean transmit() {
        SplitQueue queue = queue(TRANSMIT);
        int count = queue.waiting();
        int head = count <= 0 ? -1 : take(queue);
        if (head < 0) {
            return false;
        }
        long size = chain.toRead() - HEADER;
        if (size > 0 && size <= LARGEST_FRAME) {
            byte[] frame = new byte[(int) size];
            if (!chain.copyOut(HEADER, frame, frame.length)) {
                breaks();
                return false;
            }
            sent++;
            Neighbour.answer(frame)
                    .filter(answer -> waiting.size() < MOST_WAITING)
                    .ifPresent(waiting::add);
        }
        if (!queue.give(head, 0)) {
            breaks();
            return false;
        }
        interrupt(queue);
        return true;
    }

    /** Frames that the guest has sent. */
    public long sent() {
        return sent;
    }

    /** Frames that the guest has been given. */
    public long received() {
        return received;
    }

    @Override
    public void state(StatePort port) {
        super.state(port);
        List<byte[]> frames = new ArrayList<>(waiting);
        int count = port.within("frames waiting", frames.size(), 0, MOST_WAITING);
        waiting.clear();
        for (int i = 0; i < count; i++) {
            byte[] frame = port.content("frame", port.restoring() ? null : frames.get(i), LARGEST_FRAME);
            waiting.add(Optional.ofNullable(frame).orElse(new byte[0]));
        }
        sent = port.number("frames sent", sent);
        received = port.number("frames received", received);
        port.part("timer", timer);
    }
}
