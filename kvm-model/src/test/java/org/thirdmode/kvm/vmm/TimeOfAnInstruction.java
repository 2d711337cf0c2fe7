package org.thirdmode.kvm.vmm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.kvm.BootSector;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.LoadOptions;

/** Whatever an instruction takes, all that measures time sees the same, on the bare machine and under every MMU. */
class TimeOfAnInstruction {
    private static final long BUDGET = 1_000_000_000;

    /** From one reading of the time-stamp counter to the next: what is listed below, and 1,000 times LOOP. */
    private static final long INSTRUCTIONS = 1_014;

    /** The 8254's clock in Hz. */
    private static final double PIT = 14_318_180 / 12.0;

    /**
     * A boot sector that tells time-stamp counter, count of the APIC's timer and count of the 8254 before and after 1,000
     * instructions, then an IA32_TSC_DEADLINE of 50,000 later, and the time-stamp counter in its interrupt handler.
     */
    private static final BootSector SECTOR =
            BootSector.of("fa31c08ed08ed88ec0bc0070" + "c7060001bc7cc70602010000" // the handler of vector 40h is 0:7cbc
                    + "b0ffe621e6a1" // the 8259s are masked
                    + "66b91b0000000f320d000c0f30" // x2APIC mode
                    + "6631d266b90f08000066b8ff0100000f30" // enabled by the spurious-interrupt vector register
                    + "66b93e08000066b80b0000000f30" // timer: divided by 1
                    + "66b93208000066b8400001000f30" // one shot, masked
                    + "66b93808000066b8ffffffff0f30" // it counts
                    + "b034e643b000e640e640" // counter 0 of the 8254: mode 2, from 65,536
                    + "bf0060e84d00b9e803e2fee84500" // readings, 1,000 times LOOP, readings
                    + "66b93208000066b8400004006631d20f30" // timer: TSC deadline, vector 40h
                    + "0f31660550c300006683d20066ab66b9e00600000f30fb" // 50,000 from now; sti
                    + "833e18600074f9" // until the handler was here
                    + "be0060bae900b91c00f36eb000e6f4" // tell, and end with 0
                    + "0f3166a31860cf" // the handler: rdtsc; iret
                    // readings: rdtsc; stosd; mov; rdmsr; stosd; mov; out (latch); in; stosb; in; stosb; ret
                    + "0f3166ab66b9390800000f3266abb000e643e440aae440aac3");

    /** What the guest tells. */
    private record Told(long tsc, long apic, long pit, long late) {
        static Told by(BootSector.Run run) {
            assertEquals(new MachineOutcome.Exited(0), run.outcome());
            ByteBuffer told =
                    ByteBuffer.wrap(HexFormat.of().parseHex(run.told())).order(ByteOrder.LITTLE_ENDIAN);
            return new Told(
                    Integer.toUnsignedLong(told.getInt(10) - told.getInt(0)),
                    Integer.toUnsignedLong(told.getInt(4) - told.getInt(14)),
                    Short.toUnsignedLong((short) (told.getShort(8) - told.getShort(18))),
                    told.getInt(24) - told.getInt(20));
        }
    }

    private static MachineConfiguration taking(long time) {
        return MachineConfiguration.DEFAULT.withInstructionTime(time);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 7, 1000, 5000})
    void isTheSameToAllThatMeasureIt(long time) throws Exception {
        Told told = Told.by(SECTOR.bare(taking(time), BUDGET));
        assertEquals(INSTRUCTIONS * time, told.tsc);
        assertEquals(INSTRUCTIONS * time, told.apic);
        // It begins to count with its first clock after the count is written.
        assertEquals((double) (INSTRUCTIONS * time) * PIT / 1e9, (double) told.pit, 2);
        // The interrupt comes after the instruction in which the deadline lies; RDTSC tells the time at its own end.
        assertTrue(told.late >= time && told.late < 2 * time, () -> "late " + told.late);
    }

    @ParameterizedTest
    @EnumSource
    void isTheSameUnderEveryMmu(MmuKind mmu) throws Exception {
        for (long time : new long[] {7, 1000}) {
            BootSector.Run bare = SECTOR.bare(taking(time), BUDGET);
            for (Virt virt : Stream.of(Virt.values()).filter(mmu::runsOn).toList()) {
                assertEquals(bare, SECTOR.virtual(taking(time), virt, mmu, BUDGET), () -> "by " + virt);
                // Cut into stretches that end within an instruction.
                assertEquals(bare, SECTOR.virtual(taking(time), virt, mmu, 12_345), () -> "by " + virt);
            }
        }
    }

    /**
     * A program in flat 32-bit mode that reads the time-stamp counter and the count of the APIC's timer, in memory, before and
     * after 1,000 times LOOP. Its status is 0 where both have gone on by the same.
     */
    private static final byte[] APIC_IN_MEMORY = HexFormat.of()
            .parseHex("c705f000e0feff010000" + "c705e003e0fe0b000000" // enabled; timer: divided by 1
                    + "c7052003e0fe40000100" + "c7058003e0feffffffff" // one shot, masked; it counts
                    + "0f3189c68b1d9003e0fe" // rdtsc; the count
                    + "b9e8030000e2fe"
                    + "0f3129f08b159003e0fe" // rdtsc; the count
                    + "29d331d80f95c0e6f4");

    @ParameterizedTest
    @ValueSource(longs = {1, 100})
    void isTheSameToAnApicInMemory(long time) throws Exception {
        Optional<Image> image = Optional.of(new Image("program", APIC_IN_MEMORY));
        LoadOptions options = LoadOptions.DEFAULT.withRawAddress(1 << 20);
        HostPorts ports = new HostPorts(value -> {}, value -> {});
        Machine bare = new Machine(taking(time), image, options, ports);
        assertEquals(new MachineOutcome.Exited(0), bare.run(BUDGET));
        for (Virt virt : Virt.values()) {
            for (MmuKind mmu : MmuKind.on(virt)) {
                try (VirtualMachine machine = new VirtualMachine(taking(time), virt, mmu, image, options, ports)) {
                    assertEquals(new MachineOutcome.Exited(0), machine.run(BUDGET), () -> virt + " " + mmu);
                }
            }
        }
    }

    @Test
    void isSavedWithTheMachine(@TempDir Path folder) throws Exception {
        MachineConfiguration configuration = taking(7);
        BootSector.Run expected = SECTOR.bare(configuration, BUDGET);
        Path file = folder.resolve("machine.state");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        HostPorts ports = new HostPorts(value -> {}, out::write);
        try (VirtualMachine machine = SECTOR.machine(configuration, Virt.SVM, MmuKind.CACHED, out)) {
            machine.run(machine.ticksOf(500));
            assertEquals(500, machine.instructions());
            machine.save(file);
        }
        try (VirtualMachine machine =
                VirtualMachine.restore(file, (saved, _) -> saved, Optional.of(MmuKind.NAIVE), _ -> ports)) {
            assertEquals(500, machine.instructions());
            MachineOutcome outcome = machine.run(BUDGET);
            String told = HexFormat.of().formatHex(out.toByteArray());
            assertEquals(
                    expected, new BootSector.Run(outcome, told, machine.vcpu().ticks()));
        }
    }

    @Test
    void isSavedWithTheBareMachine(@TempDir Path folder) throws Exception {
        MachineConfiguration configuration = taking(7);
        BootSector.Run expected = SECTOR.bare(configuration, BUDGET);
        Path file = folder.resolve("machine.state");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        HostPorts ports = new HostPorts(value -> {}, out::write);
        Machine first = new Machine(configuration, Optional.of(SECTOR.image()), LoadOptions.DEFAULT, ports);
        first.run(first.ticksOf(500));
        assertEquals(500, first.processor().instructions());
        first.save(file);
        Machine second = Machine.restore(file, _ -> Optional.empty(), _ -> ports);
        MachineOutcome outcome = second.run(BUDGET);
        assertEquals(
                expected,
                new BootSector.Run(
                        outcome,
                        HexFormat.of().formatHex(out.toByteArray()),
                        second.processor().now()));
    }

    @Test
    void isAtLeastATickAndAtMostAMillisecond() {
        assertThrows(IllegalArgumentException.class, () -> taking(0));
        assertThrows(IllegalArgumentException.class, () -> taking(-1));
        assertThrows(IllegalArgumentException.class, () -> taking(MachineConfiguration.LONGEST_INSTRUCTION + 1));
        assertEquals(Long.MAX_VALUE, taking(1000).ticksOf(Long.MAX_VALUE));
    }
}
