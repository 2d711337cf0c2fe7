package org.thirdmode.pc.device;

import org.thirdmode.pc.bus.InterruptLine;

/** A line that a test looks at: its level, and how often it rose. */
public final class Wire implements InterruptLine {
    public boolean level;
    public int rises;

    @Override
    public void set(boolean asserted) {
        if (asserted && !level) {
            rises++;
        }
        level = asserted;
    }
}
