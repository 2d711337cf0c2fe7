package org.thirdmode.vmx.exec;

import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.exec.Processor;

/**
 * PAUSE-loop exiting: a PAUSE at most PLE_Gap counts of the time-stamp counter after the one before belongs to the same loop;
 * a loop longer than PLE_Window exits. SDM 3C "Instructions That Cause VM Exits Conditionally", PAUSE.
 */
final class PauseLoop {
    private final Vmx vmx;
    private final Processor cpu;
    private long first;
    private long last;
    private boolean any;

    PauseLoop(Vmx vmx) {
        this.vmx = vmx;
        cpu = vmx.cpu;
    }

    void entered() {
        any = false;
    }

    /** A PAUSE is executed: whether it exits. */
    boolean exits() {
        if (cpu.state.cpl != 0 || !vmx.controls.is(SecondaryProcessorBased.PAUSE_LOOP_EXITING)) {
            return false;
        }
        long now = cpu.system.msrs.timeStamp();
        if (!any || now - last > vmx.vmcs.read(VmcsField.PLE_GAP)) {
            any = true;
            first = now;
        }
        last = now;
        return now - first > vmx.vmcs.read(VmcsField.PLE_WINDOW);
    }
}
