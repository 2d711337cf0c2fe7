package org.thirdmode.x86.paging;

import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/**
 * Where a linear address leads by the tables as they stand, without leaving a mark: no Accessed flag, no TLB entry, no count,
 * no fault, no device touched. It knows nothing of rights and of reserved bits, and nothing of translations that only a TLB
 * still holds. For tools that look on.
 */
public final class Peek {
    /** Nowhere: an entry is not present, or a table stands where no memory is. */
    public static final long NOWHERE = -1;

    private static final long PRESENT = 1;
    private static final long LARGE = 1 << 7;
    private static final long ADDRESS = 0x000f_ffff_ffff_f000L;

    private final CpuState state;
    private final PhysicalMemory memory;

    /** By the control registers of {@code state}. */
    public Peek(CpuState state, PhysicalMemory memory) {
        this.state = state;
        this.memory = memory;
    }

    /**
     * The physical address of a linear one, or {@link #NOWHERE}.
     *
     * @param stage what stands behind the walk: the result is host-physical
     */
    public long physical(long linear, SecondStage stage) {
        long guestPhysical = translate(linear, stage);
        return guestPhysical == NOWHERE ? NOWHERE : stage.peek(guestPhysical);
    }

    private long translate(long linear, SecondStage stage) {
        if ((state.cr0 & Cr0.PG) == 0) {
            return linear & 0xffff_ffffL;
        }
        if ((state.efer & Efer.LMA) != 0) {
            return walk(state.cr3 & ADDRESS, (state.cr4 & Cr4.LA57) != 0 ? 5 : 4, linear, stage);
        }
        if ((state.cr4 & Cr4.PAE) != 0) {
            int index = (int) (linear >>> 30) & 3;
            long pdpte = stage.pdptesOnDemand()
                    ? read((state.cr3 & 0xffff_ffe0L) + 8L * index, 8, stage)
                    : state.pdpte[index];
            return (pdpte & PRESENT) == 0 ? NOWHERE : walk(pdpte & ADDRESS, 2, linear, stage);
        }
        return walk32(linear, stage);
    }

    /** An entry; 0, which is not present, where there is none. */
    private long read(long guestPhysical, int size, SecondStage stage) {
        long physical = stage.peek(guestPhysical);
        Frame frame = physical == NOWHERE ? null : memory.frame(physical);
        return frame == null ? 0 : frame.get((int) physical & (Frame.SIZE - 1), size);
    }

    /** Tables of 512 entries of 8 bytes. SDM 3A "4-Level Paging and 5-Level Paging", "PAE Paging". */
    private long walk(long root, int levels, long linear, SecondStage stage) {
        long table = root;
        for (int level = levels; ; level--) {
            int shift = 12 + 9 * (level - 1);
            long entry = read(table | ((linear >>> shift & 511) << 3), 8, stage);
            if ((entry & PRESENT) == 0) {
                return NOWHERE;
            }
            if (level == 1 || (level <= 3 && (entry & LARGE) != 0)) {
                long inPage = (1L << shift) - 1;
                return (entry & ADDRESS & ~inPage) | (linear & inPage);
            }
            table = entry & ADDRESS;
        }
    }

    /** SDM 3A "32-Bit Paging", with bits 39:32 of a 4-MByte page in bits 20:13 of its entry. */
    private long walk32(long linear, SecondStage stage) {
        long pde = read((state.cr3 & 0xffff_f000L) | ((linear >>> 22 & 1023) << 2), 4, stage);
        if ((pde & PRESENT) == 0) {
            return NOWHERE;
        }
        if ((pde & LARGE) != 0 && (state.cr4 & Cr4.PSE) != 0) {
            return (pde & 0xffc0_0000L) | ((pde >>> 13 & 0xff) << 32) | (linear & 0x3f_ffff);
        }
        long pte = read((pde & 0xffff_f000L) | ((linear >>> 12 & 1023) << 2), 4, stage);
        return (pte & PRESENT) == 0 ? NOWHERE : (pte & 0xffff_f000L) | (linear & 0xfff);
    }
}
