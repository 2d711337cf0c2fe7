package org.thirdmode.guests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The committed images are what their sources build to, and are of the kind the catalogue says. */
class GuestImages {
    private static final int MULTIBOOT_HEADER_MAGIC = 0x1BADB002;
    private static final int MULTIBOOT_SEARCH_BYTES = 8192;
    private static final String PINNED_COMPILER = "12.2.0";
    private static final String PINNED_LINKER = "2.40";

    @Test
    void everyImageBuildsAgainToTheSameBytes(@TempDir Path directory) throws Exception {
        String missing = missingTool();
        if (!missing.isEmpty()) {
            System.out.println("GuestImages: the rebuild is skipped: " + missing);
        }
        Assumptions.assumeTrue(missing.isEmpty(), missing);
        Path images = directory.resolve("images");
        String output = run(List.of(
                "make",
                "IMAGES=" + images,
                "OBJECTS=" + directory.resolve("objects"),
                "CC=gcc",
                "LD=ld",
                "OBJCOPY=objcopy"));
        for (GuestImage image : GuestCatalogue.images()) {
            Path built = images.resolve(image.file());
            assertTrue(Files.exists(built), () -> image.file() + " was not built: " + output);
            assertArrayEquals(
                    Files.readAllBytes(built),
                    image.bytes(),
                    image.file() + " differs from its source: run make and commit");
        }
    }

    /** Multiboot Specification 0.6.96, "OS image format": within the first 8192 bytes, 4-byte aligned, sum zero. */
    @Test
    void aMultibootImageCarriesItsHeader() {
        for (GuestImage image : GuestCatalogue.images()) {
            if (image.kind() == ImageKind.MULTIBOOT) {
                ByteBuffer bytes = ByteBuffer.wrap(image.bytes()).order(ByteOrder.LITTLE_ENDIAN);
                int limit = Math.min(bytes.capacity(), MULTIBOOT_SEARCH_BYTES) - 12;
                assertTrue(
                        IntStream.rangeClosed(0, limit / 4)
                                .map(i -> i * 4)
                                .anyMatch(at -> bytes.getInt(at) == MULTIBOOT_HEADER_MAGIC
                                        && bytes.getInt(at) + bytes.getInt(at + 4) + bytes.getInt(at + 8) == 0),
                        image.name());
            }
        }
    }

    /** They are in the repository, and in every copy of it. */
    @Test
    void noImageIsLargerThan200KBytes() {
        for (GuestImage image : GuestCatalogue.images()) {
            assertTrue(image.bytes().length <= 200 << 10, image.name());
        }
    }

    @Test
    void aBootSectorIs512BytesAndEndsWithItsSignature() {
        for (GuestImage image : GuestCatalogue.images()) {
            if (image.kind() == ImageKind.BOOT_SECTOR) {
                ByteBuffer bytes = ByteBuffer.wrap(image.bytes()).order(ByteOrder.LITTLE_ENDIAN);
                assertEquals(512, bytes.capacity(), image.name());
                assertEquals((short) 0xaa55, bytes.getShort(510), image.name());
            }
        }
    }

    @Test
    void everyTranscriptEndsWithoutAFailure() {
        for (GuestImage image : GuestCatalogue.images()) {
            assertEndsWell(image, image.transcript());
            if (image.isBenchmark()) {
                assertEndsWell(image, image.shortTranscript());
            }
            if (image.takesWorkloads()) {
                Workload.all().forEach(workload -> assertEndsWell(image, image.transcript(workload)));
            }
        }
    }

    private static void assertEndsWell(GuestImage image, String transcript) {
        assertTrue(transcript.endsWith("\n"), image.name());
        assertTrue(!transcript.contains("WRONG") && !transcript.contains("unexpected"), image.name());
    }

    @Test
    void theCatalogueAndTheFilesNameTheSameImages() throws IOException {
        Path images = Path.of("src/main/resources/org/thirdmode/guests/images");
        try (var files = Files.list(images)) {
            assertEquals(
                    GuestCatalogue.images().stream()
                            .map(GuestImage::file)
                            .sorted()
                            .toList(),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
    }

    /** Empty where the pinned tools are here, otherwise what is missing and what was found. */
    private static String missingTool() throws InterruptedException {
        try {
            String compiler = run(List.of("gcc", "-dumpfullversion")).strip();
            if (!compiler.equals(PINNED_COMPILER)) {
                return "gcc is " + compiler + ", the images are built with " + PINNED_COMPILER;
            }
            String linker = run(List.of("ld", "--version")).lines().findFirst().orElse("");
            if (!linker.endsWith(" " + PINNED_LINKER)) {
                return "ld is \"" + linker + "\", the images are built with " + PINNED_LINKER;
            }
            run(List.of("make", "--version"));
            run(List.of("objcopy", "--version"));
            return "";
        } catch (IOException e) {
            return e.getMessage();
        }
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(command.getFirst() + " did not end within 120 seconds");
        }
        return output;
    }
}
