package org.thirdmode.vmx.exec;

import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;

/**
 * A VM exit as a value, for a hypervisor written in Java: one record a basic exit reason, or a group of reasons that carry the
 * same. A switch over it needs no default. SDM 3D "VMX Basic Exit Reasons", SDM 3C "Exit Qualification".
 *
 * <p>{@code length} is the VM-exit instruction length in bytes, {@code information} the VM-exit instruction information or
 * interruption information. What is common to all exits (IDT-vectoring information, guest state) is read from the VMCS.
 */
public sealed interface VmExit {
    /** An exception of the exception bitmap, or an NMI. */
    record ExceptionOrNmi(int information, int errorCode, long qualification, int length) implements VmExit {}

    /** An external interrupt; the information is valid where it was acknowledged. */
    record ExternalInterrupt(int information) implements VmExit {}

    /** A triple fault. */
    record TripleFault() implements VmExit {}

    /** An INIT signal. */
    record InitSignal() implements VmExit {}

    /** A startup IPI. */
    record StartupIpi(int vector) implements VmExit {}

    /** An interrupt could be delivered now. */
    record InterruptWindow() implements VmExit {}

    /** An NMI could be delivered now. */
    record NmiWindow() implements VmExit {}

    /** A task switch; source 0 CALL, 1 IRET, 2 JMP, 3 task gate in IDT. */
    record TaskSwitch(int selector, int source, int length) implements VmExit {}

    /** CPUID. */
    record Cpuid(int length) implements VmExit {}

    /** HLT. */
    record Hlt(int length) implements VmExit {}

    /** INVD. */
    record Invd(int length) implements VmExit {}

    /** INVLPG of a linear address. */
    record Invlpg(long linear, int length) implements VmExit {}

    /** RDPMC. */
    record Rdpmc(int length) implements VmExit {}

    /** RDTSC. */
    record Rdtsc(int length) implements VmExit {}

    /** RDTSCP. */
    record Rdtscp(int length) implements VmExit {}

    /** VMCALL, VMLAUNCH, VMRESUME, VMXOFF or VMFUNC. */
    record VmxInstruction(ExitReason reason, int length) implements VmExit {}

    /** VMCLEAR, VMPTRLD, VMPTRST, VMREAD, VMWRITE, VMXON, INVEPT or INVVPID; the displacement and what the instruction-information field says of the rest. */
    record VmxInstructionWithOperands(ExitReason reason, long displacement, int information, int length)
            implements VmExit {}

    /** MOV to CR (0), MOV from CR (1), CLTS (2) or LMSW (3). */
    record ControlRegisterAccess(int register, int type, int general, int lmswSource, int length) implements VmExit {}

    /** MOV to or from a debug register. */
    record MovDr(int register, boolean from, int general, int length) implements VmExit {}

    /** IN, INS, OUT or OUTS; the linear address of the string is 0 for IN and OUT. */
    record IoInstruction(
            int port, int size, boolean in, boolean string, boolean rep, boolean immediate, long linear, int length)
            implements VmExit {}

    /** RDMSR. */
    record Rdmsr(int length) implements VmExit {}

    /** WRMSR. */
    record Wrmsr(int length) implements VmExit {}

    /** The entry failed: invalid guest state. */
    record EntryFailureGuestState(int qualification) implements VmExit {}

    /** The entry failed: an entry of the MSR-load area, from 1. */
    record EntryFailureMsrLoading(int entry) implements VmExit {}

    /** MWAIT. */
    record Mwait(boolean armed, int length) implements VmExit {}

    /** MONITOR. */
    record Monitor(int length) implements VmExit {}

    /** PAUSE. */
    record Pause(int length) implements VmExit {}

    /** An instruction of the guest has completed. */
    record MonitorTrapFlag() implements VmExit {}

    /** The guest has lowered its TPR below the threshold. */
    record TprBelowThreshold() implements VmExit {}

    /** An access to the APIC-access page. */
    record ApicAccess(int offset, int type) implements VmExit {}

    /** A write to the virtual-APIC page that is for the hypervisor. */
    record ApicWrite(int offset) implements VmExit {}

    /** An EOI of a vector of the EOI-exit bitmap. */
    record VirtualizedEoi(int vector) implements VmExit {}

    /** LGDT, LIDT, SGDT, SIDT, or LLDT, LTR, SLDT, STR. */
    record AccessToDescriptorTable(ExitReason reason, long displacement, int information, int length)
            implements VmExit {}

    /** An EPT violation. */
    record EptViolation(long qualification, long guestPhysical, long linear) implements VmExit {}

    /** An EPT misconfiguration. */
    record EptMisconfiguration(long guestPhysical) implements VmExit {}

    /** The VMX-preemption timer has reached 0. */
    record PreemptionTimerExpired() implements VmExit {}

    /** WBINVD. */
    record Wbinvd(int length) implements VmExit {}

    /** XSETBV. */
    record Xsetbv(int length) implements VmExit {}

    /** RDRAND or RDSEED. */
    record RandomNumber(ExitReason reason, int information, int length) implements VmExit {}

    /** INVPCID. */
    record Invpcid(long displacement, int information, int length) implements VmExit {}

    /** The page-modification log is full. */
    record PageModificationLogFull() implements VmExit {}

    /** XSAVES or XRSTORS. */
    record SupervisorState(ExitReason reason, long displacement, int information, int length) implements VmExit {}

    /** A reason that this model does not cause: the field was written by other means. */
    record Other(int reason) implements VmExit {}

    /** What the VM-exit information fields of a VMCS say. */
    static VmExit of(Vmcs v) {
        int number = (int) v.read(VmcsField.EXIT_REASON) & 0xffff;
        ExitReason reason = ExitReason.of(number);
        if (reason == null) {
            return new Other(number);
        }
        Fields r = new Fields(v);
        return switch (reason) {
            case EXCEPTION_OR_NMI ->
                new ExceptionOrNmi(
                        (int) r.interruption(),
                        (int) v.read(VmcsField.VM_EXIT_INTERRUPTION_ERROR_CODE),
                        r.qualification(),
                        r.length());
            case EXTERNAL_INTERRUPT -> new ExternalInterrupt((int) r.interruption());
            case TRIPLE_FAULT -> new TripleFault();
            case INIT_SIGNAL -> new InitSignal();
            case STARTUP_IPI -> new StartupIpi((int) r.qualification());
            case INTERRUPT_WINDOW -> new InterruptWindow();
            case NMI_WINDOW -> new NmiWindow();
            case TASK_SWITCH ->
                new TaskSwitch((int) r.qualification() & 0xffff, (int) r.qualification() >>> 30, r.length());
            case CPUID -> new Cpuid(r.length());
            case HLT -> new Hlt(r.length());
            case INVD -> new Invd(r.length());
            case INVLPG -> new Invlpg(r.qualification(), r.length());
            case RDPMC -> new Rdpmc(r.length());
            case RDTSC -> new Rdtsc(r.length());
            case RDTSCP -> new Rdtscp(r.length());
            case VMCALL, VMLAUNCH, VMRESUME, VMXOFF, VMFUNC -> new VmxInstruction(reason, r.length());
            case VMCLEAR, VMPTRLD, VMPTRST, VMREAD, VMWRITE, VMXON, INVEPT, INVVPID ->
                new VmxInstructionWithOperands(reason, r.qualification(), r.instruction(), r.length());
            case CONTROL_REGISTER_ACCESSES ->
                new ControlRegisterAccess(
                        (int) r.qualification() & 0xf,
                        (int) (r.qualification() >>> 4) & 3,
                        (int) (r.qualification() >>> 8) & 0xf,
                        (int) (r.qualification() >>> 16) & 0xffff,
                        r.length());
            case MOV_DR ->
                new MovDr(
                        (int) r.qualification() & 7,
                        (r.qualification() & 0x10) != 0,
                        (int) (r.qualification() >>> 8) & 0xf,
                        r.length());
            case IO_INSTRUCTION ->
                new IoInstruction(
                        (int) (r.qualification() >>> 16) & 0xffff,
                        ((int) r.qualification() & 7) + 1,
                        (r.qualification() & 8) != 0,
                        (r.qualification() & 16) != 0,
                        (r.qualification() & 32) != 0,
                        (r.qualification() & 64) != 0,
                        (r.qualification() & 16) != 0 ? v.read(VmcsField.GUEST_LINEAR_ADDRESS) : 0,
                        r.length());
            case RDMSR -> new Rdmsr(r.length());
            case WRMSR -> new Wrmsr(r.length());
            case ENTRY_FAILURE_GUEST_STATE -> new EntryFailureGuestState((int) r.qualification());
            case ENTRY_FAILURE_MSR_LOADING -> new EntryFailureMsrLoading((int) r.qualification());
            case MWAIT -> new Mwait(r.qualification() != 0, r.length());
            case MONITOR -> new Monitor(r.length());
            case PAUSE -> new Pause(r.length());
            case MONITOR_TRAP_FLAG -> new MonitorTrapFlag();
            case TPR_BELOW_THRESHOLD -> new TprBelowThreshold();
            case APIC_ACCESS -> new ApicAccess((int) r.qualification() & 0xfff, (int) (r.qualification() >>> 12) & 0xf);
            case APIC_WRITE -> new ApicWrite((int) r.qualification());
            case VIRTUALIZED_EOI -> new VirtualizedEoi((int) r.qualification());
            case ACCESS_TO_GDTR_OR_IDTR, ACCESS_TO_LDTR_OR_TR ->
                new AccessToDescriptorTable(reason, r.qualification(), r.instruction(), r.length());
            case EPT_VIOLATION ->
                new EptViolation(
                        r.qualification(),
                        v.read(VmcsField.GUEST_PHYSICAL_ADDRESS),
                        v.read(VmcsField.GUEST_LINEAR_ADDRESS));
            case EPT_MISCONFIGURATION -> new EptMisconfiguration(v.read(VmcsField.GUEST_PHYSICAL_ADDRESS));
            case VMX_PREEMPTION_TIMER_EXPIRED -> new PreemptionTimerExpired();
            case WBINVD_OR_WBNOINVD -> new Wbinvd(r.length());
            case XSETBV -> new Xsetbv(r.length());
            case RDRAND, RDSEED -> new RandomNumber(reason, r.instruction(), r.length());
            case INVPCID -> new Invpcid(r.qualification(), r.instruction(), r.length());
            case PAGE_MODIFICATION_LOG_FULL -> new PageModificationLogFull();
            case XSAVES, XRSTORS -> new SupervisorState(reason, r.qualification(), r.instruction(), r.length());
            default -> new Other(number);
        };
    }

    /** The fields that most exits have. */
    record Fields(Vmcs vmcs) {
        long qualification() {
            return vmcs.read(VmcsField.EXIT_QUALIFICATION);
        }

        long interruption() {
            return vmcs.read(VmcsField.VM_EXIT_INTERRUPTION_INFORMATION);
        }

        int instruction() {
            return (int) vmcs.read(VmcsField.VM_EXIT_INSTRUCTION_INFORMATION);
        }

        int length() {
            return (int) vmcs.read(VmcsField.VM_EXIT_INSTRUCTION_LENGTH);
        }
    }
}
