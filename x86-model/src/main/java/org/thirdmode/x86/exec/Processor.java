package org.thirdmode.x86.exec;

import java.util.Set;
import org.thirdmode.x86.bus.LocalApicPort;
import org.thirdmode.x86.bus.PortBus;
import org.thirdmode.x86.bus.ProcessorSignals;
import org.thirdmode.x86.decode.Decoder;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operation.Group;
import org.thirdmode.x86.exec.system.DebugRegisters;
import org.thirdmode.x86.exec.system.SystemArchitecture;
import org.thirdmode.x86.fp.FpuState;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.paging.PageWalker;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;
import org.thirdmode.x86.time.GuestClock;
import org.thirdmode.x86.tlb.TlbGeometry;

/**
 * One logical processor: its state, its memory, the classes that execute its instructions, and the loop around them.
 *
 * <p>Time is counted in ticks, one a retired instruction (each iteration of a repeated string instruction is one), or as many
 * as {@link #instructionTime(long)} says. {@link #run} stops at the tick it is told, or at the end of the instruction that is
 * under way then.
 */
public final class Processor implements ProcessorSignals, Stateful {
    /** What the processor is doing. SDM 3C "Activity State". */
    public enum Activity {
        ACTIVE,
        HLT,
        MWAIT,
        SHUTDOWN,
        WAIT_FOR_SIPI
    }

    /** No interrupt is blocked by the instruction before. */
    public static final int NO_SHADOW = 0;

    /** STI was the instruction before: maskable interrupts wait for one instruction. */
    public static final int SHADOW_STI = 1;

    /** MOV SS or POP SS was the instruction before: interrupts and debug traps wait for one instruction. */
    public static final int SHADOW_MOV_SS = 2;

    /**
     * Instructions after which the inner loop is left and entered anew. The JVM replaces a running loop by compiled code only at a
     * back edge, and what it compiles for that is slower than what it compiles for a call.
     */
    private static final long SLICE = 1 << 12;

    public final CpuState state = new CpuState();
    public final FpuState fpu = new FpuState();
    public final PhysicalMemory memory;
    public final PortBus ports;
    public final LocalApicPort apic;
    public final GuestClock clock;
    public final CpuProfile profile;
    public final Set<Feature> features;
    public final Mmu mmu;
    public final PageWalker walker;
    public final Operands operands;
    public final SystemArchitecture system;
    public final Events events;

    /** The one fault object of this processor. */
    public final GuestFault fault = new GuestFault();

    /** The one exit object of this processor: the extension throws it to leave the guest. */
    public final GuestExit exit = new GuestExit();

    /** VMX, SVM or neither. */
    public Extension extension = Extension.NONE;

    /** What the guest may not do by itself: bits of {@link Intercept}. Out of guest mode only INIT can be among them. */
    public long intercepts;

    /** Whether a guest of the extension runs. SDM: VMX non-root operation; APM: guest mode. */
    public boolean guestMode;

    /** AMD's GIF: while it is clear, interrupts, NMI and INIT wait. APM 2 "Global Interrupt Flag, STGI and CLGI". */
    public boolean globalInterruptFlag = true;

    public Activity activity = Activity.ACTIVE;

    /** FERR#: an unmasked x87 exception waits while CR0.NE is clear. A board makes it interrupt request 13. */
    public Runnable ferr = () -> {};

    /** {@link #NO_SHADOW}, {@link #SHADOW_STI} or {@link #SHADOW_MOV_SS}, for the next instruction only. */
    public int shadow;

    /** Debug exceptions of the instruction just executed (bits of DR6), to be delivered as a trap after it. */
    public int pendingDebug;

    public boolean nmiPending;
    public boolean nmiBlocked;
    public boolean initPending;
    public int startupVector = -1;
    public boolean resetPending;

    /** Something may have to be serviced before the next instruction. */
    public boolean attention;

    /** The run loop must look again: RIP's page, the mode, the budget or what is pending may have changed. */
    boolean reenter;

    /** What an instruction of a {@link Region} has thrown, for the run loop; null for nothing. */
    RuntimeException thrown;

    /** Instructions left until {@link #budgetEnd}. */
    long budget;

    /** The tick at which the budget will be spent. */
    private long budgetEnd;

    /** Ticks that an instruction takes. */
    private long instructionTime = 1;

    /** Instructions that were begun and ended in a fault. */
    private long unfinished;

    /** Ticks in which no instruction was executed: the processor was halted, or one took longer than the others. */
    private long slept;

    private final InstructionGroup[] groups = new InstructionGroup[Groups.COUNT];
    private final CodeCache code;
    private final RunLoop loop;
    private final HotCode hot;

    /** A processor of {@code fast} fidelity: no TLB is modelled. */
    public Processor(PhysicalMemory memory, PortBus ports, LocalApicPort apic, GuestClock clock, CpuProfile profile) {
        this(memory, ports, apic, clock, profile, null);
    }

    /**
     * A processor.
     *
     * @param tlbs the TLBs to model and count ({@link CpuProfile#tlbs}), or null for {@code fast} fidelity
     */
    public Processor(
            PhysicalMemory memory,
            PortBus ports,
            LocalApicPort apic,
            GuestClock clock,
            CpuProfile profile,
            TlbGeometry tlbs) {
        this.memory = memory;
        this.ports = ports;
        this.apic = apic;
        this.clock = clock;
        this.profile = profile;
        features = profile.features();
        walker = new PageWalker(state, memory, fault, features);
        mmu = new Mmu(state, memory, walker, fault, tlbs);
        operands = new Operands(state, mmu, fault);
        system = new SystemArchitecture(this);
        events = new Events(this);
        code = new CodeCache(state, mmu, memory, new Decoder(features), () -> reenter = true);
        loop = new RunLoop(this, code);
        hot = new HotCode(state, code, !mmu.modelsTlbs());
        Groups.install(this, groups);
        clock.onNearerDeadline(this::nearerDeadline);
        Reset.powerUp(this);
    }

    /** Gives the processor its extension; before it runs. */
    public void extend(Extension theExtension) {
        extension = theExtension;
    }

    /** Each instruction takes so many ticks, 1 at least, instead of one; before it runs. */
    public void instructionTime(long ticks) {
        instructionTime = ticks;
    }

    /** Ticks that an instruction takes. */
    public long instructionTime() {
        return instructionTime;
    }

    /** RESET at once, or INIT: for a hypervisor whose guest has this processor. */
    public void reset(boolean init) {
        if (init) {
            Reset.init(this);
        } else {
            Reset.powerUp(this);
        }
    }

    // ---- running ----

    /** Why {@link #run} came back. */
    public enum Stop {
        /** The tick asked for is reached. */
        TICK,
        /** The processor shut down: a triple fault. */
        SHUTDOWN,
        /** Halted for ever: nothing can wake it. */
        DEAD,
        /** {@link #requestStop} was called. */
        REQUESTED
    }

    private boolean stopRequested;

    /** Asks {@link #run} to return after the instruction in execution. */
    public void requestStop() {
        stopRequested = true;
        wantAttention();
    }

    /** Looked at once a slice: another thread has something to tell. */
    private volatile boolean signalled;

    /** {@link #interruptLineChanged} from another thread: it is heard of within a slice. */
    public void signal() {
        signalled = true;
    }

    /** The current tick. */
    public long now() {
        return budgetEnd - (budget * instructionTime);
    }

    /** Instructions executed so far: the ticks that were not slept through. */
    public long instructions() {
        return (now() - slept) / instructionTime;
    }

    /**
     * Instructions completed so far: {@link #instructions} without those that faulted.
     */
    public long retired() {
        return instructions() - unfinished;
    }

    /** How many regions there are now. */
    int regions() {
        return hot.regions();
    }

    /** Runs until tick {@code until}, and what is under way then to its end, or until something else stops it. */
    public Stop run(long until) {
        stopRequested = false;
        while (true) {
            clock.setNow(now());
            if (clock.nextDeadline() <= now()) {
                clock.fireDue();
            }
            if (signalled) {
                signalled = false;
                wantAttention();
            }
            if (attention) {
                service();
            }
            if (stopRequested) {
                return Stop.REQUESTED;
            }
            if (activity != Activity.ACTIVE) {
                if (activity == Activity.SHUTDOWN && !guestMode) {
                    return Stop.SHUTDOWN;
                }
                long wake = clock.nextDeadline();
                if (wake == GuestClock.NEVER) {
                    return Stop.DEAD;
                }
                if (wake > until) {
                    setNow(until);
                    return Stop.TICK;
                }
                setNow(Math.max(wake, now()));
                continue;
            }
            if (now() >= until) {
                return Stop.TICK;
            }
            long slice = hot.tracing() && !mustStep() && hot.next() ? 1 : SLICE;
            extendBudget(Math.min(Math.min(until, clock.nextDeadline()), now() + (slice * instructionTime)));
            runSome();
            CodePage page = loop.stoppedIn();
            if (page != null) {
                hot.found(page);
            }
        }
    }

    private void runSome() {
        int why;
        try {
            why = mustStep() ? RunLoop.STEP : loop.run();
            if (why == RunLoop.STEP) {
                step();
            }
        } catch (GuestFault f) {
            why = RunLoop.FAULT;
        } catch (GuestExit e) {
            why = RunLoop.EXIT;
        }
        if (why == RunLoop.FAULT) {
            unwind();
            unfinished++;
            shadowBefore = NO_SHADOW;
            resumeBefore = 0;
            pendingBefore = 0;
            deliverFault();
        } else if (why == RunLoop.EXIT) {
            unwind();
            shadow = shadowBefore;
            state.systemFlags |= resumeBefore;
            // What it touched before it left is no data breakpoint yet: it has not completed.
            pendingDebug = pendingBefore;
            takeBackTick();
            leaveGuest();
        }
    }

    /** The instruction in execution has not completed, or could not even be fetched. */
    private void unwind() {
        state.rip = state.instructionRip;
        clock.setNow(now());
    }

    /**
     * An instruction that leaves the guest has taken no time: who completes or faults it in the guest's place counts it
     * ({@link #countIterations}). So a guest's time is the same whether its hypervisor sees its instructions or not.
     */
    private void takeBackTick() {
        budget++;
        clock.setNow(now());
    }

    private void deliverFault() {
        boolean watched = (intercepts & Intercept.EACH_INSTRUCTION) != 0;
        try {
            events.deliverFault(fault);
            if (watched) {
                extension.completed();
            }
        } catch (GuestExit e) {
            unfinished--;
            takeBackTick();
            leaveGuest();
        }
    }

    private void service() {
        try {
            events.service();
        } catch (GuestExit e) {
            leaveGuest();
        }
    }

    private void leaveGuest() {
        extension.leave();
        events.nothingInDelivery();
        shadowBefore = NO_SHADOW;
        resumeBefore = 0;
        pendingBefore = 0;
        wantAttention();
    }

    private void setNow(long tick) {
        slept += tick - now();
        budget = 0;
        budgetEnd = tick;
        clock.setNow(tick);
    }

    /** No instruction begins at {@code end} or later: what began before completes. */
    private void extendBudget(long end) {
        long now = now();
        budget = Math.ceilDiv(end - now, instructionTime);
        budgetEnd = now + (budget * instructionTime);
    }

    private void nearerDeadline() {
        long deadline = Math.max(clock.nextDeadline(), now());
        if (deadline < budgetEnd) {
            extendBudget(deadline);
        }
        reenter = true;
    }

    /** Whether the next instruction must be looked at on its own: single step, breakpoints, RF, an interrupt shadow. */
    private boolean mustStep() {
        return (state.systemFlags & (Rflags.TF | Rflags.RF)) != 0
                || shadow != NO_SHADOW
                || (intercepts & Intercept.EACH_INSTRUCTION) != 0
                || system.debug.watchesInstructions()
                || system.msrs.recordsBranches();
    }

    /** The shadow in which the instruction in execution stands. */
    private int shadowBefore;

    /** RFLAGS.RF as the instruction in execution found it. */
    private int resumeBefore;

    /** Debug traps that MOV SS held back, as the instruction in execution found them. */
    private int pendingBefore;

    /** The instruction in execution leaves the guest. */
    private boolean leaving;

    /** Whether the instruction in execution ends in a single-step trap. */
    private boolean singleStep;

    /** What became of an instruction that was executed in someone's place. */
    public enum Emulated {
        /** It is complete. */
        DONE,
        /** It raised {@link Processor#fault}, which has not been delivered. */
        FAULT,
        /** What it touches threw {@link Processor#exit}: nothing has changed that matters when it is executed again. */
        EXIT
    }

    /**
     * Executes the one instruction at RIP and delivers nothing: for a hypervisor that executes it in its guest's place.
     *
     * @param tick the time at which it begins
     */
    public Emulated emulate(long tick) {
        setNow(tick);
        extendBudget(tick + 1);
        try {
            step();
            return Emulated.DONE;
        } catch (GuestFault f) {
            unwind();
            return Emulated.FAULT;
        } catch (GuestExit e) {
            unwind();
            shadow = shadowBefore;
            state.systemFlags |= resumeBefore;
            pendingDebug = pendingBefore;
            return Emulated.EXIT;
        }
    }

    /** Executes exactly one instruction with everything that can happen around it. */
    void step() {
        CpuState s = state;
        s.instructionRip = s.rip;
        shadowBefore = shadow;
        pendingBefore = pendingDebug;
        if (shadow != NO_SHADOW) {
            // What waited for this instruction is looked at after it.
            shadow = NO_SHADOW;
            wantAttention();
        }
        // Also a fetch that faults takes a tick: a handler that cannot be fetched must not stop time.
        budget--;
        Instruction i = fetchForStep();
        resumeBefore = s.systemFlags & Rflags.RF;
        s.systemFlags &= ~Rflags.RF;
        boolean watched = (intercepts & Intercept.EACH_INSTRUCTION) != 0;
        singleStep = (s.systemFlags & Rflags.TF) != 0;
        s.rip = (s.rip + i.length) & s.ripMask;
        long sequential = s.rip;
        boolean guest = guestMode;
        execute(i);
        if (left()) {
            throw exit;
        }
        if (s.rip != sequential && guest == guestMode && system.msrs.recordsBranches()) {
            system.msrs.recordBranch(s.instructionRip, s.rip);
        }
        if (i.repeat != 0 && s.rip == s.instructionRip) {
            s.systemFlags |= resumeBefore;
        }
        if (singleStep && shadow != SHADOW_MOV_SS) {
            pendingDebug |= DebugRegisters.BS;
        }
        if (pendingDebug != 0) {
            wantAttention();
        }
        shadowBefore = NO_SHADOW;
        resumeBefore = 0;
        pendingBefore = 0;
        reenter = false;
        if (watched) {
            extension.completed();
        }
    }

    /** Fetches what {@link #step} executes: instruction breakpoints come first, then the faults of the fetch. */
    private Instruction fetchForStep() {
        CpuState s = state;
        long linear = (s.segmentBase[Segment.CS] + s.rip) & s.linearMask;
        // MOV SS blocks them on Intel's processors alone, as kvm-unit-tests' "emulator" has it.
        boolean blocked = shadowBefore == SHADOW_MOV_SS && profile.vendor() == CpuProfile.Vendor.INTEL;
        if (system.debug.watchesInstructions() && (s.systemFlags & Rflags.RF) == 0 && !blocked) {
            int hits = system.debug.instructionHits(linear);
            if (hits != 0) {
                throw events.debugFault(hits);
            }
        }
        long available = s.codeWidth == 64 ? 15 : s.segments[Segment.CS].limit - s.rip + 1;
        if (available <= 0 || (s.codeWidth == 64 && !mmu.canonical(s.rip))) {
            throw fault(Vector.GP, 0);
        }
        Instruction i = code.fetchOne(linear, available);
        if (i == null) {
            throw fault(Vector.GP, 0);
        }
        s.r[CpuState.RIP_PAGE] = linear & -4096L;
        return i;
    }

    /** Whether RIP stands at a repeated string instruction that has done some of its iterations. */
    boolean insideRepetition() {
        if (state.rip != state.instructionRip) {
            return false;
        }
        Instruction i = instructionAtRip();
        return i != null && i.repeat != 0 && i.operation.group == Group.STRING;
    }

    /** The length in bytes of the instruction at RIP; 0 where it cannot be fetched. */
    public int instructionLength() {
        Instruction i = instructionAtRip();
        return i == null ? 0 : i.length;
    }

    /** The instruction at RIP; null where it cannot be fetched. */
    public Instruction instructionAtRip() {
        try {
            return code.fetchOne((state.segmentBase[Segment.CS] + state.rip) & state.linearMask, 15);
        } catch (GuestFault | GuestExit unfetchable) {
            return null;
        }
    }

    /** Whether the whole page that begins at offset {@code pageRip} of the code segment lies within the segment. */
    boolean wholePageInCodeSegment(long pageRip) {
        if (state.codeWidth == 64) {
            return mmu.canonical(pageRip);
        }
        // A branch of 16-bit code clears the upper bits of EIP: beyond 64 KBytes it does not stay in its page.
        long last = state.codeWidth == 16 ? 0xffff : 0xffff_ffffL;
        return pageRip >= 0 && pageRip + 0xfff <= Math.min(state.segments[Segment.CS].limit, last);
    }

    /** Executes a decoded instruction in the second level. */
    void execute(Instruction i) {
        groups[i.group].execute(i);
    }

    // ---- for the classes that execute instructions ----

    /** Throws away nothing but asks the run loop to look at everything again after this instruction. */
    public void wantAttention() {
        attention = true;
        reenter = true;
    }

    /**
     * After any change of mode: CS, SS, CPL, CR0, CR4, EFER, RFLAGS.VM, AC. Derives what hangs on it; the run loop looks
     * again.
     */
    public void modeChanged() {
        state.deriveMode();
        mmu.privilegeChanged();
        reenter = true;
    }

    /** After RFLAGS changed by anything but arithmetic: IF, TF, AC may have consequences. */
    public void flagsChanged() {
        mmu.privilegeChanged();
        wantAttention();
    }

    /**
     * This instruction was STI or loaded SS: interrupts wait for the next one. In a row of such instructions only the
     * first does so.
     */
    public void interruptShadow(int kind) {
        if (shadowBefore == NO_SHADOW) {
            shadow = kind;
        }
        wantAttention();
    }

    /** The interrupt shadow in which the instruction in execution stands. */
    public int shadowOfThisInstruction() {
        return shadowBefore;
    }

    /** This instruction ends without a single-step trap though RFLAGS.TF was set when it began. */
    public void noSingleStep() {
        singleStep = false;
    }

    /** An unmasked x87 exception waits and CR0.NE is clear. */
    public void assertFerr() {
        if ((intercepts & Intercept.FERR_FREEZE) != 0) {
            extension.ferr();
        }
        ferr.run();
    }

    /** Whether an instruction of a guest leaves it: then it is to do nothing more, and return. */
    public boolean leaves(Instruction i, long bit) {
        return (intercepts & bit) != 0 && leaves(extension.instruction(i, bit));
    }

    /** The same where the extension has been asked already: {@code exit} is what it answered. */
    public boolean leaves(boolean exit) {
        if (exit) {
            leaving = true;
            reenter = true;
        }
        return exit;
    }

    /** Whether the instruction that was executed has left the guest; asked once. */
    boolean left() {
        boolean left = leaving;
        leaving = false;
        return left;
    }

    /** A fault with an error code. */
    public GuestFault fault(int vector, int errorCode) {
        return fault.as(vector, true, errorCode);
    }

    /** A fault without an error code. */
    public GuestFault fault(int vector) {
        return fault.as(vector, false, 0);
    }

    /** Iterations that a repeated string instruction may still do before it must come back to the loop. */
    public long iterationsLeft() {
        return budget;
    }

    /**
     * Counts {@code n} further instructions: iterations of a repeated string instruction, or instructions that a hypervisor has
     * completed in its guest's place.
     */
    public void countIterations(long n) {
        budget -= n;
    }

    /** Lets {@code n} ticks pass in which nothing is executed: what the instruction in execution takes beyond its own. */
    public void passTicks(long n) {
        long end = budgetEnd;
        slept += n;
        budgetEnd += n;
        extendBudget(end);
        reenter = true;
    }

    /** Tells devices the time before they are touched. */
    @Override
    public void syncClock() {
        clock.setNow(now());
    }

    // ---- pins ----

    @Override
    public void interruptLineChanged() {
        wantAttention();
    }

    @Override
    public void nmi() {
        nmiPending = true;
        wantAttention();
    }

    @Override
    public void init() {
        initPending = true;
        wantAttention();
    }

    @Override
    public void startup(int vector) {
        startupVector = vector;
        wantAttention();
    }

    @Override
    public void reset() {
        resetPending = true;
        wantAttention();
    }

    @Override
    public void a20(boolean enabled) {
        mmu.a20(enabled);
        reenter = true;
    }

    /**
     * Everything that software can find out but the content of TLBs, which may be lost at any time. An extension in use has
     * state of its own, which is not among it.
     */
    @Override
    public void state(StatePort port) {
        port.part("registers", state);
        port.part("fpu", fpu);
        port.part("system", system);
        activity = port.choice("activity", activity);
        globalInterruptFlag = port.flag("global interrupt flag", globalInterruptFlag);
        shadow = port.within("interrupt shadow", shadow, NO_SHADOW, SHADOW_MOV_SS);
        pendingDebug = port.number("pending debug exceptions", pendingDebug);
        nmiPending = port.flag("nmi pending", nmiPending);
        nmiBlocked = port.flag("nmi blocked", nmiBlocked);
        initPending = port.flag("init pending", initPending);
        startupVector = port.number("startup vector", startupVector);
        resetPending = port.flag("reset pending", resetPending);
        long now = port.number("now", now());
        slept = port.number("slept", slept);
        unfinished = port.number("unfinished", unfinished);
        if (port.restoring()) {
            budget = 0;
            budgetEnd = now;
            mmu.flushAll();
            system.debug.changed();
            modeChanged();
            flagsChanged();
        }
    }
}
