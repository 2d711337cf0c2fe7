package org.thirdmode.x86.conformance;

import org.thirdmode.x86.bus.LocalApicPort;

/** A machine without interrupts. */
enum NoApic implements LocalApicPort {
    NONE;

    @Override
    public boolean interruptPending() {
        return false;
    }

    @Override
    public int acknowledgeInterrupt() {
        return 0;
    }

    @Override
    public int taskPriorityClass() {
        return 0;
    }

    @Override
    public void setTaskPriorityClass(int priorityClass) {}

    @Override
    public boolean ownsMsr(int msr) {
        return false;
    }

    @Override
    public boolean readMsr(int msr, long[] result) {
        return false;
    }

    @Override
    public boolean writeMsr(int msr, long value) {
        return false;
    }
}
