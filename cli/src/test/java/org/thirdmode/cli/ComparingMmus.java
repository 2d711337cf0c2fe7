package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
