package org.thirdmode.vmx.exec;

import org.thirdmode.npt.ept.EptCapability;
import org.thirdmode.npt.ept.ExtendedPageTables;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.entry.Facts;
import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.Extension;
import org.thirdmode.x86.exec.GuestModeObserver;
import org.thirdmode.x86.exec.Intercept;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.snapshot.StateException;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Rflags;

/**
 * Intel VMX of one logical processor. This class holds the state of VMX operation and hands each question of the core to the
 * part that answers it; see the package's map.
 *
 * <p>A hypervisor written in Java uses {@link #instructions} as one in machine code uses the opcodes; with {@link
 * #handOverExits} it gets each exit instead of HOST_RIP being executed.
 */
public final class Vmx implements Extension {

    // ---- shared by the parts ----

    final Processor cpu;
    final VmxCapabilities capabilities;

    /** The current VMCS. */
    final Vmcs vmcs;

    final Controls controls = new Controls();
    final PreemptionTimer preemptionTimer;
    final GuestState guest;
    final HostState host;
    final MsrAreas msrAreas;
    /** What the checks of a VM entry look at. */
    final Facts facts;

    final VmEntry vmEntry;
    final VmExits exits;
    final VirtualApic virtualApic;
    final PauseLoop pauseLoop;
    final Translations translations;
    final Observed observed;

    /** Exits store EFER.LMA into the "IA-32e mode guest" control: IA32_VMX_MISC[5]. */
    final boolean savesIa32eMode;

    /** VMWRITE may write any field: IA32_VMX_MISC[29]. */
    final boolean writesAnyField;

    /** What the VMX instructions do; for a hypervisor written in Java, and for the opcodes. */
    public final VmxInstructions instructions;

    private final VmxOpcodes opcodes;
    private final InstructionExits instructionExits;
    private final EventExits eventExits;
    private final VmcsField[] fieldsByOperand;
    private final boolean shadowing;

    /** Address of the VMXON region; {@link Vmcs#NO_VMCS} outside VMX operation. */
    private long vmxonPointer = Vmcs.NO_VMCS;

    /** With virtual NMIs: blocking by NMI in the guest. */
    boolean virtualNmiBlocked;

    /** An exit by the monitor trap flag waits for the next instruction boundary. */
    boolean monitorTrapPending;

    /** Tick at which an IRET of the guest ended blocking by NMI; -1 for none. */
    long nmiUnblockedAt = -1;

    private boolean handOverExits;

    /** VMX of a processor, with what it can do. */
    public Vmx(Processor cpu, VmxCapabilities capabilities) {
        this.cpu = cpu;
        this.capabilities = capabilities;
        vmcs = new Vmcs(cpu.memory);
        fieldsByOperand = VmcsField.byOperand(capabilities::exists);
        shadowing = capabilities.exists(VmcsField.VMREAD_BITMAP_ADDRESS);
        long misc = capabilities.misc;
        savesIa32eMode = (misc & (1 << 5)) != 0;
        writesAnyField = (misc & (1 << 29)) != 0;
        preemptionTimer = new PreemptionTimer(cpu, (int) misc & 0x1f);
        observed = new Observed(this);
        guest = new GuestState(this);
        host = new HostState(this);
        msrAreas = new MsrAreas(this);
        facts = new Facts(capabilities, cpu.memory);
        exits = new VmExits(this);
        translations = new Translations(
                this, new ExtendedPageTables(cpu.walker, cpu.memory, cpu.exit, EptCapability.of(capabilities.eptVpid)));
        virtualApic = new VirtualApic(this);
        pauseLoop = new PauseLoop(this);
        vmEntry = new VmEntry(this);
        instructions = new VmxInstructions(this);
        opcodes = new VmxOpcodes(this);
        instructionExits = new InstructionExits(this);
        eventExits = new EventExits(this);
    }

    /** Makes the processor a hypothetical one, with agile paging ({@link org.thirdmode.npt.agile}) wherever EPT is enabled. */
    public void agilePaging() {
        translations.agilePaging();
    }

    // ---- VMX operation ----

    /** Whether the processor is in VMX operation, root or non-root. */
    public boolean inVmxOperation() {
        return vmxonPointer != Vmcs.NO_VMCS;
    }

    /** Outside VMX operation there is nothing; inside, the current VMCS is not all in memory. */
    @Override
    public void state(StatePort port) {
        if (inVmxOperation()) {
            throw new StateException("the processor is in VMX operation, which cannot be saved; save before VMXON");
        }
    }

    /** Address of the VMXON region; {@link Vmcs#NO_VMCS} outside VMX operation. */
    public long vmxonPointer() {
        return vmxonPointer;
    }

    /** The current VMCS: a view of its region. */
    public Vmcs currentVmcs() {
        return vmcs;
    }

    void enterOperation(long pointer) {
        vmxonPointer = pointer;
        vmcs.region(Vmcs.NO_VMCS);
        // INIT is blocked in root operation.
        cpu.intercepts = Intercept.INIT;
    }

    void leaveOperation() {
        vmxonPointer = Vmcs.NO_VMCS;
        vmcs.region(Vmcs.NO_VMCS);
        cpu.intercepts = 0;
        cpu.wantAttention();
    }

    /** The field that an operand of VMREAD or VMWRITE names; null where this processor has none. */
    VmcsField field(long operand) {
        return operand >= 0 && operand < fieldsByOperand.length ? fieldsByOperand[(int) operand] : null;
    }

    boolean canShadow() {
        return shadowing;
    }

    boolean guestPdptesInvalid() {
        return !guest.loadPdptes();
    }

    void enterGuestPhysicalSpace() {
        translations.enter();
    }

    void leaveGuestPhysicalSpace() {
        translations.leave();
    }

    void toHostTranslations() {
        translations.toHost();
    }

    /** After registers were loaded from the VMCS: everything that hangs on them. */
    void stateLoaded() {
        cpu.system.debug.changed();
        cpu.modeChanged();
        cpu.flagsChanged();
        cpu.noSingleStep();
    }

    /** NMIs are blocked from now on, as the guest sees it. */
    void blockNmi() {
        if (controls.is(PinBased.VIRTUAL_NMIS)) {
            virtualNmiBlocked = true;
        } else {
            cpu.nmiBlocked = true;
        }
    }

    void dropPendingExits() {
        monitorTrapPending = false;
        nmiUnblockedAt = -1;
        vmEntry.forget();
        virtualApic.left();
    }

    // ---- a hypervisor written in Java ----

    /**
     * Whether {@link Processor#run} returns after each exit, with the host's state loaded and nothing of it executed. An entry
     * that fails late leaves no guest to run: after VMLAUNCH and VMRESUME {@link Processor#guestMode} tells.
     */
    public void handOverExits(boolean whether) {
        handOverExits = whether;
    }

    /** The last exit, or VM-entry failure, as the current VMCS records it. */
    public VmExit exit() {
        return VmExit.of(vmcs);
    }

    /** A VM exit begins. */
    void leaving() {
        if (!handOverExits) {
            preemptionTimer.passExit();
        }
    }

    void handOver() {
        if (handOverExits) {
            cpu.requestStop();
        }
    }

    @Override
    public void observe(GuestModeObserver observer) {
        observed.by(observer);
    }

    // ---- Extension: its own instructions and registers ----

    @Override
    public void execute(Instruction i) {
        opcodes.execute(i);
    }

    @Override
    public boolean ownsMsr(int msr) {
        return capabilities.hasMsr(msr) || virtualApic.ownsMsr(msr);
    }

    @Override
    public boolean readMsr(int msr, long[] result) {
        if (capabilities.hasMsr(msr)) {
            result[0] = capabilities.msr(msr);
            return true;
        }
        if (virtualApic.readsMsr(msr)) {
            result[0] = virtualApic.readMsr(msr);
            return true;
        }
        return cpu.apic.ownsMsr(msr) && cpu.apic.readMsr(msr, result);
    }

    @Override
    public boolean writeMsr(int msr, long value) {
        if (capabilities.hasMsr(msr)) {
            return false;
        }
        if (virtualApic.writesMsr(msr)) {
            return virtualApic.writeMsr(msr, value);
        }
        boolean written = cpu.apic.ownsMsr(msr) && cpu.apic.writeMsr(msr, value);
        cpu.wantAttention();
        return written;
    }

    @Override
    public boolean allowsControlRegister(int number, long value) {
        return !inVmxOperation() || fixedBits(number, value);
    }

    /** Whether CR0 or CR4 can hold a value in VMX operation. SDM 3D "VMX-Fixed Bits in CR0", "VMX-Fixed Bits in CR4". */
    private boolean fixedBits(int number, long value) {
        if (number != 0) {
            return (capabilities.cr4Fixed0 & ~value) == 0 && (value & ~capabilities.cr4Fixed1) == 0;
        }
        long required = capabilities.cr0Fixed0;
        if (cpu.guestMode && controls.is(SecondaryProcessorBased.UNRESTRICTED_GUEST)) {
            required &= ~(Cr0.PE | Cr0.PG);
        }
        return (required & ~value) == 0 && (value & ~capabilities.cr0Fixed1) == 0;
    }

    /** Whether CR0 and CR4 are as VMXON demands. */
    boolean fixedBitsHold() {
        return fixedBits(0, cpu.state.cr0) && fixedBits(4, cpu.state.cr4);
    }

    @Override
    public void reset() {
        vmxonPointer = Vmcs.NO_VMCS;
        vmcs.region(Vmcs.NO_VMCS);
        dropPendingExits();
        preemptionTimer.stop();
        virtualNmiBlocked = false;
        if (cpu.guestMode) {
            translations.leave();
            translations.toHost();
            cpu.guestMode = false;
        }
        cpu.intercepts = 0;
    }

    // ---- Extension: instructions of a guest ----

    @Override
    public boolean instruction(Instruction i, long intercept) {
        ExitReason plain = InstructionExits.plain(i.operation);
        if (plain != null) {
            exits.instruction(plain, 0, i.length);
            return true;
        }
        return instructionExits.instruction(i, intercept);
    }

    @Override
    public long readControlRegister(Instruction i, int number, long value) {
        return instructionExits.readControlRegister(i, number, value);
    }

    @Override
    public long writeControlRegister(Instruction i, int number, long value) {
        return instructionExits.writeControlRegister(i, number, value);
    }

    @Override
    public boolean writeTaskPriority(Instruction i, long value) {
        return instructionExits.writeTaskPriority(i, value);
    }

    @Override
    public long writeMachineStatus(Instruction i, int source, long value) {
        return instructionExits.writeMachineStatus(i, source, value);
    }

    @Override
    public boolean io(Instruction i, int port, int size, boolean in) {
        return instructionExits.io(i, port, size, in);
    }

    @Override
    public boolean msr(Instruction i, int msr, boolean write) {
        return instructionExits.msr(i, msr, write);
    }

    /** SDM 3C "Time-Stamp Counter Offsetting", "TSC Multiplier". */
    @Override
    public long timeStamp(long counter) {
        long scaled = controls.is(SecondaryProcessorBased.USE_TSC_SCALING)
                ? scale(counter, vmcs.read(VmcsField.TSC_MULTIPLIER))
                : counter;
        return scaled + vmcs.read(VmcsField.TSC_OFFSET);
    }

    /** Bits 111:48 of the 128-bit product of two unsigned numbers. */
    private static long scale(long counter, long multiplier) {
        long high = Math.unsignedMultiplyHigh(counter, multiplier);
        return (high << 16) | ((counter * multiplier) >>> 48);
    }

    // ---- Extension: events of a guest ----

    @Override
    public void taskSwitch(int selector, TaskSwitchCause cause) {
        eventExits.taskSwitch(selector, cause);
    }

    @Override
    public void exception(int information, int errorCode, long payload) {
        eventExits.exception(information, errorCode, payload);
    }

    @Override
    public void shutdown() {
        throw eventExits.tripleFault();
    }

    @Override
    public boolean externalInterrupt() {
        return eventExits.externalInterrupt();
    }

    @Override
    public boolean nmi() {
        return eventExits.nmi();
    }

    @Override
    public boolean init() {
        // Blocked in root operation, and in the wait-for-SIPI state.
        if (!cpu.guestMode || cpu.activity == Processor.Activity.WAIT_FOR_SIPI) {
            return true;
        }
        vmEntry.inject();
        cpu.initPending = false;
        throw exits.between(ExitReason.INIT_SIGNAL);
    }

    @Override
    public boolean startup(int vector) {
        throw exits.note(ExitReason.STARTUP_IPI, vector).exit();
    }

    @Override
    public void completed() {
        monitorTrapPending = true;
        cpu.wantAttention();
    }

    @Override
    public boolean unblockNmi() {
        if (controls.is(PinBased.VIRTUAL_NMIS)) {
            if (virtualNmiBlocked) {
                virtualNmiBlocked = false;
                nmiUnblockedAt = cpu.now();
                cpu.wantAttention();
            }
            return true;
        }
        if (cpu.nmiBlocked) {
            nmiUnblockedAt = cpu.now();
        }
        // With NMI exiting alone IRET ends no blocking by NMI.
        return controls.is(PinBased.NMI_EXITING);
    }

    @Override
    public void beforeDebugTraps() {
        vmEntry.inject();
        virtualApic.trapLikeExits();
        if (monitorTrapPending) {
            throw exits.between(ExitReason.MONITOR_TRAP_FLAG);
        }
    }

    @Override
    public void beforeNmi() {
        if (preemptionTimer.expired()) {
            throw exits.between(ExitReason.VMX_PREEMPTION_TIMER_EXPIRED);
        }
        if (controls.is(PrimaryProcessorBased.NMI_WINDOW_EXITING)
                && !virtualNmiBlocked
                && cpu.shadow == Processor.NO_SHADOW) {
            throw exits.between(ExitReason.NMI_WINDOW);
        }
    }

    @Override
    public void beforeInterrupts() {
        if (cpu.shadow != Processor.NO_SHADOW || (cpu.state.systemFlags & Rflags.IF) == 0) {
            return;
        }
        if (controls.is(PrimaryProcessorBased.INTERRUPT_WINDOW_EXITING)) {
            throw exits.between(ExitReason.INTERRUPT_WINDOW);
        }
        virtualApic.deliver();
    }

    @Override
    public void leave() {
        exits.complete();
    }

    /** Whether CR4.VMXE is set: VMXON needs it. */
    boolean enabled() {
        return (cpu.state.cr4 & Cr4.VMXE) != 0;
    }
}
