package org.thirdmode.vmx.entry;

import java.util.Arrays;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.vmx.vmcs.VmcsLayout;

/**
 * The checks of one processor's VM entries, one after the other. What {@link EntryChecks} would answer, without asking again
 * what held at an entry before and looks at nothing that has changed since: not whether it was written, but whether it
 * differs, so it does not matter by what it was, nor in which region the VMCS stands.
 *
 * <p>Asked at every entry: what looks at memory other than the VMCS, and at the fields that {@link VmcsLayout} keeps apart
 * since they often change.
 */
public final class RepeatedChecks {
    // The blocks have room left: only what rows use is compared.
    private static final int GUEST_END = endBelow(VmcsLayout.CONTROLS);
    private static final int CONTROLS_END = endBelow(VmcsLayout.END);

    /** What was looked at when the checks held. */
    private final byte[] held = new byte[Vmcs.SIZE];

    private boolean controlsHeld;
    private boolean hostInLongMode;
    private boolean guestHeld;
    private boolean virtual8086;

    private static int endBelow(int limit) {
        return VmcsField.all().stream()
                .mapToInt(field -> field.offset + Long.BYTES)
                .filter(end -> end <= limit)
                .max()
                .orElseThrow();
    }

    /**
     * "Checks on VMX Controls and Host-State Area".
     *
     * @return the first that fails, or null
     */
    public EntryCheck controlsAndHostState(Facts facts) {
        boolean repeated = controlsHeld
                && hostInLongMode == facts.hostInLongMode()
                && same(facts, VmcsLayout.CONTROLS, CONTROLS_END);
        if (!repeated) {
            controlsHeld = false;
            guestHeld = false;
            if (!EntryChecks.settledControlsHold(facts)) {
                return EntryChecks.controlsAndHostState(facts);
            }
            keep(facts, VmcsLayout.CONTROLS, CONTROLS_END);
            hostInLongMode = facts.hostInLongMode();
            controlsHeld = true;
        }
        return EntryChecks.changingControlsHold(facts) ? null : EntryChecks.controlsAndHostState(facts);
    }

    /**
     * "Checks on the Guest State Area", after {@link #controlsAndHostState} has found nothing.
     *
     * @return the first that fails, or null
     */
    public EntryCheck guestState(Facts facts) {
        boolean repeated = guestHeld
                && virtual8086 == GuestSegmentChecks.virtual8086(facts)
                && same(facts, VmcsLayout.GUEST, GUEST_END);
        if (!repeated) {
            guestHeld = false;
            if (!EntryChecks.settledGuestHolds(facts)) {
                return EntryChecks.guestState(facts);
            }
            keep(facts, VmcsLayout.GUEST, GUEST_END);
            virtual8086 = GuestSegmentChecks.virtual8086(facts);
            guestHeld = controlsHeld;
        }
        return EntryChecks.changingGuestHolds(facts) ? null : EntryChecks.guestState(facts);
    }

    private boolean same(Facts facts, int from, int to) {
        return Arrays.mismatch(facts.region(), from, to, held, from, to) < 0;
    }

    private void keep(Facts facts, int from, int to) {
        System.arraycopy(facts.region(), from, held, from, to - from);
    }
}
