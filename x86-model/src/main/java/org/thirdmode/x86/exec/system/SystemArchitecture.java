package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.exec.InstructionGroup;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/** The parts of the system architecture of one processor, and how they hang together. */
public final class SystemArchitecture implements Stateful {
    public final DebugRegisters debug;
    public final ControlRegisters controlRegisters;
    public final ModelSpecificRegisters msrs;
    public final IoPermission ioPermission;
    public final Interrupts interrupts;
    public final RandomNumbers random = new RandomNumbers();

    public final InstructionGroup farControl;
    public final InstructionGroup segments;
    public final InstructionGroup system;

    final ExtendedState extendedState;

    /** MONITOR was executed and no MWAIT since. */
    boolean monitorArmed;

    public SystemArchitecture(Processor cpu) {
        DescriptorTables tables = new DescriptorTables(cpu);
        StackFrame stack = new StackFrame(tables, cpu.state, cpu.mmu);
        TaskStateSegment tss = new TaskStateSegment(cpu, tables);
        SegmentRegisters registers = new SegmentRegisters(cpu, tables);
        debug = new DebugRegisters(cpu);
        controlRegisters = new ControlRegisters(cpu, debug);
        msrs = new ModelSpecificRegisters(cpu, controlRegisters);
        ioPermission = new IoPermission(cpu, tss, debug);
        extendedState = new ExtendedState(cpu, msrs);
        TaskSwitch taskSwitch = new TaskSwitch(cpu, tables, debug);
        interrupts = new Interrupts(cpu, tables, stack, tss, taskSwitch);
        FarTransfers transfers = new FarTransfers(cpu, tables, stack, tss, taskSwitch, registers);
        InterruptReturn interruptReturn = new InterruptReturn(cpu, tables, transfers, taskSwitch);
        FastSystemCalls fastCalls = new FastSystemCalls(cpu, msrs);
        farControl = new FarControlInstructions(cpu, transfers, interruptReturn, fastCalls);
        segments = new SegmentInstructions(cpu, tables, registers, controlRegisters, msrs);
        system = new SystemInstructions(cpu, this);
    }

    /** Whether MONITOR was executed and no MWAIT since. */
    public boolean monitorArmed() {
        return monitorArmed;
    }

    /** After power-up and RESET. */
    public void reset() {
        msrs.reset();
        forget();
    }

    /** After INIT. */
    public void init() {
        msrs.init();
        forget();
    }

    private void forget() {
        monitorArmed = false;
        debug.changed();
    }

    @Override
    public void state(StatePort port) {
        port.part("msrs", msrs);
        port.part("random numbers", random);
        monitorArmed = port.flag("monitor armed", monitorArmed);
    }
}
