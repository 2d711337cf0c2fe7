package org.thirdmode.x86.exec;

/**
 * An interrupt or exception in one word, in the form that both extensions use. SDM 3C "VM-Entry Controls for Event
 * Injection", "Information for VM Exits That Occur During Event Delivery"; APM 2 "Event Injection" (which has types 0, 2, 3
 * and 4 only).
 *
 * <pre>
 *  31     30          13  12    11   10   8 7      0
 * +-----+---------------+-----+-----+------+--------+
 * |valid|   reserved    | NMI |error| type | vector |
 * +-----+---------------+-----+-----+------+--------+
 *                    unblocking code
 * </pre>
 */
public final class EventInformation {
    public static final int EXTERNAL_INTERRUPT = 0;
    public static final int NMI = 2;
    public static final int HARDWARE_EXCEPTION = 3;

    /** INT n. */
    public static final int SOFTWARE_INTERRUPT = 4;

    /** INT1. */
    public static final int PRIVILEGED_SOFTWARE_EXCEPTION = 5;

    /** INT3 and INTO. */
    public static final int SOFTWARE_EXCEPTION = 6;

    public static final int OTHER_EVENT = 7;

    public static final int ERROR_CODE = 1 << 11;
    public static final int NMI_UNBLOCKING = 1 << 12;
    public static final int VALID = 1 << 31;

    private EventInformation() {}

    public static int of(int type, int vector, boolean hasErrorCode) {
        return VALID | (hasErrorCode ? ERROR_CODE : 0) | (type << 8) | vector;
    }

    public static int vector(int information) {
        return information & 0xff;
    }

    public static int type(int information) {
        return (information >>> 8) & 7;
    }

    public static boolean hasErrorCode(int information) {
        return (information & ERROR_CODE) != 0;
    }

    /** Whether an instruction of the program raised it, so that the instruction pointer pushed is that of the next one. */
    public static boolean bySoftware(int information) {
        int type = type(information);
        return type == SOFTWARE_INTERRUPT || type == PRIVILEGED_SOFTWARE_EXCEPTION || type == SOFTWARE_EXCEPTION;
    }
}
