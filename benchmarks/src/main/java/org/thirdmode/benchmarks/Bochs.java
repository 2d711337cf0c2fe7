package org.thirdmode.benchmarks;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Microseconds that Bochs takes for a benchmark image, from the start of the process through firmware and boot loader to
 * the guest's last line: the difference of two run lengths is the loop alone. Bochs loads no multiboot image by itself, so
 * GRUB does, from a CD-ROM. Needs {@link #PROGRAMS}: Debian's packages bochs, bochsbios, vgabios, grub-common,
 * grub-pc-bin, xorriso and mtools.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
@Fork(1)
public class Bochs {
    /** What must be installed. */
    static final List<String> PROGRAMS = List.of("bochs", "grub-mkrescue", "xorriso", "mformat");

    /** Milliseconds between two looks at what the guest has printed. */
    private static final long LOOK = 2;

    /** Seconds after which a run is given up. */
    private static final long PATIENCE = 120;

    /**
     * As fast as it goes ({@code sync=none}). With few instructions to a guest second the firmware's search for disks, which
     * waits three of them, is short; a display that nobody watches is drawn once in one.
     */
    private static final String CONFIGURATION = """
            megs: 128
            boot: cdrom
            ata0-master: type=cdrom, path=image.iso, status=inserted
            display_library: rfb, options="timeout=0"
            com1: enabled=1, mode=file, dev=serial.txt
            clock: sync=none
            cpu: ips=4000000
            vga: update_freq=1
            log: bochs.log
            """;

    private static final String MENU = """
            set timeout=0
            terminal_output console
            menuentry "benchmark" {
                multiboot /boot/image.elf image n=%d
            }
            """;

    @Param({"bench-alu", "bench-rmw", "bench-stride", "bench-churn", "bench-cr3"})
    public String image;

    /** A run of no length to speak of, or a long one. */
    @Param({"short", "long"})
    public String length;

    private Path folder;

    /** Makes the CD-ROM. */
    @Setup(Level.Trial)
    public void write() throws IOException, InterruptedException {
        folder = Files.createTempDirectory("bochs");
        Path grub = Files.createDirectories(folder.resolve("disc/boot/grub"));
        Loops.write(image, folder.resolve("disc/boot/image.elf"));
        long iterations = length.equals("short") ? 1 : Loops.find(image).bochs();
        Files.writeString(grub.resolve("grub.cfg"), MENU.formatted(iterations));
        Files.writeString(folder.resolve("bochsrc"), CONFIGURATION);
        Process process = start("disc.log", "grub-mkrescue", "-o", "image.iso", "disc");
        if (process.waitFor() != 0) {
            throw new IllegalStateException(
                    "grub-mkrescue ended with status " + process.exitValue() + ": expected 0; it said: "
                            + Files.readString(folder.resolve("disc.log")).strip());
        }
    }

    @TearDown(Level.Trial)
    public void delete() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(Bochs::delete);
        }
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One Bochs process, from its start to the guest's last line. */
    @Benchmark
    public String run() throws IOException, InterruptedException {
        Path serial = folder.resolve("serial.txt");
        Files.deleteIfExists(serial);
        Process bochs = start("console.log", "bochs", "-q", "-f", "bochsrc");
        try {
            // Debian's Bochs has its debugger built in, which waits for a command before the first instruction.
            OutputStream debugger = bochs.getOutputStream();
            debugger.write("continue\n".getBytes(StandardCharsets.US_ASCII));
            debugger.flush();
            return lastLine(bochs, serial);
        } finally {
            bochs.destroyForcibly().waitFor();
        }
    }

    private String lastLine(Process bochs, Path serial) throws IOException, InterruptedException {
        for (long waited = 0; waited < PATIENCE * 1000; waited += LOOK) {
            if (bochs.waitFor(LOOK, TimeUnit.MILLISECONDS)) {
                break;
            }
            String printed = Files.exists(serial) ? Files.readString(serial, StandardCharsets.ISO_8859_1) : "";
            int last = printed.indexOf("checksum=");
            if (last >= 0 && printed.endsWith("\n")) {
                return printed.substring(last).strip();
            }
        }
        throw new IllegalStateException("Bochs on " + image + " ended, or " + PATIENCE
                + " s passed, before the guest's last line; its log ends: "
                + tail(Files.readString(folder.resolve("bochs.log"), StandardCharsets.ISO_8859_1)));
    }

    private static String tail(String text) {
        return text.substring(Math.max(0, text.length() - 1000));
    }

    private Process start(String log, String... command) throws IOException {
        return new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(log).toFile())
                .start();
    }
}
