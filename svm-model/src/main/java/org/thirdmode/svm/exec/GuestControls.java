package org.thirdmode.svm.exec;

import org.thirdmode.svm.SvmFeature;
import org.thirdmode.svm.SvmProfile;
import org.thirdmode.svm.intercept.InterceptRow;
import org.thirdmode.svm.intercept.InterceptTable;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.exec.Intercept;

/** What the processor holds of the control area while a guest runs: intercepts, maps, time, nested paging. */
final class GuestControls {
    private static final long[] CORE_MISC1 = core(VmcbField.INTERCEPT_MISC1);
    private static final long[] CORE_MISC2 = core(VmcbField.INTERCEPT_MISC2);
    private static final long[] CORE_MISC3 = core(VmcbField.INTERCEPT_MISC3);

    int crRead;
    int crWrite;
    int drRead;
    int drWrite;
    int exceptions;
    int misc1;
    int misc2;
    long tscOffset;
    long iopm;
    long msrpm;
    boolean nestedPaging;

    /** PAUSE instructions until one leaves the guest, and what the counter starts from. */
    int pauseCount;

    private int pauseFilterCount;
    private int pauseFilterThreshold;

    /** Tick of the last PAUSE. */
    private long lastPause;

    private final boolean hasNestedPaging;
    private final boolean hasPauseFilter;
    private final boolean hasPauseThreshold;

    GuestControls(SvmProfile profile) {
        hasNestedPaging = profile.has(SvmFeature.NP);
        hasPauseFilter = profile.has(SvmFeature.PAUSE_FILTER);
        hasPauseThreshold = profile.has(SvmFeature.PAUSE_FILTER_THRESHOLD);
    }

    private static long[] core(VmcbField vector) {
        long[] bits = new long[32];
        for (InterceptRow row : InterceptTable.rows()) {
            if (row.vector() == vector) {
                bits[row.bit()] = row.core();
            }
        }
        return bits;
    }

    /** Takes the controls of a VMCB. */
    void load(LoadedVmcb loaded, long now) {
        crRead = (int) loaded.get(VmcbField.INTERCEPT_CR_READ);
        crWrite = (int) loaded.get(VmcbField.INTERCEPT_CR_WRITE);
        drRead = (int) loaded.get(VmcbField.INTERCEPT_DR_READ);
        drWrite = (int) loaded.get(VmcbField.INTERCEPT_DR_WRITE);
        exceptions = (int) loaded.get(VmcbField.INTERCEPT_EXCEPTIONS);
        misc1 = (int) loaded.get(VmcbField.INTERCEPT_MISC1);
        misc2 = (int) loaded.get(VmcbField.INTERCEPT_MISC2);
        tscOffset = loaded.get(VmcbField.TSC_OFFSET);
        iopm = loaded.get(VmcbField.IOPM_BASE_PA) & -4096L;
        msrpm = loaded.get(VmcbField.MSRPM_BASE_PA) & -4096L;
        nestedPaging = hasNestedPaging && (loaded.get(VmcbField.NESTED_CONTROL) & 1) != 0;
        pauseFilterCount = hasPauseFilter ? (int) loaded.get(VmcbField.PAUSE_FILTER_COUNT) : 0;
        pauseFilterThreshold = hasPauseThreshold ? (int) loaded.get(VmcbField.PAUSE_FILTER_THRESHOLD) : 0;
        pauseCount = pauseFilterCount;
        lastPause = now;
    }

    /** What the core has to ask about: bits of {@link Intercept}. */
    long coreIntercepts(LoadedVmcb loaded, boolean virtualMasking, boolean ownTime) {
        // INIT and shutdown end guest mode in any case.
        long bits = Intercept.INIT | Intercept.SHUTDOWN;
        bits |= of(CORE_MISC1, misc1) | of(CORE_MISC2, misc2);
        bits |= of(CORE_MISC3, (int) loaded.get(VmcbField.INTERCEPT_MISC3));
        bits |= crRead != 0 || virtualMasking ? Intercept.CR_READ : 0;
        bits |= crWrite != 0 || virtualMasking ? Intercept.CR_WRITE : 0;
        bits |= drRead != 0 ? Intercept.DR_READ : 0;
        bits |= drWrite != 0 ? Intercept.DR_WRITE : 0;
        bits |= exceptions != 0 ? Intercept.EXCEPTION : 0;
        bits |= virtualMasking ? Intercept.EXTERNAL_INTERRUPT : 0;
        bits |= ownTime || tscOffset != 0 ? Intercept.TIME_STAMP : 0;
        return bits;
    }

    private static long of(long[] core, int vector) {
        long bits = 0;
        for (int rest = vector; rest != 0; rest &= rest - 1) {
            bits |= core[Integer.numberOfTrailingZeros(rest)];
        }
        return bits;
    }

    boolean intercepts1(int bit) {
        return (misc1 & bit) != 0;
    }

    boolean intercepts2(int bit) {
        return (misc2 & bit) != 0;
    }

    /**
     * A PAUSE that is intercepted. APM 2 "Pause Intercept Filtering": the counter is decremented; where the last PAUSE was
     * longer ago than the threshold it starts anew.
     *
     * @return whether it leaves the guest
     */
    boolean pause(long now) {
        if (pauseFilterCount == 0) {
            return true;
        }
        boolean longAgo = pauseFilterThreshold != 0 && now - lastPause > pauseFilterThreshold;
        lastPause = now;
        if (longAgo) {
            pauseCount = pauseFilterCount;
        }
        pauseCount--;
        return pauseCount <= 0;
    }
}
