package org.thirdmode.pc.ata;

import java.io.IOException;
import java.util.Optional;
import org.thirdmode.pc.bus.DirectMemoryAccess;
import org.thirdmode.pc.disk.BlockImage;
import org.thirdmode.x86.snapshot.StateException;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.time.GuestClock;

/**
 * An ATA disk: what its registers answer and what a command does, over a {@link BlockImage}.
 *
 * <p>A command is busy for {@link #ACCESS_TICKS}, and again for {@link #BLOCK_TICKS} before each further block of a transfer; the
 * host's work is done at the end of that time. A block is as many sectors as DRQ is asserted for: one, or what SET MULTIPLE MODE
 * says.
 *
 * <pre>
 *   status  7 BSY   6 DRDY   5 DF   4 DSC   3 DRQ   0 ERR        error  7 ICRC   6 UNC/WP   4 IDNF   2 ABRT
 * </pre>
 */
public final class AtaDisk implements Stateful {
    /** Ticks between a command and what it does. */
    static final long ACCESS_TICKS = 1_000;

    /** Ticks between two blocks of a transfer. */
    static final long BLOCK_TICKS = 200;

    /** The most sectors of a block. */
    static final int MOST_MULTIPLE = 16;

    static final int BUSY = 0x80;
    static final int READY = 0x40;
    static final int SEEK_COMPLETE = 0x10;
    static final int DATA_REQUEST = 0x08;
    static final int ERROR = 0x01;

    static final int UNCORRECTABLE = 0x40;
    static final int WRITE_PROTECTED = 0x40;
    static final int ID_NOT_FOUND = 0x10;
    static final int ABORTED = 0x04;

    /** The diagnostic code of a device 0 that passed, with no device 1 that failed. */
    private static final int PASSED = 0x01;

    private static final int SECTOR = BlockImage.SECTOR;

    private static final int POWER_ON_MODE = Identity.MULTIWORD | 2;

    /** What the device is at; in all but the first three it is busy. */
    private enum Phase {
        IDLE,
        DATA_IN,
        DATA_OUT,
        STARTING,
        READING,
        WRITING,
        RESETTING,
        /** By DMA: where no time runs for it, it waits for the bus master. */
        TRANSFERRING
    }

    /** What hears that the device asserts or negates INTRQ. */
    interface Interrupt {
        void set(boolean pending);
    }

    private final BlockImage image;
    private final Interrupt interrupt;
    private final BusMaster dma;
    private final GuestClock clock;
    private final GuestClock.Timer timer;
    private final Geometry initial;
    private final TaskFile registers = new TaskFile();
    private final byte[] buffer = new byte[MOST_MULTIPLE * SECTOR];

    private Geometry geometry;
    private int multiple;

    /** Of DMA, as SET FEATURES has it: the kind and the number. */
    private int mode = POWER_ON_MODE;

    private boolean writeCache = true;
    private Phase phase = Phase.IDLE;
    private AtaCommand command;
    private int status;
    private int error;
    private long sector;
    private int left;
    private int position;
    private int limit;
    private long sectorsRead;
    private long sectorsWritten;
    private String failure;

    AtaDisk(GuestClock clock, BlockImage image, DirectMemoryAccess memory, Interrupt interrupt) {
        this.clock = clock;
        dma = new BusMaster(memory, this::busMasterStarted);
        this.image = image;
        this.interrupt = interrupt;
        timer = clock.newTimer(this::advance);
        initial = Geometry.initial(image.sectors());
        powerOn();
    }

    /** To the state after power-on, ready. */
    void powerOn() {
        timer.disarm();
        writeCache = true;
        multiple = 0;
        mode = POWER_ON_MODE;
        geometry = initial;
        ready();
    }

    /** What moves the data of DMA commands. */
    BusMaster busMaster() {
        return dma;
    }

    /** SRST was set: whatever was under way ends, and the device is busy until some time after the bit is cleared. */
    void softReset(boolean asserted) {
        timer.disarm();
        interrupt.set(false);
        phase = Phase.RESETTING;
        status = BUSY;
        if (!asserted) {
            timer.arm(clock.now() + ACCESS_TICKS);
        }
    }

    private void ready() {
        registers.signature();
        phase = Phase.IDLE;
        command = null;
        status = READY | SEEK_COMPLETE;
        error = PASSED;
        interrupt.set(false);
    }

    // ---- registers ----

    boolean selected() {
        return !registers.device1();
    }

    int status() {
        return status;
    }

    /** Reading the status register says that the host has seen the interrupt. */
    int acknowledge() {
        interrupt.set(false);
        return status;
    }

    /** Register 1 to 6. */
    int read(int number, boolean previous) {
        return number == 1 ? error : registers.read(number, previous);
    }

    /** Register 1 to 6; a busy device, and one with data to move, does not take it. */
    void write(int number, int value) {
        if ((status & (BUSY | DATA_REQUEST)) == 0) {
            registers.write(number, value);
        }
    }

    /** The command register. */
    void command(int code) {
        if ((status & BUSY) != 0) {
            return;
        }
        Optional<AtaCommand> known = AtaCommand.of(code);
        boolean diagnostic = known.isPresent() && known.get() == AtaCommand.EXECUTE_DEVICE_DIAGNOSTIC;
        if (registers.device1() && !diagnostic) {
            return; // for a device that is not there
        }
        interrupt.set(false);
        command = known.orElse(null);
        busy(Phase.STARTING, ACCESS_TICKS);
    }

    private void busy(Phase next, long ticks) {
        phase = next;
        status = BUSY;
        error = 0;
        timer.arm(clock.now() + ticks);
    }

    /** Two bytes of the data register. */
    int readData() {
        if (phase != Phase.DATA_IN) {
            return 0;
        }
        int value = (buffer[position] & 0xff) | (buffer[position + 1] & 0xff) << 8;
        position += 2;
        if (position == limit) {
            if (left > 0) {
                busy(Phase.READING, BLOCK_TICKS);
            } else {
                phase = Phase.IDLE;
                status = READY | SEEK_COMPLETE;
            }
        }
        return value;
    }

    /** Two bytes to the data register. */
    void writeData(int value) {
        if (phase != Phase.DATA_OUT) {
            return;
        }
        buffer[position] = (byte) value;
        buffer[position + 1] = (byte) (value >>> 8);
        position += 2;
        if (position == limit) {
            busy(Phase.WRITING, BLOCK_TICKS);
        }
    }

    // ---- commands ----

    private void advance() {
        switch (phase) {
            case STARTING -> start();
            case READING -> readBlock();
            case WRITING -> writeBlock();
            case RESETTING -> {
                multiple = 0;
                geometry = initial;
                ready();
            }
            case TRANSFERRING -> transfer();
            case IDLE, DATA_IN, DATA_OUT -> {}
        }
    }

    private void start() {
        if (command == null) {
            fail(ABORTED);
            return;
        }
        switch (command.protocol()) {
            case NO_DATA -> control();
            case DIAGNOSTIC -> {
                ready();
                interrupt.set(true);
            }
            case IDENTIFY -> {
                byte[] identity =
                        Identity.of(image.sectors(), initial, geometry, multiple, MOST_MULTIPLE, writeCache, mode);
                System.arraycopy(identity, 0, buffer, 0, SECTOR);
                left = 0;
                offer(1);
            }
            case VERIFY -> {
                if (takeRange()) {
                    verify();
                }
            }
            case PIO_IN, PIO_IN_MULTIPLE -> {
                if (multipleAllowed() && takeRange()) {
                    readBlock();
                }
            }
            case DMA_IN -> {
                if (takeRange()) {
                    request();
                }
            }
            case DMA_OUT -> {
                if (image.readOnly()) {
                    fail(WRITE_PROTECTED);
                } else if (takeRange()) {
                    request();
                }
            }
            case PIO_OUT, PIO_OUT_MULTIPLE -> {
                if (image.readOnly()) {
                    fail(WRITE_PROTECTED);
                } else if (multipleAllowed() && takeRange()) {
                    accept();
                }
            }
        }
    }

    // ---- DMA ----

    /** DMARQ is asserted: the transfer goes on when the bus master does. */
    private void request() {
        phase = Phase.TRANSFERRING;
        status = BUSY;
        busMasterStarted();
    }

    private void busMasterStarted() {
        if (phase == Phase.TRANSFERRING && dma.ready() && !timer.armed()) {
            timer.arm(clock.now() + BLOCK_TICKS);
        }
    }

    private void transfer() {
        if (!dma.ready()) {
            return;
        }
        boolean in = command.protocol() == AtaCommand.Protocol.DMA_IN;
        int count = Math.min(left, MOST_MULTIPLE);
        try {
            if (in) {
                image.read(sector, count, buffer, 0);
            }
            if (!dma.move(buffer, count * SECTOR, in)) {
                fail(ABORTED);
                return;
            }
            if (!in) {
                image.write(sector, count, buffer, 0);
            }
            passed(count);
            if (!in && left == 0 && !writeCache) {
                image.flush();
            }
        } catch (IOException e) {
            fail(e, in ? UNCORRECTABLE : ABORTED);
            return;
        }
        sectorsRead += in ? count : 0;
        sectorsWritten += in ? 0 : count;
        if (left > 0) {
            busMasterStarted();
        } else {
            complete();
        }
    }

    /** "If the device receives a READ MULTIPLE command with no successful SET MULTIPLE MODE before, it shall abort it". */
    private boolean multipleAllowed() {
        boolean wants = command.protocol() == AtaCommand.Protocol.PIO_IN_MULTIPLE
                || command.protocol() == AtaCommand.Protocol.PIO_OUT_MULTIPLE;
        if (wants && multiple == 0) {
            fail(ABORTED);
            return false;
        }
        return true;
    }

    private boolean takeRange() {
        long first = registers.address(command.ext(), geometry);
        int count = registers.sectors(command.ext());
        if (first < 0 || first + count > image.sectors()) {
            fail(ID_NOT_FOUND);
            return false;
        }
        sector = first;
        left = count;
        return true;
    }

    private int block() {
        boolean many = command.protocol() == AtaCommand.Protocol.PIO_IN_MULTIPLE
                || command.protocol() == AtaCommand.Protocol.PIO_OUT_MULTIPLE;
        return Math.min(left, many ? Math.max(1, multiple) : 1);
    }

    private void readBlock() {
        int count = block();
        try {
            image.read(sector, count, buffer, 0);
        } catch (IOException e) {
            fail(e, UNCORRECTABLE);
            return;
        }
        passed(count);
        sectorsRead += count;
        offer(count);
    }

    private void verify() {
        try {
            while (left > 0) {
                int count = Math.min(left, MOST_MULTIPLE);
                image.read(sector, count, buffer, 0);
                passed(count);
            }
            complete();
        } catch (IOException e) {
            fail(e, UNCORRECTABLE);
        }
    }

    private void writeBlock() {
        int count = Math.min(left, limit / SECTOR);
        try {
            image.write(sector, count, buffer, 0);
            passed(count);
            if (left == 0 && !writeCache) {
                image.flush();
            }
        } catch (IOException e) {
            fail(e, ABORTED);
            return;
        }
        sectorsWritten += count;
        if (left > 0) {
            accept();
            interrupt.set(true);
        } else {
            complete();
        }
    }

    /** After each block the registers name the last sector and how many are left. */
    private void passed(int count) {
        sector += count;
        left -= count;
        registers.setAddress(sector - 1, command.ext(), geometry);
        registers.count = left;
    }

    /** {@code count} sectors in the buffer are for the host. */
    private void offer(int count) {
        position = 0;
        limit = count * SECTOR;
        phase = Phase.DATA_IN;
        status = READY | SEEK_COMPLETE | DATA_REQUEST;
        interrupt.set(true);
    }

    /** The buffer takes a block from the host. Before the first one there is no interrupt. */
    private void accept() {
        position = 0;
        limit = block() * SECTOR;
        phase = Phase.DATA_OUT;
        status = READY | SEEK_COMPLETE | DATA_REQUEST;
    }

    private void control() {
        switch (command) {
            case FLUSH_CACHE, FLUSH_CACHE_EXT -> {
                try {
                    image.flush();
                } catch (IOException e) {
                    fail(e, ABORTED);
                    return;
                }
            }
            case SET_MULTIPLE_MODE -> {
                int asked = registers.count & 0xff;
                if (asked > MOST_MULTIPLE || (asked & asked - 1) != 0) {
                    fail(ABORTED);
                    return;
                }
                multiple = asked;
            }
            case INITIALIZE_DEVICE_PARAMETERS -> {
                if ((registers.count & 0xff) == 0) {
                    fail(ABORTED);
                    return;
                }
                geometry = Geometry.translation(image.sectors(), (registers.device & 0x0f) + 1, registers.count & 0xff);
            }
            case SET_FEATURES -> {
                if (!setFeatures(registers.features & 0xff, registers.count & 0xff)) {
                    fail(ABORTED);
                    return;
                }
            }
            case CHECK_POWER_MODE -> registers.count = 0xff; // active or idle
            case READ_NATIVE_MAX_ADDRESS, READ_NATIVE_MAX_ADDRESS_EXT -> {
                long last = image.sectors() - 1;
                registers.device |= TaskFile.DEVICE_LBA;
                registers.setAddress(command.ext() ? last : Math.min(last, 0x0fff_ffff), command.ext(), geometry);
            }
            default -> {} // there is no medium to turn and no head to move
        }
        complete();
    }

    private boolean setFeatures(int feature, int value) {
        switch (feature) {
            case 0x02 -> writeCache = true;
            case 0x82 -> {
                try {
                    image.flush();
                } catch (IOException e) {
                    note(e);
                    return false;
                }
                writeCache = false;
            }
            case 0x03 -> {
                // Transfer mode: PIO default, or PIO with flow control up to mode 4; multiword DMA; ultra DMA.
                boolean multiword = value >= Identity.MULTIWORD && value <= (Identity.MULTIWORD | 2);
                if (multiword || (value >= Identity.ULTRA && value <= (Identity.ULTRA | 5))) {
                    mode = value;
                    return true;
                }
                return value <= 0x01 || (value >= 0x08 && value <= 0x0c);
            }
            case 0x55, 0xaa, 0x66, 0xcc -> {} // read look-ahead, defaults across a reset: nothing to see of either
            default -> {
                return false;
            }
        }
        return true;
    }

    private void complete() {
        phase = Phase.IDLE;
        status = READY | SEEK_COMPLETE;
        interrupt.set(true);
    }

    private void fail(int bits) {
        phase = Phase.IDLE;
        error = bits;
        status = READY | SEEK_COMPLETE | ERROR;
        interrupt.set(true);
    }

    private void fail(IOException cause, int bits) {
        note(cause);
        registers.setAddress(sector, command.ext(), geometry);
        fail(bits);
    }

    /**
     * The registers and the transfer that is under way. What is written to a file has the sectors flushed first, so that the file
     * and the image belong together.
     */
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
        port.part("registers", registers);
        int heads = port.within("heads", geometry.heads(), 1, 16);
        int perTrack = port.within("sectors of a track", geometry.sectors(), 1, 255);
        int cylinders = port.within("cylinders", geometry.cylinders(), 1, 65_535);
        geometry = new Geometry(cylinders, heads, perTrack);
        multiple = port.within("multiple", multiple, 0, MOST_MULTIPLE);
        mode = port.within("transfer mode", mode, 0, 0xff);
        writeCache = port.flag("write cache", writeCache);
        phase = port.choice("phase", phase);
        int code = port.within("command", command == null ? -1 : command.code(), -1, 0xff);
        command = code < 0 ? null : AtaCommand.of(code).orElse(null);
        status = port.within("status", status, 0, 0xff);
        error = port.within("error", error, 0, 0xff);
        sector = port.number("sector", sector);
        left = port.within("left", left, 0, 0x1_0000);
        limit = port.within("limit", limit, 0, buffer.length);
        position = port.within("position", position, 0, limit);
        port.bytes("buffer", buffer);
        sectorsRead = port.number("sectors read", sectorsRead);
        sectorsWritten = port.number("sectors written", sectorsWritten);
        port.part("bus master", dma);
        port.part("timer", timer);
        if (port.restoring()) {
            requireSensible();
        }
    }

    private void requireSensible() {
        boolean moves = phase == Phase.DATA_IN || phase == Phase.DATA_OUT;
        boolean transfers = moves || phase == Phase.READING || phase == Phase.WRITING || phase == Phase.TRANSFERRING;
        boolean range = sector >= 0 && sector <= image.sectors() - left;
        boolean whole = (position & 1) == 0 && limit % SECTOR == 0 && (!moves || position < limit);
        if (!range || !whole || (transfers && command == null)) {
            throw new StateException("the disk's transfer: is at byte " + position + " of " + limit + ", sector "
                    + sector + ", " + left + " left; expected whole sectors of the disk");
        }
    }

    private void note(IOException cause) {
        if (failure == null) {
            failure = cause.getMessage();
        }
    }

    // ---- what is told outside ----

    /** The first time that the host failed the guest, in words. */
    public Optional<String> failure() {
        return Optional.ofNullable(failure);
    }

    /** Sectors read by the guest so far. */
    public long sectorsRead() {
        return sectorsRead;
    }

    /** Sectors written by the guest so far. */
    public long sectorsWritten() {
        return sectorsWritten;
    }
}
