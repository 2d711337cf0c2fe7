package org.thirdmode.pc.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.thirdmode.pc.memory.MemoryLayout;
import org.thirdmode.x86.memory.PhysicalMemory;

/** A machine's memory of 16 MBytes to load into. */
class LoaderBench {
    final MemoryLayout layout = new MemoryLayout(16 << 20);
    final PhysicalMemory memory = new PhysicalMemory(36);

    LoaderBench() {
        layout.map(memory);
    }

    InitialState load(Image image, LoadOptions options) throws ImageException {
        return ImageLoader.load(image, options, layout, memory);
    }

    InitialState load(Image image) throws ImageException {
        return load(image, LoadOptions.DEFAULT);
    }

    long u32(long address) {
        return memory.read(address, 4);
    }

    String text(long address) {
        StringBuilder text = new StringBuilder();
        for (long at = address; memory.read(at, 1) != 0; at++) {
            text.append((char) memory.read(at, 1));
        }
        return text.toString();
    }

    /** The image is refused in one line, and nothing has been written. */
    void refuses(String line, Image image, LoadOptions options) {
        ImageException refused = assertThrows(ImageException.class, () -> load(image, options));
        assertEquals(line, refused.getMessage());
        assertEquals(0, memory.framesInUse());
    }

    void refuses(String line, Image image) {
        refuses(line, image, LoadOptions.DEFAULT);
    }

    static void isOneLine(String message) {
        assertFalse(message.contains("\n"), message);
        assertTrue(message.matches("\\S+: offset 0x[0-9a-f]+: found .+; expected .+"), message);
    }
}
