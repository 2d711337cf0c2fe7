package org.thirdmode.guests;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * One image of the catalogue.
 *
 * @param name what a user types
 * @param file the image's file name
 * @param kind how it is loaded
 * @param mode the mode it works in
 * @param description one line
 */
public record GuestImage(String name, String file, ImageKind kind, GuestMode mode, String description) {
    /** The image's bytes, a fresh copy. */
    public byte[] bytes() {
        return resource("images/" + file);
    }

    /** What the image prints over COM1 with an empty command line, as recorded under QEMU 7.2; it exits with status 0. */
    public String transcript() {
        return new String(resource("transcripts/" + name + ".txt"), StandardCharsets.US_ASCII);
    }

    private static byte[] resource(String path) {
        try (InputStream in = GuestImage.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalStateException("resource " + path + " is missing: run make in guest-kernels");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
