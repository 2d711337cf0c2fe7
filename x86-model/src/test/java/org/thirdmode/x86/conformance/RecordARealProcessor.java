package org.thirdmode.x86.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Makes the recording anew, on an x86-64 Linux host with a C compiler: {@code mvn -pl x86-model test
 * -Dtest=RecordARealProcessor -Dconformance.record}. See {@code src/test/native/README.md}.
 */
@EnabledIfSystemProperty(named = "conformance.record", matches = ".*")
class RecordARealProcessor {
    private static final Path NATIVE = Path.of("src/test/native");
    private static final Path RESOURCE =
            Path.of("src/test/resources/org/thirdmode/x86/conformance", Recording.RESOURCE);
    private static final int PAGE_FAULT = 14;

    @Test
    void whatItDoesIsWrittenToTheResource() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("conformance");
        Path program = folder.resolve("conformance");
        Path questions = folder.resolve("questions");
        Path answers = folder.resolve("answers");
        run(
                "cc",
                "-O2",
                "-o",
                program.toString(),
                NATIVE.resolve("conformance.c").toString());
        List<Form> forms = Catalogue.all();
        ask(forms, questions);
        run(program.toString(), questions.toString(), answers.toString());
        Recording recording = new Recording(processor(), answers(forms, answers));
        Files.createDirectories(RESOURCE.getParent());
        recording.write(Files.newOutputStream(RESOURCE));
        System.out.printf(
                "conformance: recorded %d forms on %s, %d bytes%n", forms.size(), processor(), Files.size(RESOURCE));
        for (Path file : List.of(program, questions, answers, folder)) {
            Files.delete(file);
        }
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor(), String.join(" ", command));
    }

    private static void ask(List<Form> forms, Path file) throws IOException {
        ByteBuffer question = ByteBuffer.allocate(Question.SIZE);
        try (FileChannel out = new RandomAccessFile(file.toFile(), "rw").getChannel()) {
            ByteBuffer block = ByteBuffer.allocate(1024 * Question.SIZE);
            for (int n = 0; n < forms.size(); n++) {
                for (int c = 0; c < forms.get(n).cases(); c++) {
                    question.clear();
                    Question.write(forms.get(n), new Inputs(forms.get(n), n, c), question);
                    block.put(question.flip());
                    if (!block.hasRemaining()) {
                        out.write(block.flip());
                        block.clear();
                    }
                }
            }
            out.write(block.flip());
        }
    }

    private static List<Recording.Recorded> answers(List<Form> forms, Path file) throws IOException {
        List<Recording.Recorded> recorded = new ArrayList<>();
        try (FileChannel in = FileChannel.open(file)) {
            ByteBuffer all = in.map(FileChannel.MapMode.READ_ONLY, 0, in.size());
            for (int n = 0; n < forms.size(); n++) {
                Form form = forms.get(n);
                List<Outcome> outcomes = new ArrayList<>();
                for (int c = 0; c < form.cases(); c++) {
                    Outcome outcome = Question.readAnswer(all).defined(form, new Inputs(form, n, c));
                    if (outcome.vector() == PAGE_FAULT) {
                        throw new IllegalStateException("a page fault: the pins of this form are wrong: " + form);
                    }
                    outcomes.add(outcome);
                }
                recorded.add(new Recording.Recorded(form, outcomes));
            }
        }
        return recorded;
    }

    private static String processor() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return String.join(
                    ", ",
                    lines.takeWhile(line -> !line.isBlank())
                            .filter(line -> line.matches("(vendor_id|model name|cpu family|model|stepping)\\s.*"))
                            .map(line -> line.replaceAll("\\s*:\\s*", " "))
                            .toList());
        }
    }
}
