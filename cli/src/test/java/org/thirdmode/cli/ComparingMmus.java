package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code thirdmode compare}. */
class ComparingMmus {
    private static final String SMALL = "fork processes=2 rounds=1 pages=2";

    private static CommandLineCase compare(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "compare";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return CommandLineCase.of(new BareMachine(), all);
    }

    @Test
    void everyMmuHasALineAndTheRunsAgree() {
        CommandLineCase run = compare("--workload", SMALL);
        assertEquals(0, run.status(), run.err());
        for (String name : new String[] {
            "bare",
            "vmx/naive",
            "vmx/cached",
            "vmx/unsync",
            "vmx/nested",
            "svm/naive",
            "svm/cached",
            "svm/unsync",
            "svm/nested",
            "All runs printed the same"
        }) {
            assertTrue(run.out().contains("\n" + name), name + " is missing in " + run.out());
        }
    }

    /** A processor of 2005 has no EPT and no SVM. */
    @Test
    void theHostThatIsAskedForRunsWhatItCan() {
        CommandLineCase run = compare("--workload", SMALL, "--host-cpu", "prescott", "--host-cpus", "2");
        assertEquals(0, run.status(), run.err());
        assertEquals(
                List.of("bare", "vmx/naive", "vmx/cached", "vmx/unsync"),
                run.out()
                        .lines()
                        .map(line -> line.split(" ", 2)[0])
                        .filter(word -> word.equals("bare") || word.contains("/"))
                        .filter(word -> !word.endsWith("."))
                        .toList());
    }

    @Test
    void aHostOf32BitsRunsGuestsOf32Bits() {
        CommandLineCase run = compare("--workload", SMALL, "--host", "i386", "--kernel", "minipae");
        assertEquals(0, run.status(), run.err());
        assertTrue(run.out().contains("\nsvm/nested"), run.out());
        CommandLineCase wide = compare("--workload", SMALL, "--host", "i386");
        assertEquals(2, wide.status());
        assertEquals(
                "thirdmode: --host i386: mini64 is an x86_64 guest, which an i386 host cannot run; take a 32-bit one such as"
                        + " mini32\n",
                wide.err());
    }

    @Test
    void theRunsAsJsonHaveTheSameInstructionsAndOutput() throws Exception {
        CommandLineCase run = compare("--workload", SMALL, "--kernel", "minipae", "--json");
        assertEquals(0, run.status(), run.err());
        JsonNode runs = new ObjectMapper().readTree(run.out());
        assertEquals(9, runs.size());
        for (JsonNode one : runs) {
            assertEquals(runs.get(0).get("instructions"), one.get("instructions"));
            assertEquals(runs.get(0).get("output"), one.get("output"));
            assertEquals(64, one.get("output").asText().length());
        }
        assertEquals("kvm", runs.get(4).get("on").asText());
        assertEquals("nested", runs.get(4).get("mmu").asText());
        assertEquals("vmx", runs.get(4).get("virt").asText());
        assertTrue(runs.get(4).get("exits").get("EPT violation").asLong() > 0);
        assertEquals("svm", runs.get(8).get("virt").asText());
        assertTrue(runs.get(8).get("exits").get("NPF").asLong() > 0);
    }

    @Test
    void onlyTheRunsThatAreAskedFor() throws Exception {
        CommandLineCase run = compare("--workload", SMALL, "--only", "svm/unsync,vmx/nested", "--json");
        assertEquals(0, run.status(), run.err());
        JsonNode runs = new ObjectMapper().readTree(run.out());
        assertEquals(List.of("bare", "kvm", "kvm"), runs.findValuesAsText("on"));
        assertEquals(List.of("nested", "unsync"), runs.findValuesAsText("mmu").subList(1, 3));
        CommandLineCase unknown = compare("--only", "vmx");
        assertEquals(2, unknown.status());
        assertTrue(unknown.err().contains("--only vmx: is unknown; valid are vmx/naive, vmx/cached"), unknown.err());
    }

    /** A kernel in a file, whose lines are those of Linux. It halts: no end of its own. */
    @Test
    void aKernelOfOnesOwnIsToldByStagesOfItsBoot(@TempDir Path folder) throws Exception {
        Path kernel = folder.resolve("kernel.bin");
        Files.write(kernel, bootSector("[    0.1] Linux version 6\n[    0.2] Run /init as init process\n$ \n"));
        CommandLineCase run = compare("--kernel", kernel.toString(), "--only", "vmx/nested", "--kernel-log");
        assertEquals(1, run.status());
        for (String line :
                new String[] {"bare +until the first line", "vmx/nested +early setup", "vmx/nested +user space"}) {
            assertTrue(run.out().lines().anyMatch(each -> each.matches(line + " .*")), line + " in " + run.out());
        }
        assertTrue(run.err().contains("compare: kernel.bin: the guest did not end by itself"), run.err());
        CommandLineCase json = compare("--kernel", kernel.toString(), "--only", "vmx/nested", "--kernel-log", "--json");
        JsonNode nested = new ObjectMapper().readTree(json.out()).get(1);
        long instructions = 0;
        for (JsonNode stage : nested.get("stages")) {
            instructions += stage.get("instructions").asLong();
        }
        assertEquals(nested.get("instructions").asLong(), instructions);
        CommandLineCase csv = compare("--kernel", kernel.toString(), "--only", "vmx/nested", "--kernel-log", "--csv");
        assertTrue(csv.out().contains("stages: user space: exits: "), csv.out());
    }

    /** Prints a text, byte by byte, and halts for ever. */
    private static byte[] bootSector(String text) {
        // MOV SI, text; MOV DX, 3F8H; next: LODSB; TEST AL, AL; JZ end; OUT DX, AL; JMP next; end: CLI; HLT
        byte[] code = HexFormat.of()
                .parseHex("be137c" + "baf803" + "fc" + "ac" + "84c0" + "7403" + "ee" + "ebf8" + "fa" + "f4");
        byte[] sector = new byte[512];
        System.arraycopy(code, 0, sector, 0, code.length);
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, sector, 0x13, bytes.length);
        sector[510] = 0x55;
        sector[511] = (byte) 0xaa;
        return sector;
    }

    @Test
    void anUnknownWorkloadOrKernelListsTheValidOnes() {
        CommandLineCase workload = compare("--workload", "forks");
        assertEquals(2, workload.status());
        assertTrue(workload.err().contains("--workload forks: is unknown; valid are syscall, "), workload.err());
        CommandLineCase kernel = compare("--kernel", "hello64");
        assertEquals(2, kernel.status());
        assertTrue(kernel.err().contains("valid are mini32, minipae, mini64, or a FILE"), kernel.err());
    }
}
