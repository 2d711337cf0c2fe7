package org.thirdmode.pc.loader;

/** An image that cannot be loaded; the message is one line: file, offset, what was found, what was expected. */
public final class ImageException extends Exception {
    private static final long serialVersionUID = 1L;

    private ImageException(String message) {
        super(message);
    }

    /** Something at byte {@code offset} of the file. */
    static ImageException at(Image image, long offset, String found, String expected) {
        return new ImageException(
                String.format("%s: offset 0x%x: found %s; expected %s", image.name(), offset, found, expected));
    }
}
