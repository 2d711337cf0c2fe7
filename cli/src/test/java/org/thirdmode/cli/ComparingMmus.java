package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

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
    void anUnknownWorkloadOrKernelListsTheValidOnes() {
        CommandLineCase workload = compare("--workload", "forks");
        assertEquals(2, workload.status());
        assertTrue(workload.err().contains("--workload forks: is unknown; valid are syscall, "), workload.err());
        CommandLineCase kernel = compare("--kernel", "hello64");
        assertEquals(2, kernel.status());
        assertTrue(kernel.err().contains("valid are mini32, minipae, mini64"), kernel.err());
    }
}
