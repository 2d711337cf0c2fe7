package org.thirdmode.vmx.entry;

import com.google.common.collect.ImmutableList;
import java.util.List;

/**
 * The checks of a VM entry in the manual's order, and how they are run.
 *
 * <p>A processor asks {@link #controlsAndHostState} and {@link #guestState}: the first check that fails; by {@link
 * RepeatedChecks}, which asks only what may have changed. While all hold, which is nearly always, it goes through each section's {@code hold}: the same predicates written as one expression, so that the
 * compiler sees through them. The rows are walked only to find out which one it was. The tests hold the two together.
 */
public final class EntryChecks {
    private static final List<EntryCheck> CONTROLS_AND_HOST = ImmutableList.<EntryCheck>builder()
            .addAll(ExecutionControlChecks.ROWS)
            .addAll(ExitControlChecks.ROWS)
            .addAll(EntryControlChecks.ROWS)
            .addAll(HostStateChecks.ROWS)
            .build();

    private static final List<EntryCheck> GUEST = ImmutableList.<EntryCheck>builder()
            .addAll(GuestRegisterChecks.ROWS)
            .addAll(GuestSegmentChecks.ROWS)
            .addAll(GuestStateChecks.DESCRIPTOR_TABLES)
            .addAll(GuestStateChecks.RIP_RFLAGS)
            .addAll(GuestStateChecks.NON_REGISTER)
            .addAll(GuestStateChecks.PDPTES)
            .build();

    /** Every check. */
    public static final List<EntryCheck> ALL = ImmutableList.<EntryCheck>builder()
            .addAll(CONTROLS_AND_HOST)
            .addAll(GUEST)
            .addAll(MsrLoadChecks.ROWS)
            .build();

    private EntryChecks() {}

    /**
     * "Checks on VMX Controls and Host-State Area".
     *
     * @return the first that fails, or null
     */
    public static EntryCheck controlsAndHostState(Facts facts) {
        return settledControlsHold(facts) && changingControlsHold(facts) ? null : first(CONTROLS_AND_HOST, facts);
    }

    /** Those that look at nothing but the mode of the host and what {@code VmcsLayout} keeps as controls and host state. */
    static boolean settledControlsHold(Facts facts) {
        return ExecutionControlChecks.hold(facts)
                && ExitControlChecks.hold(facts)
                && EntryControlChecks.hold(facts)
                && HostStateChecks.hold(facts);
    }

    /** The others. */
    static boolean changingControlsHold(Facts facts) {
        return ExecutionControlChecks.tprThresholdHolds(facts) && EntryControlChecks.injectionHolds(facts);
    }

    /**
     * "Checks on the Guest State Area".
     *
     * @return the first that fails, or null
     */
    public static EntryCheck guestState(Facts facts) {
        return settledGuestHolds(facts) && changingGuestHolds(facts) ? null : first(GUEST, facts);
    }

    /** Those that look at nothing but RFLAGS.VM, the controls, and what {@code VmcsLayout} keeps as guest state. */
    static boolean settledGuestHolds(Facts facts) {
        return GuestRegisterChecks.hold(facts)
                && GuestSegmentChecks.hold(facts)
                && GuestStateChecks.descriptorTablesHold(facts);
    }

    /** The others. */
    static boolean changingGuestHolds(Facts facts) {
        return GuestRegisterChecks.cr3(facts)
                && GuestStateChecks.ripAndRflagsHold(facts)
                && GuestStateChecks.nonRegisterHolds(facts)
                && GuestStateChecks.pdptesHold(facts);
    }

    /**
     * "Loading MSRs", for one entry ({@link Facts#loading}).
     *
     * @return the first that fails, or null
     */
    public static EntryCheck msrLoading(Facts facts) {
        return first(MsrLoadChecks.ROWS, facts);
    }

    private static EntryCheck first(List<EntryCheck> checks, Facts facts) {
        for (int n = 0; n < checks.size(); n++) {
            EntryCheck check = checks.get(n);
            if (!check.predicate().holds(facts)) {
                return check;
            }
        }
        return null;
    }

    /** The check of an id, or null. */
    public static EntryCheck named(String id) {
        return ALL.stream().filter(check -> check.id().equals(id)).findFirst().orElse(null);
    }
}
