package org.thirdmode.svm.exec;

import org.thirdmode.npt.nested.NestedPageFault;
import org.thirdmode.npt.nested.NestedPageTables;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.paging.SecondStage;

/** The address spaces of host and guests: nested paging, ASIDs, what the TLB is to forget. APM 2 "TLB Control". */
final class Translations {
    private static final int FLUSH_ALL = 1;

    private final Processor cpu;
    private final NestedPageTables nested;

    Translations(Processor cpu) {
        this.cpu = cpu;
        nested = new NestedPageTables(cpu.walker, cpu.memory, cpu.exit, cpu.features);
    }

    /** What the last nested page fault was. */
    NestedPageFault fault() {
        return nested.fault;
    }

    /** To a guest: the host's paging registers are still there. */
    void enter(boolean nestedPaging, long nCr3, int asid, int tlbControl) {
        if (nestedPaging) {
            nested.configure(nCr3, cpu.state.cr4, cpu.state.efer);
            cpu.walker.secondStage(nested);
        }
        cpu.mmu.flushAll();
    }

    /** Back to the host. */
    void leave() {
        cpu.walker.secondStage(SecondStage.NONE);
        cpu.mmu.flushAll();
    }

    /** INVLPGA. */
    void invalidate(long linear, int asid) {
        cpu.mmu.flushPage(linear);
    }
}
