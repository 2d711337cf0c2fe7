package org.thirdmode.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.thirdmode.cost.Counts;
import org.thirdmode.cost.CountsFile;
import org.thirdmode.cost.Profile;
import org.thirdmode.cost.Profiles;
import org.thirdmode.cost.data.DataException;
import picocli.CommandLine.Option;

/** What becomes of a run's counts: a price, a file. */
final class PriceOptions {
    private static final String ALL = "all";

    @Option(
            names = "--price",
            paramLabel = "PROFILE",
            split = ",",
            description =
                    "Tell what it takes in cycles of a processor: a name of `thirdmode profiles`, a profile FILE.yaml,"
                            + " several with commas between, or all.")
    private List<String> price = new ArrayList<>();

    @Option(
            names = "--record",
            paramLabel = "FILE",
            description = "Write what was counted to FILE, for `thirdmode price FILE`.")
    private Path record;

    @Option(
            names = "--caches",
            paramLabel = "PROFILE",
            description =
                    "Model the caches (L1D, L2, L3) of that profile, so that each reference to a table or to data is priced"
                            + " where it hit, not at an average; implies --fidelity detailed, and wants --price or --record.")
    private String caches;

    /** Whose caches are modelled. */
    Optional<Profile> caches() {
        if (caches == null) {
            return Optional.empty();
        }
        if (!wanted()) {
            throw new UserError(
                    "--caches " + caches + ": tells where references hit, for a price: add --price PROFILE");
        }
        List<Profile> one = profiles("--caches", List.of(caches));
        if (one.size() != 1 || one.getFirst().caches().isEmpty()) {
            throw new UserError("--caches " + caches + ": expected one profile that describes its caches");
        }
        return Optional.of(one.getFirst());
    }

    /** Whether counts are wanted at all. */
    boolean wanted() {
        return record != null || !price.isEmpty();
    }

    /** Before the run: the profiles that were asked for. */
    List<Profile> profiles() {
        if (record != null) {
            OutputFile.writable("--record", record);
        }
        return profiles("--price", price);
    }

    /** After it. */
    void record(List<Counts> runs) {
        if (record != null) {
            try {
                CountsFile.write(record, runs);
            } catch (IOException e) {
                throw new UserError("--record " + record + ": cannot be written: " + e.getMessage());
            }
        }
    }

    /** The profiles of an option's names. */
    static List<Profile> profiles(String option, List<String> names) {
        List<Profile> profiles = new ArrayList<>();
        for (String name : names) {
            if (name.equals(ALL)) {
                profiles.addAll(Profiles.all().values());
                continue;
            }
            try {
                profiles.add(Profiles.find(name));
            } catch (DataException e) {
                // The name of a file stands in front of its mistakes already.
                throw new UserError(Files.exists(Path.of(name)) ? e.getMessage() : option + " " + e.getMessage());
            }
        }
        return profiles;
    }
}
