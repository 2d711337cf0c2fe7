package org.thirdmode.kvm;

import org.thirdmode.x86.bus.LocalApicPort;

/** A local APIC that never interrupts. */
public final class NoInterrupts implements LocalApicPort {
    @Override
    public boolean interruptPending() {
        return false;
    }

    @Override
    public int acknowledgeInterrupt() {
        throw new IllegalStateException("no interrupt is pending");
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
