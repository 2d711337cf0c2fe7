package org.thirdmode.x86.exec;

import org.thirdmode.x86.bus.NoLocalApic;
import org.thirdmode.x86.bus.PortBus;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.time.GuestClock;

/** Processors without a board, in a mode of the test's choice. */
public final class TestProcessors {
    /** Bytes of RAM, from address 0. */
    public static final long RAM = 1 << 20;

    private static final int DATA = 0x93;
    private static final int CODE = 0x9b;

    private TestProcessors() {}

    /** In real mode, all segments at 0. */
    public static Processor real() {
        Processor cpu = make();
        cpu.state.segments[Segment.CS].set(0, 0, 0xffff, DATA);
        cpu.modeChanged();
        return cpu;
    }

    /** In protected mode at CPL 0, flat 32-bit segments, no paging. */
    public static Processor flat32() {
        return flat32(PortBus.EMPTY);
    }

    /** The same with I/O ports of the test's choice. */
    public static Processor flat32(PortBus ports) {
        Processor cpu = make(ports);
        cpu.state.cr0 = Cr0.PE | Cr0.ET | Cr0.NE;
        flat(cpu.state, Segment.BIG);
        cpu.modeChanged();
        return cpu;
    }

    /** In 64-bit mode at CPL 0; {@link #RAM} is mapped one to one with 2-MByte pages, the tables stand at its end. */
    public static Processor flat64() {
        Processor cpu = make();
        CpuState s = cpu.state;
        long pml4 = RAM - 0x3000;
        cpu.memory.write(pml4, 8, (RAM - 0x2000) | 7);
        cpu.memory.write(RAM - 0x2000, 8, (RAM - 0x1000) | 7);
        cpu.memory.write(RAM - 0x1000, 8, 0xe7);
        s.cr3 = pml4;
        s.cr4 = Cr4.PAE | Cr4.OSFXSR;
        s.efer = Efer.LME | Efer.LMA | Efer.NXE | Efer.SCE;
        s.cr0 = Cr0.PE | Cr0.PG | Cr0.ET | Cr0.NE;
        flat(s, Segment.LONG);
        cpu.modeChanged();
        return cpu;
    }

    private static void flat(CpuState s, int codeWidth) {
        for (Segment segment : s.segments) {
            segment.set(0x10, 0, 0xffff_ffffL, DATA | Segment.BIG | Segment.GRANULAR);
        }
        s.segments[Segment.CS].set(8, 0, 0xffff_ffffL, CODE | codeWidth | Segment.GRANULAR);
    }

    private static Processor make() {
        return make(PortBus.EMPTY);
    }

    private static Processor make(PortBus ports) {
        PhysicalMemory memory = new PhysicalMemory(40);
        memory.mapRam(0, RAM);
        return new Processor(
                memory, ports, new TaskPriority(), new GuestClock(), CpuProfile.GENERIC.withoutVirtualization());
    }

    /** Holds what is written to CR8. */
    private static final class TaskPriority extends NoLocalApic {
        private int priority;

        @Override
        public int taskPriorityClass() {
            return priority;
        }

        @Override
        public void setTaskPriorityClass(int priorityClass) {
            priority = priorityClass;
        }
    }
}
