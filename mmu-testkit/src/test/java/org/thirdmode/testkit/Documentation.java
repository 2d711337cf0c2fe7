package org.thirdmode.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the documents show of Java is what the tests compile. */
class Documentation {
    private static final Path ROOT = Path.of(System.getProperty("thirdmode.root"));

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "docs/write-a-strategy.md"})
    void showsOnlyWhatIsCompiled(String document) throws IOException {
        String sources = sources();
        List<String> blocks = blocks(Files.readString(ROOT.resolve(document)));
        assertFalse(blocks.isEmpty(), document);
        assertEquals(
                List.of(), blocks.stream().filter(b -> !sources.contains(b)).toList());
    }

    private static List<String> blocks(String text) {
        List<String> blocks = new ArrayList<>();
        for (int at = text.indexOf("```java\n"); at >= 0; at = text.indexOf("```java\n", at)) {
            int begin = at + "```java\n".length();
            at = text.indexOf("```", begin);
            blocks.add(text.substring(begin, at));
        }
        return blocks;
    }

    private static String sources() throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.walk(ROOT.resolve("mmu-testkit/src/test/java"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                all.append(Files.readString(file));
            }
        }
        return all.toString();
    }
}
