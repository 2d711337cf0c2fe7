package org.thirdmode.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.GuestImage;

/**
 * A file of the user's, or a bundled kernel, read into memory.
 *
 * @param name how errors name it
 */
record Input(String name, byte[] bytes) {
    /** The largest file that is read at all; an image must fit the guest's memory anyway. */
    static final long LARGEST = 1L << 30;

    /**
     * The image that a user names: a bundled kernel, else a file. A file that is called like a bundled kernel is named by
     * a path, as in {@code ./hello64}.
     */
    static Input image(String name, long memory) {
        GuestImage bundled = GuestCatalogue.find(name).orElse(null);
        if (bundled != null) {
            return new Input(name, bundled.bytes());
        }
        Path path = Path.of(name);
        if (!Files.exists(path)) {
            String names =
                    GuestCatalogue.images().stream().map(GuestImage::name).collect(Collectors.joining(", "));
            throw new UserError(
                    name + ": there is no such file, and no bundled kernel of that name; bundled are " + names);
        }
        return file(path, "--memory " + Size.inWords(memory), memory);
    }

    /**
     * A file of at most {@code most} bytes.
     *
     * @param limit what sets that limit, as the user knows it
     */
    static Input file(Path path, String limit, long most) {
        if (!Files.exists(path)) {
            throw new UserError(path + ": there is no such file");
        }
        if (Files.isDirectory(path)) {
            throw new UserError(path + ": is a folder; expected a file");
        }
        long allowed = Math.min(most, LARGEST);
        try (InputStream in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes((int) allowed + 1);
            if (bytes.length > allowed) {
                throw new UserError(path + ": has more than " + Size.inWords(allowed) + " bytes; expected no more than "
                        + (allowed < most ? "that" : limit + " holds"));
            }
            if (bytes.length == 0) {
                throw new UserError(path + ": is empty");
            }
            return new Input(path.toString(), bytes);
        } catch (IOException e) {
            throw new UserError(path + ": cannot be read: " + e.getMessage());
        }
    }
}
