package org.thirdmode.npt.spec;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.npt.spec.SecondDimension.Access;
import org.thirdmode.npt.spec.SecondDimension.Outcome;
import org.thirdmode.npt.spec.SecondDimension.Refused;
import org.thirdmode.npt.spec.SecondDimension.Step;
import org.thirdmode.npt.spec.SecondDimension.Translated;
import org.thirdmode.npt.spec.SecondDimension.Use;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.WalkRecorder;
import org.thirdmode.x86.paging.spec.LinearAccess;
import org.thirdmode.x86.paging.spec.PagingControls;
import org.thirdmode.x86.paging.spec.ProcessorLimits;
import org.thirdmode.x86.paging.spec.ReferenceWalker;
import org.thirdmode.x86.paging.spec.TableMemory;
import org.thirdmode.x86.paging.spec.WalkResult;

/**
 * A guest's page walk each of whose references goes through a second dimension: nothing but the composition of the two.
 * Bhargava et al., "Accelerating Two-Dimensional Page Walks for Virtualized Systems", Fig 1(b).
 */
public final class TwoDimensionalWalk {
    private final ProcessorLimits limits;
    private final SecondDimension second;
    private final PhysicalMemory memory;

    public TwoDimensionalWalk(ProcessorLimits limits, SecondDimension second, PhysicalMemory memory) {
        this.limits = limits;
        this.second = second;
        this.memory = memory;
    }

    /**
     * One reference to memory.
     *
     * @param guestLevel level of the guest's entry that it is for; {@link WalkRecorder#FINAL} for the final address
     * @param nestedLevel level of the second dimension's entry that is read; 0 where it is the guest's own entry
     */
    public record Reference(int guestLevel, int nestedLevel, long hostPhysical, long entry) {}

    /** How the walk ends, and every reference in order. */
    public record Result(End end, List<Reference> references) {}

    /** How the walk ends. */
    public sealed interface End {}

    /** The access is allowed by both dimensions; what can be said of the page is what both say. */
    public record Reached(
            long hostPhysical,
            int pageShift,
            boolean readable,
            boolean writable,
            boolean userModeAddress,
            boolean executable,
            boolean global,
            boolean dirty,
            int protectionKey)
            implements End {}

    /** #PF in the guest. */
    public record GuestPageFault(int errorCode) implements End {}

    /** The guest is left. */
    public record Left(Refused why) implements End {}

    /** Walks, setting flags in both dimensions. */
    public Result walk(PagingControls controls, LinearAccess access) {
        return new Walk(access).run(controls);
    }

    /** Unwinds the guest's walk. */
    private static final class Leaving extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient Refused why;

        Leaving(Refused why) {
            super(null, null, false, false);
            this.why = why;
        }
    }

    private final class Walk implements TableMemory {
        private final LinearAccess linear;
        private final List<Reference> references = new ArrayList<>();
        private Translated lastTranslated;

        Walk(LinearAccess linear) {
            this.linear = linear;
        }

        Result run(PagingControls controls) {
            ReferenceWalker walker =
                    new ReferenceWalker(limits, this, new ReferenceWalker.Variant(second.pdptesInMemory(), false));
            End end;
            try {
                end = switch (walker.walk(controls, linear)) {
                    case WalkResult.PageFault fault -> new GuestPageFault(fault.errorCode());
                    case WalkResult.Translated guest -> reached(guest);
                };
            } catch (Leaving leaving) {
                end = new Left(leaving.why);
            }
            return new Result(end, references);
        }

        private Access tableAccess(long guestPhysical) {
            return new Access(guestPhysical, Use.TABLE, linear.kind(), false);
        }

        @Override
        public long read(int level, long guestPhysical, int size) {
            lastTranslated = through(level, second.translate(tableAccess(guestPhysical)));
            long entry = memory.read(lastTranslated.hostPhysical(), size);
            references.add(new Reference(level, 0, lastTranslated.hostPhysical(), entry));
            return entry;
        }

        @Override
        public void update(int level, long guestPhysical, int size, long entry) {
            if (second.update(tableAccess(guestPhysical), lastTranslated) instanceof Refused refused) {
                throw new Leaving(refused);
            }
            memory.write(lastTranslated.hostPhysical(), size, entry);
        }

        private Reached reached(WalkResult.Translated guest) {
            Translated found = through(
                    WalkRecorder.FINAL,
                    second.translate(new Access(guest.physical(), Use.FINAL, linear.kind(), guest.userModeAddress())));
            return new Reached(
                    found.hostPhysical(),
                    Math.min(guest.pageShift(), found.pageShift()),
                    found.rights().read(),
                    guest.writable() && found.rights().write(),
                    guest.userModeAddress(),
                    guest.executable() && found.rights().executeFor(guest.userModeAddress()),
                    guest.global(),
                    guest.dirty() && found.rights().write() && found.dirty(),
                    guest.protectionKey());
        }

        private Translated through(int guestLevel, Outcome outcome) {
            for (Step step : outcome.steps()) {
                references.add(new Reference(guestLevel, step.level(), step.address(), step.entry()));
            }
            return switch (outcome) {
                case Refused refused -> throw new Leaving(refused);
                case Translated translated -> translated;
            };
        }
    }
}
