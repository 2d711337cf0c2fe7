package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VmcsChecks {
    @TempDir
    private Path folder;

    private CommandLineCase run(String text, String... options) throws IOException {
        Path file = Files.writeString(folder.resolve("vmcs.txt"), text);
        String[] arguments = new String[options.length + 3];
        arguments[0] = "vmcs";
        arguments[1] = "check";
        arguments[2] = file.toString();
        System.arraycopy(options, 0, arguments, 3, options.length);
        return CommandLineCase.of(new BareStub(new Outcome.Exited(0)), arguments);
    }

    @Test
    void aFailingCheckIsToldWithFieldsRequirementAndSmallestChange() throws IOException {
        CommandLineCase run = run("GUEST_RFLAGS = 0x2\nGUEST_INTERRUPTIBILITY_STATE = 9\nENTRY_CONTROLS = 0x11ff\n");
        assertEquals(1, run.status());
        assertEquals("", run.err());
        assertTrue(run.out().contains("FAILS interruptibility-sti-if: Blocking by STI\n"), run.out());
        assertTrue(run.out().contains("SDM 3C \"Checks on Guest Non-Register State\" (27.3.1.5)\n"), run.out());
        assertTrue(run.out().contains("GUEST_RFLAGS = 0x0000000000000002: bit 9 (IF) = 0\n"), run.out());
        assertTrue(run.out().contains("  required  if RFLAGS.IF is 0, bit 0 is 0\n"), run.out());
        assertTrue(
                run.out()
                        .contains(
                                "  change    GUEST_INTERRUPTIBILITY_STATE: clear bit 0 (blocking by STI) (0x00000009 ->"
                                        + " 0x00000008)\n"),
                run.out());
        assertTrue(run.out().contains("cannot be decided, for what is not known:\n"), run.out());
    }

    @Test
    void whereNothingFailsItSaysSo() throws IOException {
        CommandLineCase run = run("HOST_CS_SELECTOR = 0x10\n");
        assertEquals(0, run.status());
        assertTrue(run.out().contains("\nno check fails\n"), run.out());
    }

    @Test
    void theProcessorDecidesWhichControlsThereAre() throws IOException {
        String secondary = "PRIMARY_PROCESSOR_BASED_CONTROLS = 0x8401e172\nSECONDARY_PROCESSOR_BASED_CONTROLS = 0x80\n";
        CommandLineCase nehalem = run(secondary, "--cpu", "nehalem");
        assertTrue(nehalem.out().contains("clear bit 7 (\"Unrestricted guest\")"), nehalem.out());
        CommandLineCase westmere = run(secondary, "--cpu", "westmere");
        assertTrue(!westmere.out().contains("FAILS secondary-controls"), westmere.out());
    }

    @Test
    void anImaginaryProcessorIsAFile() throws IOException {
        Path cpu = Files.writeString(
                folder.resolve("cpu.json"),
                "{\"name\": \"x\", \"base\": \"westmere\", \"remove\": [\"unrestricted guest\"]}");
        CommandLineCase run = run(
                "PRIMARY_PROCESSOR_BASED_CONTROLS = 0x8401e172\nSECONDARY_PROCESSOR_BASED_CONTROLS = 0x82\n",
                "--cpu",
                cpu.toString());
        assertTrue(run.out().contains("FAILS secondary-controls"), run.out());
        Path impossible = Files.writeString(
                folder.resolve("no.json"), "{\"name\": \"x\", \"base\": \"westmere\", \"remove\": [\"enable EPT\"]}");
        CommandLineCase refused = run("VPID = 1\n", "--cpu", impossible.toString());
        assertEquals(2, refused.status());
        assertEquals(1, refused.errorLines());
        assertTrue(refused.err().contains("and lacks \"Enable EPT\""), refused.err());
    }

    @Test
    void theSameAsJson() throws IOException {
        CommandLineCase run = run("GUEST_RFLAGS = 0\n", "--json");
        assertEquals(1, run.status());
        JsonNode json = new ObjectMapper().readTree(run.out());
        JsonNode failing = json.get("failing").get(0);
        assertEquals("guest-rflags-reserved", failing.get("id").textValue());
        assertEquals("GUEST_RFLAGS", failing.get("change").get("field").textValue());
        assertEquals("0x0000000000000002", failing.get("change").get("to").textValue());
        assertTrue(json.get("undecided").size() > 100);
    }

    @Test
    void aMistakeIsOneLineAndStatus2() throws IOException {
        tells(run("GUEST_RIPP = 1\n"), "vmcs.txt: line 1: 'GUEST_RIPP': expected a field of the VMCS");
        tells(
                run("VPID = 1\n", "--cpu", "pentium"),
                "--cpu pentium: is no processor with VMX; valid are generic, prescott");
        tells(run("VPID = 1\n", "--address-width", "64"), "--address-width: '64' is not a width; valid are 32 to 52");
        BareStub machine = new BareStub(new Outcome.Exited(0));
        tells(CommandLineCase.of(machine, "vmcs", "check", folder + "/none"), "none: there is no such file");
        tells(CommandLineCase.of(machine, "vmcs", "check"), "FILE");
        tells(CommandLineCase.of(machine, "vmcs"), "missing command; valid are check");
        tells(CommandLineCase.of(machine, "vmx", "check"), "unknown command 'check'; valid are");
    }

    private static void tells(CommandLineCase run, String words) {
        assertEquals(2, run.status());
        assertEquals("", run.out());
        assertTrue(run.err().contains(words), run.err());
        assertEquals(1, run.errorLines(), run.err());
    }

    @Test
    void theTablesArePrintedAsTextAndAsJson() throws IOException {
        for (String table : new String[] {"checks", "fields", "exits", "features"}) {
            BareStub machine = new BareStub(new Outcome.Exited(0));
            CommandLineCase text = CommandLineCase.of(machine, "vmx", table);
            CommandLineCase json = CommandLineCase.of(machine, "vmx", table, "--json");
            assertEquals(0, text.status());
            assertEquals(0, json.status());
            JsonNode rows = new ObjectMapper().readTree(json.out());
            assertEquals(rows.size() + 1, text.out().lines().count(), table);
            assertTrue(rows.size() > 60, table);
        }
        CommandLineCase cycle = CommandLineCase.of(new BareStub(new Outcome.Exited(0)), "vmx", "lifecycle");
        assertTrue(cycle.out().startsWith("stateDiagram-v2\n"), cycle.out());
    }
}
