package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class Options {
    private final BareStub machine = new BareStub(new Outcome.Exited(0));

    @Test
    void withoutAnyTheMachineHas64MegabytesAndNoBudget() {
        BareRun run = asked("run", "kernel");
        assertEquals(Optional.of("kernel"), run.image());
        assertEquals(64L << 20, run.memory());
        assertEquals("", run.append());
        assertEquals(OptionalLong.empty(), run.maxInstructions());
        assertEquals(Fidelity.FAST, run.fidelity());
        assertEquals(0, run.seed());
    }

    @Test
    void aSizeIsWrittenWithKMOrG() {
        assertEquals(640L << 10, asked("run", "--memory", "640K", "kernel").memory());
        assertEquals(64L << 30, asked("run", "--memory=64G", "kernel").memory());
        assertEquals(64L << 20, asked("run", "--memory", "64m", "kernel").memory());
        assertEquals(4096, asked("run", "--memory", "4096", "kernel").memory());
    }

    @Test
    void aCountIsWrittenWithThousands() {
        assertEquals(
                OptionalLong.of(4_000_000_000L),
                asked("run", "--max-instructions", "4G", "k").maxInstructions());
        assertEquals(
                OptionalLong.of(1_000_000),
                asked("run", "--max-instructions", "1_000_000", "k").maxInstructions());
    }

    @Test
    void theKernelsCommandLineIsPassedAsItIs() {
        assertEquals(
                "a  \"b\" '$c' @d \\e",
                asked("run", "--append", "a  \"b\" '$c' @d \\e", "kernel").append());
        assertEquals("--memory", asked("run", "--append=--memory", "kernel").append());
    }

    @Test
    void modulesKeepTheirOrder() {
        assertEquals(
                List.of("a x", "b"),
                asked("run", "--module", "a x", "--module", "b", "kernel").modules());
    }

    @Test
    void aRomNeedsNoImage() {
        BareRun run = asked("run", "--bios", "bios.bin");
        assertEquals(Optional.empty(), run.image());
        assertEquals(Optional.of(Path.of("bios.bin")), run.bios());
    }

    @Test
    void aRawImageIsPutAtAnAddress() {
        assertEquals(
                OptionalLong.of(0x10_0000),
                asked("run", "--raw", "0x100000", "code.bin").raw());
        assertEquals(OptionalLong.empty(), asked("run", "code.bin").raw());
    }

    @Test
    void aSeedIsDecimalOrHexadecimal() {
        assertEquals(0x5eed, asked("run", "--seed", "0x5eed", "kernel").seed());
        assertEquals(-1, asked("run", "--seed", "0xffffffffffffffff", "kernel").seed());
    }

    @Test
    void anInstructionTakesANanosecondIfNothingElseIsSaid() {
        assertEquals(1, asked("run", "kernel").instructionTime());
        assertEquals(100, asked("run", "--instruction-time", "100", "kernel").instructionTime());
    }

    private BareRun asked(String... arguments) {
        CommandLineCase run = CommandLineCase.of(machine, arguments);
        assertEquals(0, run.status(), run.err());
        return machine.asked;
    }
}
