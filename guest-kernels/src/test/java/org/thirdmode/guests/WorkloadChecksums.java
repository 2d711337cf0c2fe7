package org.thirdmode.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What each workload has to print, computed here from its description: by closed forms where there are, otherwise by doing
 * the same to Java arrays. No process, no page and no guest takes part.
 */
class WorkloadChecksums {
    static Stream<Arguments> runs() {
        return GuestCatalogue.images().stream()
                .filter(GuestImage::takesWorkloads)
                .flatMap(image -> Workload.all().stream()
                        .filter(workload -> workload.status() == 0)
                        .map(workload -> arguments(image.name(), workload)));
    }

    @ParameterizedTest
    @MethodSource("runs")
    void theTranscriptHasTheChecksumThatTheDescriptionGives(String image, Workload workload) {
        String transcript = GuestCatalogue.find(image).orElseThrow().transcript(workload);
        List<String> lines = transcript.lines().toList();
        assertEquals(workload.commandLine() + " " + workload.parameters(), lines.get(1));
        assertEquals(String.format("checksum=%08x", checksum(workload)), lines.get(2));
        assertEquals(List.of(workload.name() + ": ok", "frames: all returned"), lines.subList(3, lines.size()));
    }

    @Test
    void withoutADiskTheTranscriptSaysSo() {
        Workload disk = Workload.find("disk").orElseThrow();
        assertEquals(Workload.NO_DISK, disk.status());
        for (GuestImage image : GuestCatalogue.images()) {
            if (image.takesWorkloads()) {
                assertTrue(image.transcript(disk).endsWith("\nno disk\n"), image.name());
            }
        }
    }

    /** Word i of sector n is n times 2654435761 plus i, and counts i + 1 times. */
    @Test
    void withABlankDiskTheTranscriptHasTheSumOfItsSectors() {
        Workload disk = Workload.find("disk").orElseThrow();
        int sum = 0;
        for (int sector = 1; sector <= 64; sector++) {
            for (int i = 0; i < 128; i++) {
                sum += (sector * (int) 2654435761L + i) * (i + 1);
            }
        }
        String end = String.format("\nchecksum=%08x\ndisk: ok\nframes: all returned\n", sum);
        for (GuestImage image : GuestCatalogue.images()) {
            if (image.takesWorkloads()) {
                assertTrue(image.transcriptWithDisk(disk).endsWith(end), image.name());
            }
        }
    }

    @Test
    void theKernelListsTheWorkloadsOfTheTable() {
        String table = Workload.all().stream()
                .map(row -> row.commandLine() + " " + row.parameters() + ": " + row.description())
                .collect(Collectors.joining("\n"));
        for (GuestImage image : GuestCatalogue.images()) {
            if (image.takesWorkloads()) {
                String transcript = image.transcript();
                assertTrue(transcript.contains("\n" + table + "\n"), transcript);
            }
        }
    }

    private static int checksum(Workload workload) {
        Map<String, Integer> with = Stream.of(workload.parameters().split(" "))
                .map(parameter -> parameter.split("="))
                .collect(Collectors.toMap(pair -> pair[0], pair -> Integer.parseInt(pair[1])));
        int rounds = with.getOrDefault("rounds", 0);
        int pages = with.getOrDefault("pages", 0);
        int processes = with.getOrDefault("processes", 0);
        return switch (workload.name()) {
            case "syscall", "kpti", "wp", "idle" -> triangle(rounds);
            case "switch" -> fold(processes, i -> pages * rounds * (i + 1)) + processes * rounds;
            case "preempt" -> fold(processes, i -> i) + processes;
            case "fork" -> fold(processes * rounds, i -> triangle(pages) + pages * (i / processes + i % processes));
            case "exec" -> fold(rounds, i -> 3 * i + 1);
            case "mmap" -> mmap(rounds, pages);
            case "cow" ->
                // In round r the child adds 2r + 1 to pages that the parent has raised r times; then the parent adds 1.
                fold(2 * rounds, i -> triangle(pages) + pages * (i % 2 == 0 ? i / 2 + i + 1 : i / 2 + 1));
            case "fault" -> fold(rounds, i -> triangle(pages) + pages * i);
            case "gups" -> gups(pages, with.get("updates"));
            case "chase" -> chase(pages, with.get("steps"));
            case "sequential" -> sequential(rounds, pages);
            case "sparse", "ram" -> triangle(pages);
            case "compile" -> fold(with.get("units"), unit -> new Unit(unit, with.get("bytes")).checksum());
            case "port" -> port(rounds);
            case "mmio" -> rounds * 255;
            default -> throw new AssertionError("no expectation for " + workload.name());
        };
    }

    /** 0 + 1 + ... + (count - 1). */
    private static int triangle(int count) {
        return (int) ((long) count * (count - 1) / 2);
    }

    /** How a run makes one number of many: each times 31 to the power of those that follow. */
    private static int fold(int count, IntUnaryOperator value) {
        return IntStream.range(0, count).map(value).reduce(0, (sum, next) -> sum * 31 + next);
    }

    private static int mmap(int rounds, int pages) {
        int sum = 0;
        for (int round = 0; round < rounds; round++) {
            for (int page = 0; page < pages; page++) {
                sum += (round ^ page) * (page + 1);
            }
        }
        return sum;
    }

    private static int random(int value) {
        int next = value ^ (value << 13);
        next ^= next >>> 17;
        return next ^ (next << 5);
    }

    /** One word of each line of 64 bytes holds its index in words at first. */
    private static int gups(int pages, int updates) {
        int[] lines = IntStream.range(0, pages * 64).map(line -> line * 16).toArray();
        int value = 1;
        for (int i = 0; i < updates; i++) {
            value = random(value);
            lines[((value >>> 7) & (pages * 1024 - 1)) / 16] ^= value;
        }
        return IntStream.of(lines).reduce(0, (sum, line) -> sum * 31 + line);
    }

    /** The affine map of one step, raised to the power of the steps by squaring, applied to 0. */
    private static int chase(int pages, int steps) {
        int factor = 1;
        int offset = 0;
        int squareFactor = 1103515245;
        int squareOffset = 12345;
        for (int rest = steps; rest != 0; rest >>>= 1) {
            if ((rest & 1) != 0) {
                offset = squareFactor * offset + squareOffset;
                factor *= squareFactor;
            }
            squareOffset = squareFactor * squareOffset + squareOffset;
            squareFactor *= squareFactor;
        }
        return offset & (pages * 64 - 1);
    }

    /** Word i is i times 2654435761 plus the round; all are added up in each round. */
    private static int sequential(int rounds, int pages) {
        int words = pages * 1024;
        return (int) 2654435761L * triangle(words) * rounds + words * triangle(rounds);
    }

    /** Every round a byte; every 16th also a string of which the last byte is read 16 times. */
    private static int port(int rounds) {
        int sum = 0;
        for (int round = 0; round < rounds; round++) {
            sum += round & 0xff;
            if (round % 16 == 0) {
                sum += 16 * ((round / 16 + 15) & 0xff);
            }
        }
        return sum;
    }

    /** A unit of the compiler: the text, and what compiling and running it gives, by another road than the guest's. */
    private static final class Unit {
        private static final int SLOTS = 1024;

        private final StringBuilder source = new StringBuilder();
        private final ByteArrayOutputStream code = new ByteArrayOutputStream();
        private final String[] names = new String[SLOTS];
        private final Map<String, Integer> values = new HashMap<>();

        Unit(int number, int bytes) {
            int value = number * (int) 2654435761L + 1;
            while (source.length() < bytes) {
                value = random(value);
                int operators = (value >>> 20) & 7;
                source.append(name(value)).append('=');
                value = random(value);
                source.append(operand(value));
                for (int i = 0; i < operators; i++) {
                    value = random(value);
                    source.append("^+-*".charAt(value >>> 30)).append(operand(value));
                }
                source.append(';');
            }
        }

        private static String name(int value) {
            return "" + (char) ('a' + Integer.remainderUnsigned(value, 26)) + ((value >>> 8) % 10);
        }

        private static String operand(int value) {
            return ((value >>> 16) & 1) != 0 ? name(value) : "" + Integer.remainderUnsigned(value, 1000);
        }

        int checksum() {
            for (String statement : source.toString().split(";")) {
                int slot = slot(statement.substring(0, 2));
                int result = evaluate(statement.substring(3));
                store(3, slot);
                values.put(names[slot], result);
            }
            code.write(0);
            int sum = (int) 2166136261L;
            for (byte one : code.toByteArray()) {
                sum = (sum ^ (one & 0xff)) * 16777619;
            }
            for (String name : names) {
                sum = sum * 31 + (name == null ? 0 : values.getOrDefault(name, 0));
            }
            return sum;
        }

        /** Splits at the loosest operator, and there at the last: what is left of it belongs together. */
        private int evaluate(String expression) {
            for (String operators : List.of("^", "+-", "*")) {
                for (int at = expression.length() - 1; at > 0; at--) {
                    char operator = expression.charAt(at);
                    if (operators.indexOf(operator) >= 0) {
                        int left = evaluate(expression.substring(0, at));
                        int right = evaluate(expression.substring(at + 1));
                        code.write(operator);
                        return switch (operator) {
                            case '^' -> left ^ right;
                            case '+' -> left + right;
                            case '-' -> left - right;
                            default -> left * right;
                        };
                    }
                }
            }
            if (Character.isLetter(expression.charAt(0))) {
                store(2, slot(expression));
                return values.getOrDefault(expression, 0);
            }
            int number = Integer.parseInt(expression);
            code.write(1);
            for (int shift = 0; shift < 32; shift += 8) {
                code.write(number >>> shift);
            }
            return number;
        }

        private void store(int instruction, int slot) {
            code.write(instruction);
            code.write(slot);
            code.write(slot >>> 8);
        }

        /** Open addressing; FNV-1a's upper ten bits. */
        private int slot(String name) {
            int hash = (int) 2166136261L;
            for (byte one : name.getBytes(StandardCharsets.US_ASCII)) {
                hash = (hash ^ one) * 16777619;
            }
            int slot = hash >>> 22;
            while (names[slot] != null && !names[slot].equals(name)) {
                slot = (slot + 1) % SLOTS;
            }
            names[slot] = name;
            return slot;
        }
    }
}
