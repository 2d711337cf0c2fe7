package org.thirdmode.kvm.mmu;

import java.util.function.LongConsumer;

/**
 * The processor writes down the guest-physical address of each page whose dirty flag it sets. SDM 3C "Page-Modification
 * Logging".
 */
public interface ModificationLog {
    /** A processor that writes nothing down. */
    ModificationLog NONE = new ModificationLog() {
        @Override
        public void enable(boolean on) {}

        @Override
        public void drain(LongConsumer guestPhysical) {}
    };

    /** Whether dirty flags that are set from now on are written down. */
    void enable(boolean on);

    /** Takes what was written down since it was last asked. */
    void drain(LongConsumer guestPhysical);
}
