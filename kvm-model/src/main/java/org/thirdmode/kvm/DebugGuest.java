package org.thirdmode.kvm;

import java.util.Set;

/**
 * Where a debugger wants to be asked: {@code struct kvm_debug_guest}.
 *
 * @param singleStep after each instruction
 * @param breakpoints before the instructions at these linear addresses, at most four
 */
public record DebugGuest(boolean singleStep, Set<Long> breakpoints) {
    /** {@code breakpoints[4]}. */
    public static final int MOST = 4;

    public DebugGuest {
        breakpoints = Set.copyOf(breakpoints);
        if (breakpoints.size() > MOST) {
            throw new IllegalArgumentException(breakpoints.size() + " breakpoints: a processor has " + MOST);
        }
    }
}
