package org.thirdmode.formatter;

import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.ImportOrderer;
import com.palantir.javaformat.java.JavaFormatterOptions;
import com.palantir.javaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The Java files of the project and the one way of writing them. */
final class SourceTree {
    private static final JavaFormatterOptions.Style STYLE = JavaFormatterOptions.Style.PALANTIR;
    private static final Set<String> SKIPPED_FOLDERS = Set.of("target", ".git", ".idea");

    private SourceTree() {}

    /** The text as the formatter writes it: imports sorted, unused ones gone, code laid out. */
    static String formatted(String text) {
        JavaFormatterOptions options =
                JavaFormatterOptions.builder().style(STYLE).formatJavadoc(false).build();
        try {
            String imports = ImportOrderer.reorderImports(RemoveUnusedImports.removeUnusedImports(text), STYLE);
            return Formatter.createFormatter(options).formatSource(imports);
        } catch (FormatterException e) {
            throw new IllegalArgumentException(
                    "does not parse: " + e.getMessage().strip(), e);
        }
    }

    /** Every Java source file under a folder, built folders left out, in the order of their paths. */
    static List<Path> javaFilesUnder(Path root) throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                boolean skipped = SKIPPED_FOLDERS.contains(folder.getFileName().toString());
                return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (file.toString().endsWith(".java")) {
                    files.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        files.sort(null);
        return files;
    }
}
