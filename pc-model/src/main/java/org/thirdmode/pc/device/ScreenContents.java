package org.thirdmode.pc.device;

import com.google.common.primitives.ImmutableIntArray;

/**
 * What a text screen shows.
 *
 * @param characters in Unicode, row by row
 * @param attributes background in bits 7:4, foreground in 3:0; as many
 */
public record ScreenContents(String characters, ImmutableIntArray attributes) {
    /** The character of a cell, from row and column 0. */
    public char character(int row, int column) {
        return characters.charAt(row * VgaText.COLUMNS + column);
    }

    /** The attribute of a cell. */
    public int attribute(int row, int column) {
        return attributes.get(row * VgaText.COLUMNS + column);
    }
}
