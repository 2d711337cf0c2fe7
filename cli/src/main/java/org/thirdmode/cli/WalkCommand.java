package org.thirdmode.cli;

import java.io.PrintWriter;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.lab.walk.ExplainedWalk;
import org.thirdmode.lab.walk.WalkExplainer;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.x86.paging.spec.LinearAccess;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code thirdmode walk}: how an address is translated at a moment of a run. */
@Command(
        name = "walk",
        description = {
            "Runs an image up to an instruction and shows how the next access to a linear address is translated: every entry"
                    + " of the guest's tables, of shadow tables or of the second dimension, decoded, and the step that fails.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        usageHelpAutoWidth = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:the address is translated", "1:a step fails", "2:bad usage, or the guest ends before"})
final class WalkCommand implements Callable<Integer> {
    private static final int FAILS = 1;

    @Spec
    private CommandSpec spec;

    @Mixin
    private GuestOptions options;

    @Option(
            names = "--at",
            required = true,
            paramLabel = "N",
            converter = Count.class,
            description = "After how many instructions of the guest.")
    private long at;

    @Option(
            names = "--address",
            required = true,
            paramLabel = "A",
            converter = Number64.class,
            description = "The linear address, as in 0x40003800.")
    private long address;

    @ArgGroup
    private final Kind kind = new Kind();

    /** What the access does; it reads where nothing is said. */
    private static final class Kind {
        @Option(names = "--write", description = "The access writes (default: it reads).")
        private boolean write;

        @Option(names = "--fetch", description = "The access fetches an instruction.")
        private boolean fetch;

        LinearAccess.Kind kind() {
            return write ? LinearAccess.Kind.WRITE : fetch ? LinearAccess.Kind.FETCH : LinearAccess.Kind.READ;
        }
    }

    @Option(names = "--user", description = "With the rights of CPL 3 (default: of the supervisor).")
    private boolean user;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() {
        LinearAccess access =
                new LinearAccess(address, kind.kind(), user ? LinearAccess.Mode.USER : LinearAccess.Mode.SUPERVISOR);
        if (!options.boots()) {
            throw new ParameterException(
                    spec.commandLine(), "missing IMAGE: name a file or a bundled kernel, or give a --workload");
        }
        Platform on = options.platform(Platform.BARE);
        BareRun what = options.guest(on, OptionalLong.empty(), Optional.empty(), Optional.empty());
        HostPorts ports = HostPorts.serial(value -> {});
        ExplainedWalk walk;
        try (Disks disks = Disks.open(what)) {
            switch (on) {
                case BARE -> {
                    Machine machine = BareMachine.machine(what, disks, ports);
                    run(n -> machine.run(machine.ticksOf(n)), machine.processor()::instructions);
                    walk = WalkExplainer.of(machine, access);
                }
                case KVM -> {
                    if (options.hypervisor().mmu().equals(Optional.of(MmuKind.AGILE))) {
                        throw new UserError("--mmu agile: walk does not show a walk that goes over from one kind of"
                                + " tables to the other; take another MMU");
                    }
                    VirtualMachine machine =
                            new VirtualMachineRun(options.hypervisor(), false).machine(what, disks, ports);
                    run(n -> machine.run(machine.ticksOf(n)), machine::instructions);
                    walk = WalkExplainer.of(machine, access);
                }
                default -> throw new IllegalStateException();
            }
        }
        print(walk);
        return walk.fails() ? FAILS : ExitStatus.OK;
    }

    private void run(LongFunction<MachineOutcome> machine, LongSupplier instructions) {
        while (instructions.getAsLong() < at) {
            MachineOutcome outcome = machine.apply(at - instructions.getAsLong());
            if (!(outcome instanceof MachineOutcome.BudgetReached)) {
                throw new UserError("--at " + at + ": the guest ends after " + instructions.getAsLong()
                        + " instructions; name an earlier one");
            }
        }
    }

    private void print(ExplainedWalk walk) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            JsonText.print(out, walk);
            return;
        }
        out.println("after instruction " + at + ": " + walk.access());
        for (ExplainedWalk.Stage stage : walk.stages()) {
            out.println();
            out.println(stage.title());
            for (ExplainedWalk.Reference reference : stage.references()) {
                out.printf(
                        "%s %-27s at %9XH: %17XH  %s%n",
                        reference.fails() ? "->" : "  ",
                        reference.structure(),
                        reference.address(),
                        reference.entry(),
                        reference.words());
            }
            out.println("   = " + stage.end());
        }
        out.flush();
    }
}
