package org.thirdmode.pc.apic;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.x86.bus.ProcessorSignals;

/** A processor that writes down what its pins do. */
final class Signals implements ProcessorSignals {
    final List<String> seen = new ArrayList<>();

    @Override
    public void interruptLineChanged() {}

    @Override
    public void nmi() {
        seen.add("nmi");
    }

    @Override
    public void init() {
        seen.add("init");
    }

    @Override
    public void startup(int vector) {
        seen.add("startup " + vector);
    }

    @Override
    public void reset() {
        seen.add("reset");
    }

    @Override
    public void a20(boolean enabled) {
        seen.add("a20 " + enabled);
    }
}
