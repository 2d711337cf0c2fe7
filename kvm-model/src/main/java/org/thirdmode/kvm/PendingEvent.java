package org.thirdmode.kvm;

import org.thirdmode.x86.exec.EventInformation;
import org.thirdmode.x86.exec.Events;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.state.Vector;

/**
 * The event that the next entry injects, in the format that VM_ENTRY_INTR_INFO and EVENTINJ share. KVM: the queued exception,
 * interrupt or NMI of {@code struct kvm_vcpu}.
 */
public final class PendingEvent implements Stateful {
    private int information;
    private int errorCode;
    private int instructionLength;

    /** From now on this one. */
    public void set(int newInformation, int newErrorCode, int newInstructionLength) {
        information = newInformation;
        errorCode = newErrorCode;
        instructionLength = newInstructionLength;
    }

    /** An event without error code that no instruction stands for. */
    void set(int type, int vector) {
        set(EventInformation.of(type, vector, false), 0, 0);
    }

    /**
     * A fault comes to what there is. Where that is a fault too, on the way to its handler, both may make a double fault. SDM 3A
     * "Interrupt 8—Double Fault Exception (#DF)".
     *
     * @param protectedMode where not, there are no error codes, and a VM entry refuses to deliver one. SDM 3C "VM-Entry
     *     Control Fields"
     * @return false where they make a triple fault
     */
    boolean fault(int vector, boolean hasErrorCode, int newErrorCode, boolean protectedMode) {
        if (is(EventInformation.HARDWARE_EXCEPTION)) {
            int first = EventInformation.vector(information);
            if (Events.tripleFault(first, vector)) {
                return false;
            }
            if (Events.doubleFault(first, vector)) {
                set(EventInformation.of(EventInformation.HARDWARE_EXCEPTION, Vector.DF, protectedMode), 0, 0);
                return true;
            }
        }
        boolean told = hasErrorCode && protectedMode;
        set(EventInformation.of(EventInformation.HARDWARE_EXCEPTION, vector, told), told ? newErrorCode : 0, 0);
        return true;
    }

    /** From now on none. */
    public void clear() {
        set(0, 0, 0);
    }

    /** Whether there is one. */
    public boolean exists() {
        return information != 0;
    }

    /** Whether there is one of this type. */
    public boolean is(int type) {
        return exists() && EventInformation.type(information) == type;
    }

    /** Valid bit, type and vector; 0 for none. */
    public int information() {
        return information;
    }

    /** Its error code, where it has one. */
    public int errorCode() {
        return errorCode;
    }

    /** The length of the instruction that it stands for, where it stands for one. */
    public int instructionLength() {
        return instructionLength;
    }

    @Override
    public void state(StatePort port) {
        information = port.number("injection", information);
        errorCode = port.number("injection error code", errorCode);
        instructionLength = port.within("injection length", instructionLength, 0, 15);
    }
}
