package org.thirdmode.formatter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** {@code Format ROOT}: rewrites the Java files under ROOT that are not as the formatter would write them. */
public final class Format {
    private Format() {}

    /** Ends with status 1 where a file does not parse, 2 on bad usage. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 1) {
            System.err.println("format: expected one argument, the folder to format");
            System.exit(2);
        }
        Path root = Path.of(arguments[0]);
        boolean failed = false;
        for (Path file : SourceTree.javaFilesUnder(root)) {
            String text = Files.readString(file);
            try {
                String formatted = SourceTree.formatted(text);
                if (!formatted.equals(text)) {
                    Files.writeString(file, formatted);
                    System.out.println("formatted " + root.relativize(file));
                }
            } catch (IllegalArgumentException e) {
                System.err.println(root.relativize(file) + ": " + e.getMessage());
                failed = true;
            }
        }
        if (failed) {
            System.exit(1);
        }
    }
}
