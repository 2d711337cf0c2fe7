package org.thirdmode.x86.conformance;

import org.thirdmode.x86.bus.NoLocalApic;
import org.thirdmode.x86.bus.PortBus;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.SingleStep;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.time.GuestClock;

/** The model's processor, set up as conformance.c finds its own: CPL 3, flat segments, paging out of sight. */
final class Model {
    private static final int DATA =
            Segment.PRESENT | (3 << Segment.DPL_SHIFT) | Segment.CODE_OR_DATA | Segment.WRITABLE | Segment.ACCESSED;
    private static final int CODE = DATA | Segment.CODE;
    private static final long FLAT = 0xffff_ffffL;

    private final PhysicalMemory memory = new PhysicalMemory(40);
    private final Processor cpu;
    private final CpuState state;

    Model() {
        memory.mapRam(Machine.CODE_PAGE, Frame.SIZE);
        memory.mapRam(Machine.DATA_PAGE, Frame.SIZE);
        cpu = new Processor(
                memory, PortBus.EMPTY, new NoLocalApic(), new GuestClock(), CpuProfile.GENERIC.withoutVirtualization());
        state = cpu.state;
    }

    /** Executes one case past the run loop: the second level alone. */
    Outcome step(Form form, Inputs inputs) {
        load(form, inputs);
        if (!form.repeats()) {
            state.systemFlags |= Rflags.TF;
        }
        GuestFault fault;
        do {
            fault = SingleStep.step(cpu);
        } while (fault == null && form.repeats() && state.rip == Machine.startRip(form.mode()));
        cpu.pendingDebug = 0;
        return outcome(fault);
    }

    /** Executes one case of an instruction that is there, but on no processor that the model offers. */
    Outcome execute(Form form, Inputs inputs, Instruction instruction) {
        load(form, inputs);
        return outcome(SingleStep.execute(cpu, instruction));
    }

    /** Executes one case that is known to complete through the run loop: its fast forms, all iterations in one go. */
    Outcome run(Form form, Inputs inputs, long ticks) {
        load(form, inputs);
        cpu.run(cpu.now() + ticks);
        return outcome(null);
    }

    private void load(Form form, Inputs inputs) {
        mode(form.mode());
        System.arraycopy(inputs.gpr, 0, state.r, 0, inputs.gpr.length);
        if (form.mode() != 64) {
            for (int n = 0; n < inputs.gpr.length; n++) {
                state.r[n] &= 0xffff_ffffL;
            }
        }
        state.setRflags(inputs.rflags);
        state.rip = Machine.startRip(form.mode());
        memory.load(Machine.CODE_PAGE + Machine.START, form.code());
        for (int n = 0; n < inputs.memory.length; n += 8) {
            memory.write(Machine.DATA_PAGE + Machine.WINDOW + n, 8, (long) Frame.LONG.get(inputs.memory, n));
        }
        cpu.modeChanged();
    }

    private void mode(int mode) {
        state.cr0 = Cr0.PE | Cr0.MP | Cr0.ET | Cr0.NE | Cr0.WP | Cr0.AM;
        state.cr4 = Cr4.PAE | Cr4.OSFXSR | Cr4.OSXMMEXCPT;
        state.efer = Efer.SCE | Efer.LME | Efer.LMA | Efer.NXE;
        state.cpl = 3;
        int width = mode == 64 ? Segment.LONG : mode == 32 ? Segment.BIG : 0;
        boolean small = mode == 16;
        state.segments[Segment.CS].set(
                small ? 7 : mode == 32 ? 0x23 : 0x33,
                small ? Machine.CODE_PAGE : 0,
                small ? 0xffff : FLAT,
                CODE | width);
        for (int n : new int[] {Segment.ES, Segment.SS, Segment.DS}) {
            state.segments[n].set(
                    small ? 0xf : 0x2b,
                    small ? Machine.DATA_PAGE : 0,
                    small ? 0xffff : FLAT,
                    small ? DATA : DATA | Segment.BIG);
        }
        state.segments[Segment.FS].set(0, 0, 0, Segment.UNUSABLE);
        state.segments[Segment.GS].set(0x17, Machine.DATA_PAGE + Machine.GS, 0xffff, DATA);
    }

    private Outcome outcome(GuestFault fault) {
        byte[] window = new byte[Machine.WINDOW_SIZE];
        for (int n = 0; n < window.length; n += 8) {
            Frame.LONG.set(window, n, memory.read(Machine.DATA_PAGE + Machine.WINDOW + n, 8));
        }
        long[] gpr = java.util.Arrays.copyOf(state.r, 16);
        return new Outcome(
                fault == null ? Outcome.COMPLETED : fault.vector,
                fault == null || !fault.hasErrorCode ? 0 : fault.errorCode,
                gpr,
                state.rip,
                (int) state.rflags(),
                window);
    }
}
