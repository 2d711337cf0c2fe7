package org.thirdmode.cli;

import java.io.PrintWriter;
import java.util.Locale;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.GuestImage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code thirdmode guests}: what can be run without a file. */
@Command(
        name = "guests",
        description = "Lists the bundled kernels: their names are images of `thirdmode run`.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class GuestsCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        for (GuestImage image : GuestCatalogue.images()) {
            out.println(String.format(Locale.ROOT, "%-16s %s", image.name(), image.description()));
        }
    }
}
