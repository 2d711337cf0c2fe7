package org.thirdmode.cli;

import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Segment;

/**
 * Reads code bytes through the guest's tables without leaving a mark: no Accessed flag, no TLB entry, no fault, no device
 * touched. It knows nothing of rights, and nothing of translations that only a TLB still holds.
 */
final class CodePeek {
    private static final long NONE = -1;
    private static final long PRESENT = 1;
    private static final long LARGE = 1 << 7;
    private static final long ADDRESS = 0x000f_ffff_ffff_f000L;

    private final CpuState state;
    private final PhysicalMemory memory;

    CodePeek(Processor processor) {
        state = processor.state;
        memory = processor.memory;
    }

    /**
     * Fills {@code code} with the bytes at CS:{@code rip}.
     *
     * @return how many could be read
     */
    int at(long rip, byte[] code) {
        for (int i = 0; i < code.length; i++) {
            long linear = (state.segmentBase[Segment.CS] + ((rip + i) & state.ripMask)) & state.linearMask;
            long physical = physical(linear);
            Frame frame = physical == NONE ? null : memory.frame(physical);
            if (frame == null) {
                return i;
            }
            code[i] = (byte) frame.get((int) physical & (Frame.SIZE - 1), 1);
        }
        return code.length;
    }

    private long physical(long linear) {
        if ((state.cr0 & Cr0.PG) == 0) {
            return linear;
        }
        if ((state.efer & Efer.LMA) != 0) {
            return walk(state.cr3 & ADDRESS, (state.cr4 & Cr4.LA57) != 0 ? 5 : 4, linear);
        }
        if ((state.cr4 & Cr4.PAE) != 0) {
            long pdpte = state.pdpte[(int) (linear >>> 30) & 3];
            return (pdpte & PRESENT) == 0 ? NONE : walk(pdpte & ADDRESS, 2, linear);
        }
        return walk32(linear);
    }

    /** Tables of 512 entries of 8 bytes. SDM 3A "4-Level Paging and 5-Level Paging", "PAE Paging". */
    private long walk(long root, int levels, long linear) {
        long table = root;
        for (int level = levels; ; level--) {
            int shift = 12 + 9 * (level - 1);
            Frame frame = memory.frame(table);
            if (frame == null) {
                return NONE;
            }
            long entry = frame.get((int) (linear >>> shift & 511) * 8, 8);
            if ((entry & PRESENT) == 0) {
                return NONE;
            }
            if (level == 1 || (level <= 3 && (entry & LARGE) != 0)) {
                long inPage = (1L << shift) - 1;
                return (entry & ADDRESS & ~inPage) | (linear & inPage);
            }
            table = entry & ADDRESS;
        }
    }

    /** SDM 3A "32-Bit Paging", with bits 39:32 of a 4-MByte page in bits 20:13 of its entry. */
    private long walk32(long linear) {
        Frame directory = memory.frame(state.cr3 & 0xffff_f000L);
        if (directory == null) {
            return NONE;
        }
        long pde = directory.get((int) (linear >>> 22 & 1023) * 4, 4);
        if ((pde & PRESENT) == 0) {
            return NONE;
        }
        if ((pde & LARGE) != 0 && (state.cr4 & Cr4.PSE) != 0) {
            return (pde & 0xffc0_0000L) | ((pde >>> 13 & 0xff) << 32) | (linear & 0x3f_ffff);
        }
        Frame table = memory.frame(pde & 0xffff_f000L);
        if (table == null) {
            return NONE;
        }
        long pte = table.get((int) (linear >>> 12 & 1023) * 4, 4);
        return (pte & PRESENT) == 0 ? NONE : (pte & 0xffff_f000L) | (linear & 0xfff);
    }
}
