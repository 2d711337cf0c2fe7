package org.thirdmode.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.GuestImage;

/** The loops of the benchmark images, and the images as files that another machine can read. */
final class Loops {
    /**
     * One image's loop.
     *
     * @param instructions of one iteration, as the image's source states them
     * @param qemu iterations that take QEMU about a second
     * @param bochs iterations that take Bochs a few seconds
     */
    record Loop(long instructions, long qemu, long bochs) {}

    private static final Map<String, Loop> ALL = new TreeMap<>(Map.of(
            "bench-alu", new Loop(22, 60_000_000, 10_000_000),
            "bench-rmw", new Loop(6, 400_000_000, 40_000_000),
            "bench-stride", new Loop(6, 15_000_000, 10_000_000),
            "bench-churn", new Loop(12, 4_000_000, 10_000_000),
            "bench-cr3", new Loop(264, 200_000, 400_000)));

    private Loops() {}

    /** The images' names, in order. */
    static Iterable<String> names() {
        return ALL.keySet();
    }

    /** The loop of an image, or null where the name is none of {@link #names}. */
    static Loop find(String image) {
        return ALL.get(image);
    }

    /** Writes an image to a file. */
    static void write(String image, Path file) throws IOException {
        GuestImage guest = GuestCatalogue.find(image)
                .orElseThrow(() -> new IllegalArgumentException("image " + image + ": no such image"));
        Files.write(file, guest.bytes());
    }

    /** Whether a program can be found by its name. */
    static boolean installed(String program) {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
            if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, program))) {
                return true;
            }
        }
        return false;
    }
}
