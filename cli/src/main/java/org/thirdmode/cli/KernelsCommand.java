package org.thirdmode.cli;

import java.io.PrintWriter;
import java.util.Map;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.GuestImage;
import org.thirdmode.guests.Workload;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code thirdmode kernels}: what can be run without a file. */
@Command(
        name = "kernels",
        description =
                "Lists the bundled kernels, whose names are images of `thirdmode run`, and what the mini-kernels among"
                        + " them do for --workload.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class KernelsCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "Print JSON, with the workloads' parameters.")
    private boolean json;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        Listing<GuestImage> kernels = new Listing<>(GuestCatalogue.images())
                .column("kernel", GuestImage::name)
                .column("what it does", GuestImage::description);
        Listing<Workload> workloads = new Listing<>(Workload.all())
                .column("workload", Workload::name)
                .column("what it does", Workload::description)
                .column("parameters", Workload::parameters);
        if (json) {
            JsonText.print(out, Map.of("kernels", kernels.objects(), "workloads", workloads.objects()));
            return;
        }
        kernels.print(out, false);
        out.println();
        workloads.print(out, false);
    }
}
