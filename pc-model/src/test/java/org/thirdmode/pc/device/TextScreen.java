package org.thirdmode.pc.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.time.GuestClock;

/** VGA text mode 3: 80 columns, 25 rows at B8000H. */
final class TextScreen {
    private final GuestClock clock = new GuestClock();
    private final PhysicalMemory memory = new PhysicalMemory(32);
    private final IoPorts ports = new IoPorts();
    private final VgaText vga = new VgaText(clock, memory);

    @BeforeEach
    void attach() {
        vga.attach(ports);
    }

    private void print(long address, String text) {
        for (int i = 0; i < text.length(); i++) {
            memory.write(address + i * 2L, 2, 0x0700 | text.charAt(i));
        }
    }

    @Test
    void charactersStandAtTheirRowsAndColumns() {
        print(0xb8000, "top");
        print(0xb8000 + (24 * 80 + 77) * 2, "end");
        assertEquals(25, vga.rows().size());
        assertEquals("top", vga.rows().get(0));
        assertEquals(" ".repeat(77) + "end", vga.rows().get(24));
        assertEquals("", vga.rows().get(12));
    }

    @Test
    void theStartAddressScrolls() {
        print(0xb8000 + 160, "second");
        ports.write(0x3d4, 1, 0x0d);
        ports.write(0x3d5, 1, 80);
        assertEquals("second", vga.rows().get(0));
    }

    @Test
    void indexAndDataCanBeWrittenAsOneWord() {
        ports.write(0x3d4, 2, 0x010e);
        ports.write(0x3d4, 2, 0x400f);
        assertEquals(0x140, vga.cursor());
        ports.write(0x3d4, 1, 0x0f);
        assertEquals(0x40, ports.read(0x3d5, 1));
    }

    @Test
    void codesAreThoseOfCodePage437() {
        memory.write(0xb8000, 1, 0xb3);
        memory.write(0xb8002, 1, 0x81);
        memory.write(0xb8004, 1, 0x01);
        memory.write(0xb8006, 1, 0xfe);
        assertEquals("│ü☺■", vga.rows().get(0));
    }

    @Test
    void theStatusRegisterShowsRetraceComeAndGo() {
        int first = ports.read(0x3da, 1) & 8;
        clock.setNow(1_000_000);
        assertNotEquals(first, ports.read(0x3da, 1) & 8);
    }

    @Test
    void readingTheStatusResetsTheAttributeFlipFlop() {
        ports.read(0x3da, 1);
        ports.write(0x3c0, 1, 0x05);
        ports.write(0x3c0, 1, 0x2a);
        ports.write(0x3c0, 1, 0x05);
        assertEquals(0x2a, ports.read(0x3c1, 1));
        ports.read(0x3da, 1);
        ports.write(0x3c0, 1, 0x06);
        assertEquals(0x06, ports.read(0x3c0, 1));
    }

    @Test
    void thePaletteTakesThreeBytesAColour() {
        ports.write(0x3c8, 1, 16);
        for (int value : new int[] {1, 2, 0xff}) {
            ports.write(0x3c9, 1, value);
        }
        ports.write(0x3c7, 1, 16);
        assertEquals(1, ports.read(0x3c9, 1));
        assertEquals(2, ports.read(0x3c9, 1));
        assertEquals(0x3f, ports.read(0x3c9, 1));
    }
}
