package org.thirdmode.vmx.exec;

import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.decode.Operation;
import org.thirdmode.x86.exec.Intercept;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/**
 * Instructions of a guest that cause VM exits or do something else in VMX non-root operation. SDM 3C "Instructions That Cause
 * VM Exits", "Changes to Instruction Behavior in VMX Non-Root Operation", "Exit Qualification".
 */
final class InstructionExits {
    // Exit qualification for control-register accesses: bits 5:4.
    private static final long MOV_TO_CR = 0;
    private static final long MOV_FROM_CR = 1 << 4;
    private static final long CLTS = 2 << 4;
    private static final long LMSW = 3 << 4;
    private static final long LMSW_MEMORY = 1 << 6;
    private static final int CR_REGISTER_SHIFT = 8;
    private static final int LMSW_SOURCE_SHIFT = 16;

    // Exit qualification for MOV DR.
    private static final long MOV_FROM_DR = 1 << 4;
    private static final int DR_REGISTER_SHIFT = 8;

    // Exit qualification for I/O instructions.
    private static final long IO_IN = 1 << 3;
    private static final long IO_STRING = 1 << 4;
    private static final long IO_REP = 1 << 5;
    private static final long IO_IMMEDIATE = 1 << 6;
    private static final int IO_PORT_SHIFT = 16;

    private static final int PORTS = 1 << 16;
    private static final int PORTS_A = 1 << 15;

    // The four parts of the MSR bitmaps.
    private static final int MSR_READ_HIGH = 1024;
    private static final int MSR_WRITE_LOW = 2048;
    private static final int MSR_RANGE = 0x2000;
    private static final int MSR_HIGH_BASE = 0xc000_0000;

    private static final ExitReason[] PLAIN = plainExits();

    private static final long LMSW_BITS = Cr0.PE | Cr0.MP | Cr0.EM | Cr0.TS;

    private static final VmcsField[] CR3_TARGETS = {
        VmcsField.CR3_TARGET_VALUE_0,
        VmcsField.CR3_TARGET_VALUE_1,
        VmcsField.CR3_TARGET_VALUE_2,
        VmcsField.CR3_TARGET_VALUE_3
    };

    private final Vmx vmx;
    private final Processor cpu;
    private final CpuState state;
    private final Vmcs vmcs;
    private final Controls controls;

    InstructionExits(Vmx vmx) {
        this.vmx = vmx;
        cpu = vmx.cpu;
        state = cpu.state;
        vmcs = vmx.vmcs;
        controls = vmx.controls;
    }

    private GuestExit exit(Instruction i, ExitReason reason) {
        return vmx.exits.instruction(reason, 0, i.length);
    }

    private boolean leaves(Instruction i, ExitReason reason) {
        exit(i, reason);
        return true;
    }

    private boolean leaves(Instruction i, ExitReason reason, long qualification) {
        exit(i, reason, qualification);
        return true;
    }

    private boolean leaves(Instruction i, ExitReason reason, int information) {
        exit(i, reason, information);
        return true;
    }

    private GuestExit exit(Instruction i, ExitReason reason, long qualification) {
        return vmx.exits.instruction(reason, qualification, i.length);
    }

    private GuestExit exit(Instruction i, ExitReason reason, int information) {
        long displacement =
                i.hasMemory() ? InstructionInformation.displacement(i, cpu.operands.effectiveAddress(i)) : 0;
        return vmx.exits.instruction(reason, displacement, i.length, information);
    }

    // ---- instructions with a bit of their own ----

    /** The reason of an instruction that exits without asking anything, and tells nothing but its length; else null. */
    static ExitReason plain(Operation operation) {
        return PLAIN[operation.ordinal()];
    }

    private static ExitReason[] plainExits() {
        ExitReason[] plain = new ExitReason[Operation.values().length];
        plain[Operation.CPUID.ordinal()] = ExitReason.CPUID;
        plain[Operation.HLT.ordinal()] = ExitReason.HLT;
        plain[Operation.INVD.ordinal()] = ExitReason.INVD;
        plain[Operation.WBINVD.ordinal()] = ExitReason.WBINVD_OR_WBNOINVD;
        plain[Operation.RDTSC.ordinal()] = ExitReason.RDTSC;
        plain[Operation.RDPMC.ordinal()] = ExitReason.RDPMC;
        plain[Operation.MONITOR.ordinal()] = ExitReason.MONITOR;
        plain[Operation.XSETBV.ordinal()] = ExitReason.XSETBV;
        return plain;
    }

    boolean instruction(Instruction i, long intercept) {
        return switch (i.operation) {
            case INVLPG -> leaves(i, ExitReason.INVLPG, linearOf(i));
            case INVPCID -> {
                requireEnabled(SecondaryProcessorBased.ENABLE_INVPCID);
                yield leaves(i, ExitReason.INVPCID, InstructionInformation.invalidation(i));
            }
            case RDTSCP -> {
                requireEnabled(SecondaryProcessorBased.ENABLE_RDTSCP);
                yield leaves(i, ExitReason.RDTSCP);
            }
            case RDPID -> {
                requireEnabled(SecondaryProcessorBased.ENABLE_RDTSCP);
                yield false;
            }
            case RDRAND -> leaves(i, ExitReason.RDRAND, InstructionInformation.random(i));
            case RDSEED -> leaves(i, ExitReason.RDSEED, InstructionInformation.random(i));
            case PAUSE -> pauseExits() && leaves(i, ExitReason.PAUSE);
            case MWAIT -> leaves(i, ExitReason.MWAIT, cpu.system.monitorArmed() ? 1 : 0L);
            case XSAVES -> touchesExiting() && leaves(i, ExitReason.XSAVES, InstructionInformation.memory(i));
            case XRSTORS -> touchesExiting() && leaves(i, ExitReason.XRSTORS, InstructionInformation.memory(i));
            case MOV_DR -> leaves(i, ExitReason.MOV_DR, debugRegister(i, intercept == Intercept.DR_READ));
            case LGDT, LIDT, SGDT, SIDT ->
                leaves(i, ExitReason.ACCESS_TO_GDTR_OR_IDTR, InstructionInformation.descriptorTable(i));
            case LLDT, LTR, SLDT, STR ->
                leaves(i, ExitReason.ACCESS_TO_LDTR_OR_TR, InstructionInformation.systemSegment(i));
            default -> false;
        };
    }

    private void requireEnabled(SecondaryProcessorBased control) {
        if (!controls.is(control)) {
            throw cpu.fault(Vector.UD);
        }
    }

    private long linearOf(Instruction i) {
        return (state.segmentBase[i.segment] + cpu.operands.effectiveAddress(i)) & state.linearMask;
    }

    private boolean pauseExits() {
        return controls.is(PrimaryProcessorBased.PAUSE_EXITING) || vmx.pauseLoop.exits();
    }

    /** XSAVES and XRSTORS: whether the XSS-exiting bitmap names a component that would be touched. */
    private boolean touchesExiting() {
        requireEnabled(SecondaryProcessorBased.ENABLE_XSAVES);
        long asked = (state.r[CpuState.RDX] << 32) | (state.r[CpuState.RAX] & 0xffff_ffffL);
        return (asked & cpu.system.msrs.xss & vmcs.read(VmcsField.XSS_EXITING_BITMAP)) != 0;
    }

    private static long debugRegister(Instruction i, boolean from) {
        int number = (from ? i.b : i.a) - Operand.DEBUG;
        long register = from ? i.a : i.b;
        return number | (from ? MOV_FROM_DR : 0) | (register << DR_REGISTER_SHIFT);
    }

    // ---- control registers ----

    private static long accessOf(int number, long type, int register) {
        return number | type | ((long) register << CR_REGISTER_SHIFT);
    }

    long readControlRegister(Instruction i, int number, long value) {
        switch (number) {
            case 0 -> {
                return seen(value, VmcsField.CR0_GUEST_HOST_MASK, VmcsField.CR0_READ_SHADOW);
            }
            case 4 -> {
                return seen(value, VmcsField.CR4_GUEST_HOST_MASK, VmcsField.CR4_READ_SHADOW);
            }
            case 3 -> {
                if (controls.is(PrimaryProcessorBased.CR3_STORE_EXITING)) {
                    throw exit(i, ExitReason.CONTROL_REGISTER_ACCESSES, accessOf(3, MOV_FROM_CR, i.a));
                }
            }
            case 8 -> {
                if (controls.is(PrimaryProcessorBased.CR8_STORE_EXITING)) {
                    throw exit(i, ExitReason.CONTROL_REGISTER_ACCESSES, accessOf(8, MOV_FROM_CR, i.a));
                }
                if (controls.is(PrimaryProcessorBased.USE_TPR_SHADOW)) {
                    return vmx.virtualApic.taskPriority() >>> 4;
                }
            }
            default -> {}
        }
        return value;
    }

    /** Bits of the mask belong to the host: the guest sees the read shadow there. */
    private long seen(long value, VmcsField maskField, VmcsField shadowField) {
        long mask = vmcs.read(maskField);
        return (value & ~mask) | (vmcs.read(shadowField) & mask);
    }

    long writeControlRegister(Instruction i, int number, long value) {
        return switch (number) {
            case 0 -> masked(i, 0, value, state.cr0, VmcsField.CR0_GUEST_HOST_MASK, VmcsField.CR0_READ_SHADOW);
            case 4 -> masked(i, 4, value, state.cr4, VmcsField.CR4_GUEST_HOST_MASK, VmcsField.CR4_READ_SHADOW);
            case 3 -> {
                if (controls.is(PrimaryProcessorBased.CR3_LOAD_EXITING) && !isCr3Target(value)) {
                    throw exit(i, ExitReason.CONTROL_REGISTER_ACCESSES, accessOf(3, MOV_TO_CR, i.b));
                }
                yield value;
            }
            default -> value;
        };
    }

    private long masked(
            Instruction i, int number, long value, long current, VmcsField maskField, VmcsField shadowField) {
        long mask = vmcs.read(maskField);
        if (((value ^ vmcs.read(shadowField)) & mask) != 0) {
            throw exit(i, ExitReason.CONTROL_REGISTER_ACCESSES, accessOf(number, MOV_TO_CR, i.b));
        }
        return (value & ~mask) | (current & mask);
    }

    private boolean isCr3Target(long value) {
        long count = Math.min(vmcs.read(VmcsField.CR3_TARGET_COUNT), CR3_TARGETS.length);
        for (int n = 0; n < count; n++) {
            if (vmcs.read(CR3_TARGETS[n]) == value) {
                return true;
            }
        }
        return false;
    }

    boolean writeTaskPriority(Instruction i, long value) {
        if (controls.is(PrimaryProcessorBased.CR8_LOAD_EXITING)) {
            throw exit(i, ExitReason.CONTROL_REGISTER_ACCESSES, accessOf(8, MOV_TO_CR, i.b));
        }
        if (!controls.is(PrimaryProcessorBased.USE_TPR_SHADOW)) {
            return false;
        }
        if ((value & ~0xfL) != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        vmx.virtualApic.writeTaskPriority(value << 4);
        return true;
    }

    /** CLTS and LMSW. SDM 3C "CLTS", "LMSW" of "Instructions That Cause VM Exits Conditionally". */
    long writeMachineStatus(Instruction i, int source, long value) {
        long mask = vmcs.read(VmcsField.CR0_GUEST_HOST_MASK);
        long shadow = vmcs.read(VmcsField.CR0_READ_SHADOW);
        if (i.operation == Operation.CLTS) {
            if ((mask & shadow & Cr0.TS) != 0) {
                throw exit(i, ExitReason.CONTROL_REGISTER_ACCESSES, CLTS);
            }
        } else {
            boolean setsPe = (mask & source & ~shadow & Cr0.PE) != 0;
            boolean changes = ((source ^ shadow) & mask & (LMSW_BITS & ~Cr0.PE)) != 0;
            if (setsPe || changes) {
                throw lmsw(i, source);
            }
        }
        return (value & ~mask) | (state.cr0 & mask);
    }

    private GuestExit lmsw(Instruction i, int source) {
        boolean memory = i.a == Operand.MEMORY;
        long qualification = LMSW | (memory ? LMSW_MEMORY : 0) | ((source & 0xffffL) << LMSW_SOURCE_SHIFT);
        exit(i, ExitReason.CONTROL_REGISTER_ACCESSES, qualification);
        if (memory) {
            vmx.exits.linear(linearOf(i));
        }
        return vmx.exits.exit();
    }

    // ---- ports ----

    boolean io(Instruction i, int port, int size, boolean in) {
        if (!portExits(port, size)) {
            return false;
        }
        boolean string = i.operation == Operation.INS || i.operation == Operation.OUTS;
        long qualification = (size - 1)
                | (in ? IO_IN : 0)
                | (string ? IO_STRING : 0)
                | (i.repeat != 0 ? IO_REP : 0)
                | (i.a == Operand.IMMEDIATE || i.b == Operand.IMMEDIATE ? IO_IMMEDIATE : 0)
                | ((long) port << IO_PORT_SHIFT);
        exit(i, ExitReason.IO_INSTRUCTION, qualification);
        if (string) {
            int segment = in ? Segment.ES : i.segment;
            long offset = state.r[in ? CpuState.RDI : CpuState.RSI] & i.addressMask;
            vmx.exits.information(InstructionInformation.stringPorts(i, in));
            vmx.exits.linear((state.segmentBase[segment] + offset) & state.linearMask);
        }
        return true;
    }

    private boolean portExits(int port, int size) {
        if (!controls.is(PrimaryProcessorBased.USE_I_O_BITMAPS)) {
            return controls.is(PrimaryProcessorBased.UNCONDITIONAL_I_O_EXITING);
        }
        if (port + size > PORTS) {
            return true;
        }
        for (int n = port; n < port + size; n++) {
            VmcsField bitmap = n < PORTS_A ? VmcsField.IO_BITMAP_A_ADDRESS : VmcsField.IO_BITMAP_B_ADDRESS;
            int bit = n & (PORTS_A - 1);
            if ((cpu.memory.read(vmcs.read(bitmap) + (bit >>> 3), 1) & (1L << (bit & 7))) != 0) {
                return true;
            }
        }
        return false;
    }

    // ---- MSRs ----

    boolean msr(Instruction i, int msr, boolean write) {
        return msrExits(msr, write) && leaves(i, write ? ExitReason.WRMSR : ExitReason.RDMSR);
    }

    private boolean msrExits(int msr, boolean write) {
        if (!controls.is(PrimaryProcessorBased.USE_MSR_BITMAPS)) {
            return true;
        }
        int bit = msr & (MSR_RANGE - 1);
        int base = msr - bit;
        if (base != 0 && base != MSR_HIGH_BASE) {
            return true;
        }
        int part = (base != 0 ? MSR_READ_HIGH : 0) + (write ? MSR_WRITE_LOW : 0);
        long at = vmcs.read(VmcsField.MSR_BITMAPS_ADDRESS) + part + (bit >>> 3);
        return (cpu.memory.read(at, 1) & (1L << (bit & 7))) != 0;
    }
}
