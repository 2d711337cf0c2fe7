package org.thirdmode.vmx.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.capability.VmxProfile;
import org.thirdmode.vmx.entry.EntryCheck;
import org.thirdmode.vmx.entry.EntryChecks;
import org.thirdmode.vmx.entry.Facts;
import org.thirdmode.vmx.entry.ValidVmcs;
import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.bus.PortBus;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.time.GuestClock;

/** SDM 3C "VM Entries" with VMCSs that a generator makes, whole and damaged: success or failure is as the table of checks says. */
class RandomVmEntries {
    private static final long VMXON_REGION = 0xff000;

    private static final List<VmxCapabilities> PROCESSORS =
            VmxProfile.named().values().stream().map(VmxProfile::modelled).toList();

    private static ValidVmcs any(Random random) {
        VmxCapabilities processor = PROCESSORS.get(random.nextInt(PROCESSORS.size()));
        List<ValidVmcs.Shape> shapes = ValidVmcs.shapes(processor);
        return new ValidVmcs(random, processor, shapes.get(random.nextInt(shapes.size())));
    }

    /** A processor in VMX root operation whose current VMCS is this one. */
    private static Vmx processor(ValidVmcs structure) {
        VmxCapabilities capabilities = structure.capabilities;
        Processor cpu = new Processor(
                structure.memory, PortBus.EMPTY, new TestApic(), new GuestClock(), capabilities.processor);
        Vmx vmx = new Vmx(cpu, capabilities);
        cpu.extend(vmx);
        CpuState state = cpu.state;
        state.cr0 = Cr0.PE | Cr0.PG | Cr0.NE | Cr0.ET;
        state.cr4 = Cr4.VMXE | Cr4.PAE;
        state.efer = structure.hostInLongMode ? Efer.LMA | Efer.LME : 0;
        int width = structure.hostInLongMode ? Segment.LONG : Segment.BIG;
        state.segments[Segment.CS].set(8, 0, 0xffff_ffffL, 0x809b | width);
        cpu.modeChanged();
        structure.memory.write(VMXON_REGION, 4, Vmcs.REVISION);
        assertEquals(VmxInstructions.SUCCEED, vmx.instructions.vmxon(VMXON_REGION));
        assertEquals(VmxInstructions.SUCCEED, vmx.instructions.vmptrld(structure.vmcs.address()));
        vmx.handOverExits(true);
        return vmx;
    }

    /** What VM entry must not change where it fails early. */
    private static List<Object> registers(Processor cpu) {
        CpuState s = cpu.state;
        List<Object> all = new ArrayList<>();
        for (long value : s.r) {
            all.add(value);
        }
        for (Segment segment : s.segments) {
            all.add(List.of(segment.selector, segment.base, segment.limit, segment.attributes));
        }
        all.add(List.of(s.rip, s.rflags(), s.cr0, s.cr2, s.cr3, s.cr4, s.efer, s.gdtrBase, s.idtrBase, s.cpl, s.dr[7]));
        all.add(List.of(cpu.activity, cpu.shadow, cpu.nmiBlocked, cpu.guestMode, cpu.intercepts));
        return all;
    }

    private static List<VmcsField> changed(ValidVmcs structure, long[] before) {
        return VmcsField.all().stream()
                .filter(field -> structure.get(field) != before[field.ordinal()])
                .toList();
    }

    private static long[] fields(ValidVmcs structure) {
        return VmcsField.all().stream().mapToLong(structure::get).toArray();
    }

    @Property(tries = 500)
    void aValidOneIsEntered(@ForAll long seed) {
        ValidVmcs structure = any(new Random(seed)).put(VmcsField.VM_ENTRY_MSR_LOAD_COUNT, 0);
        Vmx vmx = processor(structure);
        assertEquals(VmxInstructions.SUCCEED, vmx.instructions.vmlaunch());
        assertTrue(
                vmx.cpu.guestMode,
                () -> structure.shape + " on " + structure.capabilities.processor.name() + ": " + vmx.exit());
        assertTrue(structure.vmcs.isLaunched());
        assertEquals(structure.get(VmcsField.GUEST_RIP), vmx.cpu.state.rip);
        assertEquals(structure.get(VmcsField.GUEST_RFLAGS), vmx.cpu.state.rflags());
    }

    @Property(tries = 2000)
    void aDamagedOneFailsAsItsFirstFailingCheckSaysAndChangesNothingElse(@ForAll long seed) {
        Random random = new Random(seed);
        ValidVmcs structure = any(random);
        Vmx vmx = processor(structure);
        List<VmcsField> all = VmcsField.all();
        for (int n = random.nextInt(3); n >= 0; n--) {
            VmcsField field = all.get(random.nextInt(all.size()));
            structure.put(field, structure.get(field) ^ (1L << random.nextInt(64)));
        }
        Facts facts = structure.facts();
        EntryCheck early = EntryChecks.controlsAndHostState(facts);
        EntryCheck late = EntryChecks.guestState(facts);
        long[] before = fields(structure);
        List<Object> registers = registers(vmx.cpu);
        int result = vmx.instructions.vmlaunch();
        if (early != null) {
            int error = early.section().error.number;
            assertEquals(error, result, early::id);
            assertEquals(registers, registers(vmx.cpu), early::id);
            assertTrue(List.of(VmcsField.VM_INSTRUCTION_ERROR).containsAll(changed(structure, before)), early::id);
            assertEquals(error, structure.get(VmcsField.VM_INSTRUCTION_ERROR));
        } else if (late != null) {
            assertEquals(VmxInstructions.SUCCEED, result);
            assertFalse(vmx.cpu.guestMode, late::id);
            assertEquals(33 | ExitReason.ENTRY_FAILURE, structure.get(VmcsField.EXIT_REASON), late::id);
            assertEquals(late.qualification(), structure.get(VmcsField.EXIT_QUALIFICATION), late::id);
            assertTrue(
                    List.of(VmcsField.EXIT_REASON, VmcsField.EXIT_QUALIFICATION)
                            .containsAll(changed(structure, before)),
                    late::id);
            assertEquals(structure.get(VmcsField.HOST_RIP), vmx.cpu.state.rip);
            assertFalse(structure.vmcs.isLaunched());
        } else {
            assertEquals(VmxInstructions.SUCCEED, result);
            boolean entered = vmx.cpu.guestMode;
            long reason = structure.get(VmcsField.EXIT_REASON);
            assertTrue(entered || reason == (34 | ExitReason.ENTRY_FAILURE), () -> "exit reason " + reason);
        }
    }

    /** A hostile hypervisor: whatever the region holds, the guest runs or fails, and nothing escapes. */
    @Property(tries = 1500)
    void anyBytesOfTheRegionEndInAFailureOrARunningGuest(@ForAll long seed) {
        Random random = new Random(seed);
        ValidVmcs structure = any(random);
        Vmx vmx = processor(structure);
        int damaged = random.nextInt(40);
        for (int n = 0; n < damaged; n++) {
            structure.memory.write(structure.vmcs.address() + 16 + random.nextInt(4080), 1, random.nextInt());
        }
        for (int n = 0; n < 64; n++) {
            structure.memory.write(random.nextInt(1 << 20), 1, random.nextInt());
        }
        for (int n = 0; n < 4 && vmx.currentVmcs().address() != Vmcs.NO_VMCS; n++) {
            boolean launched = vmx.currentVmcs().isLaunched();
            int result = launched ? vmx.instructions.vmresume() : vmx.instructions.vmlaunch();
            if (result == VmxInstructions.SUCCEED) {
                vmx.cpu.nmiPending = random.nextBoolean();
                vmx.cpu.run(vmx.cpu.now() + 500);
                if (!vmx.cpu.guestMode) {
                    assertNotNull(vmx.exit());
                }
            }
            if (vmx.cpu.guestMode) {
                return;
            }
        }
    }
}
