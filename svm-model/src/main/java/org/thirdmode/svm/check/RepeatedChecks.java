package org.thirdmode.svm.check;

import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.svm.vmcb.VmcbValues;

/**
 * The checks of one processor's VMRUNs, one after the other: what {@link VmrunChecks#firstFailing} would answer, without
 * asking again while every field that a check looks at has the value with which none failed.
 */
public final class RepeatedChecks {
    private static final VmcbField[] FIELDS = VmrunChecks.rows().stream()
            .flatMap(check -> check.fields().stream())
            .distinct()
            .toArray(VmcbField[]::new);

    private final long[] legal = new long[FIELDS.length];

    /** The limits under which it was legal; null where nothing is known to be. */
    private CheckLimits limits;

    /** The first check that makes the VMCB illegal; null where none does. */
    public VmrunCheck firstFailing(VmcbValues vmcb, CheckLimits inForce) {
        if (limits == inForce && same(vmcb)) {
            return null;
        }
        limits = null;
        VmrunCheck failing = VmrunChecks.firstFailing(vmcb, inForce);
        if (failing == null) {
            limits = inForce;
            for (int n = 0; n < FIELDS.length; n++) {
                legal[n] = vmcb.get(FIELDS[n]);
            }
        }
        return failing;
    }

    private boolean same(VmcbValues vmcb) {
        long difference = 0;
        for (int n = 0; n < FIELDS.length; n++) {
            difference |= legal[n] ^ vmcb.get(FIELDS[n]);
        }
        return difference == 0;
    }
}
