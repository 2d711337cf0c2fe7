package org.thirdmode.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The program {@code thirdmode}: finds the command and turns every ending into an exit status. */
@Command(
        name = "thirdmode",
        description = "An executable model of x86 virtualization: runs real machine code and counts what it does.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "`thirdmode COMMAND --help` tells the options of a command."})
public final class Thirdmode {
    private Thirdmode() {}

    public static void main(String[] arguments) {
        OutputStream out = new FileOutputStream(FileDescriptor.out);
        PrintStream err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        AtomicBoolean finished = new AtomicBoolean();
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stopRun(main, finished)));
        int status = run(new BareMachine(), out, err, arguments);
        err.flush();
        finished.set(true);
        System.exit(status);
    }

    /** On Ctrl-C: the run ends after its current stretch and still prints its counts. */
    private static void stopRun(Thread main, AtomicBoolean finished) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
        if (!finished.get()) {
            main.interrupt();
        }
        while (!finished.get() && System.nanoTime() < deadline) {
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Runs one command line and returns the exit status. */
    static int run(Bare bare, OutputStream out, PrintStream err, String... arguments) {
        CommandLine commands = new CommandLine(new Thirdmode())
                .addSubcommand(new RunCommand(bare, out, err))
                .addSubcommand(new CompareCommand(err))
                .addSubcommand(new CalibrateCommand())
                .addSubcommand(new PapersCommand(err))
                .addSubcommand(new PriceCommand())
                .addSubcommand(new ProfilesCommand())
                .addSubcommand(new SweepCommand(err))
                .addSubcommand(new BenchCommand(err))
                .addSubcommand(new WalkCommand())
                .addSubcommand(new KernelsCommand())
                .addSubcommand(new BugsCommand())
                .addSubcommand(new FuzzCommand(err))
                .addSubcommand(new VmcsCommand())
                .addSubcommand(new VmxCommand())
                .addSubcommand(new VmcbCommand())
                .addSubcommand(new SvmCommand())
                .setExpandAtFiles(false)
                .setAllowOptionsAsOptionParameters(true)
                .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(err, true))
                .setParameterExceptionHandler(new BadUsage())
                .setExecutionExceptionHandler((failure, command, parsed) -> Failures.tell(failure, err));
        try {
            return commands.execute(arguments.length == 0 ? new String[] {"--help"} : arguments);
        } catch (OutOfMemoryError | StackOverflowError e) {
            return Failures.tell(e, err);
        }
    }
}
