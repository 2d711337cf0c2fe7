package org.thirdmode.kvm.vmm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.thirdmode.kvm.DebugGuest;
import org.thirdmode.kvm.HostConfiguration;
import org.thirdmode.kvm.HostMachine;
import org.thirdmode.kvm.Irqchip;
import org.thirdmode.kvm.KvmException;
import org.thirdmode.kvm.KvmExit;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.UserMemory;
import org.thirdmode.kvm.Vcpu;
import org.thirdmode.kvm.Virt;
import org.thirdmode.kvm.Vm;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.LoadOptions;
import org.thirdmode.x86.bus.NoLocalApic;
import org.thirdmode.x86.profile.CpuProfile;

/** What user space asks of KVM beside running. */
class TheApi {
    private static final long PAGE = 4096;

    private final HostMachine host = new HostMachine(HostConfiguration.of(Virt.VMX, CpuProfile.GENERIC), 46, null);
    private final Vm vm = new Vm(host);
    private final UserMemory memory = new UserMemory(host, 16 * PAGE);

    private void slot(int number, long guestPhysical, long size, long offset) {
        vm.setUserMemoryRegion(number, Set.of(), guestPhysical, size, memory, offset);
    }

    // ---- slots ----

    @Test
    void aMisalignedSlotIsRefused() {
        assertThrows(KvmException.MisalignedSlot.class, () -> slot(0, 1, PAGE, 0));
        assertThrows(KvmException.MisalignedSlot.class, () -> slot(0, 0, PAGE + 8, 0));
        assertThrows(KvmException.MisalignedSlot.class, () -> slot(0, 0, PAGE, 16));
    }

    @Test
    void aSlotBeyondTheAddressWidthIsRefused() {
        assertThrows(KvmException.SlotBeyondAddressWidth.class, () -> slot(0, 1L << 46, PAGE, 0));
        assertThrows(KvmException.SlotBeyondAddressWidth.class, () -> slot(0, (1L << 46) - PAGE, 2 * PAGE, 0));
        assertThrows(KvmException.SlotBeyondAddressWidth.class, () -> slot(0, Long.MAX_VALUE & -PAGE, PAGE, 0));
        slot(0, (1L << 46) - PAGE, PAGE, 0);
    }

    /** Without unrestricted guest it needs memory of the guest's for itself, where no slot may be. */
    @Test
    void aSlotOverTheHypervisorsOwnIsRefusedWhicheverCameFirst() {
        long own = 0xfeff_c000L;
        CpuProfile processor = CpuProfile.named().get("prescott");
        HostMachine old = new HostMachine(new HostConfiguration(processor), 46, null);
        UserMemory rom = new UserMemory(old, 32 << 20);
        Vm first = new Vm(old);
        first.createVcpu(processor, new NoLocalApic(), MmuKind.CACHED);
        assertThrows(
                KvmException.OverlappingPrivateSlot.class,
                () -> first.setUserMemoryRegion(0, Set.of(), (4L << 30) - (32 << 20), 32 << 20, rom, 0));
        first.setUserMemoryRegion(0, Set.of(), own - PAGE, PAGE, rom, 0);
        first.setUserMemoryRegion(1, Set.of(), own + 4 * PAGE, PAGE, rom, 0);
        first.destroy();
        Vm second = new Vm(old);
        second.setUserMemoryRegion(0, Set.of(), (4L << 30) - (32 << 20), 32 << 20, rom, 0);
        assertThrows(
                KvmException.OverlappingPrivateSlot.class,
                () -> second.createVcpu(processor, new NoLocalApic(), MmuKind.CACHED));
        second.removeMemoryRegion(0);
        second.createVcpu(processor, new NoLocalApic(), MmuKind.CACHED);
        second.destroy();
        assertEquals(0, old.pagesInUse());
    }

    @ParameterizedTest
    @EnumSource(Virt.class)
    void aHostHasOneVirtualMachine(Virt virt) {
        CpuProfile processor = virt.generic();
        HostMachine one = new HostMachine(new HostConfiguration(processor), 46, null);
        Vm first = new Vm(one);
        first.createVcpu(processor, new NoLocalApic(), MmuKind.CACHED);
        long pages = one.pagesInUse();
        Vm second = new Vm(one);
        assertThrows(
                KvmException.HostBusy.class, () -> second.createVcpu(processor, new NoLocalApic(), MmuKind.CACHED));
        assertEquals(pages, one.pagesInUse());
        first.destroy();
        second.createVcpu(processor, new NoLocalApic(), MmuKind.CACHED);
        second.destroy();
        assertEquals(0, one.pagesInUse());
    }

    @Test
    void overlappingSlotsAreRefusedAndTheFirstStays() {
        slot(0, 4 * PAGE, 4 * PAGE, 0);
        assertThrows(KvmException.OverlappingSlots.class, () -> slot(1, 0, 5 * PAGE, 0));
        assertThrows(KvmException.OverlappingSlots.class, () -> slot(1, 7 * PAGE, PAGE, 0));
        assertThrows(KvmException.OverlappingSlots.class, () -> slot(1, 5 * PAGE, PAGE, 0));
        assertEquals(4, vm.find(5).baseGfn());
        slot(1, 8 * PAGE, PAGE, 0);
        slot(0, 5 * PAGE, 3 * PAGE, 0);
        assertEquals(5, vm.find(5).baseGfn());
    }

    @Test
    void aSlotWithoutALogHasNone() {
        slot(0, 0, PAGE, 0);
        assertThrows(KvmException.NoSuchSlot.class, () -> vm.dirtyLog(0));
        assertThrows(KvmException.NoSuchSlot.class, () -> vm.dirtyLog(3));
    }

    @Test
    void aDestroyedVirtualMachineCanDoNothing() {
        vm.destroy();
        vm.destroy();
        assertThrows(KvmException.VmDestroyed.class, () -> slot(0, 0, PAGE, 0));
        assertThrows(KvmException.VmDestroyed.class, () -> vm.dirtyLog(0));
    }

    // ---- registers and translations ----

    private static VirtualMachine running(Virt virt, MmuKind mmu) {
        VirtualMachine machine =
                Guests.machine("mini64", "fork processes=2 rounds=1 pages=2", virt, mmu, new ByteArrayOutputStream());
        machine.run(20_000);
        return machine;
    }

    private static List<Virt> extensionsWith(MmuKind mmu) {
        return Stream.of(Virt.values()).filter(mmu::runsOn).toList();
    }

    @ParameterizedTest
    @EnumSource(MmuKind.class)
    void translateSaysWhatTheGuestsTablesSay(MmuKind mmu) {
        for (Virt virt : extensionsWith(mmu)) {
            try (VirtualMachine machine = running(virt, mmu)) {
                Vcpu vcpu = machine.vcpu();
                long rip = vcpu.registers().state.rip;
                Vcpu.Translation code = vcpu.translate(rip);
                assertTrue(code.valid());
                // The instruction there is the one that the processor is about to execute.
                assertEquals(
                        machine.board().memory().read(code.physical() & -4096L, 8),
                        machine.board()
                                .memory()
                                .read(vcpu.translate(rip & -4096L).physical(), 8));
                assertEquals(rip & 0xfff, code.physical() & 0xfff);
                assertFalse(vcpu.translate(0x7fff_0000_0000L).valid());
            }
        }
    }

    @Test
    void theMsrsOfTheListCanBeReadAndSet() {
        try (VirtualMachine machine = running(Virt.VMX, MmuKind.NESTED)) {
            Vcpu vcpu = machine.vcpu();
            for (int index : Vcpu.MSR_INDICES) {
                long value = vcpu.msr(index).orElseThrow();
                assertTrue(vcpu.setMsr(index, value));
                assertEquals(OptionalLong.of(value), vcpu.msr(index));
            }
            assertEquals(OptionalLong.of(vcpu.ticks()), vcpu.msr(0x10));
            assertEquals(OptionalLong.empty(), vcpu.msr(0x1234_5678));
            assertFalse(vcpu.setMsr(0x1234_5678, 1));
            assertFalse(vcpu.setMsr(0x176, 1L << 62), "not canonical");
        }
    }

    // ---- debugging ----

    @Test
    void aSingleStepIsOneInstruction() {
        for (Virt virt : Virt.values()) {
            try (VirtualMachine machine = running(virt, MmuKind.CACHED)) {
                Vcpu vcpu = machine.vcpu();
                vcpu.debugGuest(Optional.of(new DebugGuest(true, Set.of())));
                for (int i = 0; i < 100; i++) {
                    long before = machine.instructions();
                    assertEquals(new MachineOutcome.Interrupted(), machine.run(Guests.BUDGET));
                    assertEquals(before + 1, machine.instructions());
                }
            }
        }
    }

    @Test
    void aBreakpointIsReachedEachTimeBeforeItsInstruction() {
        try (VirtualMachine machine = running(Virt.VMX, MmuKind.NESTED)) {
            // Where it comes by more than once: found by stepping.
            Vcpu vcpu = machine.vcpu();
            List<Long> trail = new ArrayList<>();
            try (VirtualMachine scout = running(Virt.VMX, MmuKind.NESTED)) {
                for (int i = 0; i < 400; i++) {
                    trail.add(scout.vcpu().registers().state.rip);
                    scout.run(1);
                }
            }
            long where = trail.get(200);
            List<Long> expected = new ArrayList<>();
            for (int i = 0; i < trail.size(); i++) {
                if (trail.get(i) == where) {
                    expected.add((long) i);
                }
            }
            long begin = machine.instructions();
            vcpu.debugGuest(Optional.of(new DebugGuest(false, Set.of(where))));
            List<Long> reached = new ArrayList<>();
            while (machine.run(begin + 400 - machine.instructions()) instanceof MachineOutcome.Interrupted) {
                assertEquals(where, vcpu.registers().state.rip);
                reached.add(machine.instructions() - begin);
            }
            assertEquals(expected, reached);
        }
    }

    @Test
    void aDebuggedGuestPrintsAndCountsTheSame() {
        Guests.Run expected = Guests.alone("hello64", "", MmuKind.UNSYNC);
        ByteArrayOutputStream serial = new ByteArrayOutputStream();
        try (VirtualMachine machine = Guests.machine("hello64", "", MmuKind.UNSYNC, serial)) {
            machine.vcpu().debugGuest(Optional.of(new DebugGuest(true, Set.of())));
            while (machine.run(Guests.BUDGET) instanceof MachineOutcome.Interrupted
                    && machine.instructions() < expected.ticks() - 1) {
                // step
            }
            machine.vcpu().debugGuest(Optional.empty());
            assertEquals(expected, Guests.finish(machine, serial));
        }
    }

    @Test
    void fiveBreakpointsAreOneTooMany() {
        assertThrows(IllegalArgumentException.class, () -> new DebugGuest(false, Set.of(1L, 2L, 3L, 4L, 5L)));
        assertEquals(new KvmExit.Debug(1), new KvmExit.Debug(1));
    }

    // ---- the dirty log of the screen ----

    @ParameterizedTest
    @EnumSource(MmuKind.class)
    void theScreenIsDrawnOnlyWhereTheLogSaysThatTheGuestWrote(MmuKind mmu) {
        try (VirtualMachine machine = running(Virt.VMX, mmu)) {
            Screen screen = machine.watchScreen();
            assertTrue(screen.refresh());
            assertEquals(25, screen.rowsDrawn());
            machine.run(1_000);
            assertFalse(screen.refresh());
            assertEquals(25, screen.rowsDrawn());
            assertEquals(2, screen.refreshes());
        }
    }

    /** In real mode: {@code mov ax, 0xb800; mov ds, ax; again: mov byte [offset], 'A'; jmp again}. */
    private static VirtualMachine writer(Virt virt, MmuKind mmu, int offset) throws ImageException {
        byte[] code = HexFormat.of()
                .parseHex(String.format("b800b88ed8c606%02x%02x41ebf9", offset & 0xff, (offset >>> 8) & 0xff));
        return new VirtualMachine(
                MachineConfiguration.DEFAULT.withMemory(1 << 20),
                virt,
                mmu,
                Optional.of(new Image("writer", code)),
                LoadOptions.DEFAULT.withRawAddress(0x7c00),
                HostPorts.NONE);
    }

    @ParameterizedTest
    @EnumSource(MmuKind.class)
    void aWriteToTheScreenIsDrawnAndOneBesideItIsNot(MmuKind mmu) throws ImageException {
        for (Virt virt : extensionsWith(mmu)) {
            try (VirtualMachine machine = writer(virt, mmu, 160);
                    VirtualMachine beside = writer(virt, mmu, 0x1000)) {
                for (VirtualMachine each : List.of(machine, beside)) {
                    each.watchScreen().refresh();
                }
                for (int time = 0; time < 3; time++) {
                    machine.run(5);
                    beside.run(5);
                    assertTrue(machine.watchScreen().refresh());
                    assertEquals("A", machine.watchScreen().rows().get(1));
                    assertFalse(beside.watchScreen().refresh());
                }
                assertEquals(machine.board().vga().rows(), machine.watchScreen().rows());
                assertEquals('A', beside.board().memory().read(0xb_9000, 1));
            }
        }
    }

    // ---- the interrupt controllers ----

    private record Served(Guests.Run run, long user, long kernel, Map<String, Long> exits) {}

    private static Served with(Irqchip irqchip) {
        ByteArrayOutputStream serial = new ByteArrayOutputStream();
        try (VirtualMachine machine = Guests.machine("mini64", "idle rounds=20", MmuKind.NESTED, serial)) {
            machine.vcpu().irqchip(irqchip);
            Guests.Run run = Guests.finish(machine, serial);
            Vcpu vcpu = machine.vcpu();
            return new Served(run, vcpu.userSpaceExits(), vcpu.kernelExits(), vcpu.exits());
        }
    }

    @Test
    void interruptControllersInTheHypervisorSaveWaysToUserSpaceAndNothingElseChanges() {
        Served user = with(Irqchip.USER);
        Served kernel = with(Irqchip.KERNEL);
        assertEquals(user.run(), kernel.run());
        assertEquals(user.exits(), kernel.exits());
        assertEquals(0, user.kernel());
        assertEquals(user.user(), kernel.user() + kernel.kernel());
        // Each of the 20 rounds halts until the timer's interrupt, and ends it at the controller.
        assertTrue(kernel.kernel() >= 40, () -> "served in the hypervisor: " + kernel.kernel());
    }
}
