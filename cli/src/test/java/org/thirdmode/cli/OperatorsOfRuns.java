package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.hash.Hashing;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.cli.operator.ScreenPicture;

/** {@code --type}, {@code --screen-png} and {@code --interactive}. */
class OperatorsOfRuns {
    /** A yellow A on blue in the corner of the screen; then it prompts by "> ", and sends back a line, until there is a q. */
    private static final String ECHO = "fa31c08ed88ed0bc007c" // cli; ds = ss = 0; sp = 7c00h
            + "b800b88ec026c7060000411e" // b800:0 = 1e41h
            + "b03ee82300b020e81e00" // prompt: send '>', ' '
            + "bafd03eca80174f8" // read: wait until the receiver has a byte
            + "baf803ec3c717409" // it; 'q' ends
            + "e80b003c0a74dfebe7" // send it; at the end of a line prompt, else read
            + "b007e6f4f4" // end with status 7
            + "baf803eec3"; // send al

    private static final int BLUE = 0x0000aa;

    @TempDir
    private Path folder;

    private String sector() throws IOException {
        byte[] sector = Arrays.copyOf(HexFormat.of().parseHex(ECHO), 512);
        sector[510] = 0x55;
        sector[511] = (byte) 0xaa;
        return Files.write(folder.resolve("sector"), sector).toString();
    }

    private static CommandLineCase run(String... arguments) {
        return CommandLineCase.of(new BareMachine(), arguments);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--on=bare", "--mmu=naive", "--mmu=nested"})
    void linesAreTypedEachAfterAPrompt(String on) throws IOException {
        Path lines = Files.write(folder.resolve("lines"), List.of("hello", "> # world", "q"));
        CommandLineCase run =
                run("run", sector(), on, "--type", lines.toString(), "--type-after", "> ", "--max-instructions", "1M");
        assertEquals("> hello\n> > # world\n> ", run.out());
        assertEquals(7, run.status(), run.err());
    }

    @Test
    void eachRunOfAComparisonIsTypedTheSame() throws IOException {
        Path lines = Files.write(folder.resolve("lines"), List.of("hello", "q"));
        CommandLineCase run = run(
                "compare",
                "--kernel",
                sector(),
                "--only",
                "svm/naive",
                "--type",
                lines.toString(),
                "--type-after",
                "> ",
                "--json",
                "--max-instructions",
                "1M");
        assertEquals(0, run.status(), run.err());
        String expected = Hashing.sha256()
                .hashString("> hello\n> ", StandardCharsets.US_ASCII)
                .toString();
        assertEquals(2, run.out().split("\"output\" : \"" + expected, -1).length - 1, run.out());
    }

    /** Sends R, then has the keyboard controller pull the reset line. */
    @ParameterizedTest
    @ValueSource(strings = {"--on=bare", "--mmu=cached"})
    void aResetIsTheEndWhereItIsToBe(String on) throws IOException {
        Path image = folder.resolve("resets");
        byte[] sector = Arrays.copyOf(HexFormat.of().parseHex("baf803b052eeb0fee664f4ebfd"), 512);
        sector[510] = 0x55;
        sector[511] = (byte) 0xaa;
        Files.write(image, sector);
        CommandLineCase ends = run("run", image.toString(), on, "--no-reboot", "--max-instructions", "100");
        assertEquals("R", ends.out());
        assertEquals(125, ends.status());
        assertTrue(ends.err().contains("the guest reset the machine (--no-reboot), at 0000:7c0"), ends.err());
        CommandLineCase again = run("run", image.toString(), on, "--max-instructions", "100");
        assertTrue(again.out().startsWith("RRR"), again.out());
        assertEquals(ExitStatus.BUDGET_REACHED, again.status());
    }

    @Test
    void nothingIsTypedWithoutTheRightPrompt() throws IOException {
        Path lines = Files.write(folder.resolve("lines"), List.of("q"));
        CommandLineCase run = run("run", sector(), "--type", lines.toString(), "--max-instructions", "100K");
        assertEquals("> ", run.out());
        assertEquals(ExitStatus.BUDGET_REACHED, run.status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--on=bare", "--mmu=cached"})
    void aPictureHasTheScreensColoursAndShapes(String on) throws IOException {
        Path file = folder.resolve("screen.png");
        CommandLineCase run = run("run", sector(), on, "--screen-png", file.toString(), "--max-instructions", "1000");
        assertEquals(ExitStatus.BUDGET_REACHED, run.status(), run.err());
        BufferedImage picture = ImageIO.read(file.toFile());
        assertEquals(80 * ScreenPicture.CELL_WIDTH, picture.getWidth());
        assertEquals(25 * ScreenPicture.CELL_HEIGHT, picture.getHeight());
        int ink = 0;
        for (int y = 0; y < ScreenPicture.CELL_HEIGHT; y++) {
            for (int x = 0; x < ScreenPicture.CELL_WIDTH; x++) {
                // With smooth edges; what is yellower than half is ink.
                ink += (picture.getRGB(x, y) & 0xff00) > 0x8000 ? 1 : 0;
            }
        }
        assertEquals(BLUE, picture.getRGB(0, 0) & 0xffffff, "the corner of an A is its background");
        assertTrue(ink > 10 && ink < ScreenPicture.CELL_WIDTH * ScreenPicture.CELL_HEIGHT / 2, "an A in yellow");
        assertEquals(0, picture.getRGB(picture.getWidth() - 1, picture.getHeight() - 1) & 0xffffff);
    }

    @Test
    void oneWhoIsInteractiveNeedsATerminalAndTypesHimself() throws IOException {
        Path lines = Files.write(folder.resolve("lines"), List.of("q"));
        CommandLineCase both = run("run", sector(), "--interactive", "--type", lines.toString());
        assertEquals(ExitStatus.BAD_USAGE, both.status());
        assertTrue(both.err().contains("--type: you type yourself"), both.err());
        CommandLineCase after = run("run", sector(), "--type-after", "$ ");
        assertTrue(after.err().contains("--type-after: is for --type FILE"), after.err());
        CommandLineCase missing =
                run("run", sector(), "--type", folder.resolve("nothing").toString());
        assertEquals(ExitStatus.BAD_USAGE, missing.status());
        assertTrue(missing.err().contains("nothing: there is no such file"), missing.err());
    }
}
