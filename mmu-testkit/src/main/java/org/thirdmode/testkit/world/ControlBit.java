package org.thirdmode.testkit.world;

import org.thirdmode.x86.paging.spec.PagingControls;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/** The bits of control registers that paging depends on within a mode. SDM 3A "Paging Modes and Control Bits". */
public enum ControlBit {
    WP,
    PSE,
    PGE,
    SMEP,
    SMAP,
    PKE,
    NXE,
    PCIDE;

    /** Whether it changes anything in a mode, or can be set there. */
    boolean exists(GuestMode mode) {
        return switch (this) {
            case PSE -> mode == GuestMode.BITS_32;
            case NXE -> mode.entrySize == 8;
            case PKE, PCIDE -> mode.levels > 3;
            default -> true;
        };
    }

    /**
     * Whether a processor flushes. "MOV to CR4 ... if it changes the value of CR4.PGE; ... if it changes CR4.SMEP from 0 to 1". For
     * the rest (WP, SMAP, PKE) nothing is flushed. EFER.NXE and CR4.PSE change what entries mean: a guest has to flush, and this
     * one does. SDM 3A "Operations that Invalidate TLBs and Paging-Structure Caches".
     */
    public static boolean flushes(PagingControls before, PagingControls after) {
        return before.pge() != after.pge()
                || (!before.smep() && after.smep())
                || before.nxe() != after.nxe()
                || before.pse() != after.pse();
    }

    /** Whether it is no #GP to change it: PCIDs begin with that of 0. SDM 3A "Process-Context Identifiers (PCIDs)". */
    boolean possible(CpuState state) {
        return this != PCIDE || (state.cr4 & Cr4.PCIDE) != 0 || (state.cr3 & 0xfff) == 0;
    }

    void toggle(CpuState state) {
        switch (this) {
            case WP -> state.cr0 ^= Cr0.WP;
            case PSE -> state.cr4 ^= Cr4.PSE;
            case PGE -> state.cr4 ^= Cr4.PGE;
            case SMEP -> state.cr4 ^= Cr4.SMEP;
            case SMAP -> state.cr4 ^= Cr4.SMAP;
            case PKE -> state.cr4 ^= Cr4.PKE;
            case NXE -> state.efer ^= Efer.NXE;
            case PCIDE -> state.cr4 ^= Cr4.PCIDE;
        }
    }
}
