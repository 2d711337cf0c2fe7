package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BadUsages {
    @Test
    void anUnknownOptionListsTheValidOnes() {
        tells(
                "unknown option '--memroy'; valid are --append, --at, --bios, --caches, --cpu",
                "run",
                "--memroy",
                "1M",
                "kernel");
    }

    @Test
    void anUnknownCommandListsTheValidOnes() {
        tells("unknown command 'rum'; valid are run", "rum");
    }

    @Test
    void anUnknownValueListsTheValidOnes() {
        tells("--fidelity: 'slow' is unknown; valid are fast, detailed", "run", "--fidelity", "slow", "kernel");
        tells("--on: 'moon' is unknown; valid are bare", "run", "--on", "moon", "kernel");
        tells("'xml' is unknown; valid are text, json, perfetto", "run", "--trace-format", "xml", "kernel");
    }

    @Test
    void aFlippedBitIsABitOfRamAtAnInstruction() {
        tells("'0x1000:8@5' is no ADDRESS:BIT@N, as in 0x200000:3@100M", "run", "--flip", "0x1000:8@5", "hello32");
        tells("'x' is not a count", "run", "--flip", "0x1000:1@x", "hello32");
        tells("--flip: is for a run to its end", "run", "--flip", "1:1@1", "--save", "f", "--at", "9", "hello32");
    }

    @Test
    void anInstructionTakesANanosecondToAMillisecond() {
        for (String time : new String[] {"0", "-5", "1000001", "99999999999999999999", "fast"}) {
            tells(
                    "--instruction-time: '" + time
                            + "' is no number of nanoseconds that an instruction may take: 1 to 1000000",
                    "run",
                    "--instruction-time=" + time,
                    "hello32");
            tells("'" + time + "' is no number of nanoseconds", "compare", "--instruction-time=" + time);
        }
        tells("leave out --instruction-time", "run", "--restore", "f", "--instruction-time", "2", "--on", "bare");
    }

    @Test
    void aHostThatIsNoneListsTheValidOnes() {
        tells("--host: 'arm' is unknown; valid are x86_64, i386, i386-pae", "run", "--host", "arm", "hello32");
        tells("--host-cpu: 'i486' is no processor with VMX or SVM; valid are", "run", "--host-cpu", "i486", "hello32");
        tells("--host-cpus 0: expected 1 to 64", "run", "--host-cpus", "0", "hello32");
    }

    @Test
    void aHostThatCannotRunTheGuestIsRefused() {
        tells("hello64 is an x86_64 guest, which an i386 host cannot run", "run", "--host", "i386", "hello64");
        tells("has no EPT", "run", "--host-cpu", "prescott", "--mmu", "nested", "hello32");
        tells(
                "needs more than the host's prescott has",
                "run",
                "--host-cpu",
                "prescott",
                "--cpu",
                "haswell",
                "hello32");
        tells(
                "the processor of --host-cpu prescott has vmx",
                "run",
                "--host-cpu",
                "prescott",
                "--virt",
                "svm",
                "hello32");
    }

    @Test
    void aSizeThatIsNoneShowsOne() {
        for (String size : new String[] {"64X", "-5", "", "1.5G", "0x10", "K", "M64"}) {
            tells("--memory: '" + size + "' is not a size; write", "run", "--memory=" + size, "kernel");
        }
        tells("'99999999999G' is more bytes than", "run", "--memory", "99999999999G", "kernel");
    }

    @Test
    void aBudgetThatIsNoneShowsOne() {
        for (String count : new String[] {"0", "-1", "ten", "1T", "99999999999999999999", "9999999999999G"}) {
            tells("--max-instructions: '" + count + "' is not a count", "run", "--max-instructions=" + count, "k");
        }
    }

    @Test
    void aMissingImageIsNamed() {
        tells("missing IMAGE", "run");
    }

    @Test
    void aSecondImageIsNamed() {
        tells("unexpected 'second'", "run", "first", "second");
    }

    @Test
    void aMissingValueIsNamed() {
        tells("--memory needs a value, SIZE", "run", "kernel", "--memory");
    }

    @Test
    void anOptionGivenTwiceIsNamed() {
        tells("--memory is given more than once", "run", "--memory", "1M", "--memory", "2M", "kernel");
    }

    @Test
    void aFileThatCannotBeWrittenIsToldBeforeTheRun(@TempDir Path folder) {
        BareStub machine = new BareStub(new Outcome.Exited(0));
        CommandLineCase run = CommandLineCase.of(machine, "run", "--stats", folder + "/none/stats.json", "kernel");
        assertEquals(2, run.status());
        assertTrue(run.err().contains("none does not exist"), run.err());
        assertEquals(null, machine.asked);
        tells("is a folder; name a file", "run", "--trace", folder.toString(), "kernel");
        tells("is a folder; name a file", "run", "--stats", "/", "kernel");
    }

    private static void tells(String words, String... arguments) {
        CommandLineCase run = CommandLineCase.of(new BareStub(new Outcome.Exited(0)), arguments);
        assertEquals(2, run.status());
        assertEquals("", run.out());
        assertTrue(run.err().contains(words), run.err());
        assertEquals(1, run.errorLines(), run.err());
    }
}
