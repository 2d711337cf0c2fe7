package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.decode.Operation;
import org.thirdmode.x86.exec.InstructionGroup;
import org.thirdmode.x86.exec.Intercept;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.ModelBug;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Vector;

/** Control and debug registers, ports, MSRs, caches and the rest of the system instructions. SDM 2, each under its name. */
public final class SystemInstructions implements InstructionGroup {
    private static final long LOW32 = 0xffff_ffffL;

    /** DR6: bits that can be written; all other low bits read as 1 but for bit 12. */
    private static final long DR6_WRITABLE = 0xe00f;

    private static final long DR6_ONES = 0xffff_0ff0L;
    private static final long DR7_WRITABLE = 0xffff_23ffL;
    private static final long DR7_ONES = 0x400;

    private final Processor cpu;
    private final CpuState state;
    private final Operands operands;
    private final SystemArchitecture system;
    private final ControlRegisters controlRegisters;
    private final ModelSpecificRegisters msrs;
    private final CpuIdentification identification;
    private final long[] result = new long[1];

    SystemInstructions(Processor cpu, SystemArchitecture system) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.operands = cpu.operands;
        this.system = system;
        this.controlRegisters = system.controlRegisters;
        this.msrs = system.msrs;
        this.identification = new CpuIdentification(cpu, msrs);
    }

    @Override
    public void execute(Instruction i) {
        switch (i.operation) {
            case MOV_CR -> moveControl(i);
            case MOV_DR -> moveDebug(i);
            case LMSW -> {
                requirePrivilege();
                controlRegisters.writeMachineStatusWord(i, (int) operands.get(i, i.a, 2));
            }
            case SMSW -> storeMachineStatusWord(i);
            case CLTS -> {
                requirePrivilege();
                controlRegisters.clearTaskSwitched(i);
            }
            case CLI -> clearInterruptFlag();
            case STI -> setInterruptFlag();
            case CLAC, STAC -> alignmentCheck(i);
            case HLT -> {
                requirePrivilege();
                if (cpu.leaves(i, Intercept.HLT)) {
                    return;
                }
                cpu.activity = Processor.Activity.HLT;
                cpu.wantAttention();
            }
            case PAUSE -> cpu.leaves(i, Intercept.PAUSE);
            case MONITOR -> monitor(i);
            case MWAIT -> mwait(i);
            case IN -> in(i);
            case OUT -> out(i);
            case CPUID -> {
                if (cpu.leaves(i, Intercept.CPUID)) {
                    return;
                }
                identification.execute();
            }
            case RDMSR -> readMsr(i);
            case WRMSR -> writeMsr(i);
            case RDTSC -> {
                requireTimeStampAllowed();
                if (cpu.leaves(i, Intercept.RDTSC)) {
                    return;
                }
                setPair(msrs.visibleTimeStamp());
            }
            case RDTSCP -> {
                requireTimeStampAllowed();
                if (cpu.leaves(i, Intercept.RDTSCP)) {
                    return;
                }
                setPair(msrs.visibleTimeStamp());
                state.r[CpuState.RCX] = msrs.tscAux & LOW32;
            }
            case RDPMC -> readPerformanceCounter(i);
            case RDPID -> {
                if (cpu.leaves(i, Intercept.RDTSCP)) {
                    return;
                }
                operands.setRegister(i.a, i.size, msrs.tscAux);
            }
            case RDRAND, RDSEED -> random(i);
            case INVD, WBINVD -> {
                requirePrivilege();
                if (cpu.leaves(i, i.operation == Operation.INVD ? Intercept.INVD : Intercept.WBINVD)) {
                    return;
                }
            }
            case INVLPG -> invalidatePage(i);
            case INVPCID -> invalidateProcessContext(i);
            case CLFLUSH -> cpu.mmu.checkRead(operands.linear(i.segment, operands.effectiveAddress(i), 1, false), 1);
            case RSM -> {
                if (cpu.leaves(i, Intercept.RSM)) {
                    return;
                }
                throw cpu.fault(Vector.UD);
            }
            case XGETBV, XSETBV, XSAVE, XSAVEOPT, XSAVEC, XSAVES, XRSTOR, XRSTORS -> system.extendedState.execute(i);
            case RDPKRU -> readProtectionKeys();
            case WRPKRU -> writeProtectionKeys();
            default -> throw new ModelBug("not a system instruction: " + i.operation);
        }
    }

    private void requirePrivilege() {
        if (state.cpl != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
    }

    /** EDX:EAX, the upper halves of both cleared. */
    private void setPair(long value) {
        state.r[CpuState.RAX] = value & LOW32;
        state.r[CpuState.RDX] = value >>> 32;
    }

    private long pair() {
        return (state.r[CpuState.RDX] << 32) | (state.r[CpuState.RAX] & LOW32);
    }

    // ---- control and debug registers ----

    private static boolean isControl(int operand) {
        return operand >= Operand.CONTROL && operand < Operand.DEBUG;
    }

    private void moveControl(Instruction i) {
        boolean write = isControl(i.a);
        int number = (write ? i.a : i.b) - Operand.CONTROL;
        boolean exists = number == 0 || (number >= 2 && number <= 4) || number == 8;
        if (!exists) {
            throw cpu.fault(Vector.UD);
        }
        requirePrivilege();
        int size = state.codeWidth == 64 ? 8 : 4;
        if (!write) {
            long value = readControl(number);
            boolean asked = (cpu.intercepts & Intercept.CR_READ) != 0;
            operands.setRegister(i.a, size, asked ? cpu.extension.readControlRegister(i, number, value) : value);
            return;
        }
        writeControl(i, number, operands.register(i.b, size));
    }

    private void writeControl(Instruction i, int number, long operand) {
        long value = operand;
        if ((cpu.intercepts & Intercept.CR_WRITE) != 0) {
            if (number == 8) {
                if (cpu.extension.writeTaskPriority(i, operand)) {
                    return;
                }
            } else {
                value = cpu.extension.writeControlRegister(i, number, operand);
            }
        }
        switch (number) {
            case 0 -> controlRegisters.writeCr0(value);
            case 2 -> state.cr2 = value;
            case 3 -> controlRegisters.writeCr3(value);
            case 4 -> controlRegisters.writeCr4(value);
            default -> controlRegisters.writeCr8(value);
        }
    }

    private long readControl(int number) {
        return switch (number) {
            case 0 -> state.cr0;
            case 2 -> state.cr2;
            case 3 -> state.cr3;
            case 4 -> state.cr4;
            default -> {
                cpu.syncClock();
                yield cpu.apic.taskPriorityClass();
            }
        };
    }

    private void moveDebug(Instruction i) {
        boolean write = i.a >= Operand.DEBUG && i.a < Operand.XMM;
        int number = (write ? i.a : i.b) - Operand.DEBUG;
        boolean alias = number == 4 || number == 5;
        if (cpu.leaves(i, write ? Intercept.DR_WRITE : Intercept.DR_READ)) {
            return;
        }
        if (number > 7 || (alias && (state.cr4 & Cr4.DE) != 0)) {
            throw cpu.fault(Vector.UD);
        }
        requirePrivilege();
        if ((state.dr[7] & DebugRegisters.GD) != 0) {
            throw cpu.events.debugFault(DebugRegisters.BD);
        }
        int register = alias ? number + 2 : number;
        int size = state.codeWidth == 64 ? 8 : 4;
        if (!write) {
            operands.setRegister(i.a, size, state.dr[register]);
            return;
        }
        long value = operands.register(i.b, size);
        if (register >= 6 && value >>> 32 != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        switch (register) {
            case 6 -> state.dr[6] = (value & DR6_WRITABLE) | DR6_ONES;
            case 7 -> state.dr[7] = (value & DR7_WRITABLE) | DR7_ONES;
            default -> state.dr[register] = value;
        }
        if (register != 6) {
            system.debug.changed();
        }
    }

    private void storeMachineStatusWord(Instruction i) {
        if ((state.cr4 & Cr4.UMIP) != 0 && state.cpl > 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        boolean asked = (cpu.intercepts & Intercept.CR_READ) != 0;
        long value = asked ? cpu.extension.readControlRegister(i, 0, state.cr0) : state.cr0;
        operands.set(i, i.a, i.a == Operand.MEMORY ? 2 : i.size, value);
    }

    // ---- flags ----

    /** Whether CLI and STI act on VIF: too little privilege for IF, but an extension that stands in. */
    private boolean onVirtualFlag() {
        if (!state.protectedMode() || state.cpl <= state.iopl()) {
            return false;
        }
        long extension = state.virtual8086() ? Cr4.VME : Cr4.PVI;
        if (state.cpl == 3 && (state.cr4 & extension) != 0) {
            return true;
        }
        throw cpu.fault(Vector.GP, 0);
    }

    private void clearInterruptFlag() {
        state.systemFlags &= onVirtualFlag() ? ~Rflags.VIF : ~Rflags.IF;
    }

    private void setInterruptFlag() {
        if (onVirtualFlag()) {
            if ((state.systemFlags & Rflags.VIP) != 0) {
                throw cpu.fault(Vector.GP, 0);
            }
            state.systemFlags |= Rflags.VIF;
            return;
        }
        if ((state.systemFlags & Rflags.IF) == 0) {
            state.systemFlags |= Rflags.IF;
            cpu.interruptShadow(Processor.SHADOW_STI);
        }
    }

    private void alignmentCheck(Instruction i) {
        if (state.cpl != 0) {
            throw cpu.fault(Vector.UD);
        }
        boolean set = i.operation == Operation.STAC;
        state.systemFlags = set ? state.systemFlags | Rflags.AC : state.systemFlags & ~Rflags.AC;
        cpu.flagsChanged();
    }

    // ---- waiting ----

    private void requireMonitor() {
        if (state.cpl != 0 || !msrs.monitorEnabled()) {
            throw cpu.fault(Vector.UD);
        }
    }

    private void monitor(Instruction i) {
        requireMonitor();
        if (cpu.leaves(i, Intercept.MONITOR)) {
            return;
        }
        if ((state.r[CpuState.RCX] & LOW32) != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        cpu.mmu.checkRead(operands.linear(i.segment, operands.effectiveAddress(i), 1, false), 1);
        system.monitorArmed = true;
    }

    /** SDM 2 "MWAIT—Monitor Wait": without an armed monitor it does nothing. Nobody else writes the monitored line. */
    private void mwait(Instruction i) {
        requireMonitor();
        if (cpu.leaves(i, Intercept.MWAIT)) {
            return;
        }
        long extensions = state.r[CpuState.RCX] & LOW32;
        if (extensions > 1) {
            throw cpu.fault(Vector.GP, 0);
        }
        if (system.monitorArmed) {
            system.monitorArmed = false;
            cpu.events.waitForEvent(extensions == 1);
        }
    }

    // ---- ports ----

    private int port(Instruction i, int operand) {
        return (int) (operand == Operand.IMMEDIATE ? i.immediate & 0xff : state.r[CpuState.RDX] & 0xffff);
    }

    private void in(Instruction i) {
        int port = port(i, i.b);
        int size = Math.min(i.size, 4);
        system.ioPermission.check(port, size);
        if ((cpu.intercepts & Intercept.IO) != 0 && cpu.leaves(cpu.extension.io(i, port, size, true))) {
            return;
        }
        cpu.syncClock();
        operands.setRegister(CpuState.RAX, size, cpu.ports.read(port, size));
        system.ioPermission.accessed(port, size);
    }

    private void out(Instruction i) {
        int port = port(i, i.a);
        int size = Math.min(i.size, 4);
        system.ioPermission.check(port, size);
        if ((cpu.intercepts & Intercept.IO) != 0 && cpu.leaves(cpu.extension.io(i, port, size, false))) {
            return;
        }
        cpu.syncClock();
        cpu.ports.write(port, size, (int) operands.register(CpuState.RAX, size));
        system.ioPermission.accessed(port, size);
    }

    // ---- MSRs, time, chance ----

    private void readMsr(Instruction i) {
        requirePrivilege();
        int number = (int) state.r[CpuState.RCX];
        if ((cpu.intercepts & Intercept.MSR) != 0 && cpu.leaves(cpu.extension.msr(i, number, false))) {
            return;
        }
        if (!msrs.read(number, result)) {
            throw cpu.fault(Vector.GP, 0);
        }
        setPair(result[0]);
    }

    private void writeMsr(Instruction i) {
        requirePrivilege();
        int number = (int) state.r[CpuState.RCX];
        if ((cpu.intercepts & Intercept.MSR) != 0 && cpu.leaves(cpu.extension.msr(i, number, true))) {
            return;
        }
        if (!msrs.write(number, pair())) {
            throw cpu.fault(Vector.GP, 0);
        }
    }

    private void requireTimeStampAllowed() {
        if ((state.cr4 & Cr4.TSD) != 0 && state.cpl != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
    }

    /** Intel: no counter is there, CPUID leaf 0AH says so. AMD: four, which count nothing. */
    private void readPerformanceCounter(Instruction i) {
        if (state.cpl != 0 && (state.cr4 & Cr4.PCE) == 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        if (cpu.leaves(i, Intercept.RDPMC)) {
            return;
        }
        if (!msrs.readCounter(state.r[CpuState.RCX] & LOW32, result)) {
            throw cpu.fault(Vector.GP, 0);
        }
        setPair(result[0]);
    }

    private void random(Instruction i) {
        if (cpu.leaves(i, i.operation == Operation.RDRAND ? Intercept.RDRAND : Intercept.RDSEED)) {
            return;
        }
        operands.setRegister(i.a, i.size, system.random.next());
        state.flags.setStatus(Flags.CF);
    }

    // ---- translations ----

    private void invalidatePage(Instruction i) {
        requirePrivilege();
        if (cpu.leaves(i, Intercept.INVLPG)) {
            return;
        }
        long linear = (state.segmentBase[i.segment] + operands.effectiveAddress(i)) & state.linearMask;
        if (cpu.mmu.canonical(linear)) {
            cpu.mmu.flushPage(linear);
        }
    }

    /** SDM 2 "INVPCID—Invalidate Process-Context Identifier". */
    private void invalidateProcessContext(Instruction i) {
        if (state.cpl != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        if (cpu.leaves(i, Intercept.INVPCID)) {
            return;
        }
        int size = state.codeWidth == 64 ? 8 : 4;
        long type = operands.register(i.a, size);
        long at = operands.effectiveAddress(i);
        long pcid = operands.read(i.segment, at, 8);
        long linear = operands.read(i.segment, (at + 8) & i.addressMask, 8);
        boolean individual = type == 0;
        boolean context = type == 1;
        boolean reserved = type > 3 || type < 0 || (pcid & ~0xfffL) != 0;
        boolean noPcids = (individual || context) && (state.cr4 & Cr4.PCIDE) == 0 && pcid != 0;
        if (reserved || noPcids || (individual && !controlRegisters.canonicalForLoad(linear))) {
            throw cpu.fault(Vector.GP, 0);
        }
        if (individual) {
            cpu.mmu.flushPage(linear, (int) pcid);
        } else if (context) {
            cpu.mmu.flushPcid((int) pcid);
        } else if (type == 2) {
            cpu.mmu.flushAll();
        } else {
            cpu.mmu.flushNonGlobal();
        }
    }

    // ---- protection keys ----

    private void requireProtectionKeys() {
        if ((state.cr4 & Cr4.PKE) == 0) {
            throw cpu.fault(Vector.UD);
        }
        if ((state.r[CpuState.RCX] & LOW32) != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
    }

    private void readProtectionKeys() {
        requireProtectionKeys();
        setPair(state.pkru & LOW32);
    }

    private void writeProtectionKeys() {
        requireProtectionKeys();
        if ((state.r[CpuState.RDX] & LOW32) != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        state.pkru = (int) state.r[CpuState.RAX];
        cpu.mmu.rightsChanged();
    }
}
