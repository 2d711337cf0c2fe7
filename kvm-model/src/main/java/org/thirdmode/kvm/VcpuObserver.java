package org.thirdmode.kvm;

import org.thirdmode.shadow.EntryCause;
import org.thirdmode.shadow.FaultResult;
import org.thirdmode.x86.exec.GuestModeObserver;

/** Hears of what happens to a virtual CPU, in order: for traces. */
public interface VcpuObserver {
    /** The host's processor enters the guest, leaves it, injects an event. */
    void guestMode(GuestModeObserver.Kind kind, String name, String words);

    /**
     * The MMU has looked at a page fault of the hardware.
     *
     * @param address linear with shadow tables, guest-physical with nested paging
     * @param errorCode as of a page fault
     * @param result what is to be done
     */
    void pageFault(long address, int errorCode, FaultResult result);

    /**
     * The MMU has changed an entry of its tables: as of {@link org.thirdmode.shadow.EntryObserver}.
     *
     * @param level 1 for a page table to 5
     * @param entryAddress where it stands in host-physical memory
     */
    void entryChanged(EntryCause cause, int level, long entryAddress, long gfn, long before, long after);

    /** User space gets something to do. */
    void userSpace(KvmExit exit);
}
