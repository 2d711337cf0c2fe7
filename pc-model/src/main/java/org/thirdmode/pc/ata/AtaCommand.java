package org.thirdmode.pc.ata;

import java.util.Optional;

/**
 * The commands of the disk, with their codes. ATA/ATAPI-6 "Command descriptions".
 *
 * <p>What is not here the disk aborts.
 */
public enum AtaCommand {
    READ_SECTORS(0x20, Protocol.PIO_IN, false),
    READ_SECTORS_WITHOUT_RETRY(0x21, Protocol.PIO_IN, false),
    READ_SECTORS_EXT(0x24, Protocol.PIO_IN, true),
    READ_MULTIPLE_EXT(0x29, Protocol.PIO_IN_MULTIPLE, true),
    WRITE_SECTORS(0x30, Protocol.PIO_OUT, false),
    WRITE_SECTORS_WITHOUT_RETRY(0x31, Protocol.PIO_OUT, false),
    WRITE_SECTORS_EXT(0x34, Protocol.PIO_OUT, true),
    WRITE_MULTIPLE_EXT(0x39, Protocol.PIO_OUT_MULTIPLE, true),
    READ_MULTIPLE(0xc4, Protocol.PIO_IN_MULTIPLE, false),
    WRITE_MULTIPLE(0xc5, Protocol.PIO_OUT_MULTIPLE, false),
    READ_DMA(0xc8, Protocol.DMA_IN, false),
    READ_DMA_WITHOUT_RETRY(0xc9, Protocol.DMA_IN, false),
    READ_DMA_EXT(0x25, Protocol.DMA_IN, true),
    WRITE_DMA(0xca, Protocol.DMA_OUT, false),
    WRITE_DMA_WITHOUT_RETRY(0xcb, Protocol.DMA_OUT, false),
    WRITE_DMA_EXT(0x35, Protocol.DMA_OUT, true),
    READ_VERIFY_SECTORS(0x40, Protocol.VERIFY, false),
    READ_VERIFY_SECTORS_WITHOUT_RETRY(0x41, Protocol.VERIFY, false),
    READ_VERIFY_SECTORS_EXT(0x42, Protocol.VERIFY, true),
    SEEK(0x70, Protocol.NO_DATA, false),
    RECALIBRATE(0x10, Protocol.NO_DATA, false),
    EXECUTE_DEVICE_DIAGNOSTIC(0x90, Protocol.DIAGNOSTIC, false),
    INITIALIZE_DEVICE_PARAMETERS(0x91, Protocol.NO_DATA, false),
    SET_MULTIPLE_MODE(0xc6, Protocol.NO_DATA, false),
    STANDBY_IMMEDIATE(0xe0, Protocol.NO_DATA, false),
    IDLE_IMMEDIATE(0xe1, Protocol.NO_DATA, false),
    STANDBY(0xe2, Protocol.NO_DATA, false),
    IDLE(0xe3, Protocol.NO_DATA, false),
    CHECK_POWER_MODE(0xe5, Protocol.NO_DATA, false),
    SLEEP(0xe6, Protocol.NO_DATA, false),
    FLUSH_CACHE(0xe7, Protocol.NO_DATA, false),
    FLUSH_CACHE_EXT(0xea, Protocol.NO_DATA, true),
    IDENTIFY_DEVICE(0xec, Protocol.IDENTIFY, false),
    SET_FEATURES(0xef, Protocol.NO_DATA, false),
    READ_NATIVE_MAX_ADDRESS(0xf8, Protocol.NO_DATA, false),
    READ_NATIVE_MAX_ADDRESS_EXT(0x27, Protocol.NO_DATA, true);

    /** How a command goes on after it was written. ATA/ATAPI-6 "Command protocols". */
    public enum Protocol {
        NO_DATA,
        DIAGNOSTIC,
        IDENTIFY,
        VERIFY,
        PIO_IN,
        PIO_IN_MULTIPLE,
        PIO_OUT,
        PIO_OUT_MULTIPLE,
        DMA_IN,
        DMA_OUT
    }

    private static final AtaCommand[] BY_CODE = new AtaCommand[256];

    static {
        for (AtaCommand command : values()) {
            BY_CODE[command.code] = command;
        }
        // "The command codes 11h-1Fh" are RECALIBRATE's too, and 71h-7Fh SEEK's, in the standards up to ATA-3.
        for (int i = 1; i < 16; i++) {
            BY_CODE[RECALIBRATE.code + i] = RECALIBRATE;
            BY_CODE[SEEK.code + i] = SEEK;
        }
    }

    private final int code;
    private final Protocol protocol;
    private final boolean ext;

    AtaCommand(int code, Protocol protocol, boolean ext) {
        this.code = code;
        this.protocol = protocol;
        this.ext = ext;
    }

    /** The command with that code, where the disk has it. */
    public static Optional<AtaCommand> of(int code) {
        return Optional.ofNullable(BY_CODE[code & 0xff]);
    }

    /** What is written to the command register. */
    public int code() {
        return code;
    }

    /** How the command goes on. */
    public Protocol protocol() {
        return protocol;
    }

    /** Whether it belongs to the 48-bit address feature set: 48 bits of address and 16 of count. */
    public boolean ext() {
        return ext;
    }
}
