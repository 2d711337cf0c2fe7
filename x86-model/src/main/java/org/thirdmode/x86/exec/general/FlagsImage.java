package org.thirdmode.x86.exec.general;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.Intercept;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Vector;

/**
 * PUSHF and POPF. What POPF may change is a table: SDM 2 "POPF/POPFD/POPFQ", "Effect of POPF/POPFD on the EFLAGS
 * Register". RF is read as 0 and cleared, VM, VIF and VIP stay, but for VIF under the virtual-8086 mode extensions.
 */
final class FlagsImage {
    /** What any privilege may change. */
    private static final int ALWAYS = Flags.STATUS | Rflags.TF | Rflags.DF | Rflags.NT | Rflags.AC | Rflags.ID;

    private static final int LOW_WORD = 0xffff;

    private final Processor cpu;
    private final CpuState state;
    private final Operands operands;

    FlagsImage(Processor cpu) {
        this.cpu = cpu;
        state = cpu.state;
        operands = cpu.operands;
    }

    void pushf(Instruction i) {
        if (cpu.leaves(i, Intercept.PUSHF)) {
            return;
        }
        long image = state.rflags() & ~(long) (Rflags.RF | Rflags.VM);
        if (virtualized()) {
            requireVirtualInterruptFlag(i);
            boolean virtualIf = (image & Rflags.VIF) != 0;
            image = (image & ~(long) Rflags.IF) | Rflags.IOPL | (virtualIf ? Rflags.IF : 0);
        }
        operands.push(i.size, image);
    }

    void popf(Instruction i) {
        if (cpu.leaves(i, Intercept.POPF)) {
            return;
        }
        if (virtualized()) {
            popVirtual(i);
            return;
        }
        long image = operands.pop(i.size);
        int writable = ALWAYS;
        if (state.cpl == 0) {
            writable |= Rflags.IOPL;
        }
        if (state.cpl <= state.iopl()) {
            writable |= Rflags.IF;
        }
        load(image, i.size == 2 ? writable & LOW_WORD : writable);
    }

    /** Virtual-8086 mode with an IOPL below 3. */
    private boolean virtualized() {
        return state.virtual8086() && state.iopl() < 3;
    }

    private void requireVirtualInterruptFlag(Instruction i) {
        if ((state.cr4 & Cr4.VME) == 0 || i.size != 2) {
            throw cpu.fault(Vector.GP, 0);
        }
    }

    private void popVirtual(Instruction i) {
        requireVirtualInterruptFlag(i);
        long image = operands.peek(2, 0);
        boolean enables = (image & Rflags.IF) != 0;
        boolean pending = (state.systemFlags & Rflags.VIP) != 0;
        if ((enables && pending) || (image & Rflags.TF) != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        operands.pop(2);
        state.systemFlags = (state.systemFlags & ~Rflags.VIF) | (enables ? Rflags.VIF : 0);
        load(image, ALWAYS & LOW_WORD);
    }

    private void load(long image, int writable) {
        state.setRflags((state.rflags() & ~(long) (writable | Rflags.RF)) | (image & writable));
        cpu.flagsChanged();
    }
}
