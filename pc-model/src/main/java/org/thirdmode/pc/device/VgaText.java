package org.thirdmode.pc.device;

import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.PortDevice;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.time.GuestClock;

/**
 * A VGA in text mode: 80 columns and 25 rows of character and attribute at B8000H, the CRT controller's start address and
 * cursor. The other registers only keep what is written, so that a guest which sets a mode comes through.
 *
 * <p>Source: IBM "Personal System/2 Hardware Interface Technical Reference", "Video Subsystem".
 */
public final class VgaText implements Stateful {
    /** Columns of the screen. */
    public static final int COLUMNS = 80;

    /** Rows of the screen. */
    public static final int ROWS = 25;

    private static final long MEMORY_BASE = 0xa_0000;
    private static final long MEMORY_SIZE = 0x2_0000;
    private static final long TEXT_BASE = 0xb_8000;
    private static final int TEXT_SIZE = 0x8000;

    private static final int START_HIGH = 0x0c;
    private static final int CURSOR_HIGH = 0x0e;

    /** A frame of 70 Hz in ticks, and the part of it that is vertical retrace; a line, and its blanked part. */
    private static final long FRAME_TICKS = 14_268_000;

    private static final long RETRACE_TICKS = 64_000;
    private static final long LINE_TICKS = 31_778;
    private static final long BLANK_TICKS = 6_356;

    /** Code page 437 from 80H on. */
    private static final String UPPER_HALF =
            "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧"
                    + "╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ";

    /** Code page 437 below 20H. */
    private static final String CONTROL_PICTURES = " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼";

    private final GuestClock clock;
    private final PhysicalMemory memory;

    /** An indexed register file: an index port and a data port after it. */
    private static final class Indexed implements PortDevice, Stateful {
        private final byte[] registers = new byte[256];
        private int index;

        @Override
        public int read(int offset, int size) {
            return offset == 0 ? index : registers[index] & 0xff;
        }

        @Override
        public void write(int offset, int size, int value) {
            if (offset == 0) {
                index = value;
            } else {
                registers[index] = (byte) value;
            }
        }

        @Override
        public void state(StatePort port) {
            port.bytes("registers", registers);
            index = port.within("index", index, 0, registers.length - 1);
        }
    }

    private final Indexed crtController = new Indexed();
    private final Indexed sequencer = new Indexed();
    private final Indexed graphics = new Indexed();
    private final byte[] attributes = new byte[32];
    private final byte[] palette = new byte[3 * 256];
    private int attributeIndex;
    private boolean attributeDataNext;
    private int paletteRead;
    private int paletteWrite;
    private int paletteMask = 0xff;
    private int miscellaneous = 0x67;

    /** A display that shows {@code memory} at B8000H. */
    public VgaText(GuestClock clock, PhysicalMemory memory) {
        this.clock = clock;
        this.memory = memory;
    }

    /** Puts video memory and registers in their places. */
    public void attach(IoPorts ports) {
        memory.mapRam(MEMORY_BASE, MEMORY_SIZE);
        ports.register("VGA attribute and miscellaneous", 0x3c0, 4, 1, new PortDevice() {
            @Override
            public int read(int offset, int size) {
                return switch (offset) {
                    case 0 -> attributeIndex;
                    case 1 -> attributes[attributeIndex & 31] & 0xff;
                    case 2 -> 0x10; // input status 0: a monitor is there
                    default -> 1;
                };
            }

            @Override
            public void write(int offset, int size, int value) {
                if (offset == 2) {
                    miscellaneous = value;
                } else if (offset == 0) {
                    if (attributeDataNext) {
                        attributes[attributeIndex & 31] = (byte) value;
                    } else {
                        attributeIndex = value & 0x3f;
                    }
                    attributeDataNext = !attributeDataNext;
                }
            }
        });
        ports.register("VGA sequencer", 0x3c4, 2, 1, sequencer);
        ports.register("VGA palette", 0x3c6, 4, 1, palettePorts());
        ports.register("VGA miscellaneous read", 0x3ca, 4, 1, new PortDevice() {
            @Override
            public int read(int offset, int size) {
                return offset == 2 ? miscellaneous : 0;
            }

            @Override
            public void write(int offset, int size, int value) {}
        });
        ports.register("VGA graphics controller", 0x3ce, 2, 1, graphics);
        // The same CRT controller answers at the monochrome adapter's ports too, whatever the miscellaneous register
        // says.
        ports.register("VGA CRT controller (mono)", 0x3b4, 2, 1, crtController);
        ports.register("VGA CRT controller", 0x3d4, 2, 1, crtController);
        ports.register("VGA status (mono)", 0x3ba, 1, 1, statusPort());
        ports.register("VGA status", 0x3da, 1, 1, statusPort());
    }

    private PortDevice palettePorts() {
        return new PortDevice() {
            @Override
            public int read(int offset, int size) {
                return switch (offset) {
                    case 0 -> paletteMask;
                    case 1 -> 0;
                    case 2 -> paletteWrite / 3;
                    default -> {
                        int value = palette[paletteRead] & 0x3f;
                        paletteRead = (paletteRead + 1) % palette.length;
                        yield value;
                    }
                };
            }

            @Override
            public void write(int offset, int size, int value) {
                switch (offset) {
                    case 0 -> paletteMask = value;
                    case 1 -> paletteRead = value * 3;
                    case 2 -> paletteWrite = value * 3;
                    default -> {
                        palette[paletteWrite] = (byte) (value & 0x3f);
                        paletteWrite = (paletteWrite + 1) % palette.length;
                    }
                }
            }
        };
    }

    private PortDevice statusPort() {
        return new PortDevice() {
            @Override
            public int read(int offset, int size) {
                attributeDataNext = false;
                boolean retrace = clock.now() % FRAME_TICKS < RETRACE_TICKS;
                boolean blank = retrace || clock.now() % LINE_TICKS < BLANK_TICKS;
                return (retrace ? 0x08 : 0) | (blank ? 0x01 : 0);
            }

            @Override
            public void write(int offset, int size, int value) {}
        };
    }

    /** What is on the screen, row by row, without the blanks at the end of each row. */
    public List<String> rows() {
        List<String> rows = new ArrayList<>();
        for (int row = 0; row < ROWS; row++) {
            rows.add(row(row));
        }
        return rows;
    }

    /** One row of it, from 0. */
    public String row(int row) {
        StringBuilder text = new StringBuilder();
        for (int column = 0; column < COLUMNS; column++) {
            text.append(character(row, column));
        }
        return text.toString().stripTrailing();
    }

    /** The character of a cell, from row and column 0, in Unicode. */
    public char character(int row, int column) {
        return character((int) memory.read(cell(row, column), 1));
    }

    /** The attribute of a cell: background in bits 7:4, foreground in 3:0. */
    public int attribute(int row, int column) {
        return (int) memory.read(cell(row, column) + 1, 1);
    }

    private long cell(int row, int column) {
        return TEXT_BASE + (start() * 2 + (row * COLUMNS + column) * 2) % TEXT_SIZE;
    }

    /** All that is on the screen. */
    public ScreenContents contents() {
        StringBuilder characters = new StringBuilder();
        ImmutableIntArray.Builder attributes = ImmutableIntArray.builder(ROWS * COLUMNS);
        for (int row = 0; row < ROWS; row++) {
            for (int column = 0; column < COLUMNS; column++) {
                characters.append(character(row, column));
                attributes.add(attribute(row, column));
            }
        }
        return new ScreenContents(characters.toString(), attributes.build());
    }

    /** Where in video memory the screen begins, in characters. */
    public int start() {
        return word(START_HIGH);
    }

    /** The cursor's place: row times 80 plus column, from the start of the screen. */
    public int cursor() {
        return word(CURSOR_HIGH) - word(START_HIGH);
    }

    private int word(int high) {
        return (crtController.registers[high] & 0xff) << 8 | (crtController.registers[high + 1] & 0xff);
    }

    private static char character(int code) {
        if (code < 0x20) {
            return CONTROL_PICTURES.charAt(code);
        }
        if (code < 0x7f) {
            return (char) code;
        }
        return code == 0x7f ? '⌂' : UPPER_HALF.charAt(code - 0x80);
    }

    @Override
    public void state(StatePort port) {
        port.part("crt controller", crtController);
        port.part("sequencer", sequencer);
        port.part("graphics", graphics);
        port.bytes("attributes", attributes);
        port.bytes("palette", palette);
        attributeIndex = port.number("attribute index", attributeIndex);
        attributeDataNext = port.flag("attribute data next", attributeDataNext);
        paletteRead = port.within("palette read", paletteRead, 0, palette.length - 1);
        paletteWrite = port.within("palette write", paletteWrite, 0, palette.length - 1);
        paletteMask = port.number("palette mask", paletteMask);
        miscellaneous = port.number("miscellaneous", miscellaneous);
    }
}
