package org.thirdmode.testkit.world;

import java.util.List;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.spec.PagingControls;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/** The guest's paging mode, its least tables in each, and its loads of CR3. */
final class PagingSwitch {
    /** Present, writable, a user's, accessed, dirty. */
    private static final long ALL = 0x67;

    /** Reserved in a PDPTE of PAE paging, below the width of addresses. SDM 3A "PDPTE Registers". */
    private static final long PDPTE_RESERVED = (-1L << Frames.WIDTH) | 0x1e6;

    private static final int P_AND_RSVD = 1 | 1 << 3;

    private final GuestWorld world;
    private GuestMode mode = GuestMode.NONE;

    PagingSwitch(GuestWorld world) {
        this.world = world;
    }

    GuestMode mode() {
        return mode;
    }

    /**
     * As an operating system does: paging off, tables made, paging on. Entry 0 of every table leads to the window, and the
     * nth table of a level to the nth of the one below.
     */
    void enter(GuestMode next) {
        for (CpuState state : world.states()) {
            pagingOff(state);
        }
        mode = next;
        buildTables();
        for (CpuState state : world.states()) {
            pagingOn(state);
        }
        for (Hardware each : world.allHardware()) {
            each.guestFlushesAll();
        }
        world.mmu.resetContext();
        world.watcher().memoryChanged(0, Frames.DATA << 12, true);
        world.watcher().beganAnew();
    }

    private static void pagingOff(CpuState s) {
        s.cr0 = Cr0.PE | (s.cr0 & Cr0.WP);
        s.cr4 &= ~(Cr4.PAE | Cr4.LA57 | Cr4.PKE | Cr4.PCIDE);
        s.efer &= ~(Efer.LME | Efer.LMA);
    }

    private void pagingOn(CpuState s) {
        if (mode != GuestMode.NONE) {
            s.cr0 |= Cr0.PG;
            s.cr4 |= mode == GuestMode.BITS_32 ? 0 : Cr4.PAE;
            s.efer |= mode.levels > 3 ? Efer.LME | Efer.LMA : 0;
            s.cr4 |= mode == GuestMode.LEVEL_5 ? Cr4.LA57 : 0;
            setCr3(s, 0, 0);
            for (int i = 0; i < 4; i++) {
                // Where the tables' memory is gone, nothing is mapped.
                s.pdpte[i] = reservedBits(s.pdpte[i]) ? 0 : s.pdpte[i];
            }
        }
    }

    private void buildTables() {
        if (world.slots.get(SlotName.RAM) == null) {
            return;
        }
        for (int gfn = 1; gfn < Frames.DATA; gfn++) {
            Frame frame =
                    world.slots.memory().frame(world.slots.get(SlotName.RAM).hostAddress(gfn));
            for (int offset = 0; offset < Frame.SIZE; offset += 8) {
                if ((long) Frame.LONG.get(frame.bytes, offset) != 0) {
                    write(((long) gfn << 12) + offset, 8, 0);
                }
            }
        }
        int size = mode.entrySize;
        for (int i = 0; i < Frames.RAM; i++) {
            write(((long) Frames.WINDOW_TABLE << 12) + ((long) i * size), size, ((long) i << 12) | ALL);
        }
        for (int level = 2; level <= mode.levels; level++) {
            List<Integer> below = Frames.tables(level - 1);
            List<Integer> tables = Frames.tables(level);
            for (int n = 0; n < tables.size(); n++) {
                long next = level == 2 ? Frames.WINDOW_TABLE : below.get(n % below.size());
                boolean pdpte = mode == GuestMode.PAE && level == 3;
                write((long) tables.get(n) << 12, size, (next << 12) | (pdpte ? 1 : ALL));
            }
        }
    }

    private void write(long guestPhysical, int size, long value) {
        world.slots.write(guestPhysical, size, value);
        world.slots.find(guestPhysical >>> 12).markDirty(guestPhysical >>> 12);
        world.mmu.pteWrite(guestPhysical, size);
    }

    private void setCr3(CpuState s, int n, int pcid) {
        List<Integer> tops = Frames.tables(mode.levels);
        s.cr3 = ((long) tops.get(Math.floorMod(n, tops.size())) << 12) | pcid;
        for (int i = 0; mode == GuestMode.PAE && i < 4; i++) {
            s.pdpte[i] = world.slots.read(s.cr3 + (8L * i), 8);
        }
    }

    private static boolean reservedBits(long pdpte) {
        return (pdpte & 1) != 0 && (pdpte & PDPTE_RESERVED) != 0;
    }

    /** Whether the PDPTE of a linear address, as it is in memory, has reserved bits set. */
    boolean reservedPdpte(long linear) {
        return mode == GuestMode.PAE && reservedBits(world.guest.pdpte(mode.index(linear, 3)));
    }

    /** The error code of #PF for a reserved bit. SDM 3A "Page-Fault Exceptions". */
    int reservedBitFault(int access) {
        PagingControls controls = world.controls();
        boolean fetch = (access & Access.FETCH) != 0 && (controls.nxe() || controls.smep());
        return P_AND_RSVD | (access & (Access.WRITE | Access.USER)) | (fetch ? Access.FETCH : 0);
    }

    /** MOV to CR3; false where the guest would get #GP instead, for a PDPTE with reserved bits. */
    boolean load(int n, int pcid) {
        if (mode == GuestMode.NONE) {
            return false;
        }
        CpuState s = world.guest.state;
        long before = s.cr3;
        long[] pdptes = s.pdpte.clone();
        setCr3(s, n, pcid);
        for (int i = 0; mode == GuestMode.PAE && i < 4; i++) {
            if (reservedBits(s.pdpte[i])) {
                s.cr3 = before;
                System.arraycopy(pdptes, 0, s.pdpte, 0, 4);
                return false;
            }
        }
        return true;
    }
}
