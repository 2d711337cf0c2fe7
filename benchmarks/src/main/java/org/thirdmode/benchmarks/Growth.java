package org.thirdmode.benchmarks;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.LoadOptions;

/**
 * How time and memory grow with what a guest uses: pages that it touches, 4 KBytes of each 256, in 16 MBytes to 16 GBytes of its
 * memory, and processes that take turns, 2 to 64 of them, with the same work each. Prints a row a run, and behind each figure that
 * may grow its exponent since the row above: 1 is linear, 0 is flat.
 *
 * <p>Time is the thread's processor time, so that other work on the machine disturbs it less; the first row of each kind is run
 * twice and counted once. The command is {@code mvn -q -pl benchmarks -am -Pgrowth process-classes}, with {@code
 * -Dbenchmark.arguments="vmx/cached bare"} for some machines only.
 */
public final class Growth {
    private static final String HEADER = "%-12s %9s %15s %6s %9s %6s %11s %6s %9s %6s %11s %6s%n";
    private static final String ROW = "%-12s %9d %,15d %6s %,9d %6s %,11d %6s %,9d %6s %,11d %6s%n";
    private static final long BUDGET = 100_000_000_000L;
    private static final long MEGABYTE = 1 << 20;
    private static final int PAGES_A_MEGABYTE = 4;

    private Growth() {}

    /** One row: what was asked for, and what it took. */
    private record Point(int size, long instructions, long milliseconds, long frames, long tables, long exits) {
        double[] grown() {
            return new double[] {instructions, milliseconds, frames, tables, exits};
        }
    }

    /** One size to one run. */
    private interface Run {
        Point of(String on, int size) throws ImageException;
    }

    /** Arguments: machines, as in {@code bare} or {@code svm/nested}; VMX with each MMU, and the bare one, without any. */
    public static void main(String[] machines) throws ImageException {
        List<String> all = new ArrayList<>(List.of(machines));
        if (all.isEmpty()) {
            all.add("bare");
            for (MmuKind mmu : MmuKind.values()) {
                if (!mmu.hypothetical()) {
                    all.add("vmx/" + mmu.name().toLowerCase(Locale.ROOT));
                }
            }
        }
        table(System.out, "megabytes", all, new int[] {16, 64, 256, 1024, 4096, 16384}, Growth::memory);
        table(System.out, "processes", all, new int[] {2, 4, 8, 16, 32, 64}, Growth::processes);
    }

    private static void table(PrintStream out, String what, List<String> machines, int[] sizes, Run run)
            throws ImageException {
        out.printf(HEADER, "on", what, "instructions", "", "ms", "", "4K frames", "", "tables", "", "VM exits", "");
        for (String on : machines) {
            run.of(on, sizes[0]);
            Point before = null;
            for (int size : sizes) {
                Point point = run.of(on, size);
                String[] exponents = exponents(before, point);
                out.printf(
                        ROW,
                        on,
                        size,
                        point.instructions,
                        exponents[0],
                        point.milliseconds,
                        exponents[1],
                        point.frames,
                        exponents[2],
                        point.tables,
                        exponents[3],
                        point.exits,
                        exponents[4]);
                before = point;
            }
        }
    }

    private static String[] exponents(Point before, Point now) {
        String[] words = new String[now.grown().length];
        for (int i = 0; i < words.length; i++) {
            boolean both = before != null && before.grown()[i] > 0 && now.grown()[i] > 0;
            double growth =
                    both ? Math.log(now.grown()[i] / before.grown()[i]) / Math.log((double) now.size / before.size) : 0;
            words[i] = both ? String.format(Locale.ROOT, "%.2f", growth) : "";
        }
        return words;
    }

    private static Point memory(String on, int megabytes) throws ImageException {
        String command = "workload=ram megabytes=" + megabytes + " pages=" + megabytes * PAGES_A_MEGABYTE;
        return run(on, megabytes, (megabytes + 64) * MEGABYTE, command);
    }

    private static Point processes(String on, int processes) throws ImageException {
        return run(on, processes, 256 * MEGABYTE, "workload=switch rounds=2000 processes=" + processes);
    }

    private static Point run(String on, int size, long memory, String command) throws ImageException {
        Image image =
                new Image("mini64", GuestCatalogue.find("mini64").orElseThrow().bytes());
        LoadOptions options = LoadOptions.DEFAULT.withCommandLine(command);
        MachineConfiguration configuration = MachineConfiguration.DEFAULT.withMemory(memory);
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        HostPorts ports = HostPorts.serial(output::write);
        long begin = time();
        if (on.equals("bare")) {
            Machine machine = new Machine(configuration, Optional.of(image), options, ports);
            check(machine.run(BUDGET), command, output);
            return new Point(
                    size,
                    machine.processor().instructions(),
                    time() - begin,
                    machine.board().memory().framesInUse(),
                    0,
                    0);
        }
        String[] words = on.toUpperCase(Locale.ROOT).split("/", 2);
        try (VirtualMachine machine = new VirtualMachine(
                configuration, Virt.valueOf(words[0]), MmuKind.valueOf(words[1]), Optional.of(image), options, ports)) {
            check(machine.run(BUDGET), command, output);
            long exits = machine.vcpu().exits().values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            long tables = machine.vcpu().mmu().counters().list().get("pages in use, peak");
            return new Point(size, machine.instructions(), time() - begin, machine.hostPages(), tables, exits);
        }
    }

    private static void check(MachineOutcome outcome, String command, ByteArrayOutputStream output) {
        if (!outcome.equals(new MachineOutcome.Exited(0))) {
            throw new IllegalStateException(command + ": " + outcome + ": " + output.toString(StandardCharsets.UTF_8));
        }
    }

    private static long time() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1_000_000;
    }
}
