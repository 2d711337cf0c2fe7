package org.thirdmode.svm.exec;

import org.thirdmode.svm.SvmProfile;
import org.thirdmode.svm.check.CheckLimits;
import org.thirdmode.svm.check.VmrunCheck;
import org.thirdmode.svm.intercept.ExitTable;
import org.thirdmode.svm.vmcb.Vmcb;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.Extension;
import org.thirdmode.x86.exec.GuestModeObserver;
import org.thirdmode.x86.exec.GuestModeObserver.Kind;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.snapshot.StateException;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.state.Efer;

/**
 * AMD SVM of one logical processor. This class hands each question of the core to the part that answers it; see the
 * package's map.
 *
 * <p>A hypervisor in machine code uses the opcodes. One written in Java uses {@link #vmrun} and, attached by {@link
 * #attach}, gets each exit as a value.
 */
public final class Svm implements Extension {
    private static final int FEATURES_LEAF = 0x8000_000a;
    private static final int LARGEST_LEAF = 0x8000_0000;

    // ---- shared by the parts ----

    final Processor cpu;
    final SvmProfile profile;

    /** The VMCB of the last VMRUN. */
    final Vmcb vmcb;

    final LoadedVmcb loaded = new LoadedVmcb();
    final GuestControls controls;
    final VirtualInterrupts virtual;
    final PermissionMaps maps;
    final ExitInformation exit;
    final GuestRegisters registers;
    final Translations translations;
    final SvmMsrs msrs;
    final WorldSwitch worlds;

    /** The check by which the last VMRUN failed; null where none did. */
    VmrunCheck lastFailing;

    private final SvmInstructions instructions;
    private final InstructionIntercepts instructionIntercepts;
    private final EventIntercepts eventIntercepts;
    private GuestModeObserver observer;
    private SvmHypervisor hypervisor;

    /** SVM of a processor, as its profile has it. */
    public Svm(Processor cpu) {
        this(cpu, SvmProfile.of(cpu.profile.name()));
    }

    /** SVM of a processor, with what it has of SVM. */
    public Svm(Processor cpu, SvmProfile profile) {
        this.cpu = cpu;
        this.profile = profile;
        vmcb = new Vmcb(cpu.memory);
        controls = new GuestControls(profile);
        virtual = new VirtualInterrupts(profile);
        maps = new PermissionMaps(cpu.memory);
        exit = new ExitInformation(cpu);
        registers = new GuestRegisters(cpu, loaded);
        translations = new Translations(cpu);
        msrs = new SvmMsrs(this);
        worlds = new WorldSwitch(this);
        instructions = new SvmInstructions(this);
        instructionIntercepts = new InstructionIntercepts(this);
        eventIntercepts = new EventIntercepts(this);
    }

    // ---- for tools and for hypervisors in Java ----

    @Override
    public void observe(GuestModeObserver who) {
        observer = who;
    }

    /** Who gets each exit as a value; null for the code after VMRUN. */
    public void attach(SvmHypervisor who) {
        hypervisor = who;
    }

    /** VMRUN, as the instruction does it with rAX = {@code address}, which is page-aligned. */
    public void vmrun(long address) {
        worlds.vmrun(address);
    }

    /** VMLOAD, as the instruction does it with rAX = {@code address}, which is page-aligned. */
    public void vmload(long address) {
        instructions.vmload(address);
    }

    /** VMSAVE, as the instruction does it with rAX = {@code address}, which is page-aligned. */
    public void vmsave(long address) {
        instructions.vmsave(address);
    }

    /** CLGI. */
    public void clgi() {
        instructions.setGlobalInterruptFlag(false);
    }

    /** INVLPGA. */
    public void invlpga(long linear, int asid) {
        translations.invalidate(linear, asid);
    }

    /** The VMCB of the last VMRUN. */
    public Vmcb currentVmcb() {
        return vmcb;
    }

    /** Its MSRs. With EFER.SVME set there may be more: what a guest runs under, or ran under last. */
    @Override
    public void state(StatePort port) {
        if ((cpu.state.efer & Efer.SVME) != 0) {
            throw new StateException(
                    "EFER.SVME is set: a guest hypervisor, which cannot be saved; save before it begins");
        }
        port.part("msrs", msrs);
    }

    /** What this processor has of SVM. */
    public SvmProfile profile() {
        return profile;
    }

    /** What the checks of VMRUN depend on besides the VMCB, on this processor at this moment. */
    public CheckLimits limits() {
        return worlds.limits();
    }

    /** The check by which the last VMRUN failed; null where none did. */
    public VmrunCheck lastFailing() {
        return lastFailing;
    }

    /** The last exit, as the VMCB records it. */
    public SvmExit lastExit() {
        return SvmExit.of(exit.code, exit.information1, exit.information2);
    }

    void handOver() {
        if (hypervisor != null) {
            hypervisor.exited(lastExit());
        }
    }

    void observeVirtualInterrupt() {
        if (observer != null) {
            String name = "virtual interrupt " + virtual.vector();
            observer.event(Kind.INJECTION, name, name);
        }
    }

    void observeVmrun(int clean) {
        if (observer == null) {
            return;
        }
        StringBuilder line = new StringBuilder(String.format(
                "VMRUN VMCB=%x ASID=%d RIP=%x",
                vmcb.address(), loaded.get(VmcbField.GUEST_ASID), loaded.get(VmcbField.RIP)));
        if ((loaded.get(VmcbField.NESTED_CONTROL) & 1) != 0) {
            line.append(String.format(" nCR3=%x", loaded.get(VmcbField.N_CR3)));
        }
        observer.event(Kind.ENTRY, "VMRUN", line.toString());
        for (VmcbField field : worlds.stale(clean)) {
            observer.event(
                    Kind.WARNING,
                    "stale clean bit",
                    String.format(
                            "stale clean bit %s: %s is %x in memory, %x in force",
                            field.clean, field, vmcb.get(field), loaded.get(field)));
        }
    }

    void observeInjection(long event) {
        if (observer == null) {
            return;
        }
        int type = (int) (event >>> 8) & 7;
        String[] types = {"interrupt", "?", "NMI", "exception", "software interrupt", "?", "?", "?"};
        boolean hasErrorCode = ((event >>> 11) & 1) != 0;
        String name = types[type] + " " + (event & 0xff);
        observer.event(
                Kind.INJECTION,
                name,
                "EVENTINJ " + name + (hasErrorCode ? String.format(" error code %x", event >>> 32) : ""));
    }

    void observeExit(long interrupted) {
        if (observer == null) {
            return;
        }
        StringBuilder line = new StringBuilder(String.format(
                "#VMEXIT %s EXITINFO1=%x EXITINFO2=%x",
                ExitTable.name(exit.code), exit.information1, exit.information2));
        if (exit.code == ExitTable.INVALID) {
            line.append(lastFailing == null ? "" : ": " + lastFailing.title());
        } else {
            line.append(String.format(" RIP=%x", loaded.get(VmcbField.RIP)));
        }
        if (interrupted != 0) {
            line.append(String.format(" EXITINTINFO=%x", interrupted));
        }
        Kind kind = exit.code == ExitTable.INVALID ? Kind.ENTRY_FAILURE : Kind.EXIT;
        observer.event(kind, ExitTable.name(exit.code), line.toString());
    }

    // ---- the extension port ----

    @Override
    public void execute(Instruction i) {
        instructions.execute(i);
    }

    @Override
    public boolean ownsMsr(int msr) {
        return msrs.owns(msr);
    }

    @Override
    public boolean readMsr(int msr, long[] result) {
        return msrs.read(msr, result);
    }

    @Override
    public boolean writeMsr(int msr, long value) {
        return msrs.write(msr, value);
    }

    @Override
    public void cpuid(int leaf, int subleaf, int[] out) {
        if (leaf == FEATURES_LEAF) {
            out[0] = SvmProfile.REVISION;
            out[1] = profile.asids();
            out[2] = 0;
            out[3] = profile.shown();
        } else if (leaf == LARGEST_LEAF && Integer.compareUnsigned(out[0], FEATURES_LEAF) < 0) {
            out[0] = FEATURES_LEAF;
        }
    }

    @Override
    public void reset() {
        worlds.abandon();
        cpu.globalInterruptFlag = true;
        msrs.reset();
        loaded.forget();
    }

    @Override
    public boolean instruction(Instruction i, long intercept) {
        return instructionIntercepts.instruction(i, intercept);
    }

    @Override
    public long readControlRegister(Instruction i, int number, long value) {
        return instructionIntercepts.readControlRegister(i, number, value);
    }

    @Override
    public long writeControlRegister(Instruction i, int number, long value) {
        return instructionIntercepts.writeControlRegister(i, number, value);
    }

    @Override
    public boolean writeTaskPriority(Instruction i, long value) {
        return instructionIntercepts.writeTaskPriority(i, value);
    }

    @Override
    public long writeMachineStatus(Instruction i, int source, long value) {
        instructionIntercepts.writeMachineStatus(i);
        return value;
    }

    @Override
    public boolean io(Instruction i, int port, int size, boolean in) {
        return instructionIntercepts.io(i, port, size, in);
    }

    @Override
    public boolean msr(Instruction i, int msr, boolean write) {
        return instructionIntercepts.msr(msr, write);
    }

    @Override
    public long timeStamp(long counter) {
        return (msrs.timeScaled() ? msrs.scale(counter) : counter) + controls.tscOffset;
    }

    @Override
    public void taskSwitch(int selector, TaskSwitchCause cause) {
        eventIntercepts.taskSwitch(selector, cause);
    }

    @Override
    public void exception(int information, int errorCode, long payload) {
        eventIntercepts.exception(information, errorCode, payload);
    }

    @Override
    public void shutdown() {
        eventIntercepts.shutdown();
    }

    @Override
    public boolean externalInterrupt() {
        return eventIntercepts.externalInterrupt();
    }

    @Override
    public boolean nmi() {
        return eventIntercepts.nmi();
    }

    @Override
    public boolean init() {
        return eventIntercepts.init();
    }

    @Override
    public void ferr() {
        eventIntercepts.ferr();
    }

    @Override
    public void beforeDebugTraps() {
        worlds.inject();
    }

    @Override
    public void beforeInterrupts() {
        eventIntercepts.virtualInterrupt();
    }

    @Override
    public void leave() {
        worlds.leave();
    }
}
