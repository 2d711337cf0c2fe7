package org.thirdmode.x86.paging.spec;

import java.util.List;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Rflags;

/**
 * The register bits that paging depends on. SDM 3A "Paging Modes and Control Bits".
 *
 * @param cr3 CR3, all of it
 * @param pdptes the PDPTE registers of PAE paging
 * @param pkru the protection-key rights register
 */
public record PagingControls(
        boolean pg,
        boolean wp,
        boolean pse,
        boolean pae,
        boolean pge,
        boolean la57,
        boolean smep,
        boolean smap,
        boolean pke,
        boolean lma,
        boolean nxe,
        boolean ac,
        long cr3,
        List<Long> pdptes,
        int pkru) {

    /** What a processor's state holds now. */
    public static PagingControls of(CpuState state) {
        return of(state, state.cr0, state.cr3, state.cr4, state.efer);
    }

    /** As of a processor's state, with other paging registers: those that a hypervisor runs a guest with. */
    public static PagingControls of(CpuState state, long cr0, long cr3, long cr4, long efer) {
        return new PagingControls(
                (cr0 & Cr0.PG) != 0,
                (cr0 & Cr0.WP) != 0,
                (cr4 & Cr4.PSE) != 0,
                (cr4 & Cr4.PAE) != 0,
                (cr4 & Cr4.PGE) != 0,
                (cr4 & Cr4.LA57) != 0,
                (cr4 & Cr4.SMEP) != 0,
                (cr4 & Cr4.SMAP) != 0,
                (cr4 & Cr4.PKE) != 0,
                (efer & Efer.LMA) != 0,
                (efer & Efer.NXE) != 0,
                (state.systemFlags & Rflags.AC) != 0,
                cr3,
                List.of(state.pdpte[0], state.pdpte[1], state.pdpte[2], state.pdpte[3]),
                state.pkru);
    }
}
