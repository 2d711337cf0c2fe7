package org.thirdmode.formatter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SourceFormat {
    @Test
    void everyFileIsAsTheFormatterWritesIt() throws IOException {
        Path root = Path.of(System.getProperty("thirdmode.root"));
        List<Path> files = SourceTree.javaFilesUnder(root);
        assertFalse(files.isEmpty(), "no Java file under " + root);
        List<String> wrong = new ArrayList<>();
        for (Path file : files) {
            String text = Files.readString(file);
            try {
                if (!SourceTree.formatted(text).equals(text)) {
                    wrong.add(root.relativize(file).toString());
                }
            } catch (IllegalArgumentException e) {
                wrong.add(root.relativize(file) + " " + e.getMessage());
            }
        }
        assertEquals(List.of(), wrong, "not formatted; run: mvn -q -pl formatter compile exec:exec");
    }

    @Test
    void theSyntaxOfTheBuildsJavaIsUnderstood() {
        String text = """
                class C {
                    int f(Object o) {
                        return switch (o) {
                            case Point(int x, int _) when x > 0 -> x;
                            default -> 0;
                        };
                    }

                    record Point(int x, int y) {}
                }
                """;
        assertEquals(text, SourceTree.formatted(text));
    }
}
