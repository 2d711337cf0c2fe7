package org.thirdmode.pc.device;

import org.thirdmode.x86.bus.ProcessorSignals;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * Gate A20: the keyboard controller and port 92H each ask for address line 20, and either is enough.
 *
 * <p>Source: 82371SB (PIIX3) datasheet, "Port 92 Register", bit 1.
 */
public final class A20Gate implements Stateful {
    private boolean keyboardController = true;
    private boolean port92;
    private ProcessorSignals processor;

    /** Connects the processor whose A20M# pin this drives. */
    public void connect(ProcessorSignals signals) {
        processor = signals;
    }

    /** What the keyboard controller's output port says. */
    public void fromKeyboardController(boolean enabled) {
        keyboardController = enabled;
        drive();
    }

    /** What port 92H says. */
    public void fromPort92(boolean enabled) {
        port92 = enabled;
        drive();
    }

    /** Whether address line 20 is passed on. */
    public boolean enabled() {
        return keyboardController || port92;
    }

    private void drive() {
        if (processor != null) {
            processor.a20(enabled());
        }
    }

    @Override
    public void state(StatePort port) {
        keyboardController = port.flag("keyboard controller", keyboardController);
        port92 = port.flag("port 92", port92);
        if (port.restoring()) {
            drive();
        }
    }
}
