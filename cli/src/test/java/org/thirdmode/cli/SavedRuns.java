package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code run --save FILE --at N} and {@code run --restore FILE}. */
class SavedRuns {
    @TempDir
    private Path folder;

    private static CommandLineCase run(String... arguments) {
        String[] line = new String[arguments.length + 1];
        line[0] = "run";
        System.arraycopy(arguments, 0, line, 1, arguments.length);
        return CommandLineCase.of(new BareMachine(), line);
    }

    private static String instructions(CommandLineCase run) {
        return run.err()
                .lines()
                .filter(line -> line.startsWith("instructions "))
                .map(line -> line.replaceAll(" +", " "))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theTwoHalvesAreTheWhole() {
        Path file = folder.resolve("half.state");
        CommandLineCase whole = run("mini32", "--workload", "fork processes=3 rounds=2 pages=3", "--on", "kvm");
        CommandLineCase first = run(
                "mini32",
                "--workload",
                "fork processes=3 rounds=2 pages=3",
                "--mmu",
                "cached",
                "--save",
                file.toString(),
                "--at",
                "100000");
        assertEquals(0, first.status(), first.err());
        assertTrue(first.err().contains("saved after 100000 instructions"), first.err());
        CommandLineCase second = run("--restore", file.toString(), "--mmu", "naive", "--virt", "svm");
        assertEquals(0, second.status(), second.err());
        assertEquals(whole.out(), first.out() + second.out());
        assertEquals(instructions(whole), instructions(second));
    }

    /** Where a host has several processors, moves between them are counted. */
    @Test
    void theHostIsTheOneThatItWasOrTheOneThatIsAskedFor() {
        Path file = folder.resolve("host.state");
        String moves = "migrations between processors";
        CommandLineCase first = run(
                "mini32",
                "--workload",
                "fork processes=3 rounds=2 pages=3",
                "--host-cpu",
                "prescott",
                "--mmu",
                "unsync",
                "--host-cpus",
                "2",
                "--save",
                file.toString(),
                "--at",
                "100000");
        assertEquals(0, first.status(), first.err());
        CommandLineCase same = run("--restore", file.toString());
        assertEquals(0, same.status(), same.err());
        assertTrue(same.err().contains(moves), same.err());
        CommandLineCase one = run("--restore", file.toString(), "--host-cpus", "1", "--host", "i386");
        assertEquals(0, one.status(), one.err());
        assertEquals(same.out(), one.out());
        CommandLineCase amd = run("--restore", file.toString(), "--virt", "svm", "--mmu", "nested");
        assertEquals(0, amd.status(), amd.err());
        assertEquals(same.out(), amd.out());
        CommandLineCase neither = run("--restore", file.toString(), "--virt", "svm", "--host-cpu", "nehalem");
        assertEquals(2, neither.status());
        assertTrue(neither.err().contains("has vmx"), neither.err());
    }

    @Test
    void onTheBareMachineToo() {
        Path file = folder.resolve("bare.state");
        CommandLineCase whole = run("mini64", "--workload", "preempt processes=2");
        CommandLineCase first =
                run("mini64", "--workload", "preempt processes=2", "--save", file.toString(), "--at", "123456");
        assertEquals(0, first.status(), first.err());
        assertTrue(first.err().contains("saved after 123456 instructions"), first.err());
        CommandLineCase second = run("--restore", file.toString());
        assertEquals(0, second.status(), second.err());
        assertEquals(whole.out(), first.out() + second.out());
        assertEquals(instructions(whole), instructions(second));
        CommandLineCase other = run("--restore", file.toString(), "--mmu", "cached");
        assertEquals(2, other.status());
        assertTrue(other.err().contains("on bare, not on kvm"), other.err());
    }

    /** The disk is found where it was; once the second half has written to it, it is another one. */
    @ParameterizedTest
    @ValueSource(strings = {"bare", "kvm"})
    void theDiskIsTheOneThatItWas(String on) throws IOException {
        Path disk = Files.write(folder.resolve("disk.img"), new byte[1 << 20]);
        Path file = folder.resolve("half.state");
        String asked = disk + ",format=raw";
        CommandLineCase whole = run("mini64", "--workload", "disk", "--disk", asked + ",snapshot", "--on", on);
        CommandLineCase first = run(
                "mini64",
                "--workload",
                "disk",
                "--disk",
                asked,
                "--on",
                on,
                "--save",
                file.toString(),
                "--at",
                "60000");
        assertEquals(0, first.status(), first.err());
        Path copy = Files.copy(disk, folder.resolve("copy.img"));
        CommandLineCase second = run("--restore", file.toString());
        assertEquals(0, second.status(), second.err());
        assertEquals(whole.out(), first.out() + second.out());
        assertEquals(instructions(whole), instructions(second));
        CommandLineCase again = run("--restore", file.toString());
        assertEquals(2, again.status());
        assertEquals(1, again.errorLines(), again.err());
        assertTrue(again.err().contains("is not as it was"), again.err());
        CommandLineCase onCopy = run("--restore", file.toString(), "--disk", copy + ",format=raw");
        assertEquals(second.out(), onCopy.out());
        assertArrayEquals(Files.readAllBytes(disk), Files.readAllBytes(copy));
    }

    @Test
    void aGuestThatEndsBeforeIsNotSaved() {
        Path file = folder.resolve("late.state");
        CommandLineCase run = run("hello32", "--save", file.toString(), "--at", "100M");
        assertEquals(0, run.status(), run.err());
        assertFalse(Files.exists(file));
    }

    @Test
    void aDamagedFileIsToldInOneLine() throws IOException {
        Path file = folder.resolve("damaged.state");
        run("hello32", "--save", file.toString(), "--at", "50");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        CommandLineCase run = run("--restore", file.toString());
        assertEquals(2, run.status());
        assertEquals(
                "thirdmode: --restore " + file + ": is damaged: its content does not fit its checksum\n", run.err());
        assertArrayEquals(bytes, Files.readAllBytes(file));
    }

    @Test
    void whatTheFileSaysCannotBeSaidAgain() {
        CommandLineCase run = run("--restore", "some.state", "--memory", "1G");
        assertEquals(2, run.status());
        assertTrue(run.err().contains("leave out --memory"), run.err());
        assertTrue(run("--restore", "some.state", "hello32").err().contains("leave out hello32"));
        assertTrue(run("hello32", "--save", "some.state").err().contains("--at N"));
        assertTrue(run("--restore", folder.resolve("none").toString()).err().contains("none"));
    }
}
