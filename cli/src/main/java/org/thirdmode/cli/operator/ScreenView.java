package org.thirdmode.cli.operator;

import org.jline.terminal.Terminal;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;
import org.jline.utils.InfoCmp.Capability;
import org.thirdmode.pc.Board;
import org.thirdmode.pc.device.VgaText;

/** A machine's text screen on a terminal, and its keyboard by the terminal's keys. */
final class ScreenView {
    private static final int ENTER = '\r';
    private static final int DELETE = 0x7f;

    private final Terminal terminal;
    private final VgaText vga;

    /** What the terminal shows. */
    private final AttributedString[] shown = new AttributedString[VgaText.ROWS];

    private int cursor = -1;

    ScreenView(Terminal terminal, VgaText vga) {
        this.terminal = terminal;
        this.vga = vga;
        terminal.puts(Capability.clear_screen);
    }

    /** Draws the rows that have changed, and puts the cursor where the machine's is. */
    void draw() {
        boolean changed = cursor != vga.cursor();
        for (int row = 0; row < VgaText.ROWS; row++) {
            AttributedString now = row(row);
            if (!now.equals(shown[row])) {
                shown[row] = now;
                changed = true;
                terminal.puts(Capability.cursor_address, row, 0);
                now.print(terminal);
            }
        }
        if (changed) {
            cursor = vga.cursor();
            int within = Math.max(0, Math.min(cursor, VgaText.ROWS * VgaText.COLUMNS - 1));
            terminal.puts(Capability.cursor_address, within / VgaText.COLUMNS, within % VgaText.COLUMNS);
            terminal.flush();
        }
    }

    private AttributedString row(int row) {
        AttributedStringBuilder text = new AttributedStringBuilder(VgaText.COLUMNS);
        for (int column = 0; column < VgaText.COLUMNS; column++) {
            int attribute = vga.attribute(row, column);
            text.style(AttributedStyle.DEFAULT
                    .foreground(terminalColour(attribute & 15))
                    .background(terminalColour(attribute >>> 4 & 7)));
            text.append(vga.character(row, column));
        }
        return text.toAttributedString();
    }

    /** A terminal has red in bit 0 and blue in bit 2. */
    private static int terminalColour(int vgaColour) {
        return (vgaColour & 0b1010) | (vgaColour & 1) << 2 | (vgaColour >>> 2 & 1);
    }

    /** A key of the terminal, which tells characters, as the key of the machine's keyboard that has it. */
    void type(int key, Board board) {
        int character = key == ENTER ? '\n' : key == DELETE ? '\b' : key;
        board.type(String.valueOf((char) character));
    }

    /** The cursor goes below the screen. */
    void leave() {
        terminal.puts(Capability.cursor_address, VgaText.ROWS - 1, 0);
        terminal.writer().println();
        terminal.flush();
    }
}
