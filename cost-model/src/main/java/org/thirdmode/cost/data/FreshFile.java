package org.thirdmode.cost.data;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A file that is written beside the one whose place it takes, so that whoever reads that one finds it whole: as it was, or as
 * it is to be. It is made as any other file, with the permissions that the process gives.
 */
public final class FreshFile implements AutoCloseable {
    private final Path file;

    /** Where to write. */
    public final Path path;

    private FreshFile(Path file, Path path) {
        this.file = file;
        this.path = path;
    }

    /** Makes an empty one beside {@code file}. */
    public static FreshFile beside(Path file) throws IOException {
        Path whole = file.toAbsolutePath();
        for (int n = 0; ; n++) {
            Path path = whole.resolveSibling(whole.getFileName() + "." + n + ".part");
            try {
                return new FreshFile(whole, Files.createFile(path));
            } catch (FileAlreadyExistsException e) {
                if (n == 1000) {
                    throw e;
                }
            }
        }
    }

    /** It is complete: it takes the other one's place. */
    public void complete() throws IOException {
        Files.move(path, file, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Removes what did not become complete. */
    @Override
    public void close() throws IOException {
        Files.deleteIfExists(path);
    }
}
