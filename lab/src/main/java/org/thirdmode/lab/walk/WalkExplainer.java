package org.thirdmode.lab.walk;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.thirdmode.kvm.HardwareTables;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.lab.walk.ExplainedWalk.Reference;
import org.thirdmode.lab.walk.ExplainedWalk.Stage;
import org.thirdmode.npt.spec.EptControls;
import org.thirdmode.npt.spec.EptEntryFormat;
import org.thirdmode.npt.spec.EptWalk;
import org.thirdmode.npt.spec.NestedWalk;
import org.thirdmode.npt.spec.SecondDimension;
import org.thirdmode.npt.spec.TwoDimensionalWalk;
import org.thirdmode.pc.Machine;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.spec.LinearAccess;
import org.thirdmode.x86.paging.spec.PagingControls;
import org.thirdmode.x86.paging.spec.PagingMode;
import org.thirdmode.x86.paging.spec.ProcessorLimits;
import org.thirdmode.x86.paging.spec.ReferenceWalker;
import org.thirdmode.x86.paging.spec.TableMemory;
import org.thirdmode.x86.paging.spec.WalkResult;

/** Explains the next access to a linear address. */
public final class WalkExplainer {
    private final LinearAccess access;
    private final List<Stage> stages = new ArrayList<>();

    private WalkExplainer(LinearAccess access) {
        this.access = access;
    }

    /** On the bare machine. */
    public static ExplainedWalk of(Machine machine, LinearAccess access) {
        WalkExplainer explainer = new WalkExplainer(access);
        explainer.oneDimension(
                "tables (physical addresses)",
                machine.processor(),
                PagingControls.of(machine.processor().state),
                machine.processor().memory);
        return explainer.explained();
    }

    /** In a virtual machine: the guest's own tables, and what the hardware walks. */
    public static ExplainedWalk of(VirtualMachine machine, LinearAccess access) {
        WalkExplainer explainer = new WalkExplainer(access);
        Processor guest = machine.vcpu().registers();
        PagingControls controls = PagingControls.of(guest.state);
        PhysicalMemory host = machine.hostMemory();
        switch (machine.vcpu().hardwareTables()) {
            case HardwareTables.Shadow(long cr0, long cr3, long cr4, long efer) -> {
                explainer.oneDimension(
                        "the guest's tables (guest-physical addresses), which the hypervisor reads",
                        guest,
                        controls,
                        machine.board().memory());
                explainer.oneDimension(
                        "shadow tables (host-physical addresses), which the processor walks",
                        guest,
                        PagingControls.of(guest.state, cr0, cr3, cr4, efer),
                        host);
            }
            case HardwareTables.Ept ept -> explainer.twoDimensions(controls, guest, walk(ept, host), host);
            case HardwareTables.Nested(long cr0, long nCr3, long cr4, long efer) -> {
                PagingControls nested = PagingControls.of(guest.state, cr0, nCr3, cr4, efer);
                explainer.twoDimensions(controls, guest, new NestedWalk(nested, limits(guest, host), host), host);
            }
        }
        return explainer.explained();
    }

    /** The fields of the pointer: bits 5:3 are the page-walk length less 1, bit 6 enables the flags. */
    private static EptWalk walk(HardwareTables.Ept ept, PhysicalMemory host) {
        long pointer = ept.pointer();
        return new EptWalk(
                new EptControls(
                        pointer & ~0xfffL,
                        (int) ((pointer >>> 3) & 7) + 1,
                        (pointer & (1 << 6)) != 0,
                        false,
                        ept.executeOnly(),
                        ept.page2Mb(),
                        ept.page1Gb(),
                        host.addressWidth()),
                host);
    }

    private static ProcessorLimits limits(Processor processor, PhysicalMemory memory) {
        return ProcessorLimits.of(processor.profile, memory.addressWidth());
    }

    private ExplainedWalk explained() {
        String kind = access.kind().name().toLowerCase(Locale.ROOT);
        String mode = access.mode().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return new ExplainedWalk(hex(access.linear()) + ", " + kind + ", " + mode, stages);
    }

    // ---- one dimension ----

    private void oneDimension(String title, Processor processor, PagingControls controls, PhysicalMemory memory) {
        ProcessorLimits limits = limits(processor, memory);
        WalkResult result =
                new ReferenceWalker(limits, unmarked(memory), ReferenceWalker.Variant.PLAIN).walk(controls, access);
        boolean fails = result instanceof WalkResult.PageFault;
        List<Reference> references = new ArrayList<>();
        for (WalkResult.Step step : result.steps()) {
            references.add(new Reference(
                    step.structure().name(),
                    step.address(),
                    step.entry(),
                    step.structure().formatOf(step.entry()).words(step.entry(), limits.maxPhyAddr()),
                    fails && step == result.steps().getLast()));
        }
        stages.add(new Stage(title + ", " + mode(controls), references, end(result), fails));
    }

    /** Whoever explains leaves no mark. */
    private static TableMemory unmarked(PhysicalMemory memory) {
        return new TableMemory() {
            @Override
            public long read(int level, long address, int size) {
                return memory.read(address, size);
            }

            @Override
            public void update(int level, long address, int size, long entry) {}
        };
    }

    private static String mode(PagingControls controls) {
        return switch (PagingMode.of(controls)) {
            case NONE -> "no paging";
            case BITS_32 -> "32-bit paging";
            case PAE -> "PAE paging";
            case LEVEL_4 -> "4-level paging";
            case LEVEL_5 -> "5-level paging";
        };
    }

    private static String end(WalkResult result) {
        return switch (result) {
            case WalkResult.PageFault fault -> "page fault, error code " + hex(fault.errorCode()) + " " + fault.error();
            case WalkResult.Translated found ->
                hex(found.physical()) + ", a page of " + pageSize(found.pageShift())
                        + rights(found.writable(), found.userModeAddress(), found.executable());
        };
    }

    private static String rights(boolean writable, boolean user, boolean executable) {
        return ", " + (writable ? "writable" : "read-only") + ", " + (user ? "user's" : "supervisor's") + ", "
                + (executable ? "executable" : "not executable");
    }

    private static String pageSize(int shift) {
        return switch (shift) {
            case 12 -> "4 KBytes";
            case 21 -> "2 MBytes";
            case 22 -> "4 MBytes";
            default -> (1L << (shift - 30)) + " GBytes";
        };
    }

    // ---- two dimensions ----

    private void twoDimensions(
            PagingControls controls, Processor guest, SecondDimension second, PhysicalMemory memory) {
        int width = memory.addressWidth();
        ProcessorLimits limits = limits(guest, memory);
        TwoDimensionalWalk.Result result = new TwoDimensionalWalk(limits, second, memory).walk(controls, access);
        boolean fails = !(result.end() instanceof TwoDimensionalWalk.Reached);
        boolean ept = second instanceof EptWalk;
        List<Reference> references = new ArrayList<>();
        for (TwoDimensionalWalk.Reference reference : result.references()) {
            references.add(new Reference(
                    place(reference),
                    reference.hostPhysical(),
                    reference.entry(),
                    words(reference, controls, ept, width),
                    fails && reference == result.references().getLast()));
        }
        String title = "the guest's tables, " + mode(controls) + ", through " + (ept ? "EPT" : "nested tables")
                + " (host-physical addresses): " + references.size() + " references";
        stages.add(new Stage(title, references, end(result.end()), fails));
    }

    /** {@code nL4 for gL3}: as Bhargava et al. name the references of Fig 1(b). */
    private static String place(TwoDimensionalWalk.Reference reference) {
        String guest = reference.guestLevel() == 0 ? "gPA" : "gL" + reference.guestLevel();
        return reference.nestedLevel() == 0 ? guest : "nL" + reference.nestedLevel() + " for " + guest;
    }

    private static String words(
            TwoDimensionalWalk.Reference reference, PagingControls guest, boolean ept, int maxPhyAddr) {
        if (reference.nestedLevel() != 0 && ept) {
            return EptEntryFormat.of(reference.nestedLevel(), reference.entry()).words(reference.entry(), maxPhyAddr);
        }
        PagingMode mode = reference.nestedLevel() == 0 ? PagingMode.of(guest) : PagingMode.LEVEL_5;
        int level = reference.nestedLevel() == 0 ? reference.guestLevel() : reference.nestedLevel();
        return mode.structures.stream()
                .filter(structure -> structure.level() == level)
                .findFirst()
                .orElseThrow()
                .formatOf(reference.entry())
                .words(reference.entry(), maxPhyAddr);
    }

    private static String end(TwoDimensionalWalk.End end) {
        return switch (end) {
            case TwoDimensionalWalk.Reached found ->
                hex(found.hostPhysical()) + ", a page of " + pageSize(found.pageShift())
                        + rights(found.writable(), found.userModeAddress(), found.executable());
            case TwoDimensionalWalk.GuestPageFault(int errorCode) ->
                "page fault in the guest, error code " + hex(errorCode);
            case TwoDimensionalWalk.Left(SecondDimension.Refused why) -> "VM exit: " + words(why);
        };
    }

    private static String words(SecondDimension.Refused why) {
        return switch (why) {
            case SecondDimension.EptViolation violation ->
                "EPT violation at guest-physical " + hex(violation.guestPhysical()) + ", exit qualification "
                        + hex(violation.number()) + " " + violation.qualification();
            case SecondDimension.EptMisconfiguration misconfiguration ->
                "EPT misconfiguration at guest-physical " + hex(misconfiguration.guestPhysical());
            case SecondDimension.NestedPageFault fault ->
                "nested page fault, EXITINFO1 " + hex(fault.exitInfo1()) + ", EXITINFO2 " + hex(fault.exitInfo2());
        };
    }

    private static String hex(long value) {
        return Long.toHexString(value).toUpperCase(Locale.ROOT) + "H";
    }
}
