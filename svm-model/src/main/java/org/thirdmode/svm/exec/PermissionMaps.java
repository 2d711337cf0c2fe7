package org.thirdmode.svm.exec;

import org.thirdmode.x86.memory.PhysicalMemory;

/** The permission maps in memory. APM 2 "IOIO Intercepts", "MSR Intercepts". */
final class PermissionMaps {
    private static final int RANGE = 0x2000;
    private static final int NOT_COVERED = -1;

    private final PhysicalMemory memory;

    PermissionMaps(PhysicalMemory memory) {
        this.memory = memory;
    }

    /** Whether an access to {@code size} ports from {@code port} on is intercepted: one bit a port. */
    boolean port(long map, int port, int size) {
        long at = map + (port >>> 3);
        int bits = (int) memory.read(at, 1) | ((int) memory.read(at + 1, 1) << 8);
        int mask = (1 << size) - 1;
        return ((bits >>> (port & 7)) & mask) != 0;
    }

    /** Whether an access to an MSR is intercepted: two bits an MSR, read then write; those that no range covers are. */
    boolean msr(long map, int msr, boolean write) {
        int index = index(msr);
        if (index == NOT_COVERED) {
            return true;
        }
        int bit = (index * 2) + (write ? 1 : 0);
        return ((memory.read(map + (bit >>> 3), 1) >>> (bit & 7)) & 1) != 0;
    }

    /** Whether the map of MSRs stands where something answers. */
    boolean present(long map) {
        return memory.frame(map) != null && memory.frame(map + 4096) != null;
    }

    private static int index(int msr) {
        if (msr >= 0 && msr < RANGE) {
            return msr;
        }
        if (msr >= 0xc000_0000 && msr < 0xc000_0000 + RANGE) {
            return msr - 0xc000_0000 + RANGE;
        }
        if (msr >= 0xc001_0000 && msr < 0xc001_0000 + RANGE) {
            return msr - 0xc001_0000 + (2 * RANGE);
        }
        return NOT_COVERED;
    }
}
