package org.thirdmode.testkit.world;

import java.util.List;
import java.util.function.LongConsumer;
import org.thirdmode.kvm.mmu.AgileMmu;
import org.thirdmode.kvm.mmu.ModificationLog;
import org.thirdmode.kvm.mmu.TdpFormat;
import org.thirdmode.kvm.mmu.TdpHardware;
import org.thirdmode.kvm.mmu.TdpMmu;
import org.thirdmode.shadow.EntryCause;
import org.thirdmode.shadow.FaultResult;
import org.thirdmode.shadow.GuestLimits;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.Others;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.TlbControl;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.spec.PagingControls;
import org.thirdmode.x86.paging.spec.ProcessorLimits;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;

/**
 * A guest on a hypervisor whose MMU is under test: its accesses go through a real processor's walk of the tables that the
 * MMU makes, in real memory; faults go to the MMU as a hypervisor gives them. A {@link WorldWatcher} judges.
 *
 * <p>What is wrong at once (no progress, memory that is not the guest's) is thrown as {@link Broken}.
 */
public final class GuestWorld {
    /** What the guest's CPUID says. */
    public static final ProcessorLimits LIMITS = new ProcessorLimits(Frames.WIDTH, true, true);

    private static final GuestLimits GUEST_LIMITS = new GuestLimits(Frames.WIDTH, true, true);

    /** No address that an access has. */
    public static final long NO_ACCESS = 1L << 62;

    /** An access may fault this often before it must be done: the levels of tables, and what the dual state takes. */
    private static final int FAULTS_PER_ACCESS = 6;

    private static final int PCID = 0xfff;

    /** With nesting: at each table of the guest's and at the page, once to be read and once to be written. */
    private static final int NESTED_FAULTS_PER_ACCESS = 2 * (5 + 1) + 1;

    public final WorldSetup setup;
    public final SlotTable slots;
    public final GuestRegisters guest = new GuestRegisters();
    public final HostPagePool pool = new HostPagePool();
    public final Surroundings around;
    public final GuestMmu mmu;

    private final PagingSwitch paging;
    private final Interleaving interleaving = new Interleaving(this);
    private final Hardware[] hardware;
    private final CpuState[] states;
    private int vcpu;
    private Accessing accessing;
    private TestSlot removing;
    private WorldWatcher watcher = WorldWatcher.NONE;
    private long accesses;
    private long lastLinear = NO_ACCESS;
    private int lastFaults;
    private FaultResult lastResult;

    public GuestWorld(WorldSetup setup, MmuMaker maker) {
        this.setup = setup;
        slots = new SlotTable(setup);
        hardware = new Hardware[setup.vcpus()];
        states = new CpuState[setup.vcpus()];
        states[0] = guest.state;
        for (int n = 0; n < setup.vcpus(); n++) {
            states[n] = n == 0 ? guest.state : new CpuState();
            hardware[n] = setup.nesting() == Nesting.NONE
                    ? new ShadowHardware(slots.memory(), setup.modelledTlb())
                    : new NestedHardware(slots.memory(), setup, (NestedMmuMaker) maker);
        }
        if (setup.nesting() == Nesting.NPT) {
            guest.pdptesInMemory(address -> slots.read(address, 8));
        }
        around = new Surroundings(
                slots.memory(), guest, GUEST_LIMITS, slots, pool, new AllTlbs(), setup.host(), interleaving);
        mmu = switch (setup.nesting()) {
            case NONE -> maker.in(around);
            case AGILE ->
                ((AgileMmuMaker) maker).in(around, secondDimension(setup), new AllLinearTlbs(), () -> accesses);
            default -> ((NestedMmuMaker) maker).in(around, secondDimension(setup));
        };
        if (mmu instanceof AgileMmu agile) {
            agile.second().observe(this::entryChanged);
        } else if (setup.nesting().flags()) {
            mmu.observe(this::entryChanged);
        }
        paging = new PagingSwitch(this);
        paging.enter(setup.mode());
    }

    /** The tables are those of all virtual CPUs: what changes in them, all of their processors have to forget. */
    private final class AllTlbs implements TlbControl {
        @Override
        public void flush() {
            for (Hardware each : hardware) {
                each.flush();
            }
        }

        @Override
        public void flushPage(long linear) {
            for (Hardware each : hardware) {
                each.flushPage(linear);
            }
        }
    }

    /** The same of linear addresses alone. */
    private final class AllLinearTlbs implements TlbControl {
        @Override
        public void flush() {
            for (Hardware each : hardware) {
                ((NestedHardware) each).flushLinear();
            }
        }

        @Override
        public void flushPage(long linear) {
            for (Hardware each : hardware) {
                each.flushPage(linear);
            }
        }
    }

    private TdpHardware secondDimension(WorldSetup of) {
        ModificationLog log = of.nesting() == Nesting.EPT_LOG ? new AllLogs() : ModificationLog.NONE;
        return new TdpHardware(of.nesting().format(of.host()), of.nesting().flags(), 30, log);
    }

    private final class AllLogs implements ModificationLog {
        @Override
        public void enable(boolean on) {
            for (Hardware each : hardware) {
                ((NestedHardware) each).logs(on);
            }
        }

        @Override
        public void drain(LongConsumer guestPhysical) {
            for (Hardware each : hardware) {
                ((NestedHardware) each).drain(guestPhysical);
            }
        }
    }

    /** Flags that the processor has set go only where somebody asked for them: Dirty flags where it writes down the next. */
    private void entryChanged(EntryCause cause, int level, long address, long gfn, long before, long after) {
        TdpFormat format = setup.nesting().format(setup.host());
        boolean mapped = format.present(before)
                && format.maps(before, level)
                && format.present(after)
                && format.address(before) == format.address(after);
        if (mapped && format.accessed(before) && !format.accessed(after) && cause != EntryCause.AGE) {
            throw new Broken(
                    "I9",
                    String.format(
                            "the accessed flag of frame %x is lost: its entry at %x was %x and is %x (%s)",
                            gfn, address, before, after, cause));
        }
        boolean asked = setup.nesting() == Nesting.AGILE && cause == EntryCause.AGE;
        if (mapped && format.dirty(before) && !format.dirty(after) && !asked && !((NestedHardware) hardware()).logs()) {
            throw new Broken(
                    "I9",
                    String.format(
                            "the dirty flag of frame %x is lost: its entry at %x was %x and is %x (%s)",
                            gfn, address, before, after, cause));
        }
    }

    // ---- others, in the middle of an operation ----

    /** Runs {@code first}; at the moment, where it has such a one, {@code meanwhile}. */
    public void race(Others.Moment moment, Runnable first, Runnable meanwhile) {
        interleaving.race(moment, first, meanwhile);
    }

    /** Whether what happens is in the middle of an operation of the MMU's. */
    public boolean isInTheMiddle() {
        return interleaving.now() != null;
    }

    /** Whether the guest can do anything: its only virtual CPU may be in the middle of an instruction. */
    public boolean guestMayAct() {
        return interleaving.busy() != vcpu;
    }

    /** The access in progress has walked. */
    void othersActNow() {
        if (accessing != null) {
            watcher.walked(accessing.linear, accessing.access);
        }
    }

    void inTheMiddle(Runnable others) {
        Accessing outer = accessing;
        FaultResult result = lastResult;
        accessing = null;
        others.run();
        accessing = outer;
        lastResult = result;
    }

    /** An access in progress. */
    private record Accessing(long linear, int access) {}

    /** Whether a fault has to wait: for the lock, or for the slot that is being removed. */
    private boolean hasToWait(long guestPhysical) {
        return interleaving.now() == Others.Moment.ENTRY_READ
                || (removing != null && removing.contains(guestPhysical >>> 12));
    }

    // ---- virtual CPUs ----

    /** The virtual CPU that acts. */
    public int vcpu() {
        return vcpu;
    }

    List<CpuState> states() {
        return List.of(states);
    }

    /** Another virtual CPU goes on, modulo how many there are. */
    public void turnTo(int number) {
        int next = Math.floorMod(number, setup.vcpus());
        if (next == interleaving.busy()) {
            next = (next + 1) % setup.vcpus();
        }
        if (next != vcpu) {
            vcpu = next;
            guest.state = states[vcpu];
            mmu.resetContext();
            watcher.turnedTo(vcpu);
        }
    }

    /** The processor of the virtual CPU that acts. */
    public Hardware hardware() {
        return hardware[vcpu];
    }

    /** The same as it executes an instruction of the guest's: with the guest's registers. */
    private Hardware processor() {
        hardware().hasRegisters(guest.state);
        return hardware();
    }

    /** The processors of all virtual CPUs. */
    public List<Hardware> allHardware() {
        return List.of(hardware);
    }

    /** From now on what happens is judged. */
    public void watch(WorldWatcher theWatcher) {
        watcher = theWatcher;
    }

    WorldWatcher watcher() {
        return watcher;
    }

    public GuestMode mode() {
        return paging.mode();
    }

    /** The tables that the hardware walks, as they are now. */
    public HardwareTables tables() {
        return hardware().tables(mmu);
    }

    /** The guest's registers as the specification takes them. */
    public PagingControls controls() {
        return PagingControls.of(guest.state);
    }

    /** The same of any virtual CPU. */
    public PagingControls controls(int number) {
        return PagingControls.of(states[number]);
    }

    /** What the guest accessed last; {@link #NO_ACCESS} before. */
    public long lastLinear() {
        return lastLinear;
    }

    /** Faults of the last access, and what the MMU said of the last of them (null for none). */
    public int lastFaults() {
        return lastFaults;
    }

    public FaultResult lastResult() {
        return lastResult;
    }

    // ---- accesses ----

    /**
     * The guest accesses memory; an access that crosses into the next page is two.
     *
     * @param access as in {@link Access}; it decides the CPL
     * @param value what a write writes
     * @return what came of it; of one that crosses, of its second part
     */
    public Outcome access(long linear, int access, int size, long value) {
        guest.state.cpl = (access & (Access.USER | Access.IMPLICIT)) != 0 ? 3 : 0;
        long from = mode().linear(linear);
        int first = Math.min(size, Frame.SIZE - (int) (from & (Frame.SIZE - 1)));
        Outcome outcome = accessPage(from, access, first, value);
        return first == size || outcome instanceof Outcome.Waits
                ? outcome
                : accessPage(mode().linear(from + first), access, size - first, value >>> (8 * first));
    }

    private Outcome accessPage(long linear, int access, int size, long value) {
        accessing = new Accessing(linear, access);
        try {
            return tryAccess(linear, access, size, value);
        } finally {
            accessing = null;
        }
    }

    private Outcome tryAccess(long linear, int access, int size, long value) {
        lastResult = null;
        lastLinear = linear;
        accesses++;
        boolean nested = setup.nesting() != Nesting.NONE;
        int most = (nested ? NESTED_FAULTS_PER_ACCESS : 0)
                + (nested && setup.nesting() != Nesting.AGILE ? 0 : FAULTS_PER_ACCESS);
        for (int faults = 0; faults < most; faults++) {
            lastFaults = faults;
            hardware().enter(mmu, guest.state);
            Outcome outcome;
            try {
                outcome = reach(hardware().translate(linear, access), access, size, value);
            } catch (GuestFault fault) {
                if (nested && !((NestedHardware) hardware()).faultIsHypervisors()) {
                    outcome = own(fault, linear);
                } else {
                    lastResult = mmu.pageFault(fault.linearAddress, fault.errorCode);
                    outcome = handled(lastResult, linear, access, size, value);
                }
            } catch (GuestExit exit) {
                NestedHardware.TableExit why = ((NestedHardware) hardware()).exit(linear, access);
                if (hasToWait(why.guestPhysical())) {
                    watcher.walked(linear, access);
                    return new Outcome.Waits();
                }
                lastResult = mmu.guestPhysicalFault(why.guestPhysical(), why.access(), why.table());
                outcome = lastResult instanceof FaultResult.Emulate
                        ? writesTable(lastResult, why, linear, access, size, value)
                        : handledExit(lastResult, why, linear, access, size, value);
            }
            if (outcome != null) {
                watcher.accessed(linear, access, size, value, outcome);
                return outcome;
            }
        }
        throw new Broken("I3", "no progress: " + most + " faults in a row, the last answered " + lastResult);
    }

    /** Agile paging: a guest table that is shadowed was to be written by way of the guest's own tables. */
    private Outcome writesTable(
            FaultResult result, NestedHardware.TableExit why, long linear, int access, int size, long value) {
        return setup.nesting() == Nesting.AGILE && !why.table()
                ? handled(result, linear, access, size, value)
                : notForNesting(result);
    }

    /** The fault of a guest that walks its own tables. */
    private static Outcome own(GuestFault fault, long linear) {
        if (fault.linearAddress != linear) {
            throw new Broken("I1", String.format("#PF at %x has CR2 %x", linear, fault.linearAddress));
        }
        return new Outcome.PageFault(fault.errorCode);
    }

    /** Null where the guest runs again. What is no memory the guest's instruction reaches through the emulator. */
    private Outcome handledExit(
            FaultResult result, NestedHardware.TableExit why, long linear, int access, int size, long value) {
        if (!(result instanceof FaultResult.Mmio(long guestPhysical))) {
            return result == FaultResult.RETRY ? null : notForNesting(result);
        }
        TestSlot slot = slots.find(guestPhysical >>> 12);
        if (slot != null && !(slot.readOnly() && (why.access() & Access.WRITE) != 0)) {
            throw new Broken("I11", String.format("%x is taken for a device's, but it is memory", guestPhysical));
        }
        if (setup.nesting() == Nesting.NPT && paging.reservedPdpte(linear)) {
            // What the emulator takes for registers that have passed their check is memory.
            return new Outcome.PageFault(paging.reservedBitFault(access));
        }
        GuestWalk walk = mmu.gvaToGpa(linear, access);
        if (walk.faulted) {
            return new Outcome.PageFault(walk.errorCode);
        }
        long reached = walk.guestPhysical;
        TestSlot target = slots.find(reached >>> 12);
        if ((access & Access.WRITE) != 0 && target != null && !target.readOnly()) {
            emulatedWrite(target, reached, size, value);
        }
        return new Outcome.Reached(reached);
    }

    private static Outcome notForNesting(FaultResult result) {
        throw new Broken("I1", "an exit for the second dimension's tables is answered " + result);
    }

    private void emulatedWrite(TestSlot slot, long guestPhysical, int size, long value) {
        slots.write(guestPhysical, size, value);
        slot.markDirty(guestPhysical >>> 12);
        mmu.pteWrite(guestPhysical, size);
    }

    private Outcome reach(long hostPhysical, int access, int size, long value) {
        Long gfn = slots.gfnOf(hostPhysical);
        if (gfn == null) {
            throw new Broken(
                    "I6", String.format("the guest reaches host memory that is not its own: %x", hostPhysical));
        }
        long guestPhysical = (gfn << 12) | (hostPhysical & (Frame.SIZE - 1));
        if ((access & Access.WRITE) != 0) {
            if (slots.find(gfn).readOnly()) {
                throw new Broken("I2", String.format("a write reaches %x, which can only be read", guestPhysical));
            }
            for (int i = 0; i < size; i++) {
                slots.memory().write(hostPhysical + i, 1, value >>> (8 * i));
            }
        }
        return new Outcome.Reached(guestPhysical);
    }

    /** Null where the guest runs again. */
    private Outcome handled(FaultResult result, long linear, int access, int size, long value) {
        boolean write = (access & Access.WRITE) != 0;
        return switch (result) {
            case FaultResult.Retry ignored -> null;
            case FaultResult.Inject(long address, int errorCode) -> {
                if (address != linear) {
                    throw new Broken("I1", String.format("#PF at %x has CR2 %x", linear, address));
                }
                yield new Outcome.PageFault(errorCode);
            }
            case FaultResult.Mmio(long guestPhysical) -> {
                TestSlot slot = slots.find(guestPhysical >>> 12);
                if (slot != null && !(slot.readOnly() && write)) {
                    throw new Broken(
                            "I11", String.format("%x is taken for a device's, but it is memory", guestPhysical));
                }
                yield new Outcome.Reached(guestPhysical);
            }
            case FaultResult.Emulate(long guestPhysical, FaultResult.Reason reason) -> {
                Outcome fault = emulate(linear, access, guestPhysical, reason);
                if (fault != null) {
                    yield fault;
                }
                TestSlot slot = slots.find(guestPhysical >>> 12);
                if (!slot.readOnly()) {
                    emulatedWrite(slot, guestPhysical, size, value);
                }
                yield new Outcome.Reached(guestPhysical);
            }
        };
    }

    /** The fault that the emulator finds; null where it finds what the MMU found. */
    private Outcome emulate(long linear, int access, long guestPhysical, FaultResult.Reason reason) {
        if ((access & Access.WRITE) == 0) {
            throw new Broken("I3", "an instruction that does not write is emulated: " + reason);
        }
        GuestWalk walk = mmu.gvaToGpa(linear, access);
        if (walk.faulted && (access & Access.IMPLICIT) != 0) {
            // The emulator knows that the access is to a system structure, the fault did not tell.
            return new Outcome.PageFault(walk.errorCode);
        }
        if (walk.faulted || walk.guestPhysical != guestPhysical) {
            throw new Broken(
                    "I1", String.format("the emulator does not find %x, which the fault found", guestPhysical));
        }
        return null;
    }

    // ---- what the guest does to its registers and TLB ----

    /** INVLPG. */
    public void invlpg(long linear) {
        long at = mode().linear(linear);
        if (mmu.interceptsInvlpg()) {
            mmu.invlpg(at);
        } else {
            processor().guestFlushesPage(at);
        }
        watcher.flushedPage(at);
    }

    /** INVPCID of all, or CR4.PGE written and written back. */
    public void flushAll() {
        processor().guestFlushesAll();
        mmu.flushGuest();
        watcher.flushedAll();
    }

    /** Every virtual CPU flushes everything: a shootdown. */
    public void flushAllVcpus() {
        int acting = vcpu;
        for (int n = 0; n < setup.vcpus(); n++) {
            turnTo(acting + 1 + n);
            flushAll();
        }
    }

    /** MOV to CR3: the address space whose top table is the {@code n}th by custom. Nothing where it would be #GP. */
    public void loadCr3(int n) {
        loadCr3(n, 0, false);
    }

    /**
     * The same with a PCID. Without CR4.PCIDE both are ignored.
     *
     * @param keep bit 63 of the operand: nothing is flushed
     */
    public void loadCr3(int n, int pcid, boolean keep) {
        boolean pcids = pcids();
        if (paging.load(n, pcids ? pcid & PCID : 0)) {
            processor().guestLoadsCr3(pcids && keep);
            mmu.newCr3(pcids && keep);
            watcher.loadedCr3(pcids && keep);
        }
    }

    private boolean pcids() {
        return (guest.state.cr4 & Cr4.PCIDE) != 0;
    }

    /** The current PCID; 0 where the guest has none. */
    public int pcid() {
        return pcids() ? (int) guest.state.cr3 & PCID : 0;
    }

    /** INVPCID. Nothing where it would be #GP. */
    public void invpcid(InvpcidType type, int pcid, long linear) {
        boolean ofOne = type == InvpcidType.INDIVIDUAL_ADDRESS || type == InvpcidType.SINGLE_CONTEXT;
        if (mode().levels < 4 || (ofOne && pcid != 0 && !pcids())) {
            return;
        }
        long at = mode().linear(linear);
        processor().guestInvpcid(type, pcid & PCID, at);
        mmu.flushGuest();
        watcher.invpcid(type, pcid & PCID, at);
    }

    /** Changes a bit of a control register. */
    public void toggle(ControlBit bit) {
        CpuState s = guest.state;
        PagingControls before = controls();
        if (bit.exists(mode()) && bit.possible(s)) {
            boolean pcids = pcids();
            bit.toggle(s);
            boolean noMorePcids = pcids && !pcids();
            if (noMorePcids || ControlBit.flushes(before, controls())) {
                processor().guestFlushesAll();
            }
            mmu.resetContext();
            watcher.registersChanged(before);
            if (noMorePcids) {
                mmu.flushGuest();
                watcher.flushedAll();
            }
        }
    }

    /** EFLAGS.AC and PKRU: no table depends on them. */
    public void rights(boolean ac, int pkru) {
        PagingControls before = controls();
        int flag = Rflags.AC;
        guest.state.systemFlags = (guest.state.systemFlags & ~flag) | (ac ? flag : 0);
        guest.state.pkru = pkru;
        watcher.registersChanged(before);
    }

    /** The guest changes its paging mode, and makes its tables anew in the formats of the new one. */
    public void switchMode(GuestMode mode) {
        if (mode.levels <= setup.host().guestLevels) {
            paging.enter(mode);
        }
    }

    // ---- what the hypervisor and user space do ----

    /** A device writes guest memory, and the hypervisor tells the MMU. */
    public void deviceWrites(long guestPhysical, int size, long value) {
        for (int i = 0; i < size; i++) {
            TestSlot slot = slots.find((guestPhysical + i) >>> 12);
            if (slot != null && !slot.readOnly()) {
                slots.write(guestPhysical + i, 1, value >>> (8 * i));
                slot.markDirty((guestPhysical + i) >>> 12);
            }
        }
        mmu.pteWrite(guestPhysical, size);
        watcher.memoryChanged(guestPhysical, size, true);
    }

    /** User space writes the guest's memory, read-only slots too, and tells nobody. */
    public void userSpaceWrites(long guestPhysical, int size, long value) {
        slots.write(guestPhysical, size, value);
        watcher.memoryChanged(guestPhysical, size, false);
    }

    /** A slot's log begins, or is read and begins anew. */
    public void readLog(SlotName name) {
        TestSlot slot = slots.get(name);
        if (slot != null) {
            mmu.harvestDirty();
            slot.logging(true);
            mmu.slotRemoveWriteAccess(slot);
            watcher.logRead(name);
        }
    }

    /** What the guest has accessed in a slot is asked, where the MMU can tell: the working set. */
    public void age(SlotName name) {
        TestSlot slot = slots.get(name);
        if (slot != null && mmu instanceof TdpMmu tdp) {
            tdp.harvestAccessed(slot);
        }
    }

    public void stopLog(SlotName name) {
        TestSlot slot = slots.get(name);
        if (slot != null && slot.logsDirty()) {
            slot.logging(false);
            mmu.dirtyLogEnded(slot);
        }
    }

    /** The slot is gone: nobody answers there any more. */
    public void removeSlot(SlotName name) {
        TestSlot slot = slots.get(name);
        if (slot != null) {
            removing = slot;
            mmu.zapSlot(slot);
            removing = null;
            slots.remove(slot);
            mmu.slotsChanged();
            watcher.slotsChanged();
        }
    }

    /** A slot that is gone comes back, with other host pages. */
    public void addSlot(SlotName name) {
        if (slots.get(name) == null) {
            slots.addAgain(name);
            mmu.slotsChanged();
            watcher.slotsChanged();
        }
    }
}
