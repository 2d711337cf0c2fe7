package org.thirdmode.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.LoadOptions;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.Cr4;

/** "Supported: i386 and x86_64 hosts; i386 and x86_64 guests; all combinations but an x86_64 guest on an i386 host." */
class HostsOf32Bits {
    private static final long BUDGET = 40_000_000;

    private record Run(MachineOutcome outcome, String output, long ticks) {}

    private static HostConfiguration host(String processor, HostKernel kernel) {
        return new HostConfiguration(CpuProfile.named().get(processor)).withKernel(kernel);
    }

    private static Image image(String name) {
        return new Image(name, GuestCatalogue.find(name).orElseThrow().bytes());
    }

    private static MachineConfiguration told(HostConfiguration host) {
        return MachineConfiguration.DEFAULT.withProfile(host.told(host.processor()));
    }

    private static Run bare(HostConfiguration host, String name, LoadOptions options) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Machine machine = new Machine(told(host), Optional.of(image(name)), options, HostPorts.serial(out::write));
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
                told(host), host, mmu, Optional.of(image(name)), options, HostPorts.serial(out::write));
    }

    @ParameterizedTest
    @CsvSource({
        "generic, I386, NAIVE",
        "generic, I386, CACHED",
        "generic, I386, UNSYNC",
        "generic, I386, NESTED",
        "generic, I386_PAE, CACHED",
        "generic, I386_PAE, UNSYNC",
        "generic, I386_PAE, NESTED",
        "generic-amd, I386, CACHED",
        "generic-amd, I386, NESTED",
        "generic-amd, I386_PAE, CACHED",
        "generic-amd, I386_PAE, NESTED",
        "prescott, I386, NAIVE",
        "prescott, I386_PAE, CACHED"
    })
    void runEvery32BitGuest(String processor, HostKernel kernel, MmuKind mmu) throws Exception {
        HostConfiguration host = host(processor, kernel);
        LoadOptions fork = LoadOptions.DEFAULT.withCommandLine("workload=fork processes=3 rounds=2 pages=4");
        for (String name : List.of("hello16", "mini32", "minipae")) {
            LoadOptions options = name.startsWith("mini") ? fork : LoadOptions.DEFAULT;
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            VirtualMachine machine = machine(host, mmu, name, options, out);
            MachineOutcome outcome = machine.run(BUDGET);
            Run run = new Run(
                    outcome,
                    out.toString(StandardCharsets.UTF_8),
                    machine.vcpu().ticks());
            assertEquals(bare(host, name, options), run, name);
            machine.close();
            assertEquals(0, machine.hostPages(), name);
        }
    }

    /** A 32-bit guest has shadow tables of two levels where the host has, and never of four. */
    @ParameterizedTest
    @CsvSource({"X86_64, true", "I386_PAE, true", "I386, false"})
    void haveShadowTablesInTheirOwnFormat(HostKernel kernel, boolean pae) throws Exception {
        VirtualMachine machine = machine(
                host("prescott", kernel), MmuKind.CACHED, "hello32", LoadOptions.DEFAULT, new ByteArrayOutputStream());
        machine.run(BUDGET);
        HardwareTables.Shadow tables =
                assertInstanceOf(HardwareTables.Shadow.class, machine.vcpu().hardwareTables());
        assertEquals(pae, (tables.cr4() & Cr4.PAE) != 0);
        assertTrue(tables.cr3() >>> 32 == 0);
    }

    /** Nested tables are in the format of the host's own. APM 2 "Nested Paging". */
    @ParameterizedTest
    @EnumSource
    void haveNestedTablesInTheirOwnFormat(HostKernel kernel) throws Exception {
        VirtualMachine machine = machine(
                host("generic-amd", kernel),
                MmuKind.NESTED,
                "hello32",
                LoadOptions.DEFAULT,
                new ByteArrayOutputStream());
        machine.run(BUDGET);
        HardwareTables.Nested tables =
                assertInstanceOf(HardwareTables.Nested.class, machine.vcpu().hardwareTables());
        assertEquals(kernel != HostKernel.I386, (tables.cr4() & Cr4.PAE) != 0);
        assertEquals(kernel.is64Bit() ? 1 : 0, tables.efer() >>> 10 & 1);
    }

    @ParameterizedTest
    @EnumSource
    void runTheirProcessorInTheModeOfTheirKernel(HostKernel kernel) {
        for (String processor : List.of("generic", "generic-amd")) {
            HostMachine host = new HostMachine(host(processor, kernel), 46, null);
            assertEquals(kernel.is64Bit(), host.cpu.state.longModeActive());
            assertEquals(kernel.is64Bit() ? 64 : 32, host.cpu.state.codeWidth);
            assertEquals(kernel != HostKernel.I386, (host.cpu.state.cr4 & Cr4.PAE) != 0);
        }
    }

    @Test
    void tellTheirGuestsOfNoLongMode() {
        CpuProfile asked = CpuProfile.GENERIC;
        assertTrue(host("generic", HostKernel.X86_64).told(asked).has(Feature.LM));
        assertFalse(host("generic", HostKernel.I386).told(asked).has(Feature.LM));
    }

    @Test
    void haveNoMoreMemoryForAGuestThanAProcessOf32Bits() {
        HostConfiguration host = host("generic", HostKernel.I386_PAE);
        assertThrows(
                IllegalArgumentException.class,
                () -> new VirtualMachine(
                        told(host).withMemory(3L << 30),
                        host,
                        MmuKind.CACHED,
                        Optional.of(image("hello32")),
                        LoadOptions.DEFAULT,
                        HostPorts.serial(value -> {})));
    }
}
