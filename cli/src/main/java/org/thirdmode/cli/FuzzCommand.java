package org.thirdmode.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import org.thirdmode.kvm.mmu.AgileMmu;
import org.thirdmode.kvm.mmu.TdpHardware;
import org.thirdmode.kvm.mmu.TdpMmu;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.TlbControl;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.shadow.naive.NaiveMmu;
import org.thirdmode.shadow.unsync.UnsyncMmu;
import org.thirdmode.testkit.fuzz.Fuzzer;
import org.thirdmode.testkit.generate.Habits;
import org.thirdmode.testkit.generate.Shrinker;
import org.thirdmode.testkit.picture.WalkPicture;
import org.thirdmode.testkit.scenario.Failure;
import org.thirdmode.testkit.world.AgileMmuMaker;
import org.thirdmode.testkit.world.MmuMaker;
import org.thirdmode.testkit.world.NestedMmuMaker;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code thirdmode fuzz}: random guests on an MMU, each step held against what the manuals permit. */
@Command(
        name = "fuzz",
        description =
                "Runs random guests on an MMU and checks every invariant after each step. Status 1: one is broken; the"
                        + " smallest guest that breaks it is printed.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class FuzzCommand implements Callable<Integer> {
    /** Of agile paging's policy, in accesses: a guest has some fifty. */
    private static final long AGILE_INTERVAL = 12;

    /** An MMU that the kit can run guests on. */
    enum FuzzedMmu {
        NAIVE(NaiveMmu::new, Habits.ALL),
        CACHED(CachedMmu::new, Habits.ALL),
        UNSYNC(UnsyncMmu::new, Habits.ALL),
        NESTED((NestedMmuMaker) TdpMmu::new, Habits.NESTED),
        AGILE((AgileMmuMaker) FuzzCommand::agile, Habits.AGILE);

        private final MmuMaker maker;
        private final Habits habits;

        FuzzedMmu(MmuMaker maker, Habits habits) {
            this.maker = maker;
            this.habits = habits;
        }
    }

    /** {@code 60s}, {@code 5m}, {@code 1h}. */
    static final class ToDuration implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            if (!text.matches("[1-9][0-9]{0,8}[smh]")) {
                throw new TypeConversionException("'" + text + "' is no time; write for instance 60s, 5m or 1h");
            }
            return Duration.parse("PT" + text);
        }
    }

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--mmu",
            required = true,
            paramLabel = "S",
            converter = Words.ToFuzzedMmu.class,
            description = "naive, cached, unsync, nested or agile.")
    private FuzzedMmu mmu;

    @Option(
            names = "--time",
            paramLabel = "T",
            defaultValue = "60s",
            converter = ToDuration.class,
            description = "How long: 60s, 5m, 1h (default: ${DEFAULT-VALUE}).")
    private Duration time;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            converter = Number64.class,
            description = "Which guests (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--guests", paramLabel = "N", converter = Count.class, description = "How many at most.")
    private Long guests;

    private final PrintStream err;

    FuzzCommand(PrintStream err) {
        this.err = err;
    }

    private static GuestMmu agile(Surroundings around, TdpHardware processor, TlbControl linear, LongSupplier time) {
        return new AgileMmu(around, processor, linear, time, AGILE_INTERVAL);
    }

    @Override
    public Integer call() {
        Fuzzer fuzzer = new Fuzzer(mmu.maker, mmu.habits, seed);
        Failure failure = null;
        long deadline = System.nanoTime() + time.toNanos();
        try (FuzzProgress progress = new FuzzProgress(err, "fuzzing " + Words.word(mmu), time)) {
            while (failure == null
                    && System.nanoTime() < deadline
                    && (guests == null || fuzzer.guests() < guests)
                    && !Thread.currentThread().isInterrupted()) {
                failure = fuzzer.next();
                progress.ran(fuzzer.guests());
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        if (failure == null) {
            out.println(String.format(
                    "%,d guests of %d actions each on %s, from seed %d: every invariant held.",
                    fuzzer.guests(), Fuzzer.ACTIONS, Words.word(mmu), seed));
            out.flush();
            return 0;
        }
        Failure smallest = Shrinker.shrink(failure, mmu.maker);
        out.println(String.format(
                "Guest number %,d broke an invariant (again: --seed %d --guests 1). At its smallest:%n%n%s%n%n%s",
                fuzzer.guests(), fuzzer.seedOfTheLast(), smallest, WalkPicture.of(smallest, mmu.maker)));
        out.flush();
        return 1;
    }
}
