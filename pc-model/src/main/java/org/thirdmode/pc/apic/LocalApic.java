package org.thirdmode.pc.apic;

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

    // Registers by their offset / 16: the low byte of the x2APIC MSR.
    private static final int ID = 0x02;
    private static final int VERSION = 0x03;
    private static final int TASK_PRIORITY = 0x08;
    private static final int ARBITRATION_PRIORITY = 0x09;
    private static final int PROCESSOR_PRIORITY = 0x0a;
    private static final int EOI = 0x0b;
    private static final int REMOTE_READ = 0x0c;
    private static final int LOGICAL_DESTINATION = 0x0d;
    private static final int DESTINATION_FORMAT = 0x0e;
    private static final int SPURIOUS_VECTOR = 0x0f;
    private static final int IN_SERVICE = 0x10;
    private static final int TRIGGER_MODE = 0x18;
    private static final int INTERRUPT_REQUEST = 0x20;
    private static final int ERROR_STATUS = 0x28;
    private static final int COMMAND_LOW = 0x30;
    private static final int COMMAND_HIGH = 0x31;
    private static final int LVT_TIMER = 0x32;
    private static final int LVT_LINT0 = 0x35;
    private static final int LVT_LINT1 = 0x36;
    private static final int LVT_ERROR = 0x37;
    private static final int INITIAL_COUNT = 0x38;
    private static final int CURRENT_COUNT = 0x39;
    private static final int DIVIDE_CONFIGURATION = 0x3e;
    private static final int SELF_IPI = 0x3f;

    private static final int LVT_ENTRIES = 6;

    /** An integrated APIC with six LVT entries that can suppress the broadcast of EOIs. */
    private static final int VERSION_VALUE = 0x14 | (LVT_ENTRIES - 1) << 16 | 1 << 24;

    private static final int LVT_MASKED = 1 << 16;
    private static final int LVT_LEVEL = 1 << 15;
    private static final int LVT_REMOTE_IRR = 1 << 14;
    private static final int LVT_STATUS = 1 << 12;

    /** Writable bits of each LVT entry: timer, thermal sensor, performance counters, LINT0, LINT1, error. */
    private static final int[] LVT_WRITABLE = {0x7_00ff, 0x1_07ff, 0x1_07ff, 0x1_a7ff, 0x1_a7ff, 0x1_00ff};

    /** Read-only bits that are not reserved: a write in x2APIC mode ignores them. */
    private static final int LVT_READ_ONLY = LVT_STATUS | LVT_REMOTE_IRR;

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
    private final int initialId;
    private final ApicTimer timer;
    private EoiSink ioApic = vector -> {};
    private ProcessorSignals signals;
    private MmioOverlay overlay;

    private final VectorSet inService = new VectorSet();
    private final VectorSet triggerMode = new VectorSet();
    private final VectorSet request = new VectorSet();
    private final int[] lvt = new int[LVT_ENTRIES];
    private long apicBase;
    private int id;
    private int taskPriority;
    private int logicalDestination;
    private int destinationFormat;
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
        this.initialId = initialId;
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
        id = initialId << 24;
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
        java.util.Arrays.fill(lvt, LVT_MASKED);
        taskPriority = 0;
        logicalDestination = 0;
        destinationFormat = -1;
        spuriousVector = 0xff;
        errorStatus = 0;
        errorsSeen = 0;
        commandLow = 0;
        commandHigh = 0;
        externalInterrupt = false;
        timer.reset();
        if (x2apic()) {
            logicalDestination = x2apicLogicalId();
        }
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

    private int x2apicLogicalId() {
        return (initialId >>> 4) << 16 | 1 << (initialId & 15);
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
            id = initialId << 24;
            resetRegisters();
        } else if (extended && !wasX2apic) {
            logicalDestination = x2apicLogicalId();
            commandHigh = 0;
        }
        update();
        return true;
    }

    private void setBase(long value) {
        apicBase = value;
        long address = value & -4096L;
        boolean visible = enabled() && !x2apic();
        if (overlay != null && (!visible || overlay.base() != address)) {
            overlay.remove();
            overlay = null;
        }
        if (visible && overlay == null) {
            overlay = new MmioOverlay(memory, address, this);
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
        int entry = lvt[LVT_LINT0 - LVT_TIMER];
        boolean wired = (entry & LVT_MASKED) == 0 && (entry >>> 8 & 7) == InterruptMessage.EXT_INT;
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
        int entry = lvt[LVT_LINT0 - LVT_TIMER];
        int mode = entry >>> 8 & 7;
        return (entry & LVT_MASKED) == 0 && (mode == InterruptMessage.NMI || mode == InterruptMessage.INIT);
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
        int entry = lvt[register - LVT_TIMER];
        int mode = entry >>> 8 & 7;
        if ((entry & LVT_MASKED) != 0 || mode == InterruptMessage.EXT_INT) {
            return; // ExtINT follows the pin itself
        }
        boolean level = mode == InterruptMessage.FIXED && register == LVT_LINT0 && (entry & LVT_LEVEL) != 0;
        if (level) {
            if (asserted && (entry & LVT_REMOTE_IRR) == 0 && accept(entry & 0xff, true)) {
                lvt[register - LVT_TIMER] |= LVT_REMOTE_IRR;
            }
        } else if (rose) {
            deliverLocal(register);
        }
    }

    /** Delivers what an LVT entry says. SDM 3A "Local Vector Table". */
    private void deliverLocal(int register) {
        int entry = lvt[register - LVT_TIMER];
        if ((entry & LVT_MASKED) != 0) {
            return;
        }
        int mode = register == LVT_TIMER || register == LVT_ERROR ? InterruptMessage.FIXED : entry >>> 8 & 7;
        take(mode, entry & 0xff, false);
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
        if (!enabled() || !(broadcast || addressed(message.destination(), message.logical()))) {
            return false;
        }
        return take(message.mode(), message.vector(), message.level());
    }

    /** SDM 3A "Determining IPI Destination", "Logical Destination Mode in x2APIC Mode". */
    private boolean addressed(int destination, boolean logical) {
        if (x2apic()) {
            if (destination == -1) {
                return true;
            }
            return logical
                    ? destination >>> 16 == logicalDestination >>> 16
                            && (destination & logicalDestination & 0xffff) != 0
                    : destination == initialId;
        }
        if (destination == 0xff) {
            return true;
        }
        if (!logical) {
            return destination == id >>> 24;
        }
        int own = logicalDestination >>> 24;
        return switch (destinationFormat >>> 28) {
            case 0xf -> (destination & own) != 0;
            case 0x0 -> (destination >>> 4 == own >>> 4 || destination >>> 4 == 0xf) && (destination & own & 0xf) != 0;
            default -> false;
        };
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
            case 0 -> addressed(destination, (low & 1 << 11) != 0);
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
            int lint = LVT_LINT0 - LVT_TIMER;
            if ((lvt[lint] & LVT_REMOTE_IRR) != 0 && (lvt[lint] & 0xff) == vector) {
                lvt[lint] &= ~LVT_REMOTE_IRR;
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
        if (register >= LVT_TIMER && register <= LVT_ERROR) {
            return lvt[register - LVT_TIMER];
        }
        return switch (register) {
            case ID -> x2apic() ? initialId : id;
            case VERSION -> VERSION_VALUE;
            case TASK_PRIORITY -> taskPriority;
            case PROCESSOR_PRIORITY -> processorPriority();
            case LOGICAL_DESTINATION -> logicalDestination;
            case DESTINATION_FORMAT -> destinationFormat;
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

    private static boolean readable(int register) {
        return (register >= IN_SERVICE && register <= ERROR_STATUS)
                || (register >= COMMAND_LOW && register <= CURRENT_COUNT)
                || switch (register) {
                    case ID,
                            VERSION,
                            TASK_PRIORITY,
                            ARBITRATION_PRIORITY,
                            PROCESSOR_PRIORITY,
                            EOI,
                            REMOTE_READ,
                            LOGICAL_DESTINATION,
                            DESTINATION_FORMAT,
                            SPURIOUS_VECTOR,
                            DIVIDE_CONFIGURATION -> true;
                    default -> false;
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
                if (register >= LVT_TIMER && register <= LVT_ERROR) {
                    writeLvt(register, value);
                }
            }
        }
        update();
    }

    private int lvtWritable(int index) {
        return index == 0 && !hasTscDeadline ? LVT_WRITABLE[0] & ~(1 << 18) : LVT_WRITABLE[index];
    }

    private void writeLvt(int register, int value) {
        int index = register - LVT_TIMER;
        int entry = (value & lvtWritable(index)) | (lvt[index] & LVT_REMOTE_IRR);
        if (!softwareEnabled()) {
            entry |= LVT_MASKED;
        }
        if ((entry & LVT_LEVEL) == 0) {
            entry &= ~LVT_REMOTE_IRR;
        }
        lvt[index] = entry;
        if (register == LVT_TIMER) {
            timer.setMode(entry >>> 17 & 3);
        } else if (register == LVT_LINT0) {
            pin(LVT_LINT0, lint0, false);
        }
    }

    private void writeSpuriousVector(int value) {
        spuriousVector = value & SPURIOUS_WRITABLE;
        if (!softwareEnabled()) {
            // "The mask bits for all the LVT entries are set" while the APIC is software disabled.
            for (int i = 0; i < lvt.length; i++) {
                lvt[i] |= LVT_MASKED;
            }
        }
    }

    // ---- xAPIC mode ----

    @Override
    public long read(long offset, int size) {
        int at = (int) offset & 0xf;
        if (at >= 4) {
            return 0; // bits 127:32 of each register's place
        }
        int register = (int) offset >>> 4;
        if (!readable(register)) {
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
        int register = (int) offset >>> 4;
        int word = (int) value;
        if (at != 0 || size < 4) {
            // Narrower than a register: undefined by the manual; here the other bytes keep what they read as.
            int ones = -1 >>> (32 - Math.min(size, 4 - at) * 8);
            word = (get(register) & ~(ones << (at * 8))) | (((int) value & ones) << (at * 8));
        }
        switch (register) {
            case ID -> id = word & 0xff00_0000;
            case LOGICAL_DESTINATION -> logicalDestination = word & 0xff00_0000;
            case DESTINATION_FORMAT -> destinationFormat = word | 0x0fff_ffff;
            case COMMAND_LOW -> {
                commandLow = word & COMMAND_WRITABLE;
                command(commandLow, commandHigh >>> 24);
            }
            case COMMAND_HIGH -> commandHigh = word & 0xff00_0000;
            default -> {
                if (readable(register)) {
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
        if (!x2apic() || !readable(register)) {
            return false;
        }
        switch (register) {
            case ARBITRATION_PRIORITY, EOI, REMOTE_READ, DESTINATION_FORMAT, COMMAND_HIGH -> {
                return false;
            }
            case COMMAND_LOW -> result[0] = (long) commandHigh << 32 | (commandLow & 0xffff_ffffL);
            default -> result[0] = get(register) & 0xffff_ffffL;
        }
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

    /** SDM 3A table "Local APIC Register Address Map Supported by x2APIC". */
    private static boolean writableInX2apic(int register) {
        return (register >= LVT_TIMER && register <= INITIAL_COUNT)
                || switch (register) {
                    case TASK_PRIORITY,
                            EOI,
                            SPURIOUS_VECTOR,
                            ERROR_STATUS,
                            COMMAND_LOW,
                            DIVIDE_CONFIGURATION,
                            SELF_IPI -> true;
                    default -> false;
                };
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
            default -> {
                int index = register - LVT_TIMER;
                yield ~(long) (lvtWritable(index) | (index == 0 ? LVT_STATUS : LVT_READ_ONLY));
            }
        };
    }

    @Override
    public void state(StatePort port) {
        port.part("timer", timer);
        port.part("in service", inService);
        port.part("trigger mode", triggerMode);
        port.part("request", request);
        port.numbers("lvt", lvt);
        id = port.number("id", id);
        taskPriority = port.number("task priority", taskPriority);
        logicalDestination = port.number("logical destination", logicalDestination);
        destinationFormat = port.number("destination format", destinationFormat);
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
