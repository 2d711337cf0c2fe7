package org.thirdmode.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
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

/**
 * Processors whose VM entries refuse real-address mode: without EPT, VPID, virtual NMIs and the controls for IA32_EFER
 * (prescott), and with EPT but without unrestricted guest (nehalem). A guest cannot tell there either.
 */
class HostsWithoutUnrestrictedGuest {
    private static final long BUDGET = 40_000_000;

    /**
     * A boot sector that uses what real-address mode and virtual-8086 mode do not have in common: far jumps to another
     * selector, INT n, INT3, INTO, #DE, #UD, #GP without error code, flags pushed and popped, single step, SMSW, a data
     * segment of 4 GBytes kept from protected mode, HLT until the timer interrupts. It ends with a sum of what happened.
     */
    private static final String REAL_MODE =
            "fa31c08ed88ec08ed0bc0070ea1100c007ea167c0000bb167d891e0000a30200bb117d891e0400a30600891e"
                    + "0c00a30e00891e1000a31200891e8400a38600bb167d891e1800a31a00bb207d891e3400a3360031ffcd21cc"
                    + "b07f0401ce31dbf7f30f0b895fff9c5825ff0c01c79c580d0001509d90909c5825fffe509d0f01e001c70f01"
                    + "164a7d0f20c00c010f22c0bb08008edb24fe0f22c0ea9e7c000066be0000200066b878563412676689066703"
                    + "3e31c08ed867037e02cd210f20c00c010f22c0bb10008edb24fe0f22c0ead27c000031c08ed8b9e803cd21e2"
                    + "fcbb2a7d891e2000a32200b034e643b000e640b010e640b011e620b008e621b004e621b001e621b0fee621fb"
                    + "f4fa89f830e0e6f4f481c70101cf83c70389e583460002cf83c70589e583460003cf83c707b020e620cf0000"
                    + "000000000000ffff00000092cf00ffff0000009200001700327d0000";

    private record Run(MachineOutcome outcome, String output, long ticks) {}

    private static MachineConfiguration told(String processor) {
        return MachineConfiguration.DEFAULT.withProfile(CpuProfile.named().get(processor));
    }

    private static Run bare(String processor, Image image, LoadOptions options) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Machine machine = new Machine(told(processor), Optional.of(image), options, HostPorts.serial(out::write));
        MachineOutcome outcome = machine.run(BUDGET);
        return new Run(
                outcome,
                out.toString(StandardCharsets.UTF_8),
                machine.processor().now());
    }

    private static Run virtual(VirtualMachine machine, ByteArrayOutputStream out) {
        MachineOutcome outcome = machine.run(BUDGET);
        return new Run(
                outcome, out.toString(StandardCharsets.UTF_8), machine.vcpu().ticks());
    }

    private static VirtualMachine machine(
            String processor, MmuKind mmu, Image image, LoadOptions options, ByteArrayOutputStream out)
            throws Exception {
        MachineConfiguration told = told(processor);
        return new VirtualMachine(
                told,
                HostConfiguration.of(Virt.VMX, told.profile()),
                mmu,
                Optional.of(image),
                options,
                HostPorts.serial(out::write));
    }

    @ParameterizedTest
    @CsvSource({"prescott, NAIVE", "prescott, CACHED", "prescott, UNSYNC", "nehalem, NESTED", "westmere, NESTED"})
    void runRealModeToTheSameEnd(String processor, MmuKind mmu) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        VirtualMachine machine =
                machine(processor, mmu, BootSector.of(REAL_MODE).image(), LoadOptions.DEFAULT, out);
        assertEquals(bare(processor, BootSector.of(REAL_MODE).image(), LoadOptions.DEFAULT), virtual(machine, out));
    }

    /** Most of it by virtual-8086 mode: what is emulated is what that refuses, and the stretch with a large segment. */
    @ParameterizedTest
    @CsvSource({"prescott, CACHED", "nehalem, NESTED"})
    void emulateOnlyWhatVirtual8086ModeCannotDo(String processor, MmuKind mmu) throws Exception {
        VirtualMachine machine = machine(
                processor, mmu, BootSector.of(REAL_MODE).image(), LoadOptions.DEFAULT, new ByteArrayOutputStream());
        machine.run(BUDGET);
        assertTrue(machine.vcpu().emulated() < 100, () -> machine.vcpu().emulated() + " emulated");
        assertTrue(machine.instructions() > 4000);
    }

    @ParameterizedTest
    @CsvSource({"prescott, NAIVE", "prescott, CACHED", "prescott, UNSYNC", "nehalem, NESTED"})
    void runTheBundledKernels(String processor, MmuKind mmu) throws Exception {
        for (String name : List.of("hello16", "hello32", "hellopae", "hello64")) {
            agrees(processor, mmu, name, LoadOptions.DEFAULT);
        }
        LoadOptions options = LoadOptions.DEFAULT.withCommandLine("workload=fork processes=3 rounds=2 pages=4");
        for (String name : List.of("mini32", "minipae", "mini64")) {
            agrees(processor, mmu, name, options);
        }
    }

    private static void agrees(String processor, MmuKind mmu, String name, LoadOptions options) throws Exception {
        Image image = new Image(name, GuestCatalogue.find(name).orElseThrow().bytes());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertEquals(
                bare(processor, image, options),
                virtual(machine(processor, mmu, image, options, out), out),
                () -> name + " under " + mmu);
    }

    @Test
    void haveShadowTablesOrNothing() {
        IllegalArgumentException refused = assertThrows(
                IllegalArgumentException.class,
                () -> machine(
                        "prescott",
                        MmuKind.NESTED,
                        BootSector.of(REAL_MODE).image(),
                        LoadOptions.DEFAULT,
                        new ByteArrayOutputStream()));
        assertTrue(refused.getMessage().contains("has no EPT"), refused::getMessage);
    }

    @Test
    void runNoGuestThatIsToldOfMore() {
        HostConfiguration host =
                HostConfiguration.of(Virt.VMX, CpuProfile.named().get("prescott"));
        IllegalArgumentException refused = assertThrows(
                IllegalArgumentException.class,
                () -> new VirtualMachine(
                        told("haswell"),
                        host,
                        MmuKind.CACHED,
                        Optional.of(BootSector.of(REAL_MODE).image()),
                        LoadOptions.DEFAULT,
                        HostPorts.serial(value -> {})));
        assertTrue(refused.getMessage().contains("SSSE3"), refused::getMessage);
    }

    /** What the hypervisor put into the guest's memory for itself comes back too. */
    @Test
    void giveBackEveryPage() throws Exception {
        for (String processor : List.of("prescott", "nehalem")) {
            VirtualMachine machine = machine(
                    processor,
                    MmuKind.CACHED,
                    BootSector.of(REAL_MODE).image(),
                    LoadOptions.DEFAULT,
                    new ByteArrayOutputStream());
            machine.run(BUDGET);
            machine.close();
            assertEquals(0, machine.hostPages(), processor);
        }
    }
}
