package org.thirdmode.cost.calibrate;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.thirdmode.cost.Certainty;
import org.thirdmode.cost.Figure;
import org.thirdmode.cost.Profile;
import org.thirdmode.cost.Quote;
import org.thirdmode.cost.data.DataException;

/**
 * Makes a profile of what was measured on a host.
 *
 * <p>kvm-unit-tests measures from the guest, so its times hold the processor's part of an exit; perf and trace-cmd measure in the
 * hypervisor, from the exit to the entry, so theirs do not. What is measured together is parted as the profile to begin with has
 * it, and the source of the figure says so.
 */
public final class Calibration {
    private static final long MOST_BYTES = 256L << 20;

    /** Exits that need no emulation and no way out: what they take is what every exit takes. */
    private static final List<String> PLAIN =
            List.of("vmcall", "cpuid", "VMCALL", "CPUID", "vmmcall", "VMMCALL", "cpuid_exit");

    private static final List<String> VIOLATIONS =
            List.of("EPT_VIOLATION", "npf", "NPF", "EPT Violation", "ept_violation");
    private static final List<String> PORTS = List.of("IO_INSTRUCTION", "io", "IOIO", "ioio");

    private final Path file;
    private final Profile base;
    private final Timings timings;
    private final double gigahertz;
    private final Map<Figure, Quote> figures = new EnumMap<>(Figure.class);
    private final Map<String, Quote> remarks = new LinkedHashMap<>();

    private Calibration(Path file, Profile base, Timings timings, double gigahertz) {
        this.file = file;
        this.base = base;
        this.timings = timings;
        this.gigahertz = gigahertz;
        figures.putAll(base.figures());
    }

    /**
     * Reads what a host told.
     *
     * @param base what the file does not tell
     * @param name of the profile
     * @param gigahertz of the host; empty where the file has cycles, for that of {@code base}
     * @throws DataException where the file is of no known format, or tells nothing that a profile has; in one line
     */
    public static Profile of(Path file, Profile base, String name, OptionalDouble gigahertz) throws DataException {
        List<String> lines = lines(file);
        Timings timings = VmexitTest.read(lines);
        timings = timings != null ? timings : PerfKvmStat.read(lines);
        timings = timings != null ? timings : TraceCmd.read(lines);
        if (timings == null) {
            throw new DataException(
                    file + ": is neither the output of kvm-unit-tests' vmexit, nor a report of perf kvm stat, nor kvm's"
                            + " events by trace-cmd");
        }
        if (timings.microseconds() && gigahertz.isEmpty()) {
            throw new DataException(file + ": its times are microseconds; say by --ghz how many cycles one has");
        }
        Calibration calibration = new Calibration(
                file, base, timings, gigahertz.orElse(base.frequency().value().doubleValue()));
        return calibration.profile(name, gigahertz);
    }

    private static List<String> lines(Path file) throws DataException {
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new DataException(file + ": is larger than 256 MiB; cut a part out of it");
            }
            return Files.readAllLines(file);
        } catch (NoSuchFileException e) {
            throw new DataException(file + ": does not exist");
        } catch (MalformedInputException e) {
            throw new DataException(file + ": is no text in UTF-8");
        } catch (IOException e) {
            throw new DataException(file + ": cannot be read: " + e.getMessage());
        }
    }

    private Profile profile(String name, OptionalDouble hertz) throws DataException {
        if (timings.microseconds()) {
            fromTheHypervisor();
        } else {
            fromTheGuest();
        }
        if (remarks.isEmpty()) {
            throw new DataException(file + ": none of what it tells is a figure of a profile; expected one of "
                    + String.join(", ", PLAIN.subList(0, 4)) + ", "
                    + (timings.microseconds() ? "EPT_VIOLATION, IO_INSTRUCTION" : "inl_from_kernel, inl_from_qemu"));
        }
        Quote frequency = hertz.isEmpty()
                ? base.frequency()
                : new Quote(BigDecimal.valueOf(gigahertz), "GHz", "given by --ghz", Certainty.MEASURED);
        return new Profile(
                name,
                "measured by " + timings.format() + ", on the basis of " + base.name(),
                base.processor(),
                base.extension(),
                base.secondDimension(),
                base.taggedTlb(),
                frequency,
                base.tlbs(),
                base.caches(),
                figures,
                remarks);
    }

    // ---- measured in the guest, in cycles ----

    private void fromTheGuest() throws DataException {
        Optional<String> plain = first(PLAIN);
        if (plain.isPresent()) {
            double whole = cycles(plain.get());
            double roundTrip = base.quote(Figure.ROUND_TRIP).value().doubleValue();
            double dispatch = base.quote(Figure.DISPATCH).value().doubleValue();
            double share = roundTrip + dispatch == 0 ? 0.5 : roundTrip / (roundTrip + dispatch);
            String how = plain.get() + " takes " + Math.round(whole) + " cycles, parted as " + base.name() + " has it";
            set(Figure.ROUND_TRIP, whole * share, how);
            set(Figure.DISPATCH, whole - Math.round(whole * share), how);
        }
        if (has("inl_from_kernel") && plain.isPresent()) {
            difference(Figure.EMULATION, "inl_from_kernel", plain.get());
        }
        if (has("inl_from_qemu") && has("inl_from_kernel")) {
            difference(Figure.USER_SPACE, "inl_from_qemu", "inl_from_kernel");
        }
    }

    // ---- measured in the hypervisor, in microseconds ----

    private void fromTheHypervisor() throws DataException {
        Optional<String> plain = first(PLAIN);
        if (plain.isPresent()) {
            set(Figure.DISPATCH, cycles(plain.get()), "the average of " + plain.get());
        }
        Optional<String> violation = first(VIOLATIONS);
        if (violation.isPresent()) {
            lessThePlain(Figure.MMU_FAULT, violation.get(), plain);
        }
        Optional<String> port = first(PORTS);
        if (port.isPresent()) {
            lessThePlain(Figure.USER_SPACE, port.get(), plain);
        }
    }

    private void lessThePlain(Figure figure, String name, Optional<String> plain) throws DataException {
        if (plain.isPresent()) {
            difference(figure, name, plain.get());
        } else {
            double dispatch = base.quote(Figure.DISPATCH).value().doubleValue();
            set(
                    figure,
                    Math.max(0, cycles(name) - dispatch),
                    "the average of " + name + " less the dispatch of " + base.name());
        }
    }

    // ---- both ----

    private Optional<String> first(List<String> names) {
        return names.stream().filter(this::has).findFirst();
    }

    private boolean has(String name) {
        return timings.averages().containsKey(name);
    }

    private double cycles(String name) {
        double value = timings.averages().get(name);
        return timings.microseconds() ? value * gigahertz * 1000 : value;
    }

    private void difference(Figure figure, String more, String less) throws DataException {
        if (cycles(more) < cycles(less)) {
            throw new DataException(String.format(
                    Locale.ROOT,
                    "%s: %s takes less than %s (%.0f and %.0f cycles), so %s cannot be their difference",
                    file,
                    more,
                    less,
                    cycles(more),
                    cycles(less),
                    figure.key));
        }
        set(figure, cycles(more) - cycles(less), more + " less " + less);
    }

    private void set(Figure figure, double value, String how) throws DataException {
        if (value > 100_000_000) {
            throw new DataException(file + ": " + figure.key + " would take " + Math.round(value)
                    + " cycles, which is no time of an exit");
        }
        String source = timings.format() + ", " + file.getFileName() + ": " + how;
        figures.put(figure, new Quote(BigDecimal.valueOf(Math.round(value)), Figure.UNIT, source, Certainty.MEASURED));
        timings.averages().forEach((name, average) -> {
            double each = Math.rint(cycles(name) * 1000) / 1000;
            if (each <= 100_000_000) {
                remarks.put(
                        name.replace(' ', '-'),
                        new Quote(BigDecimal.valueOf(each), Figure.UNIT, timings.format(), Certainty.MEASURED));
            }
        });
    }
}
