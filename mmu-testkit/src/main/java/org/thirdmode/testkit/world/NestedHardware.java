package org.thirdmode.testkit.world;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.function.LongConsumer;
import org.thirdmode.kvm.mmu.TdpFormat;
import org.thirdmode.npt.agile.AgileSecondStage;
import org.thirdmode.npt.ept.EptCapability;
import org.thirdmode.npt.ept.EptExit;
import org.thirdmode.npt.ept.ExtendedPageTables;
import org.thirdmode.npt.nested.NestedPageTables;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.HardwarePaging;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.GuestPhysicalMappings;
import org.thirdmode.x86.paging.SecondStage;
import org.thirdmode.x86.paging.Translation;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestExit;

/**
 * The processor walks the guest's own tables, and each guest-physical address through the hypervisor's. A fault of the guest is
 * the guest's; the hypervisor gets EPT violations and nested page faults ({@link #exit}).
 */
public final class NestedHardware extends Hardware {
    private static final int VPID = 1;
    private static final int WRITE_BACK = 6;
    private static final int LENGTH_SHIFT = 3;
    private static final int ACCESSED_AND_DIRTY = 1 << 6;

    private final Nesting nesting;
    private final TdpFormat format;
    private final ExtendedPageTables ept;
    private final NestedPageTables npt;
    private final Noting noting;
    private final List<Long> log = new ArrayList<>();
    private final ExitOracle oracle;
    private boolean logs;
    private long root;

    /** Agile paging: the paging registers are the hypervisor's. */
    private boolean shadowed;

    /**
     * What the hypervisor is told of an exit for its tables.
     *
     * @param guestPhysical the address
     * @param access {@link Access#WRITE} and {@link Access#FETCH}, as the backends of KVM read the exit's information
     * @param table whether it was to one of the guest's tables, as far as anybody asks
     */
    public record TableExit(long guestPhysical, int access, boolean table) {}

    NestedHardware(PhysicalMemory memory, WorldSetup setup, NestedMmuMaker maker) {
        super(memory, setup.modelledTlb());
        nesting = setup.nesting();
        format = nesting.format(setup.host());
        GuestExit guestExit = new GuestExit();
        if (nesting.ept()) {
            ept = maker.ept(walker, memory, guestExit, EnumSet.allOf(EptCapability.class));
            npt = null;
            ept.dirtyListener(guestPhysical -> {
                if (logs) {
                    log.add(guestPhysical);
                }
            });
            noting = new Noting(nesting == Nesting.AGILE ? new AgileSecondStage(ept, memory) : ept);
        } else {
            ept = null;
            npt = maker.npt(walker, memory, guestExit, FEATURES);
            noting = new Noting(npt);
        }
        oracle = new ExitOracle(nesting);
    }

    /** Notes by what each guest-physical address was translated. */
    private final class Noting implements SecondStage {
        private final SecondStage stage;

        Noting(SecondStage stage) {
            this.stage = stage;
        }

        @Override
        public long translate(long guestPhysical, Reason reason, long linear, int access, Translation translation) {
            long host = stage.translate(guestPhysical, reason, linear, access, translation);
            if ((guestPhysical & walker.beyondGuest()) == 0) {
                note(guestPhysical, host);
            }
            return host;
        }

        @Override
        public long hostBit() {
            return stage.hostBit();
        }

        @Override
        public boolean pdptesOnDemand() {
            return stage.pdptesOnDemand();
        }

        @Override
        public void tellPlainPages(GuestPhysicalMappings kept) {
            // None is: each is to be noted.
            kept.nothingPlain();
        }

        @Override
        public long peek(long guestPhysical) {
            return stage.peek(guestPhysical);
        }
    }

    private void note(long guestPhysical, long host) {
        HardwareTables.Mapping mapping = tables(root).mapping(guestPhysical);
        if (mapping != null && mapping.page() == (host & -4096L)) {
            used.put(guestPhysical >>> 12, mapping);
        }
    }

    private HardwareTables tables(long ofRoot) {
        return new HardwareTables(memory, HardwareTables.Shape.of(format, nesting, logs), ofRoot);
    }

    @Override
    HardwareTables tables(GuestMmu hypervisor) {
        return tables(rootOf(hypervisor.load()));
    }

    private long rootOf(HardwarePaging paging) {
        return nesting == Nesting.AGILE ? paging.secondDimension : paging.cr3;
    }

    @Override
    void flushPage(long linear) {
        mmu.addressSpaces.invvpidIndividualAddress(VPID, linear);
    }

    /** All that is known of linear addresses is to be forgotten. */
    void flushLinear() {
        mmu.addressSpaces.invvpidSingleContext(VPID);
    }

    /** Whether the last page fault is the hypervisor's: agile paging, above the guest's own tables. */
    boolean faultIsHypervisors() {
        return shadowed && !walker.inGuestTables();
    }

    @Override
    void enter(GuestMmu hypervisor, CpuState guest) {
        HardwarePaging paging = hypervisor.load();
        root = rootOf(paging);
        boolean ours = nesting == Nesting.AGILE && !paging.guestsOwn;
        if (ours != shadowed) {
            shadowed = ours;
            flushLinear();
        }
        hasRegisters(guest);
        if (shadowed) {
            state.cr0 = paging.cr0;
            state.cr3 = paging.cr3;
            state.cr4 = paging.cr4;
            state.efer = paging.efer;
        }
        takeRegisters(guest);
        boolean flush = flushIfDue(root);
        if (nesting.ept()) {
            if (flush) {
                mmu.addressSpaces.inveptAllContexts();
            }
            int length = format.levels - 1;
            long pointer =
                    root | WRITE_BACK | ((long) length << LENGTH_SHIFT) | (nesting.flags() ? ACCESSED_AND_DIRTY : 0);
            ept.configure(pointer, false);
            mmu.addressSpaces.enterGuest(VPID, root, noting);
        } else {
            if (flush) {
                mmu.addressSpaces.flushAsid(VPID);
            }
            npt.configure(root, hostCr4(), hostEfer());
            mmu.addressSpaces.enterGuestOfAsid(VPID, noting);
        }
        mmu.privilegeChanged();
    }

    @Override
    void hasRegisters(CpuState guest) {
        if (shadowed) {
            return;
        }
        state.cr0 = guest.cr0;
        state.cr3 = guest.cr3;
        state.cr4 = guest.cr4;
        state.efer = guest.efer;
        System.arraycopy(guest.pdpte, 0, state.pdpte, 0, guest.pdpte.length);
    }

    private long hostCr4() {
        return switch (format) {
            case NPT_32 -> Cr4.PSE;
            case NPT_5 -> Cr4.PAE | Cr4.LA57;
            default -> Cr4.PAE;
        };
    }

    private long hostEfer() {
        return format.levels > 3 ? Efer.NXE | Efer.LME | Efer.LMA : format.levels == 3 ? Efer.NXE : 0;
    }

    @Override
    long translate(long linear, int access) {
        return mmu.translate(linear, access);
    }

    /** What the exit of the last translation tells, held against what it has to tell (I15). */
    TableExit exit(long linear, int access) {
        if (nesting.ept()) {
            EptExit exit = ept.exit;
            if (nesting != Nesting.AGILE) {
                oracle.judge(tables(root), used.get(exit.guestPhysical >>> 12), linear, access, exit);
            }
            if (exit.misconfiguration) {
                throw new Broken("I1", String.format("EPT misconfiguration at guest-physical %x", exit.guestPhysical));
            }
            int asked = ((exit.qualification & EptExit.DATA_WRITE) != 0 ? Access.WRITE : 0)
                    | ((exit.qualification & EptExit.INSTRUCTION_FETCH) != 0 ? Access.FETCH : 0);
            return new TableExit(exit.guestPhysical, asked, (exit.qualification & EptExit.FINAL_ACCESS) == 0);
        }
        oracle.judge(tables(root), access, npt.fault);
        return new TableExit(npt.fault.exitInfo2, (int) npt.fault.exitInfo1 & (Access.WRITE | Access.FETCH), false);
    }

    // ---- the guest's own TLB instructions ----

    @Override
    void guestLoadsCr3(boolean keep) {
        if (!shadowed) {
            mmu.loadedCr3(keep);
        }
    }

    @Override
    void guestFlushesPage(long linear) {
        mmu.flushPage(linear);
    }

    @Override
    void guestInvpcid(InvpcidType type, int pcid, long linear) {
        if (shadowed) {
            // It exits: the hardware runs without PCIDs.
            return;
        }
        switch (type) {
            case INDIVIDUAL_ADDRESS -> mmu.flushPage(linear, pcid);
            case SINGLE_CONTEXT -> mmu.flushPcid(pcid);
            case ALL -> mmu.flushAll();
            case ALL_BUT_GLOBAL -> mmu.flushNonGlobal();
        }
    }

    @Override
    void guestFlushesAll() {
        if (!shadowed) {
            mmu.flushAll();
        }
    }

    // ---- page-modification logging ----

    boolean logs() {
        return logs;
    }

    void logs(boolean on) {
        logs = on;
    }

    void drain(LongConsumer guestPhysical) {
        log.forEach(guestPhysical::accept);
        log.clear();
    }
}
