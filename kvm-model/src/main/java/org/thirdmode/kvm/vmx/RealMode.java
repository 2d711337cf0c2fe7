package org.thirdmode.kvm.vmx;

import org.thirdmode.kvm.HostMachine;
import org.thirdmode.kvm.PrivateRegion;
import org.thirdmode.kvm.UserMemory;
import org.thirdmode.x86.memory.Frame;

/**
 * What the processor needs in the guest's memory to run real-address mode as virtual-8086 mode: a task-state segment that lets
 * the guest's own vector table take its software interrupts and its I/O go to the exits, and with EPT page tables for a guest
 * without paging. KVM: {@code init_rmode_tss}, {@code init_rmode_identity_map}.
 */
final class RealMode {
    /** Where QEMU has them: below the largest ROM, above the local APIC. */
    private static final long IDENTITY_TABLE = 0xfeff_c000L;

    static final long TSS = 0xfeff_d000L;
    private static final int PAGES = 4;

    private static final int BASE_SIZE = 0x68;
    private static final int REDIRECTION_SIZE = 256 / 8;
    private static final int IO_MAP_SIZE = 65536 / 8 + 1;
    private static final int IO_MAP_BASE = 0x66;

    /** The last byte's offset. */
    static final int TSS_LIMIT = BASE_SIZE + REDIRECTION_SIZE + IO_MAP_SIZE - 1;

    /** A page of 4 MBytes: PS, D, A, U/S, R/W, P. */
    private static final long LARGE_PAGE = 0xe7;

    private static final int LARGE_SHIFT = 22;

    private final UserMemory memory;

    RealMode(HostMachine host) {
        memory = new UserMemory(host, (long) PAGES * Frame.SIZE);
        for (int n = 0; n < Frame.SIZE / 4; n++) {
            host.memory.write(memory.hostAddress(0) + (4L * n), 4, ((long) n << LARGE_SHIFT) | LARGE_PAGE);
        }
        // All bits 0: no interrupt goes to the monitor, no port is forbidden.
        long tss = TSS - IDENTITY_TABLE;
        host.memory.write(memory.hostAddress(tss) + IO_MAP_BASE, 2, BASE_SIZE + REDIRECTION_SIZE);
        long last = tss + TSS_LIMIT;
        host.memory.write(memory.hostAddress(last & -Frame.SIZE) + (last & (Frame.SIZE - 1)), 1, 0xff);
    }

    /** CR3 for a guest without paging whose memory is translated by EPT. */
    static long identityCr3() {
        return IDENTITY_TABLE;
    }

    PrivateRegion region() {
        return new PrivateRegion(IDENTITY_TABLE, PAGES, memory);
    }

    void destroy() {
        memory.release();
    }
}
