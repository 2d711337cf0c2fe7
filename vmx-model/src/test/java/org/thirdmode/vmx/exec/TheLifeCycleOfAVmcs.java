package org.thirdmode.vmx.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.thirdmode.vmx.exec.VmcsState.Event;

/** SDM 3C, the figure "States of VMCS X", and that the instructions follow it. */
class TheLifeCycleOfAVmcs {
    @ParameterizedTest
    @CsvSource({
        "INACTIVE_CLEAR, VMCLEAR_X, INACTIVE_CLEAR",
        "ACTIVE_CLEAR, VMCLEAR_X, INACTIVE_CLEAR",
        "CURRENT_CLEAR, VMCLEAR_X, INACTIVE_CLEAR",
        "ACTIVE_LAUNCHED, VMCLEAR_X, INACTIVE_CLEAR",
        "CURRENT_LAUNCHED, VMCLEAR_X, INACTIVE_CLEAR",
        "INACTIVE_CLEAR, VMPTRLD_X, CURRENT_CLEAR",
        "ACTIVE_CLEAR, VMPTRLD_X, CURRENT_CLEAR",
        "ACTIVE_LAUNCHED, VMPTRLD_X, CURRENT_LAUNCHED",
        "CURRENT_CLEAR, VMPTRLD_Y, ACTIVE_CLEAR",
        "CURRENT_LAUNCHED, VMPTRLD_Y, ACTIVE_LAUNCHED",
        "CURRENT_CLEAR, VMLAUNCH, CURRENT_LAUNCHED",
        "CURRENT_LAUNCHED, VMRESUME, CURRENT_LAUNCHED"
    })
    void theTransitionsAreThoseOfTheFigure(VmcsState from, Event event, VmcsState to) {
        assertEquals(to, from.after(event));
    }

    @Test
    void theDiagramNamesEveryState() {
        for (VmcsState state : VmcsState.values()) {
            assertTrue(VmcsState.diagram().contains(state + " : " + state.title));
        }
        assertTrue(VmcsState.diagram().contains("CURRENT_CLEAR --> CURRENT_LAUNCHED : VMLAUNCH"));
        assertFalse(VmcsState.diagram().contains(": VMRESUME"));
    }

    @Test
    void theInstructionsFollowIt() {
        VmxMachine machine = new VmxMachine().withVmcs();
        VmxInstructions does = machine.vmxInstructions;
        assertFalse(machine.vmx.currentVmcs().isLaunched());
        machine.launch("0f01c1");
        assertTrue(machine.vmx.currentVmcs().isLaunched());
        does.vmclear(VmxMachine.OTHER_VMCS);
        does.vmptrld(VmxMachine.OTHER_VMCS);
        assertFalse(machine.vmx.currentVmcs().isLaunched());
        does.vmptrld(VmxMachine.VMCS);
        assertTrue(machine.vmx.currentVmcs().isLaunched());
        does.vmclear(VmxMachine.VMCS);
        does.vmptrld(VmxMachine.VMCS);
        assertFalse(machine.vmx.currentVmcs().isLaunched());
    }

    @Test
    void anEntryThatFailsDoesNotLaunch() {
        VmxMachine machine = new VmxMachine().withVmcs();
        machine.put(org.thirdmode.vmx.vmcs.VmcsField.GUEST_RFLAGS, 0);
        assertEquals(VmxInstructions.SUCCEED, machine.vmxInstructions.vmlaunch());
        assertEquals(new VmExit.EntryFailureGuestState(0), machine.vmx.exit());
        assertFalse(machine.vmx.currentVmcs().isLaunched());
    }
}
