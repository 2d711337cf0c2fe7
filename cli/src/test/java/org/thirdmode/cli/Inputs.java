package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.thirdmode.guests.GuestCatalogue;

class Inputs {
    private static final long MEMORY = 64 << 20;

    @TempDir
    private Path folder;

    @Test
    void aBundledKernelIsFoundByItsName() {
        byte[] hello = GuestCatalogue.find("hello64").orElseThrow().bytes();
        assertArrayEquals(hello, Input.image("hello64", MEMORY).bytes());
    }

    @Test
    void aFileIsReadAsItIs() throws IOException {
        Path file = Files.write(folder.resolve("boot.bin"), new byte[] {1, 2, 3});
        assertArrayEquals(
                new byte[] {1, 2, 3}, Input.image(file.toString(), MEMORY).bytes());
    }

    @Test
    void aNameThatIsNeitherListsTheBundledKernels() {
        String line = refused("hello46", MEMORY);
        assertTrue(line.startsWith("hello46: there is no such file, and no bundled kernel"), line);
        assertTrue(line.contains("hello16, hello32"), line);
    }

    @Test
    void aFileLargerThanMemoryIsRefusedBeforeItIsLoaded() throws IOException {
        Path file = Files.write(folder.resolve("large.bin"), new byte[4097]);
        assertEquals(
                file + ": has more than 4K bytes; expected no more than --memory 4K holds",
                refused(file.toString(), 4096));
        assertEquals(4097, Input.image(file.toString(), 4097).bytes().length);
    }

    @Test
    void aFolderOrAnEmptyFileIsRefused() throws IOException {
        Path empty = Files.createFile(folder.resolve("empty"));
        assertEquals(empty + ": is empty", refused(empty.toString(), MEMORY));
        assertEquals(folder + ": is a folder; expected a file", refused(folder.toString(), MEMORY));
    }

    private static String refused(String name, long memory) {
        return assertThrows(UserError.class, () -> Input.image(name, memory)).getMessage();
    }
}
