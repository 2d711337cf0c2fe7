package org.thirdmode.lab;

import java.util.function.LongSupplier;

/**
 * Watches a run. It looks, from a thread of its own, instead of being told: a run that stopped to tell would leave its guest
 * more often, and count that.
 */
@FunctionalInterface
public interface Progress {
    /** Does not watch. */
    Progress NONE = instructions -> {};

    /** A run begins; {@code instructions} tells at any time about how many the guest has executed. */
    void begins(LongSupplier instructions);
}
