package org.thirdmode.kvm;

import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/** The interrupts that user space has given to a virtual CPU, and that the guest could not take yet. */
final class InterruptQueue implements Stateful {
    private static final int NONE = -1;

    /** The vector of the external interrupt. KVM in 2006 had a bit for each; user space gives one at a time. */
    private int interrupt = NONE;

    /** An NMI waits. */
    boolean nmi;

    /** User space has an interrupt that it could not give yet: it wants to be told when it can. */
    boolean windowRequested;

    boolean interruptWaits() {
        return interrupt != NONE;
    }

    void putInterrupt(int vector) {
        interrupt = vector;
    }

    int takeInterrupt() {
        int vector = interrupt;
        interrupt = NONE;
        return vector;
    }

    @Override
    public void state(StatePort port) {
        interrupt = port.within("pending interrupt", interrupt, NONE, 255);
        nmi = port.flag("pending nmi", nmi);
        windowRequested = port.flag("window requested", windowRequested);
    }
}
