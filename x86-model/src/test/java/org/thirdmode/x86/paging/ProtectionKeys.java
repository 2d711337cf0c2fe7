package org.thirdmode.x86.paging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.EnumSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.tlb.TlbGeometry;

/** SDM 3A "Protection Keys", and "Operations that Invalidate TLBs and Paging-Structure Caches": CR4.PKE is none of them. */
class ProtectionKeys {
    private static final long ALL = 7;
    private static final long ACCESSED_AND_DIRTY = 3 << 5;
    private static final long KEY_2 = 2L << 59;
    private static final int KEY_2_ACCESS_DISABLED = 1 << 4;
    private static final int P_AND_PK = 1 | 1 << 5;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void holdForATranslationThatWasCachedBeforeTheyWereTurnedOn(boolean detailed) {
        PhysicalMemory memory = new PhysicalMemory(36);
        memory.mapRam(0, 1 << 20);
        for (int level = 4; level >= 1; level--) {
            long next = level == 1 ? 0x8000 | KEY_2 : 0x1000L * (level - 1);
            memory.write(0x1000L * level, 8, next | ALL | ACCESSED_AND_DIRTY);
        }
        CpuState state = new CpuState();
        state.cr0 = Cr0.PE | Cr0.PG | Cr0.WP;
        state.cr3 = 0x4000;
        state.cr4 = Cr4.PAE;
        state.efer = Efer.LME | Efer.LMA;
        state.linearMask = -1L;
        state.cpl = 3;
        state.pkru = KEY_2_ACCESS_DISABLED;
        GuestFault fault = new GuestFault();
        PageWalker walker = new PageWalker(state, memory, fault, EnumSet.allOf(Feature.class));
        Mmu mmu = new Mmu(state, memory, walker, fault, detailed ? TlbGeometry.of("haswell") : null);
        assertEquals(0x8000, mmu.translate(0, Access.READ | Access.USER));
        state.cr4 |= Cr4.PKE;
        mmu.rightsChanged();
        GuestFault refused = assertThrows(GuestFault.class, () -> mmu.translate(0, Access.READ | Access.USER));
        assertEquals(P_AND_PK | Access.USER, refused.errorCode);
    }
}
