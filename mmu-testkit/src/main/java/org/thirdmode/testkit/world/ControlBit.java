package org.thirdmode.testkit.world;

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
    NXE;

    /** Whether it changes anything in a mode, or can be set there. */
    boolean exists(GuestMode mode) {
        return switch (this) {
            case PSE -> mode == GuestMode.BITS_32;
            case NXE -> mode.entrySize == 8;
            case PKE -> mode.levels > 3;
            default -> true;
        };
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
        }
    }
}
