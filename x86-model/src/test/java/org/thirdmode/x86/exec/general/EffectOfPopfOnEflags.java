package org.thirdmode.x86.exec.general;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.TestProcessors;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/**
 * SDM 2 "POPF/POPFD/POPFQ—Pop Stack Into EFLAGS Register", the table "Effect of POPF/POPFD on the EFLAGS Register", and
 * SDM 3B "Virtual-8086 Mode Extensions".
 */
class EffectOfPopfOnEflags {
    private static final int STACK = 0x8000;
    private static final int ALL = 0x003f_7fd5;
    private static final int ALWAYS = Flags.STATUS | Rflags.TF | Rflags.DF | Rflags.NT;
    private static final int IN_32_BITS = Rflags.AC | Rflags.ID;

    /** A row of the table: what all ones in the image set, beside the status flags, TF, DF and NT. */
    @ParameterizedTest
    @CsvSource({
        // operand size, CPL, IOPL: IOPL, IF
        "16, 0, 0, true, true",
        "16, 1, 0, false, false",
        "16, 1, 1, false, true",
        "16, 3, 2, false, false",
        "16, 3, 3, false, true",
        "32, 0, 0, true, true",
        "32, 1, 0, false, false",
        "32, 2, 2, false, true",
        "32, 3, 0, false, false",
        "32, 3, 3, false, true",
    })
    void inProtectedModePrivilegeDecides(int size, int cpl, int iopl, boolean changesIopl, boolean changesIf) {
        Processor cpu = TestProcessors.flat32();
        cpu.state.cpl = cpl;
        cpu.state.systemFlags |= iopl << Rflags.IOPL_SHIFT;
        assertNull(pop(cpu, size, ALL));
        int expected = ALWAYS | (size == 32 ? IN_32_BITS : 0) | (changesIf ? Rflags.IF : 0) | Rflags.FIXED;
        expected |= changesIopl ? Rflags.IOPL : iopl << Rflags.IOPL_SHIFT;
        assertEquals(Integer.toHexString(expected), Long.toHexString(cpu.state.rflags()));
    }

    @Test
    void theOtherHalfStaysWith16Bits() {
        Processor cpu = TestProcessors.flat32();
        cpu.state.systemFlags |= Rflags.AC | Rflags.ID;
        pop(cpu, 16, 0);
        assertEquals(Rflags.FIXED | Rflags.AC | Rflags.ID, cpu.state.rflags());
    }

    @Test
    void virtual8086ModeNeedsIopl3() {
        Processor cpu = virtual8086(2);
        GuestFault fault = pop(cpu, 16, 0);
        assertEquals(Vector.GP, fault.vector);
        assertEquals(STACK, cpu.state.r[CpuState.RSP]);
        assertEquals(Vector.GP, Programs.execute(cpu, 0x9c).vector);
    }

    @Test
    void withIopl3InVirtual8086ModeIfChangesAndIoplDoesNot() {
        Processor cpu = virtual8086(3);
        assertNull(pop(cpu, 16, Rflags.IF));
        assertEquals(Rflags.FIXED | Rflags.VM | Rflags.IOPL | Rflags.IF, cpu.state.rflags());
    }

    @Test
    void withTheExtensionsVifTakesThePlaceOfIf() {
        Processor cpu = virtual8086(0);
        cpu.state.cr4 |= Cr4.VME;
        assertNull(pop(cpu, 16, Rflags.IF | Rflags.IOPL | Flags.CF));
        assertEquals(Rflags.FIXED | Rflags.VM | Rflags.VIF | Flags.CF, cpu.state.rflags());
        assertNull(Programs.execute(cpu, 0x9c));
        long image = cpu.memory.read(cpu.state.r[CpuState.RSP], 2);
        assertEquals(Rflags.FIXED | Rflags.IF | Rflags.IOPL | Flags.CF, image);
        assertNull(pop(cpu, 16, 0));
        assertEquals(Rflags.FIXED | Rflags.VM, cpu.state.rflags());
    }

    @Test
    void withTheExtensionsAPendingInterruptOrTheTrapFlagFaults() {
        Processor cpu = virtual8086(0);
        cpu.state.cr4 |= Cr4.VME;
        cpu.state.systemFlags |= Rflags.VIP;
        assertEquals(Vector.GP, pop(cpu, 16, Rflags.IF).vector);
        assertEquals(Vector.GP, pop(cpu, 16, Rflags.TF).vector);
        assertNull(pop(cpu, 16, 0));
    }

    @Test
    void theExtensionsDoNotHelp32Bits() {
        Processor cpu = virtual8086(0);
        cpu.state.cr4 |= Cr4.VME;
        assertEquals(Vector.GP, pop(cpu, 32, 0).vector);
        assertEquals(Vector.GP, Programs.execute(cpu, 0x66, 0x9c).vector);
    }

    @Test
    void pushfShowsNeitherVmNorRf() {
        Processor cpu = virtual8086(3);
        cpu.state.r[CpuState.RSP] = STACK;
        assertNull(Programs.execute(cpu, 0x66, 0x9c));
        assertEquals(Rflags.FIXED | Rflags.IOPL, cpu.memory.read(STACK - 4, 4));
    }

    private static Processor virtual8086(int iopl) {
        Processor cpu = TestProcessors.flat32();
        CpuState s = cpu.state;
        s.systemFlags |= Rflags.VM | (iopl << Rflags.IOPL_SHIFT);
        s.cpl = 3;
        for (Segment segment : s.segments) {
            segment.set(0, 0, 0xffff, 0xf3);
        }
        cpu.modeChanged();
        return cpu;
    }

    private static GuestFault pop(Processor cpu, int size, int image) {
        cpu.memory.write(STACK, 4, image);
        cpu.state.r[CpuState.RSP] = STACK;
        boolean prefix = size != cpu.state.codeWidth;
        return prefix ? Programs.execute(cpu, 0x66, 0x9d) : Programs.execute(cpu, 0x9d);
    }
}
