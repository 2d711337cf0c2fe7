package org.thirdmode.pc.apic;

import java.util.Arrays;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/** What the APIC's own sources of interrupts deliver, an entry each. SDM 3A "Local Vector Table". */
final class LocalVectorTable implements Stateful {
    static final int ENTRIES = 6;

    private static final int MASKED = 1 << 16;
    private static final int LEVEL = 1 << 15;
    private static final int REMOTE_IRR = 1 << 14;
    private static final int STATUS = 1 << 12;
    private static final int TSC_DEADLINE = 1 << 18;

    /** Writable bits of each entry: timer, thermal sensor, performance counters, LINT0, LINT1, error. */
    private static final int[] WRITABLE = {0x7_00ff, 0x1_07ff, 0x1_07ff, 0x1_a7ff, 0x1_a7ff, 0x1_00ff};

    private final boolean hasTscDeadline;
    private final int[] entries = new int[ENTRIES];

    LocalVectorTable(boolean hasTscDeadline) {
        this.hasTscDeadline = hasTscDeadline;
    }

    void reset() {
        Arrays.fill(entries, MASKED);
    }

    /** "The mask bits for all the LVT entries are set" when the APIC is software disabled. */
    void maskAll() {
        for (int i = 0; i < ENTRIES; i++) {
            entries[i] |= MASKED;
        }
    }

    int get(int register) {
        return entries[register - ApicRegister.LVT_TIMER];
    }

    /** Writes an entry; it stays masked while the APIC is software disabled. */
    void write(int register, int value, boolean softwareEnabled) {
        int entry = (value & writable(register)) | (get(register) & REMOTE_IRR);
        if (!softwareEnabled) {
            entry |= MASKED;
        }
        if ((entry & LEVEL) == 0) {
            entry &= ~REMOTE_IRR;
        }
        entries[register - ApicRegister.LVT_TIMER] = entry;
    }

    private int writable(int register) {
        int index = register - ApicRegister.LVT_TIMER;
        return index == 0 && !hasTscDeadline ? WRITABLE[0] & ~TSC_DEADLINE : WRITABLE[index];
    }

    /** Bits that must be 0 in a write in x2APIC mode: the read-only ones are ignored. */
    long reserved(int register) {
        int readOnly = register == ApicRegister.LVT_TIMER ? STATUS : STATUS | REMOTE_IRR;
        return ~(long) (writable(register) | readOnly);
    }

    boolean masked(int register) {
        return (get(register) & MASKED) != 0;
    }

    int vector(int register) {
        return get(register) & 0xff;
    }

    /** The delivery mode; the timer and the error entry have but one. */
    int mode(int register) {
        boolean fixed = register == ApicRegister.LVT_TIMER || register == ApicRegister.LVT_ERROR;
        return fixed ? InterruptMessage.FIXED : get(register) >>> 8 & 7;
    }

    /** The timer's mode: one-shot, periodic, TSC-deadline. */
    int timerMode() {
        return get(ApicRegister.LVT_TIMER) >>> 17 & 3;
    }

    /** Whether LINT0 is level-triggered; LINT1 never is. */
    boolean level(int register) {
        return register == ApicRegister.LVT_LINT0
                && mode(register) == InterruptMessage.FIXED
                && (get(register) & LEVEL) != 0;
    }

    /** A level-triggered interrupt was accepted, and its end has not come. */
    boolean remoteIrr(int register) {
        return (get(register) & REMOTE_IRR) != 0;
    }

    void remoteIrr(int register, boolean set) {
        int index = register - ApicRegister.LVT_TIMER;
        entries[index] = set ? entries[index] | REMOTE_IRR : entries[index] & ~REMOTE_IRR;
    }

    @Override
    public void state(StatePort port) {
        port.numbers("entries", entries);
    }
}
