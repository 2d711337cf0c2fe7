package org.thirdmode.vmx.entry;

import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;

/** What guest state and host state ask of the same register. */
final class Registers {
    /** CR4.CET. SDM 3A "Control Registers". */
    static final long CR4_CET = 1L << 23;

    /** CR0.CD and CR0.NW are never checked. */
    private static final long CR0_IGNORED = Cr0.CD | Cr0.NW;

    /** General-purpose counters 0 to 7, fixed-function counters 0 to 3, performance metrics. */
    private static final long PERF_GLOBAL_CTRL = 0x0001_000f_0000_00ffL;

    /** IA32_S_CET: bits 9:6 are reserved. */
    private static final long S_CET_RESERVED = 0x3c0;

    private static final long S_CET_BOTH = 0xc00;

    private Registers() {}

    static boolean cr0(Facts f, long value, long exempt) {
        long mustBeOne = f.capabilities.cr0Fixed0 & ~(CR0_IGNORED | exempt);
        return (mustBeOne & ~value) == 0 && (value & ~(f.capabilities.cr0Fixed1 | CR0_IGNORED)) == 0;
    }

    static long allowedCr0(Facts f, long value, long exempt) {
        return (value | (f.capabilities.cr0Fixed0 & ~(CR0_IGNORED | exempt)))
                & (f.capabilities.cr0Fixed1 | CR0_IGNORED);
    }

    static boolean cr4(Facts f, long value) {
        return ExecutionControlChecks.isAllowed(value, f.capabilities.cr4Fixed0, f.capabilities.cr4Fixed1);
    }

    static long allowedCr4(Facts f, long value) {
        return (value | f.capabilities.cr4Fixed0) & f.capabilities.cr4Fixed1;
    }

    /** CR4.CET needs CR0.WP. */
    static boolean cet(long cr0, long cr4) {
        return (cr4 & CR4_CET) == 0 || (cr0 & Cr0.WP) != 0;
    }

    static boolean pat(long value) {
        // 2, 3 and 8 to 255 are no memory types: of each byte, bits 7:3 are 0, and bit 1 only together with bit 2.
        long high = value & 0xf8f8_f8f8_f8f8_f8f8L;
        long middle = (value >>> 1) & ~(value >>> 2) & 0x0101_0101_0101_0101L;
        return (high | middle) == 0;
    }

    static boolean perfGlobalCtrl(long value) {
        return (value & ~PERF_GLOBAL_CTRL) == 0;
    }

    static long allowedPerfGlobalCtrl(long value) {
        return value & PERF_GLOBAL_CTRL;
    }

    static boolean cetState(Facts f, long cet, long table) {
        return (cet & S_CET_RESERVED) == 0
                && (cet & S_CET_BOTH) != S_CET_BOTH
                && f.isCanonical(cet)
                && f.isCanonical(table);
    }

    static boolean ssp(Facts f, long ssp) {
        return (ssp & 3) == 0 && f.isCanonical(ssp);
    }

    static boolean paging(long cr0) {
        return (cr0 & Cr0.PG) != 0;
    }

    static boolean pae(long cr4) {
        return (cr4 & Cr4.PAE) != 0;
    }
}
