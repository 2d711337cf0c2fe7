package org.thirdmode.rules;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The classes of every module, as the compiler left them; tests are left out. */
final class ProjectClasses {
    private ProjectClasses() {}

    /** The folders {@code MODULE/target/classes}. */
    static List<Path> folders() {
        Path root = Path.of(System.getProperty("thirdmode.root"));
        try (Stream<Path> modules = Files.list(root)) {
            return modules.map(module -> module.resolve("target/classes"))
                    .filter(Files::isDirectory)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every class file in them. */
    static List<Path> files() {
        return folders().stream().flatMap(ProjectClasses::filesUnder).toList();
    }

    private static Stream<Path> filesUnder(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".class")).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
