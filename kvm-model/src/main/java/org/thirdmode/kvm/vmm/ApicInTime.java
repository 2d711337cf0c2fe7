package org.thirdmode.kvm.vmm;

import org.thirdmode.x86.bus.LocalApicPort;

/**
 * The board's local APIC as the virtual CPU reaches it, by MSRs and CR8, with no way out to user space: it has to be told the
 * time first, for its timer counts from there.
 */
final class ApicInTime implements LocalApicPort {
    private final LocalApicPort apic;
    private final Runnable tellTime;

    ApicInTime(LocalApicPort apic, Runnable tellTime) {
        this.apic = apic;
        this.tellTime = tellTime;
    }

    @Override
    public boolean interruptPending() {
        return apic.interruptPending();
    }

    @Override
    public int acknowledgeInterrupt() {
        return apic.acknowledgeInterrupt();
    }

    @Override
    public void endOfInterrupt() {
        apic.endOfInterrupt();
    }

    @Override
    public int taskPriorityClass() {
        return apic.taskPriorityClass();
    }

    @Override
    public void setTaskPriorityClass(int priorityClass) {
        apic.setTaskPriorityClass(priorityClass);
    }

    @Override
    public void timeStampCounterMoved(long offset) {
        tellTime.run();
        apic.timeStampCounterMoved(offset);
    }

    @Override
    public boolean ownsMsr(int msr) {
        return apic.ownsMsr(msr);
    }

    @Override
    public boolean readMsr(int msr, long[] result) {
        tellTime.run();
        return apic.readMsr(msr, result);
    }

    @Override
    public boolean writeMsr(int msr, long value) {
        tellTime.run();
        return apic.writeMsr(msr, value);
    }
}
