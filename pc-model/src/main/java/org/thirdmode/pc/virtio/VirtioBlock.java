package org.thirdmode.pc.virtio;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.thirdmode.pc.bus.DirectMemoryAccess;
import org.thirdmode.pc.bus.InterruptLine;
import org.thirdmode.pc.disk.BlockImage;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.snapshot.StateException;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.time.GuestClock;

/**
 * A virtio disk on the PCI bus, over a {@link BlockImage}. VIRTIO 1.1 "Block Device".
 *
 * <pre>
 *   20 capacity in sectors, 8 bytes   32 most segments   40 bytes of a sector
 * </pre>
 *
 * <p>A request takes {@link #ACCESS_TICKS}, and {@link #SECTOR_TICKS} more for each sector of the one before it; the host's work
 * is done at its end.
 */
public final class VirtioBlock extends VirtioFunction {
    /** The slot in which it is. */
    public static final int SLOT = 4;

    /** Ticks between a notification and what it asks for, and between two requests. */
    static final long ACCESS_TICKS = 1_000;

    /** Ticks that a sector takes. */
    static final long SECTOR_TICKS = 10;

    /** The most bytes of data of a request. */
    static final long MOST_BYTES = 32 << 20;

    private static final int BLOCK_DEVICE = 2;
    private static final int MASS_STORAGE = 0x01_0000;

    private static final int SEG_MAX = 1 << 2;
    private static final int READ_ONLY = 1 << 5;
    private static final int BLK_SIZE = 1 << 6;
    private static final int FLUSH = 1 << 9;
    private static final int INDIRECT_DESC = 1 << 28;

    private static final int IN = 0;
    private static final int OUT = 1;
    private static final int FLUSH_REQUEST = 4;
    private static final int GET_ID = 8;
    private static final int HEADER = 16;
    private static final int ID_BYTES = 20;

    private static final int OK = 0;
    private static final int IO_ERROR = 1;
    private static final int UNSUPPORTED = 2;

    private static final int SECTOR = BlockImage.SECTOR;
    private static final int PIECE = 64 << 10;

    private final BlockImage image;
    private final GuestClock clock;
    private final GuestClock.Timer timer;
    private final byte[] buffer = new byte[PIECE];

    private long sectorsRead;
    private long sectorsWritten;
    private long requests;
    private String failure;

    /** A disk that interrupts by {@code line}. */
    public VirtioBlock(GuestClock clock, DirectMemoryAccess memory, BlockImage image, InterruptLine line) {
        super("virtio disk", BLOCK_DEVICE, MASS_STORAGE, 1, features(image), memory, line);
        this.clock = clock;
        this.image = image;
        timer = clock.newTimer(this::serve);
        configure(0, image.sectors(), 8);
        configure(12, SplitQueue.SIZE - 2L, 4);
        configure(20, SECTOR, 4);
    }

    private static int features(BlockImage image) {
        return SEG_MAX | BLK_SIZE | FLUSH | INDIRECT_DESC | (image.readOnly() ? READ_ONLY : 0);
    }

    @Override
    void notified() {
        if (!timer.armed()) {
            timer.arm(clock.now() + ACCESS_TICKS);
        }
    }

    @Override
    void stopped() {
        timer.disarm();
    }

    // ---- requests ----

    /** One request; the next has a time of its own. */
    private void serve() {
        SplitQueue queue = queue(0);
        int waiting = served() ? queue.waiting() : 0;
        if (waiting < 0) {
            breaks();
        }
        int head = waiting <= 0 ? -1 : take(queue);
        if (head < 0) {
            return;
        }
        long before = sectorsRead + sectorsWritten;
        if (chain.toWrite() == 0 || !serve(queue, head)) {
            breaks();
            return;
        }
        requests++;
        interrupt(queue);
        if (waiting > 1) {
            long sectors = sectorsRead + sectorsWritten - before;
            timer.arm(clock.now() + ACCESS_TICKS + SECTOR_TICKS * sectors);
        }
    }

    /** Returns whether the driver could be told how it went. */
    private boolean serve(SplitQueue queue, int head) {
        long written = 0;
        int result;
        byte[] header = new byte[HEADER];
        if (chain.toRead() < HEADER || !chain.copyOut(0, header, HEADER)) {
            result = IO_ERROR;
        } else {
            long sector = (long) Frame.LONG.get(header, 8);
            try {
                switch ((int) Frame.INT.get(header, 0)) {
                    case IN -> {
                        result = transferIn(sector);
                        written = result == OK ? chain.toWrite() - 1 : 0;
                    }
                    case OUT -> result = transferOut(sector);
                    case FLUSH_REQUEST -> {
                        image.flush();
                        result = OK;
                    }
                    case GET_ID -> {
                        result = identify();
                        written = result == OK ? ID_BYTES : 0;
                    }
                    default -> result = UNSUPPORTED;
                }
            } catch (IOException e) {
                failure = failure == null ? e.getMessage() : failure;
                result = IO_ERROR;
            }
        }
        return chain.copyIn(chain.toWrite() - 1, new byte[] {(byte) result}, 1) && queue.give(head, (int) written + 1);
    }

    private boolean inRange(long sector, long bytes) {
        return bytes % SECTOR == 0 && bytes <= MOST_BYTES && sector >= 0 && sector <= image.sectors() - bytes / SECTOR;
    }

    private int transferIn(long sector) throws IOException {
        long bytes = chain.toWrite() - 1;
        if (!inRange(sector, bytes)) {
            return IO_ERROR;
        }
        for (long done = 0; done < bytes; done += PIECE) {
            int part = (int) Math.min(PIECE, bytes - done);
            image.read(sector + done / SECTOR, part / SECTOR, buffer, 0);
            if (!chain.copyIn(done, buffer, part)) {
                return IO_ERROR;
            }
            sectorsRead += part / SECTOR;
        }
        return OK;
    }

    private int transferOut(long sector) throws IOException {
        long bytes = chain.toRead() - HEADER;
        if (!inRange(sector, bytes) || image.readOnly()) {
            return IO_ERROR;
        }
        for (long done = 0; done < bytes; done += PIECE) {
            int part = (int) Math.min(PIECE, bytes - done);
            if (!chain.copyOut(HEADER + done, buffer, part)) {
                return IO_ERROR;
            }
            image.write(sector + done / SECTOR, part / SECTOR, buffer, 0);
            sectorsWritten += part / SECTOR;
        }
        if (!agreed(FLUSH)) {
            // A driver that cannot ask for it takes what was written for safe.
            image.flush();
        }
        return OK;
    }

    private int identify() {
        byte[] id = Arrays.copyOf("thirdmode".getBytes(StandardCharsets.US_ASCII), ID_BYTES);
        return chain.toWrite() > ID_BYTES && chain.copyIn(0, id, ID_BYTES) ? OK : IO_ERROR;
    }

    // ---- what is told outside ----

    /** The first time that the host failed the guest, in words. */
    public Optional<String> failure() {
        return Optional.ofNullable(failure);
    }

    /** Requests answered so far. */
    public long requests() {
        return requests;
    }

    /** Sectors read by the guest so far. */
    public long sectorsRead() {
        return sectorsRead;
    }

    /** Sectors written by the guest so far. */
    public long sectorsWritten() {
        return sectorsWritten;
    }

    /** The image is flushed first where it is written down, so that the state and the image belong together. */
    @Override
    public void state(StatePort port) {
        if (port.number("sectors", image.sectors()) != image.sectors()) {
            throw new StateException(image.name() + ": has " + image.sectors()
                    + " sectors; expected as many as the disk that the machine was saved with");
        }
        if (!port.restoring() && !image.readOnly()) {
            try {
                image.flush();
            } catch (IOException e) {
                throw new StateException("the disk cannot be flushed: " + e.getMessage());
            }
        }
        super.state(port);
        sectorsRead = port.number("sectors read", sectorsRead);
        sectorsWritten = port.number("sectors written", sectorsWritten);
        requests = port.number("requests", requests);
        port.part("timer", timer);
    }
}
