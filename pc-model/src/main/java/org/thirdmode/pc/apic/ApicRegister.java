package org.thirdmode.pc.apic;

/**
 * The local APIC's registers by number: in xAPIC mode their offset / 16, in x2APIC mode the low byte of their MSR. SDM 3A
 * tables "Local APIC Register Address Map" and "Local APIC Register Address Map Supported by x2APIC".
 */
final class ApicRegister {
    static final int ID = 0x02;
    static final int VERSION = 0x03;
    static final int TASK_PRIORITY = 0x08;
    static final int ARBITRATION_PRIORITY = 0x09;
    static final int PROCESSOR_PRIORITY = 0x0a;
    static final int EOI = 0x0b;
    static final int REMOTE_READ = 0x0c;
    static final int LOGICAL_DESTINATION = 0x0d;
    static final int DESTINATION_FORMAT = 0x0e;
    static final int SPURIOUS_VECTOR = 0x0f;
    static final int IN_SERVICE = 0x10;
    static final int TRIGGER_MODE = 0x18;
    static final int INTERRUPT_REQUEST = 0x20;
    static final int ERROR_STATUS = 0x28;
    static final int COMMAND_LOW = 0x30;
    static final int COMMAND_HIGH = 0x31;
    static final int LVT_TIMER = 0x32;
    static final int LVT_THERMAL = 0x33;
    static final int LVT_PERFORMANCE = 0x34;
    static final int LVT_LINT0 = 0x35;
    static final int LVT_LINT1 = 0x36;
    static final int LVT_ERROR = 0x37;
    static final int INITIAL_COUNT = 0x38;
    static final int CURRENT_COUNT = 0x39;
    static final int DIVIDE_CONFIGURATION = 0x3e;
    static final int SELF_IPI = 0x3f;

    private static final int COUNT = 0x40;
    private static final int WORDS_OF_A_VECTOR_SET = 8;

    /** How a register may be accessed in x2APIC mode. */
    private enum X2apic {
        NONE,
        READ,
        WRITE,
        READ_WRITE
    }

    private record Row(boolean inXapic, X2apic inX2apic) {}

    private static final Row NOT_THERE = new Row(false, X2apic.NONE);

    private static final Row[] ROWS = new Row[COUNT];

    static {
        java.util.Arrays.fill(ROWS, NOT_THERE);
        row(ID, true, X2apic.READ);
        row(VERSION, true, X2apic.READ);
        row(TASK_PRIORITY, true, X2apic.READ_WRITE);
        row(ARBITRATION_PRIORITY, true, X2apic.NONE);
        row(PROCESSOR_PRIORITY, true, X2apic.READ);
        row(EOI, true, X2apic.WRITE);
        row(REMOTE_READ, true, X2apic.NONE);
        row(LOGICAL_DESTINATION, true, X2apic.READ);
        row(DESTINATION_FORMAT, true, X2apic.NONE);
        row(SPURIOUS_VECTOR, true, X2apic.READ_WRITE);
        for (int word = 0; word < WORDS_OF_A_VECTOR_SET; word++) {
            row(IN_SERVICE + word, true, X2apic.READ);
            row(TRIGGER_MODE + word, true, X2apic.READ);
            row(INTERRUPT_REQUEST + word, true, X2apic.READ);
        }
        row(ERROR_STATUS, true, X2apic.READ_WRITE);
        // One MSR of 64 bits.
        row(COMMAND_LOW, true, X2apic.READ_WRITE);
        row(COMMAND_HIGH, true, X2apic.NONE);
        row(LVT_TIMER, true, X2apic.READ_WRITE);
        row(LVT_THERMAL, true, X2apic.READ_WRITE);
        row(LVT_PERFORMANCE, true, X2apic.READ_WRITE);
        row(LVT_LINT0, true, X2apic.READ_WRITE);
        row(LVT_LINT1, true, X2apic.READ_WRITE);
        row(LVT_ERROR, true, X2apic.READ_WRITE);
        row(INITIAL_COUNT, true, X2apic.READ_WRITE);
        row(CURRENT_COUNT, true, X2apic.READ);
        row(DIVIDE_CONFIGURATION, true, X2apic.READ_WRITE);
        row(SELF_IPI, false, X2apic.WRITE);
    }

    private ApicRegister() {}

    private static void row(int register, boolean inXapic, X2apic inX2apic) {
        ROWS[register] = new Row(inXapic, inX2apic);
    }

    private static Row at(int register) {
        return register < COUNT ? ROWS[register] : NOT_THERE;
    }

    /** Whether it is there in xAPIC mode. */
    static boolean inXapic(int register) {
        return at(register).inXapic;
    }

    /** Whether RDMSR reads it in x2APIC mode. */
    static boolean readableInX2apic(int register) {
        X2apic access = at(register).inX2apic;
        return access == X2apic.READ || access == X2apic.READ_WRITE;
    }

    /** Whether WRMSR writes it in x2APIC mode. */
    static boolean writableInX2apic(int register) {
        X2apic access = at(register).inX2apic;
        return access == X2apic.WRITE || access == X2apic.READ_WRITE;
    }

    static boolean isLvt(int register) {
        return register >= LVT_TIMER && register <= LVT_ERROR;
    }
}
