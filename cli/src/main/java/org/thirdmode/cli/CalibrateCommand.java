package org.thirdmode.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.thirdmode.cost.Profile;
import org.thirdmode.cost.ProfileWriter;
import org.thirdmode.cost.calibrate.Calibration;
import org.thirdmode.cost.data.DataException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code thirdmode calibrate}: a profile of a real host. */
@Command(
        name = "calibrate",
        description = {
            "Makes a profile of what was measured on a real host: the output of kvm-unit-tests' vmexit test, a report of `perf"
                    + " kvm stat`, or kvm's events as trace-cmd prints them. What the file does not tell is as in --base.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        usageHelpAutoWidth = true)
final class CalibrateCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "What the host told.")
    private Path file;

    @Option(
            names = "--base",
            paramLabel = "PROFILE",
            defaultValue = "skylake",
            description = "The profile to begin with (default: ${DEFAULT-VALUE}).")
    private String base;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            defaultValue = "measured",
            description = "The name of the profile (default: ${DEFAULT-VALUE}).")
    private String name;

    @Option(
            names = "--ghz",
            paramLabel = "N",
            description = "The clock of the host's time-stamp counter; needed where FILE has microseconds.")
    private Double gigahertz;

    @Option(names = "--out", paramLabel = "FILE", description = "Write the profile to FILE (default: standard output).")
    private Path out;

    @Override
    public void run() {
        if (gigahertz != null && !(gigahertz >= 0.1 && gigahertz <= 10)) {
            throw new ParameterException(spec.commandLine(), "--ghz " + gigahertz + ": valid are 0.1 to 10");
        }
        OutputFile.writable("--out", out);
        Profile begin = PriceOptions.profiles("--base", List.of(base)).getFirst();
        try {
            Profile profile = Calibration.of(
                    file, begin, name, gigahertz == null ? OptionalDouble.empty() : OptionalDouble.of(rounded()));
            String text = ProfileWriter.text(profile);
            if (out == null) {
                PrintWriter standard = spec.commandLine().getOut();
                standard.print(text);
                standard.flush();
            } else {
                Files.writeString(out, text);
            }
        } catch (DataException e) {
            throw new UserError(e.getMessage());
        } catch (IOException e) {
            throw new UserError("--out " + out + ": cannot be written: " + e.getMessage());
        }
    }

    /** A profile has three places after the point. */
    private double rounded() {
        return Math.rint(gigahertz * 1000) / 1000;
    }
}
