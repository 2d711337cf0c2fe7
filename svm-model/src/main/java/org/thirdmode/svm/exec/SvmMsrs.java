package org.thirdmode.svm.exec;

import org.thirdmode.svm.SvmFeature;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.state.Efer;

/** The MSRs of SVM. APM 2 "SVM Related MSRs", "TSC Ratio MSR". */
final class SvmMsrs implements Stateful {
    private static final int EFER = 0xc000_0080;
    private static final int TSC_RATIO = 0xc000_0104;
    private static final int VM_CR = 0xc001_0114;
    private static final int VM_HSAVE_PA = 0xc001_0117;

    private static final long VM_CR_DEFINED = 0x1f;
    private static final long VM_CR_LOCK = 1 << 3;
    private static final long VM_CR_SVMDIS = 1 << 4;

    /** 8 bits of integer, 32 of fraction. */
    private static final long TSC_RATIO_RESERVED = -1L << 40;

    private static final long TSC_RATIO_ONE = 1L << 32;

    private final Processor cpu;
    private final boolean scalesTime;

    private long vmCr;
    private long hostSaveArea;
    private long timeRatio = TSC_RATIO_ONE;

    /** The core is asked for EFER itself. */
    private boolean passing;

    SvmMsrs(Svm svm) {
        cpu = svm.cpu;
        scalesTime = svm.profile.has(SvmFeature.TSC_RATE_MSR);
    }

    void reset() {
        vmCr = 0;
        hostSaveArea = 0;
        timeRatio = TSC_RATIO_ONE;
    }

    @Override
    public void state(StatePort port) {
        vmCr = port.number("VM_CR", vmCr);
        hostSaveArea = port.number("VM_HSAVE_PA", hostSaveArea);
        timeRatio = port.number("TSC_RATIO", timeRatio);
    }

    /** VM_HSAVE_PA. */
    long hostSaveArea() {
        return hostSaveArea;
    }

    boolean timeScaled() {
        return timeRatio != TSC_RATIO_ONE;
    }

    /** The time-stamp counter times the ratio. */
    long scale(long counter) {
        long high = Math.multiplyHigh(counter, timeRatio);
        long low = counter * timeRatio;
        // multiplyHigh is signed: a counter with bit 63 set counts as negative there.
        long corrected = counter < 0 ? high + timeRatio : high;
        return (corrected << 32) | (low >>> 32);
    }

    boolean owns(int msr) {
        return switch (msr) {
            case VM_CR, VM_HSAVE_PA -> true;
            case TSC_RATIO -> scalesTime;
            case EFER -> (vmCr & VM_CR_SVMDIS) != 0 && !passing;
            default -> false;
        };
    }

    boolean read(int msr, long[] result) {
        result[0] = switch (msr) {
            case VM_CR -> vmCr;
            case VM_HSAVE_PA -> hostSaveArea;
            case TSC_RATIO -> timeRatio;
            default -> cpu.state.efer;
        };
        return true;
    }

    boolean write(int msr, long value) {
        return switch (msr) {
            case VM_CR -> writeVmCr(value);
            case VM_HSAVE_PA -> {
                boolean valid = (value & 0xfff) == 0 && value >>> cpu.memory.addressWidth() == 0;
                hostSaveArea = valid ? value : hostSaveArea;
                yield valid;
            }
            case TSC_RATIO -> {
                boolean valid = (value & TSC_RATIO_RESERVED) == 0;
                timeRatio = valid ? value : timeRatio;
                yield valid;
            }
            default -> writeEfer(value);
        };
    }

    /** "SVMDIS: when this bit is set, writes to EFER treat the SVME bit as MBZ." */
    private boolean writeEfer(long value) {
        if ((value & Efer.SVME) != 0) {
            return false;
        }
        passing = true;
        try {
            return cpu.system.msrs.write(EFER, value);
        } finally {
            passing = false;
        }
    }

    /** Once LOCK is set it and SVMDIS are read-only; SVMDIS cannot be set while EFER.SVME is. */
    private boolean writeVmCr(long value) {
        if ((value & ~VM_CR_DEFINED) != 0) {
            return false;
        }
        long fixed = (vmCr & VM_CR_LOCK) != 0 ? VM_CR_LOCK | VM_CR_SVMDIS : 0;
        long next = (value & ~fixed) | (vmCr & fixed);
        if ((next & ~vmCr & VM_CR_SVMDIS) != 0 && (cpu.state.efer & Efer.SVME) != 0) {
            return false;
        }
        vmCr = next;
        return true;
    }
}
