package org.thirdmode.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.LoadOptions;
import org.thirdmode.x86.profile.CpuProfile;

/** A virtual CPU moves between the host's processors, as its thread does. */
class HostsWithSeveralProcessors {
    private static final long BUDGET = 40_000_000;
    private static final String MIGRATIONS = "migrations between processors";

    private record Run(MachineOutcome outcome, String output, long ticks) {}

    private static Image image(String name) {
        return new Image(name, GuestCatalogue.find(name).orElseThrow().bytes());
    }

    private static HostConfiguration host(String processor, int processors) {
        return new HostConfiguration(CpuProfile.named().get(processor)).withProcessors(processors);
    }

    private static MachineConfiguration told(String processor) {
        return MachineConfiguration.DEFAULT.withProfile(CpuProfile.named().get(processor));
    }

    private static Run bare(String processor, String name, LoadOptions options) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Machine machine = new Machine(told(processor), Optional.of(image(name)), options, HostPorts.serial(out::write));
        MachineOutcome outcome = machine.run(BUDGET);
        return new Run(
                outcome,
                out.toString(StandardCharsets.UTF_8),
                machine.processor().now());
    }

    private static VirtualMachine machine(
            HostConfiguration host, MmuKind mmu, String name, LoadOptions options, ByteArrayOutputStream out)
            throws Exception {
        return new VirtualMachine(
                told(host.processor().name()),
                host,
                mmu,
                Optional.of(image(name)),
                options,
                HostPorts.serial(out::write));
    }

    @ParameterizedTest
    @CsvSource({
        "generic, NAIVE",
        "generic, CACHED",
        "generic, UNSYNC",
        "generic, NESTED",
        "generic-amd, CACHED",
        "generic-amd, UNSYNC",
        "generic-amd, NESTED",
        "prescott, CACHED",
        "nehalem, NESTED",
        "barcelona, NESTED"
    })
    void runAGuestThatCannotTell(String processor, MmuKind mmu) throws Exception {
        LoadOptions fork = LoadOptions.DEFAULT.withCommandLine("workload=fork processes=3 rounds=2 pages=4");
        for (String name : List.of("hello16", "mini32", "mini64")) {
            LoadOptions options = name.startsWith("mini") ? fork : LoadOptions.DEFAULT;
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            VirtualMachine machine = machine(host(processor, 3), mmu, name, options, out);
            MachineOutcome outcome = machine.run(BUDGET);
            Run run = new Run(
                    outcome,
                    out.toString(StandardCharsets.UTF_8),
                    machine.vcpu().ticks());
            assertEquals(bare(processor, name, options), run, name);
            assertTrue(machine.counts().get(MIGRATIONS) > 5, name);
            machine.close();
            assertEquals(0, machine.hostPages(), name);
        }
    }

    /** KVM clears the VMCS on the processor left, and takes a new ASID on the one come to. */
    @Test
    void clearTheVmcsOrTakeAnotherAsidEachTime() throws Exception {
        Map<String, Long> intel = counts("generic", 4);
        assertTrue(intel.get(MIGRATIONS) > 0);
        assertEquals(intel.get(MIGRATIONS), intel.get("VMCLEARs on the processor left"));
        Map<String, Long> amd = counts("generic-amd", 4);
        assertEquals(amd.get(MIGRATIONS), amd.get("ASIDs given up with the processor left"));
    }

    @Test
    void moveItAtTheSameTimesInEveryRun() throws Exception {
        assertEquals(counts("generic", 2), counts("generic", 2));
    }

    @Test
    void loadTheHostsStateWhenUserSpaceIsAskedOnly() throws Exception {
        Map<String, Long> counts = counts("generic", 1);
        long exits = counts.get("VM exits");
        long heavy = counts.get("host state reloads");
        assertTrue(heavy > 0 && heavy < exits);
        assertEquals(exits - heavy, counts.get("light exits"));
        assertTrue(counts.get("FPU reloads") <= heavy);
    }

    @Test
    void areOneTo64() {
        assertThrows(IllegalArgumentException.class, () -> host("generic", 0));
        assertThrows(IllegalArgumentException.class, () -> host("generic", 65));
    }

    private static Map<String, Long> counts(String processor, int processors) throws Exception {
        VirtualMachine machine = machine(
                host(processor, processors),
                MmuKind.CACHED,
                "hello32",
                LoadOptions.DEFAULT,
                new ByteArrayOutputStream());
        machine.run(BUDGET);
        return machine.counts();
    }
}
