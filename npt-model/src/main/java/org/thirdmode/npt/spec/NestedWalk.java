package org.thirdmode.npt.spec;

import java.util.List;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.spec.LinearAccess;
import org.thirdmode.x86.paging.spec.LinearAccess.Kind;
import org.thirdmode.x86.paging.spec.LinearAccess.Mode;
import org.thirdmode.x86.paging.spec.PagingControls;
import org.thirdmode.x86.paging.spec.ProcessorLimits;
import org.thirdmode.x86.paging.spec.ReferenceWalker;
import org.thirdmode.x86.paging.spec.TableMemory;
import org.thirdmode.x86.paging.spec.WalkResult;

/**
 * The walk of AMD's nested page tables in the manual's words. APM 2 "Nested Paging": the tables are the host's own, so it
 * is the host's own walk.
 */
public final class NestedWalk implements SecondDimension {
    private final PagingControls host;
    private final ReferenceWalker walker;

    /** @param host the host's control registers at VMRUN, with nCR3 in the place of CR3 */
    public NestedWalk(PagingControls host, ProcessorLimits limits, PhysicalMemory memory) {
        this.host = host;
        walker = new ReferenceWalker(limits, TableMemory.of(memory), new ReferenceWalker.Variant(true, true));
    }

    /** "The guest's four PDPEs are not loaded into the processor; they are accessed on demand as part of a table walk." */
    @Override
    public boolean pdptesInMemory() {
        return true;
    }

    @Override
    public Outcome translate(Access access) {
        boolean table = access.use() == Use.TABLE;
        // "The guest's page tables are accessed with writes"; "nested page tables are user accesses".
        Kind kind = table ? Kind.WRITE : access.kind();
        LinearAccess asLinear = new LinearAccess(access.guestPhysical(), kind, Mode.USER);
        int width = !host.lma() ? 32 : host.la57() ? 57 : 48;
        if (access.guestPhysical() >>> width != 0) {
            return fault(access, walker.notPresent(host, asLinear));
        }
        return switch (walker.walk(host, asLinear)) {
            case WalkResult.PageFault fault -> fault(access, fault);
            case WalkResult.Translated found ->
                new Translated(
                        found.physical(),
                        found.pageShift(),
                        new Rights(true, found.writable(), found.executable(), found.executable()),
                        found.dirty(),
                        steps(found));
        };
    }

    private static NestedPageFault fault(Access access, WalkResult.PageFault fault) {
        // "EXITINFO1 bit 32: the guest's final physical address; bit 33: a guest page table."
        long where = access.use() == Use.TABLE ? 1L << 33 : 1L << 32;
        return new NestedPageFault(fault.errorCode() | where, access.guestPhysical(), steps(fault));
    }

    private static List<Step> steps(WalkResult result) {
        return result.steps().stream()
                .map(step -> new Step(step.structure().level(), step.address(), step.entry()))
                .toList();
    }

    /** Reading the entry was a write already. */
    @Override
    public Outcome update(Access read, Translated translated) {
        return translated;
    }
}
