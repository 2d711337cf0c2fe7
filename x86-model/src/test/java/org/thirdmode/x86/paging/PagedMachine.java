package org.thirdmode.x86.paging;

import java.util.EnumSet;
import java.util.Set;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.tlb.TlbGeometry;

/** A processor's paging with 64 MiB of memory, and page tables that a test builds entry by entry. */
final class PagedMachine {
    static final long P = 1L;
    static final long RW = 1L << 1;
    static final long US = 1L << 2;
    static final long A = 1L << 5;
    static final long D = 1L << 6;
    static final long PS = 1L << 7;
    static final long G = 1L << 8;
    static final long XD = 1L << 63;

    /** No page fault. */
    static final int NONE = -1;

    private static final int WIDTH = 40;
    private static final long ADDRESS = ((1L << WIDTH) - 1) & -Frame.SIZE;

    final PhysicalMemory memory = new PhysicalMemory(WIDTH);
    final CpuState state = new CpuState();
    final GuestFault fault = new GuestFault();
    final PageWalker walker;
    final Mmu mmu;
    private long nextTable = 0x10_0000;
    private final int levels;

    private PagedMachine(int levels, Set<Feature> features, TlbGeometry geometry) {
        this.levels = levels;
        memory.mapRam(0, 64 << 20);
        state.cr0 = Cr0.PE | Cr0.PG | Cr0.WP;
        walker = new PageWalker(state, memory, fault, features);
        mmu = new Mmu(state, memory, walker, fault, geometry);
        state.linearMask = levels > 3 ? -1L : 0xffff_ffffL;
        if (levels > 2) {
            state.cr4 |= Cr4.PAE;
            state.efer |= Efer.NXE;
        }
        if (levels > 3) {
            state.efer |= Efer.LME | Efer.LMA;
        }
        if (levels > 4) {
            state.cr4 |= Cr4.LA57;
        }
        state.cr3 = newTable();
        mmu.privilegeChanged();
    }

    static PagedMachine bits32() {
        return new PagedMachine(2, EnumSet.allOf(Feature.class), null);
    }

    static PagedMachine bits32Without(Feature feature) {
        return new PagedMachine(2, EnumSet.complementOf(EnumSet.of(feature)), null);
    }

    static PagedMachine pae() {
        return new PagedMachine(3, EnumSet.allOf(Feature.class), null);
    }

    static PagedMachine fourLevel() {
        return new PagedMachine(4, EnumSet.allOf(Feature.class), null);
    }

    /** 4-level paging with the TLBs of a profile, or none for {@code fast}. */
    static PagedMachine fourLevel(String fidelity) {
        TlbGeometry geometry = fidelity.equals("fast") ? null : TlbGeometry.of(fidelity);
        return new PagedMachine(4, EnumSet.allOf(Feature.class), geometry);
    }

    /** The same with 5-level paging. */
    static PagedMachine fiveLevel(String profile) {
        return new PagedMachine(5, EnumSet.allOf(Feature.class), TlbGeometry.of(profile));
    }

    static PagedMachine fiveLevel() {
        return new PagedMachine(5, EnumSet.allOf(Feature.class), null);
    }

    static PagedMachine fourLevelWithout(Feature feature) {
        return new PagedMachine(4, EnumSet.complementOf(EnumSet.of(feature)), null);
    }

    /** An empty table. */
    long newTable() {
        nextTable += Frame.SIZE;
        return nextTable;
    }

    private int entrySize() {
        return levels == 2 ? 4 : 8;
    }

    /** Where the entry of {@code level} for {@code linear} stands; tables on the way are made, with all rights. */
    long entryAddress(long linear, int level) {
        long table = state.cr3 & ADDRESS;
        for (int at = levels; ; at--) {
            int shift = levels == 2 ? (10 * at) + 2 : (9 * at) + 3;
            long index = (linear >>> shift) & (levels == 2 ? 0x3ff : 0x1ff);
            long address = table + (index * entrySize());
            if (at == level) {
                return address;
            }
            long entry = memory.read(address, entrySize());
            if ((entry & P) == 0) {
                boolean pdpteOfPae = levels == 3 && at == 3;
                entry = newTable() | P | (pdpteOfPae ? 0 : RW | US);
                memory.write(address, entrySize(), entry);
                if (pdpteOfPae && !walker.loadPdptes(state.cr3)) {
                    throw new AssertionError("PDPTEs");
                }
            }
            table = entry & ADDRESS;
        }
    }

    long entry(long linear, int level) {
        return memory.read(entryAddress(linear, level), entrySize());
    }

    void setEntry(long linear, int level, long entry) {
        memory.write(entryAddress(linear, level), entrySize(), entry);
    }

    /** Maps a page by an entry of a level: 1 for 4 KBytes. */
    PagedMachine map(long linear, int level, long physicalAndFlags) {
        setEntry(linear, level, physicalAndFlags);
        return this;
    }

    /** The error code of the page fault that an access raises, or {@link #NONE}. */
    int fault(long linear, int access) {
        try {
            mmu.translate(linear, access);
            return NONE;
        } catch (GuestFault pageFault) {
            return pageFault.errorCode;
        }
    }

    /** The physical address that a data read reaches. */
    long physical(long linear) {
        return mmu.translate(linear, Access.READ);
    }
}
