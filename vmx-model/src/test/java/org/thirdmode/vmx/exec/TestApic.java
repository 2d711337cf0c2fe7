package org.thirdmode.vmx.exec;

import org.thirdmode.x86.bus.NoLocalApic;

/** An interrupt system that raises one vector when a test says so. */
final class TestApic extends NoLocalApic {
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
}
