package org.thirdmode.guests;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * One image of the catalogue.
 *
 * @param name what a user types
 * @param file the image's file name
 * @param kind how it is loaded
 * @param mode the mode it works in
 * @param description one line
 */
public record GuestImage(String name, String file, ImageKind kind, GuestMode mode, String description) {
    /** The command line of a benchmark's short run: some tens of thousands of instructions. */
    public static final String SHORT_RUN = "n=1000";

    /** The image's bytes, a fresh copy. */
    public byte[] bytes() {
        return resource("images/" + file);
    }

    /** Whether the image is a benchmark: it takes its iterations from {@code n=...} on its command line. */
    public boolean isBenchmark() {
        return name.startsWith("bench-");
    }

    /** Whether the image is the mini-kernel, which runs the {@link Workload} that its command line names. */
    public boolean takesWorkloads() {
        return name.startsWith("mini");
    }

    /**
     * What the image prints over COM1 with an empty command line, as recorded under QEMU 7.2 (hello-vmx, for which QEMU has
     * no processor: as its source says); it exits with 0.
     */
    public String transcript() {
        return transcriptOf(name);
    }

    /**
     * What a benchmark prints with the command line {@link #SHORT_RUN}, as recorded under QEMU 7.2; it exits with 0.
     *
     * @throws IllegalStateException where the image is no benchmark
     */
    public String shortTranscript() {
        return transcriptOf(name + "." + SHORT_RUN);
    }

    /**
     * What the mini-kernel prints with {@link Workload#commandLine()}, as recorded under QEMU 7.2; it exits with {@link
     * Workload#status()}.
     *
     * @throws IllegalStateException where the image takes no workloads
     */
    public String transcript(Workload workload) {
        return transcriptOf(name + "." + workload.commandLine());
    }

    /** The same where the machine has a disk of 1 MiB, all zeros, as the first one of the first IDE channel; it exits with 0. */
    public String transcriptWithDisk(Workload workload) {
        return transcriptOf(name + "." + workload.commandLine() + ".disk");
    }

    /**
     * What hello-disks prints where the machine has an IDE disk of 1 MiB and a virtio disk of 2 MiB, as recorded under QEMU 7.2;
     * it exits with 0.
     *
     * @throws IllegalStateException where the image is another
     */
    public String transcriptWithDisks() {
        return transcriptOf(name + ".disks");
    }

    private static String transcriptOf(String run) {
        return new String(resource("transcripts/" + run + ".txt"), StandardCharsets.US_ASCII);
    }

    private static byte[] resource(String path) {
        try (InputStream in = GuestImage.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalStateException("resource " + path + " is missing: run make in guest-kernels");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
