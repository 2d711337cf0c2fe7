package org.thirdmode.testkit.world;

import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.HardwarePaging;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/** The processor walks shadow tables in the place of the guest's; every fault of its walk is the hypervisor's. */
final class ShadowHardware extends Hardware {
    private HardwarePaging paging;

    ShadowHardware(PhysicalMemory memory, boolean modelledTlb) {
        super(memory, modelledTlb);
    }

    @Override
    HardwareTables tables(GuestMmu hypervisor) {
        HardwarePaging now = hypervisor.load();
        return new HardwareTables(memory, HardwareTables.Shape.of(now), now.cr3);
    }

    @Override
    void flushPage(long linear) {
        used.remove(linear >>> 12);
        mmu.flushPage(linear);
    }

    @Override
    void enter(GuestMmu hypervisor, CpuState guest) {
        paging = hypervisor.load();
        state.cr0 = paging.cr0;
        state.cr4 = paging.cr4;
        state.efer = paging.efer;
        state.cr3 = paging.cr3;
        takeRegisters(guest);
        boolean longMode = (paging.efer & Efer.LMA) != 0;
        if (flushIfDue(paging.cr3)) {
            if ((paging.cr4 & Cr4.PAE) != 0 && !longMode && !walker.loadPdptes(paging.cr3)) {
                throw new Broken("I1", "the shadow PDPTEs have reserved bits set: VM entry fails");
            }
            mmu.flushAll();
        }
        mmu.privilegeChanged();
        mmu.rightsChanged();
    }

    @Override
    long translate(long linear, int access) {
        long physical = mmu.translate(linear, access);
        HardwareTables tables = new HardwareTables(memory, HardwareTables.Shape.of(paging), paging.cr3);
        HardwareTables.Mapping mapping = tables.mapping(linear);
        if (mapping != null && mapping.page() == (physical & -4096L)) {
            used.putIfAbsent(linear >>> 12, mapping);
        }
        return physical;
    }

    @Override
    void hasRegisters(CpuState guest) {
        // The hypervisor's.
    }

    @Override
    void guestLoadsCr3(boolean keep) {
        // The hypervisor decides what that does to the hardware.
    }

    @Override
    void guestFlushesPage(long linear) {
        // Where the hypervisor does not intercept INVLPG.
        flushPage(linear);
    }

    @Override
    void guestInvpcid(InvpcidType type, int pcid, long linear) {
        // It exits: the hardware's tables have no PCIDs.
    }

    @Override
    void guestFlushesAll() {
        // As above.
    }
}
