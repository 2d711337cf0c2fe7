package org.thirdmode.svm.exec;

import org.thirdmode.svm.intercept.ExitTable;
import org.thirdmode.svm.intercept.InterceptTable;
import org.thirdmode.svm.vmcb.Vmcb;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.ModelBug;
import org.thirdmode.x86.state.Vector;

/** SVM's own instructions. APM 3 "System Instruction Reference", each under its name. */
final class SvmInstructions {
    private final Svm svm;
    private final Processor cpu;
    private final CpuState state;
    private final Vmcb other;

    SvmInstructions(Svm svm) {
        this.svm = svm;
        cpu = svm.cpu;
        state = cpu.state;
        other = new Vmcb(cpu.memory);
    }

    void execute(Instruction i) {
        switch (i.operation) {
            case VMMCALL -> {
                intercept(InterceptTable.VMMCALL, ExitTable.VMMCALL);
                throw cpu.fault(Vector.UD);
            }
            case VMRUN -> {
                check(InterceptTable.VMRUN, ExitTable.VMRUN);
                svm.worlds.vmrun(operand(i));
            }
            case VMLOAD -> {
                check(InterceptTable.VMLOAD, ExitTable.VMLOAD);
                vmload(operand(i));
            }
            case VMSAVE -> {
                check(InterceptTable.VMSAVE, ExitTable.VMSAVE);
                vmsave(operand(i));
            }
            case STGI -> {
                check(InterceptTable.STGI, ExitTable.STGI);
                setGlobalInterruptFlag(true);
            }
            case CLGI -> {
                check(InterceptTable.CLGI, ExitTable.CLGI);
                setGlobalInterruptFlag(false);
            }
            case INVLPGA -> {
                check();
                if (cpu.guestMode && svm.controls.intercepts1(InterceptTable.INVLPGA)) {
                    throw svm.exit.instruction(ExitTable.INVLPGA, 0, 0);
                }
                svm.translations.invalidate(
                        state.r[CpuState.RAX] & i.addressMask & state.linearMask, (int) state.r[CpuState.RCX]);
            }
            case SKINIT -> throw cpu.fault(Vector.UD);
            default -> throw new ModelBug("not an instruction of SVM: " + i.operation);
        }
    }

    void vmload(long address) {
        svm.registers.loadFurther(other.at(address));
    }

    void vmsave(long address) {
        svm.registers.saveFurther(other.at(address));
    }

    /** #UD where SVM is not enabled or outside protected mode, then #GP of privilege. */
    private void check() {
        if ((state.efer & Efer.SVME) == 0 || state.realSegments()) {
            throw cpu.fault(Vector.UD);
        }
        if (state.cpl != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
    }

    private void check(int bit, int exitCode) {
        check();
        intercept(bit, exitCode);
    }

    private void intercept(int bit, int exitCode) {
        if (cpu.guestMode && svm.controls.intercepts2(bit)) {
            throw svm.exit.instruction(exitCode, 0, 0);
        }
    }

    /** rAX: the physical address of a VMCB, in the address size. #GP where it is not page-aligned or beyond all memory. */
    private long operand(Instruction i) {
        long address = state.r[CpuState.RAX] & i.addressMask;
        if ((address & 0xfff) != 0 || address >>> cpu.memory.addressWidth() != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        return address;
    }

    void setGlobalInterruptFlag(boolean set) {
        if (cpu.guestMode && svm.virtual.gifVirtualized()) {
            svm.virtual.setGif(set);
        } else {
            cpu.globalInterruptFlag = set;
        }
        cpu.wantAttention();
    }
}
