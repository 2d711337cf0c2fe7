package org.thirdmode.cli;

import java.awt.image.RenderedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** A file that will be written. */
final class OutputFile {
    private OutputFile() {}

    /** Finds out before the run, which may be long, that its result could not be written; null is no file. */
    static void writable(String option, Path file) {
        if (file == null) {
            return;
        }
        if (Files.isDirectory(file)) {
            throw new UserError(option + " " + file + ": is a folder; name a file");
        }
        Path folder = file.toAbsolutePath().getParent();
        if (!Files.isDirectory(folder)) {
            throw new UserError(option + " " + file + ": the folder " + folder + " does not exist; create it first");
        }
        if (!Files.isWritable(Files.exists(file) ? file : folder)) {
            throw new UserError(option + " " + file + ": cannot be written; name a file you may write");
        }
    }

    /** Writes a picture as PNG. */
    static void png(Path file, RenderedImage picture) {
        ImageIO.setUseCache(false);
        try (OutputStream out = Files.newOutputStream(file)) {
            ImageIO.write(picture, "png", out);
        } catch (IOException e) {
            throw new UserError(file + ": cannot be written: " + e.getMessage());
        }
    }
}
