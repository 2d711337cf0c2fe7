package org.thirdmode.pc.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.thirdmode.x86.snapshot.StateException;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

class StateFiles {
    @TempDir
    Path folder;

    private Path file;

    /** A part with a field of each kind. */
    private static final class Part implements Stateful {
        private int small = 7;
        private long large = -1L << 40;
        private boolean set = true;
        private final byte[] fixed = {1, 2, 3};
        private byte[] content;
        private String text = "größer";

        @Override
        public void state(StatePort port) {
            small = port.number("small", small);
            large = port.number("large", large);
            set = port.flag("set", set);
            port.bytes("fixed", fixed);
            content = port.content("content", content, 16);
            text = port.text("text", text);
        }
    }

    @BeforeEach
    void writeOne() throws IOException {
        file = folder.resolve("one.state");
        StateFile.write(file, new Part());
    }

    private String complaint() {
        String line = assertThrows(
                        StateException.class,
                        () -> StateFile.read(file, port -> {
                            new Part().state(port);
                            return null;
                        }))
                .getMessage();
        assertEquals(1, line.lines().count(), line);
        assertTrue(line.startsWith(file.toString()), line);
        return line;
    }

    @Test
    void theSameStateMakesTheSameFile() throws IOException {
        Path other = folder.resolve("other.state");
        StateFile.write(other, new Part());
        assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(other));
    }

    @Test
    void everyFlippedBitIsToldInOneLine() throws IOException {
        byte[] whole = Files.readAllBytes(file);
        for (int i = 0; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] = (byte) (damaged[i] ^ (1 << (i & 7)));
            Files.write(file, damaged);
            complaint();
        }
    }

    @Test
    void everyFileThatIsCutShortIsToldInOneLine() throws IOException {
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            complaint();
        }
        Files.write(file, Arrays.copyOf(whole, whole.length + 1));
        complaint();
    }

    @Test
    void anotherVersionIsNamed() throws IOException {
        byte[] whole = Files.readAllBytes(file);
        whole[16] = 1;
        Files.write(file, whole);
        assertTrue(complaint().contains("is a saved state of version 1677"), complaint());
    }

    @Test
    void aFieldThatIsNotThereIsNamed() throws IOException {
        StateFile.write(file, port -> port.number("small", 1));
        assertTrue(complaint().contains("field large"));
    }

    @Test
    void aNumberThatDoesNotFitIsNamed() throws IOException {
        StateFile.write(file, port -> port.number("small", 1L << 40));
        assertTrue(complaint().contains("field small"));
    }

    @Test
    void aStateThatCannotBeWrittenLeavesTheFileAsItWas() throws IOException {
        byte[] before = Files.readAllBytes(file);
        assertThrows(
                StateException.class,
                () -> StateFile.write(file, port -> {
                    port.number("small", 1);
                    throw new StateException("no");
                }));
        assertArrayEquals(before, Files.readAllBytes(file));
        try (var files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
        assertFalse(Files.exists(folder.resolve("one.state.part")));
    }
}
