package org.thirdmode.vmx.exec;

import org.thirdmode.x86.bus.LocalApicPort;

/** An interrupt system that raises one vector when a test says so. */
final class TestApic implements LocalApicPort {
    int pending = -1;
    int taskPriority;
    int ends;

    @Override
    public boolean interruptPending() {
        return pending >= 0;
    }

    @Override
    public int acknowledgeInterrupt() {
        int vector = pending;
        pending = -1;
        return vector;
    }

    @Override
    public void endOfInterrupt() {
        ends++;
    }

    @Override
    public int taskPriorityClass() {
        return taskPriority;
    }

    @Override
    public void setTaskPriorityClass(int priorityClass) {
        taskPriority = priorityClass;
    }

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
