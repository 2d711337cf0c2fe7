package org.thirdmode.pc.apic;

import static org.thirdmode.pc.apic.ApicRegister.COMMAND_HIGH;
import static org.thirdmode.pc.apic.ApicRegister.COMMAND_LOW;
import static org.thirdmode.pc.apic.ApicRegister.CURRENT_COUNT;
import static org.thirdmode.pc.apic.ApicRegister.DESTINATION_FORMAT;
import static org.thirdmode.pc.apic.ApicRegister.DIVIDE_CONFIGURATION;
import static org.thirdmode.pc.apic.ApicRegister.EOI;
import static org.thirdmode.pc.apic.ApicRegister.ERROR_STATUS;
import static org.thirdmode.pc.apic.ApicRegister.ID;
import static org.thirdmode.pc.apic.ApicRegister.INITIAL_COUNT;
import static org.thirdmode.pc.apic.ApicRegister.IN_SERVICE;
import static org.thirdmode.pc.apic.ApicRegister.LOGICAL_DESTINATION;
import static org.thirdmode.pc.apic.ApicRegister.LVT_ERROR;
import static org.thirdmode.pc.apic.ApicRegister.LVT_LINT0;
import static org.thirdmode.pc.apic.ApicRegister.LVT_LINT1;
import static org.thirdmode.pc.apic.ApicRegister.LVT_TIMER;
import static org.thirdmode.pc.apic.ApicRegister.PROCESSOR_PRIORITY;
import static org.thirdmode.pc.apic.ApicRegister.SELF_IPI;
import static org.thirdmode.pc.apic.ApicRegister.SPURIOUS_VECTOR;
import static org.thirdmode.pc.apic.ApicRegister.TASK_PRIORITY;
import static org.thirdmode.pc.apic.ApicRegister.TRIGGER_MODE;
import static org.thirdmode.pc.apic.ApicRegister.VERSION;
import static org.thirdmode.pc.apic.ApicRegister.inXapic;
import static org.thirdmode.pc.apic.ApicRegister.isLvt;
import static org.thirdmode.pc.apic.ApicRegister.readableInX2apic;
import static org.thirdmode.pc.apic.ApicRegister.writableInX2apic;

import org.thirdmode.pc.device.PicPair;
import org.thirdmode.pc.memory.MmioOverlay;
import org.thirdmode.x86.bus.LocalApicPort;
import org.thirdmode.x86.bus.ProcessorSignals;
import org.thirdmode.x86.memory.MmioDevice;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.time.GuestClock;

/**
 * The local APIC of the board's one processor, in xAPIC mode (registers in memory) and in x2APIC mode (registers as MSRs),
 * with the 8259A pair at LINT0.
 *
 * <p>Source: SDM 3A "Advanced Programmable Interrupt Controller (APIC)": "Local Vector Table", "Error Handling", "Interrupt
 * Command Register (ICR)", "Handling Interrupts", "Extended XAPIC (x2APIC)". A broadcast reaches the one processor there
 * is; what excludes the sender reaches nobody.
 *
 * <p>Left out: system-management interrupts (taken and forgotten), the focus processor, the corrected machine-check LVT.
 */
public final class LocalApic implements LocalApicPort, InterruptMessage.Bus, MmioDevice, Stateful {
    /** The address after reset. */
    public static final long DEFAULT_BASE = 0xfee0_0000L;

    private static final int IA32_APIC_BASE = 0x1b;
    private static final int IA32_TSC_DEADLINE = 0x6e0;
    private static final int X2APIC_FIRST = 0x800;
    private static final int X2APIC_LAST = 0x8ff;

    private static final long BASE_BSP = 1L << 8;
    private static final long BASE_EXTENDED = 1L << 10;
    private static final long BASE_ENABLE = 1L << 11;

    /** An integrated APIC with six LVT entries that can suppress the broadcast of EOIs. */
    private static final int VERSION_VALUE = 0x14 | (LocalVectorTable.ENTRIES - 1) << 16 | 1 << 24;

    private static final int SPURIOUS_ENABLE = 1 << 8;
    private static final int SPURIOUS_NO_EOI_BROADCAST = 1 << 12;
    private static final int SPURIOUS_WRITABLE = 0x13ff;

    private static final int ERROR_SEND_ILLEGAL_VECTOR = 1 << 5;
    private static final int ERROR_RECEIVE_ILLEGAL_VECTOR = 1 << 6;
    private static final int ERROR_ILLEGAL_REGISTER = 1 << 7;

    private static final int COMMAND_WRITABLE = 0x000c_cfff;

    /** What is told of an end of interrupt. */
    @FunctionalInterface
    public interface EoiSink {
        /** The level-triggered interrupt {@code vector} has been serviced. */
        void endOfInterrupt(int vector);
    }

    private final PhysicalMemory memory;
    private final PicPair pics;
    private final boolean hasX2apic;
    private final boolean hasTscDeadline;
    private final ApicAddress address;
    private final LocalVectorTable lvt;
    private final ApicTimer timer;
    private EoiSink ioApic = vector -> {};
    private ProcessorSignals signals;
    private MmioOverlay overlay;

    private final VectorSet inService = new VectorSet();
    private final VectorSet triggerMode = new VectorSet();
    private final VectorSet request = new VectorSet();
    private long apicBase;
    private int taskPriority;
    private int spuriousVector;
    private int errorStatus;
    private int errorsSeen;
    private int commandLow;
    private int commandHigh;
    private boolean lint0;
    private boolean lint1;
    private boolean externalInterrupt;
    private boolean pending;
    private long acknowledged;

    /**
     * A local APIC after reset, not yet in the address map: {@link #reset} puts it there.
     *
     * @param pics who answers the acknowledge cycle of an external interrupt
     */
    public LocalApic(
            GuestClock clock,
            PhysicalMemory memory,
            PicPair pics,
            int initialId,
            boolean hasX2apic,
            boolean hasTscDeadline) {
        this.memory = memory;
        this.pics = pics;
        address = new ApicAddress(initialId);
        lvt = new LocalVectorTable(hasTscDeadline);
        this.hasX2apic = hasX2apic;
        this.hasTscDeadline = hasTscDeadline;
        timer = new ApicTimer(clock, () -> deliverLocal(LVT_TIMER));
    }

    /** Connects the processor whose pins this APIC drives, and the I/O APIC that hears of ends of interrupt. */
    public void connect(ProcessorSignals processor, EoiSink endOfInterrupt) {
        signals = processor;
        ioApic = endOfInterrupt;
    }

    // ---- states ----

    /** Power-up: SDM 3A "Local APIC State After Power-Up or Reset". */
    public void reset() {
        address.resetId();
        setBase(DEFAULT_BASE | BASE_ENABLE | BASE_BSP);
        resetRegisters();
    }

    /** INIT: as power-up, but for the APIC ID and IA32_APIC_BASE. */
    public void init() {
        resetRegisters();
    }

    private void resetRegisters() {
        inService.clear();
        triggerMode.clear();
        request.clear();
        lvt.reset();
        address.resetLogical(x2apic());
        taskPriority = 0;
        spuriousVector = 0xff;
        errorStatus = 0;
        errorsSeen = 0;
        commandLow = 0;
        commandHigh = 0;
        externalInterrupt = false;
        timer.reset();
        update();
    }

    private boolean enabled() {
        return (apicBase & BASE_ENABLE) != 0;
    }

    private boolean x2apic() {
        return (apicBase & (BASE_ENABLE | BASE_EXTENDED)) == (BASE_ENABLE | BASE_EXTENDED);
    }

    private boolean softwareEnabled() {
        return (spuriousVector & SPURIOUS_ENABLE) != 0;
    }

    /** IA32_APIC_BASE: SDM 3A "x2APIC State Transitions"; false is #GP(0). */
    private boolean writeBase(long value) {
        long reserved = 0x2ffL | (-1L << memory.addressWidth()) | (hasX2apic ? 0 : BASE_EXTENDED);
        if ((value & reserved) != 0) {
            return false;
        }
        boolean extended = (value & BASE_EXTENDED) != 0;
        boolean enable = (value & BASE_ENABLE) != 0;
        boolean wasX2apic = x2apic();
        boolean wasEnabled = enabled();
        if ((extended && !enable) || (extended && !wasEnabled) || (wasX2apic && enable && !extended)) {
            return false;
        }
        setBase(value);
        if (enable != wasEnabled) {
            // "Disabled" and back loses everything, the APIC ID that software wrote too.
            address.resetId();
            resetRegisters();
        } else if (extended && !wasX2apic) {
            address.enterX2apic();
            commandHigh = 0;
        }
        update();
        return true;
    }

    private void setBase(long value) {
        apicBase = value;
        long base = value & -4096L;
        boolean visible = enabled() && !x2apic();
        if (overlay != null && (!visible || overlay.base() != base)) {
            overlay.remove();
            overlay = null;
        }
        if (visible && overlay == null) {
            overlay = new MmioOverlay(memory, base, this);
        }
    }

    // ---- the processor's side ----

    @Override
    public boolean interruptPending() {
        return pending;
    }

    private boolean computePending() {
        if (!enabled()) {
            return lint0;
        }
        return externalPending() || deliverable() >= 0;
    }

    /** Whether the 8259A pair, or a message in its name, interrupts. */
    private boolean externalPending() {
        if (!enabled()) {
            return lint0;
        }
        boolean wired = !lvt.masked(LVT_LINT0) && lvt.mode(LVT_LINT0) == InterruptMessage.EXT_INT;
        return externalInterrupt || (lint0 && wired);
    }

    /** The vector that the processor would take now, or -1. */
    private int deliverable() {
        int vector = request.highest();
        return vector >= 0 && vector >>> 4 > processorPriority() >>> 4 ? vector : -1;
    }

    @Override
    public int acknowledgeInterrupt() {
        acknowledged++;
        if (externalPending()) {
            externalInterrupt = false;
            int vector = pics.acknowledge();
            update();
            return vector;
        }
        int vector = deliverable();
        if (vector < 0) {
            return spuriousVector & 0xff;
        }
        request.set(vector, false);
        inService.set(vector, true);
        update();
        return vector;
    }

    /** Interrupts that the processor took so far. */
    public long acknowledged() {
        return acknowledged;
    }

    /** Whether a pin is set up to deliver what the processor cannot mask. */
    public boolean passesUnmaskable() {
        int mode = lvt.mode(LVT_LINT0);
        return !lvt.masked(LVT_LINT0) && (mode == InterruptMessage.NMI || mode == InterruptMessage.INIT);
    }

    private int processorPriority() {
        int serving = Math.max(0, inService.highest()) & 0xf0;
        return (taskPriority & 0xf0) >= serving ? taskPriority : serving;
    }

    private void update() {
        boolean now = computePending();
        if (now != pending) {
            pending = now;
            if (signals != null) {
                signals.interruptLineChanged();
            }
        }
    }

    @Override
    public int taskPriorityClass() {
        return taskPriority >>> 4;
    }

    @Override
    public void setTaskPriorityClass(int priorityClass) {
        taskPriority = (priorityClass & 15) << 4;
        update();
    }

    @Override
    public void timeStampCounterMoved(long offset) {
        timer.setTscOffset(offset);
    }

    // ---- interrupts in ----

    /** Drives LINT0, where the 8259A pair is. */
    public void lint0(boolean asserted) {
        boolean rose = asserted && !lint0;
        lint0 = asserted;
        if (enabled()) {
            pin(LVT_LINT0, asserted, rose);
        }
        update();
    }

    /** Drives LINT1, where the board's NMI sources are. */
    public void lint1(boolean asserted) {
        boolean rose = asserted && !lint1;
        lint1 = asserted;
        if (enabled()) {
            pin(LVT_LINT1, asserted, rose);
        } else if (rose) {
            signals.nmi();
        }
    }

    private void pin(int register, boolean asserted, boolean rose) {
        if (lvt.masked(register) || lvt.mode(register) == InterruptMessage.EXT_INT) {
            return; // ExtINT follows the pin itself
        }
        if (lvt.level(register)) {
            if (asserted && !lvt.remoteIrr(register) && accept(lvt.vector(register), true)) {
                lvt.remoteIrr(register, true);
            }
        } else if (rose) {
            deliverLocal(register);
        }
    }

    /** Delivers what an LVT entry says. SDM 3A "Local Vector Table". */
    private void deliverLocal(int register) {
        if (lvt.masked(register)) {
            return;
        }
        take(lvt.mode(register), lvt.vector(register), false);
        update();
    }

    /** Takes an interrupt that is for this processor; false where it is refused. */
    private boolean take(int mode, int vector, boolean level) {
        switch (mode) {
            case InterruptMessage.FIXED, InterruptMessage.LOWEST_PRIORITY -> {
                return accept(vector, level);
            }
            case InterruptMessage.NMI -> signals.nmi();
            case InterruptMessage.INIT -> {
                init();
                signals.init();
            }
            case InterruptMessage.STARTUP -> signals.startup(vector);
            case InterruptMessage.EXT_INT -> {
                externalInterrupt = true;
                update();
            }
            default -> {} // SMI, and a reserved mode
        }
        return true;
    }

    private boolean accept(int vector, boolean level) {
        if (vector < 16) {
            error(ERROR_RECEIVE_ILLEGAL_VECTOR);
            return true;
        }
        if (!softwareEnabled()) {
            return false;
        }
        request.set(vector, true);
        triggerMode.set(vector, level);
        update();
        return true;
    }

    private void error(int bit) {
        boolean newError = (errorsSeen & bit) == 0;
        errorsSeen |= bit;
        // An illegal vector in the error entry itself must not call for another error interrupt.
        if (newError) {
            deliverLocal(LVT_ERROR);
        }
    }

    /** A message from an I/O APIC, or a message-signalled interrupt. */
    @Override
    public boolean send(InterruptMessage message) {
        boolean broadcast = message.destination() == 0xff;
        if (!enabled() || !(broadcast || address.hears(message.destination(), message.logical(), x2apic()))) {
            return false;
        }
        return take(message.mode(), message.vector(), message.level());
    }

    // ---- the interrupt command register ----

    private void command(int low, int destination) {
        int mode = low >>> 8 & 7;
        int vector = low & 0xff;
        boolean level = (low & 1 << 15) != 0;
        boolean assertion = (low & 1 << 14) != 0;
        if (mode == InterruptMessage.INIT && level && !assertion) {
            return; // INIT level de-assert: only arbitration IDs of old bus APICs
        }
        boolean hasVector = mode == InterruptMessage.FIXED || mode == InterruptMessage.LOWEST_PRIORITY;
        if (hasVector && vector < 16) {
            error(ERROR_SEND_ILLEGAL_VECTOR);
            return;
        }
        boolean forSelf = switch (low >>> 18 & 3) {
            case 0 -> address.hears(destination, (low & 1 << 11) != 0, x2apic());
            case 1, 2 -> true;
            default -> false;
        };
        // A processor that was started ignores a startup IPI; the one that runs the code here is.
        if (forSelf && mode != InterruptMessage.EXT_INT) {
            // "The trigger mode is ignored for fixed IPIs": they are edge triggered on every processor with this APIC.
            take(mode, vector, false);
        }
    }

    @Override
    public void endOfInterrupt() {
        int vector = inService.highest();
        if (vector < 0) {
            return;
        }
        inService.set(vector, false);
        if (triggerMode.contains(vector)) {
            if (lvt.remoteIrr(LVT_LINT0) && lvt.vector(LVT_LINT0) == vector) {
                lvt.remoteIrr(LVT_LINT0, false);
                pin(LVT_LINT0, lint0, false);
            }
            if ((spuriousVector & SPURIOUS_NO_EOI_BROADCAST) == 0) {
                ioApic.endOfInterrupt(vector);
            }
        }
        update();
    }

    // ---- registers ----

    private int get(int register) {
        if (register >= IN_SERVICE && register < ERROR_STATUS) {
            int word = register & 7;
            return switch (register & ~7) {
                case IN_SERVICE -> inService.word(word);
                case TRIGGER_MODE -> triggerMode.word(word);
                default -> request.word(word);
            };
        }
        if (isLvt(register)) {
            return lvt.get(register);
        }
        return switch (register) {
            case ID -> address.id(x2apic());
            case VERSION -> VERSION_VALUE;
            case TASK_PRIORITY -> taskPriority;
            case PROCESSOR_PRIORITY -> processorPriority();
            case LOGICAL_DESTINATION -> address.logicalDestination();
            case DESTINATION_FORMAT -> address.destinationFormat();
            case SPURIOUS_VECTOR -> spuriousVector;
            case ERROR_STATUS -> errorStatus;
            case COMMAND_LOW -> commandLow;
            case COMMAND_HIGH -> commandHigh;
            case INITIAL_COUNT -> (int) timer.initialCount();
            case CURRENT_COUNT -> (int) timer.currentCount();
            case DIVIDE_CONFIGURATION -> timer.divideConfiguration();
            default -> 0; // arbitration priority, remote read
        };
    }

    private void set(int register, int value) {
        switch (register) {
            case TASK_PRIORITY -> taskPriority = value & 0xff;
            case EOI -> endOfInterrupt();
            case SPURIOUS_VECTOR -> writeSpuriousVector(value);
            case ERROR_STATUS -> {
                errorStatus = errorsSeen;
                errorsSeen = 0;
            }
            case INITIAL_COUNT -> timer.setInitialCount(value & 0xffff_ffffL);
            case DIVIDE_CONFIGURATION -> timer.setDivideConfiguration(value & 0xb);
            default -> {
                if (isLvt(register)) {
                    writeLvt(register, value);
                }
            }
        }
        update();
    }

    private void writeLvt(int register, int value) {
        lvt.write(register, value, softwareEnabled());
        if (register == LVT_TIMER) {
            timer.setMode(lvt.timerMode());
        } else if (register == LVT_LINT0) {
            pin(LVT_LINT0, lint0, false);
        }
    }

    private void writeSpuriousVector(int value) {
        spuriousVector = value & SPURIOUS_WRITABLE;
        if (!softwareEnabled()) {
            lvt.maskAll();
        }
    }

    // ---- xAPIC mode ----

    @Override
    public long read(long offset, int size) {
        int at = (int) offset & 0xf;
        if (at >= 4) {
            return 0; // bits 127:32 of each register's place
        }
        signals.syncClock();
        int register = (int) offset >>> 4;
        if (!inXapic(register)) {
            error(ERROR_ILLEGAL_REGISTER);
            return 0;
        }
        return (get(register) & 0xffff_ffffL) >>> (at * 8);
    }

    @Override
    public void write(long offset, int size, long value) {
        int at = (int) offset & 0xf;
        if (at >= 4) {
            return;
        }
        signals.syncClock();
        int register = (int) offset >>> 4;
        int word = (int) value;
        if (at != 0 || size < 4) {
            // Narrower than a register: undefined by the manual; here the other bytes keep what they read as.
            int ones = -1 >>> (32 - Math.min(size, 4 - at) * 8);
            word = (get(register) & ~(ones << (at * 8))) | (((int) value & ones) << (at * 8));
        }
        switch (register) {
            case ID -> address.writeId(word);
            case LOGICAL_DESTINATION -> address.writeLogicalDestination(word);
            case DESTINATION_FORMAT -> address.writeDestinationFormat(word);
            case COMMAND_LOW -> {
                commandLow = word & COMMAND_WRITABLE;
                command(commandLow, commandHigh >>> 24);
            }
            case COMMAND_HIGH -> commandHigh = word & 0xff00_0000;
            default -> {
                if (inXapic(register)) {
                    set(register, word);
                } else {
                    error(ERROR_ILLEGAL_REGISTER);
                }
            }
        }
        update();
    }

    // ---- MSRs ----

    @Override
    public boolean ownsMsr(int msr) {
        return msr == IA32_APIC_BASE || msr == IA32_TSC_DEADLINE || (msr >= X2APIC_FIRST && msr <= X2APIC_LAST);
    }

    @Override
    public boolean readMsr(int msr, long[] result) {
        if (msr == IA32_APIC_BASE) {
            result[0] = apicBase;
            return true;
        }
        if (msr == IA32_TSC_DEADLINE) {
            result[0] = timer.deadline();
            return hasTscDeadline;
        }
        int register = msr - X2APIC_FIRST;
        if (!x2apic() || !readableInX2apic(register)) {
            return false;
        }
        result[0] = register == COMMAND_LOW
                ? (long) commandHigh << 32 | (commandLow & 0xffff_ffffL)
                : get(register) & 0xffff_ffffL;
        return true;
    }

    @Override
    public boolean writeMsr(int msr, long value) {
        if (msr == IA32_APIC_BASE) {
            return writeBase(value);
        }
        if (msr == IA32_TSC_DEADLINE) {
            if (hasTscDeadline) {
                timer.setDeadline(value);
            }
            return hasTscDeadline;
        }
        int register = msr - X2APIC_FIRST;
        if (!x2apic() || !writableInX2apic(register) || (value & reservedInX2apic(register)) != 0) {
            return false;
        }
        switch (register) {
            case COMMAND_LOW -> {
                commandLow = (int) value;
                commandHigh = (int) (value >>> 32);
                command(commandLow, commandHigh);
            }
            case SELF_IPI -> command(((int) value & 0xff) | 1 << 18, 0);
            default -> set(register, (int) value);
        }
        update();
        return true;
    }

    /** The bits that must be 0 in a write to a writable register. */
    private long reservedInX2apic(int register) {
        return switch (register) {
            case TASK_PRIORITY, SELF_IPI -> ~0xffL;
            case EOI, ERROR_STATUS -> -1L; // only 0 may be written
            case SPURIOUS_VECTOR -> ~(long) SPURIOUS_WRITABLE;
            case COMMAND_LOW -> 0xfff3_3000L;
            case INITIAL_COUNT -> ~0xffff_ffffL;
            case DIVIDE_CONFIGURATION -> ~0xbL;
            default -> lvt.reserved(register);
        };
    }

    @Override
    public void state(StatePort port) {
        port.part("timer", timer);
        port.part("in service", inService);
        port.part("trigger mode", triggerMode);
        port.part("request", request);
        port.part("lvt", lvt);
        port.part("address", address);
        taskPriority = port.number("task priority", taskPriority);
        spuriousVector = port.number("spurious vector", spuriousVector);
        errorStatus = port.number("error status", errorStatus);
        errorsSeen = port.number("errors seen", errorsSeen);
        commandLow = port.number("command low", commandLow);
        commandHigh = port.number("command high", commandHigh);
        lint0 = port.flag("lint 0", lint0);
        lint1 = port.flag("lint 1", lint1);
        externalInterrupt = port.flag("external interrupt", externalInterrupt);
        pending = port.flag("pending", pending);
        acknowledged = port.number("acknowledged", acknowledged);
        long base = port.number("base", apicBase);
        if (port.restoring()) {
            setBase(base);
        }
        if (overlay != null) {
            port.part("overlay", overlay);
        }
    }
}
