package org.thirdmode.x86.bus;

/**
 * A processor without a local APIC: nothing interrupts it, and it has none of the local APIC's MSRs. What has a little more,
 * such as one interrupt of a host's timer, extends it.
 */
public class NoLocalApic implements LocalApicPort {
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
    public final boolean ownsMsr(int msr) {
        return false;
    }

    @Override
    public final boolean readMsr(int msr, long[] result) {
        return false;
    }

    @Override
    public final boolean writeMsr(int msr, long value) {
        return false;
    }
}
