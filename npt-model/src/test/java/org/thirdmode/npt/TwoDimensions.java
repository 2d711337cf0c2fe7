package org.thirdmode.npt;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.thirdmode.npt.ept.EptCapability;
import org.thirdmode.npt.ept.ExtendedPageTables;
import org.thirdmode.npt.nested.NestedPageTables;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.paging.PageWalker;
import org.thirdmode.x86.paging.WalkRecorder;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.tlb.TlbGeometry;

/**
 * A guest in long mode under a second stage, with both dimensions' tables built by the test, entry by entry. The guest has
 * 1 GByte, which stands in the host's memory from {@link #OFFSET} on; what is not mapped otherwise is mapped there.
 */
public final class TwoDimensions {
    public static final long P = 1L;
    public static final long RW = 1L << 1;
    public static final long US = 1L << 2;
    public static final long A = 1L << 5;
    public static final long D = 1L << 6;
    public static final long PS = 1L << 7;
    public static final long G = 1L << 8;
    public static final long XD = 1L << 63;

    /** EPT: the three rights, write-back. */
    public static final long R = 1L;

    public static final long W = 1L << 1;
    public static final long X = 1L << 2;
    public static final long WB = 6L << 3;
    public static final long EPT_A = 1L << 8;
    public static final long EPT_D = 1L << 9;
    public static final long XU = 1L << 10;

    /** Where the guest's memory stands in the host's. */
    public static final long OFFSET = 1L << 30;

    public static final int WIDTH = 46;
    private static final long ADDRESS = ((1L << WIDTH) - 1) & -Frame.SIZE;

    /** One reference: of the guest's entry where {@code nestedLevel} is 0, else of the second stage's. */
    public record Reference(int guestLevel, int nestedLevel) {
        @Override
        public String toString() {
            return (nestedLevel == 0 ? "" : "nL" + nestedLevel + " for ")
                    + (guestLevel == WalkRecorder.FINAL ? "gPA" : "gL" + guestLevel);
        }
    }

    public final PhysicalMemory memory = new PhysicalMemory(WIDTH);
    public final CpuState state = new CpuState();
    public final GuestFault fault = new GuestFault();
    public final GuestExit exit = new GuestExit();
    public final PageWalker walker;
    public final Mmu mmu;
    public final ExtendedPageTables ept;
    public final NestedPageTables npt;
    public final List<Reference> references = new ArrayList<>();

    private final int guestLevels;
    private final int nestedLevels;
    private final boolean amd;
    private long nextNested = 0x10_0000;
    private long nextGuest = 0x200_0000;
    private final long nestedRoot;

    private TwoDimensions(
            int guestLevels, int nestedLevels, boolean amd, Set<EptCapability> capabilities, TlbGeometry geometry) {
        this.guestLevels = guestLevels;
        this.nestedLevels = nestedLevels;
        this.amd = amd;
        memory.mapRam(0, 2 * OFFSET);
        state.cr0 = Cr0.PE | Cr0.PG | Cr0.WP;
        state.cr4 = Cr4.PAE | (guestLevels == 5 ? Cr4.LA57 : 0);
        state.efer = Efer.LME | Efer.LMA | Efer.NXE;
        state.linearMask = -1L;
        Set<Feature> features = EnumSet.allOf(Feature.class);
        walker = new PageWalker(state, memory, fault, features);
        mmu = new Mmu(state, memory, walker, fault, geometry);
        ept = new ExtendedPageTables(walker, memory, exit, capabilities);
        npt = new NestedPageTables(walker, memory, exit, features);
        nestedRoot = newNestedTable();
        state.cr3 = newGuestTable();
        mmu.privilegeChanged();
        if (amd) {
            npt.configure(nestedRoot, Cr4.PAE | (nestedLevels == 5 ? Cr4.LA57 : 0), Efer.LMA | Efer.NXE);
            walker.secondStage(npt);
        } else {
            ept.configure(eptp(), false);
            walker.secondStage(ept);
        }
    }

    public static TwoDimensions ept(int guestLevels, int eptLevels) {
        return new TwoDimensions(guestLevels, eptLevels, false, EnumSet.allOf(EptCapability.class), null);
    }

    public static TwoDimensions ept(int guestLevels, int eptLevels, TlbGeometry geometry) {
        return new TwoDimensions(guestLevels, eptLevels, false, EnumSet.allOf(EptCapability.class), geometry);
    }

    public static TwoDimensions eptWithout(EptCapability missing) {
        return new TwoDimensions(4, 4, false, EnumSet.complementOf(EnumSet.of(missing)), null);
    }

    public static TwoDimensions npt(int guestLevels, int nestedLevels) {
        return new TwoDimensions(guestLevels, nestedLevels, true, EnumSet.noneOf(EptCapability.class), null);
    }

    public static TwoDimensions npt(int guestLevels, int nestedLevels, TlbGeometry geometry) {
        return new TwoDimensions(guestLevels, nestedLevels, true, EnumSet.noneOf(EptCapability.class), geometry);
    }

    /** The EPTP: write-back, no accessed and dirty flags. */
    public long eptp() {
        return nestedRoot | ((nestedLevels - 1L) << 3) | 6;
    }

    /** EPT's own accessed and dirty flags from now on. */
    public TwoDimensions withEptFlags() {
        ept.configure(eptp() | (1 << 6), false);
        return this;
    }

    public TwoDimensions withModeBasedExecute() {
        ept.configure(eptp(), true);
        return this;
    }

    public long nestedRoot() {
        return nestedRoot;
    }

    public long newNestedTable() {
        nextNested += Frame.SIZE;
        return nextNested;
    }

    /** A new guest-physical page, mapped by the second stage. */
    public long newGuestTable() {
        nextGuest += Frame.SIZE;
        return nextGuest;
    }

    private long tableRights() {
        return amd ? P | RW | US : R | W | X;
    }

    private long pageRights() {
        return amd ? P | RW | US | A | D : R | W | X | WB;
    }

    /** Where the second stage's entry of {@code level} for a guest-physical address stands; tables are made. */
    public long nestedEntryAddress(long guestPhysical, int level) {
        long table = nestedRoot;
        for (int at = nestedLevels; ; at--) {
            long address = table + (((guestPhysical >>> ((9 * at) + 3)) & 0x1ff) * 8);
            if (at == level) {
                return address;
            }
            long entry = memory.read(address, 8);
            if ((entry & tableRights()) == 0) {
                entry = newNestedTable() | tableRights();
                memory.write(address, 8, entry);
            }
            table = entry & ADDRESS;
        }
    }

    public long nestedEntry(long guestPhysical, int level) {
        return memory.read(nestedEntryAddress(guestPhysical, level), 8);
    }

    public void setNestedEntry(long guestPhysical, int level, long entry) {
        memory.write(nestedEntryAddress(guestPhysical, level), 8, entry);
    }

    /** Maps the guest's page by an entry of {@code level} with all rights. */
    public void nestedMap(long guestPhysical, int level) {
        long size = 1L << ((9 * level) + 3);
        setNestedEntry(guestPhysical, level, ((guestPhysical & -size) + OFFSET) | pageRights() | (level == 1 ? 0 : PS));
    }

    private long readGuest(long guestPhysical) {
        return memory.read(guestPhysical + OFFSET, 8);
    }

    private void writeGuest(long guestPhysical, long value) {
        memory.write(guestPhysical + OFFSET, 8, value);
    }

    /** Guest-physical address of the guest's entry of {@code level} for a linear address; tables are made and mapped. */
    public long guestEntryAddress(long linear, int level, int nestedLevel) {
        long table = state.cr3 & ADDRESS;
        for (int at = guestLevels; ; at--) {
            if ((nestedEntry(table, nestedLevel) & tableRights()) == 0) {
                nestedMap(table, nestedLevel);
            }
            long address = table + (((linear >>> ((9 * at) + 3)) & 0x1ff) * 8);
            if (at == level) {
                return address;
            }
            long entry = readGuest(address);
            if ((entry & P) == 0) {
                entry = newGuestTable() | P | RW | US | A;
                writeGuest(address, entry);
            }
            table = entry & ADDRESS;
        }
    }

    /** Changes the guest's 4-KByte entry and nothing else. */
    public void setGuestEntry(long linear, long entry) {
        writeGuest(guestEntryAddress(linear, 1, 1), entry);
    }

    /** Maps a linear address in the guest by an entry of {@code level}; both dimensions' pages of {@code nestedLevel}. */
    public TwoDimensions map(long linear, int level, long guestEntry, int nestedLevel) {
        writeGuest(guestEntryAddress(linear, level, nestedLevel), guestEntry);
        long page = guestEntry & ADDRESS;
        if ((nestedEntry(page, nestedLevel) & tableRights()) == 0) {
            nestedMap(page, nestedLevel);
        }
        return this;
    }

    /** Maps 4 KBytes in both dimensions. */
    public TwoDimensions map(long linear, long guestEntry) {
        return map(linear, 1, guestEntry, 1);
    }

    /** Enters the guest anew: with a VPID (or ASID), 0 for none. */
    public void enter(int identifier) {
        if (amd) {
            mmu.addressSpaces.enterGuestOfAsid(identifier, npt);
        } else {
            mmu.addressSpaces.enterGuest(identifier, ExtendedPageTables.eptrta(nestedRoot), ept);
        }
    }

    public long eptrta() {
        return nestedRoot;
    }

    /** Leaves the guest; the host has the same registers. */
    public void leave() {
        mmu.addressSpaces.leaveGuest();
    }

    /** Records references from now on. */
    public void record() {
        references.clear();
        walker.recorder(new WalkRecorder() {
            @Override
            public void tableReference(int level, long guestPhysical, long hostPhysical, long entry) {
                references.add(new Reference(level, 0));
            }

            @Override
            public void nestedReference(int guestLevel, int level, long hostPhysical, long entry) {
                references.add(new Reference(guestLevel, level));
            }
        });
    }

    /** Whether an access leaves the guest. */
    public boolean exits(long linear, int access) {
        try {
            mmu.translate(linear, access);
            return false;
        } catch (GuestExit left) {
            return true;
        }
    }

    /** The host-physical address that an access reaches. */
    public long physical(long linear, int access) {
        return mmu.translate(linear, access);
    }
}
