package org.thirdmode.cli.operator;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.apache.fontbox.ttf.CmapLookup;
import org.apache.fontbox.ttf.TTFParser;
import org.apache.fontbox.ttf.TrueTypeFont;
import org.apache.pdfbox.io.RandomAccessReadBuffer;
import org.thirdmode.pc.device.ScreenContents;
import org.thirdmode.pc.device.VgaText;

/**
 * A picture of a text screen, in the colours of a VGA's default palette and the glyphs of Liberation Mono: the guest's own
 * font, where it has loaded one, is not looked at.
 */
public final class ScreenPicture {
    /** Pixels of a character's cell. */
    public static final int CELL_WIDTH = 10;

    /** As {@link #CELL_WIDTH}. */
    public static final int CELL_HEIGHT = 19;

    private static final String FONT = "/liberation/LiberationMono-Regular.ttf";

    /** IBM, "Video Subsystem": the sixteen colours of text. */
    private static final int[] PALETTE = {
        0x000000, 0x0000aa, 0x00aa00, 0x00aaaa, 0xaa0000, 0xaa00aa, 0xaa5500, 0xaaaaaa,
        0x555555, 0x5555ff, 0x55ff55, 0x55ffff, 0xff5555, 0xff55ff, 0xffff55, 0xffffff
    };

    private ScreenPicture() {}

    /** Draws a screen. */
    public static BufferedImage of(ScreenContents screen) {
        BufferedImage image =
                new BufferedImage(VgaText.COLUMNS * CELL_WIDTH, VgaText.ROWS * CELL_HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D drawing = image.createGraphics();
        drawing.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        try (InputStream file = ScreenPicture.class.getResourceAsStream(FONT);
                TrueTypeFont font = new TTFParser().parse(new RandomAccessReadBuffer(file))) {
            CmapLookup glyphs = font.getUnicodeCmapLookup();
            double scale = (double) CELL_WIDTH / font.getAdvanceWidth(glyphs.getGlyphId('M'));
            double baseline = font.getHorizontalHeader().getAscender() * scale;
            for (int row = 0; row < VgaText.ROWS; row++) {
                for (int column = 0; column < VgaText.COLUMNS; column++) {
                    int attribute = screen.attribute(row, column);
                    drawing.setColor(new Color(PALETTE[attribute >>> 4 & 7]));
                    drawing.fillRect(column * CELL_WIDTH, row * CELL_HEIGHT, CELL_WIDTH, CELL_HEIGHT);
                    int glyph = glyphs.getGlyphId(screen.character(row, column));
                    if (font.getGlyph().getGlyph(glyph) != null) {
                        drawing.setColor(new Color(PALETTE[attribute & 15]));
                        AffineTransform place = AffineTransform.getTranslateInstance(
                                column * (double) CELL_WIDTH, row * (double) CELL_HEIGHT + baseline);
                        place.scale(scale, -scale);
                        drawing.fill(place.createTransformedShape(
                                font.getGlyph().getGlyph(glyph).getPath()));
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the font of the class path cannot be read", e);
        } finally {
            drawing.dispose();
        }
        return image;
    }
}
