package org.thirdmode.svm.exec;

import org.thirdmode.npt.nested.NestedPageFault;
import org.thirdmode.npt.nested.NestedPageTables;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.paging.AddressSpaces;
import org.thirdmode.x86.paging.SecondStage;

/**
 * The address spaces of host and guests: nested paging, ASIDs, what the TLB is to forget. APM 2 "TLB Control", "Enabling
 * Nested Paging".
 */
final class Translations {
    private static final int FLUSH_ALL = 1;
    private static final int FLUSH_GUEST = 3;
    private static final int FLUSH_GUEST_NON_GLOBAL = 7;

    private final Processor cpu;
    private final NestedPageTables nested;
    private final AddressSpaces spaces;

    /** What stands behind the guest's own translation. */
    private SecondStage stage = SecondStage.NONE;

    Translations(Processor cpu) {
        this.cpu = cpu;
        nested = new NestedPageTables(cpu.walker, cpu.memory, cpu.exit, cpu.features);
        spaces = cpu.mmu.addressSpaces;
    }

    /** What the last nested page fault was. */
    NestedPageFault fault() {
        return nested.fault;
    }

    /** Nested paging works in the host's paging mode: before the guest's registers are loaded. */
    void prepare(boolean nestedPaging, long nCr3) {
        stage = nestedPaging ? nested : SecondStage.NONE;
        if (nestedPaging) {
            nested.configure(nCr3, cpu.state.cr4, cpu.state.efer);
        }
    }

    /** To the guest, once its registers are loaded. */
    void enter(int asid, int tlbControl) {
        switch (tlbControl) {
            case FLUSH_ALL -> spaces.flushEveryAsid();
            case FLUSH_GUEST -> spaces.flushAsid(asid);
            case FLUSH_GUEST_NON_GLOBAL -> spaces.flushAsidNonGlobal(asid);
            default -> {}
        }
        spaces.enterGuestOfAsid(asid, stage);
    }

    /** Walks are the host's again: before its registers are loaded. */
    void leave() {
        cpu.walker.secondStage(SecondStage.NONE);
    }

    /** To the host, once its registers are loaded. */
    void toHost() {
        spaces.leaveGuest();
    }

    /** INVLPGA. */
    void invalidate(long linear, int asid) {
        spaces.invlpga(linear, asid);
    }
}
