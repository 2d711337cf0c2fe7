package org.thirdmode.testkit.world;

import org.thirdmode.shadow.PagingRegisters;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Rflags;

/** The guest's registers, as it sees them. */
public final class GuestRegisters implements PagingRegisters {
    public final CpuState state = new CpuState();

    @Override
    public long cr0() {
        return state.cr0;
    }

    @Override
    public long cr3() {
        return state.cr3;
    }

    @Override
    public long cr4() {
        return state.cr4;
    }

    @Override
    public long efer() {
        return state.efer;
    }

    @Override
    public long pdpte(int i) {
        return state.pdpte[i];
    }

    @Override
    public int pkru() {
        return state.pkru;
    }

    @Override
    public boolean alignmentCheck() {
        return (state.systemFlags & Rflags.AC) != 0;
    }

    @Override
    public int cpl() {
        return state.cpl;
    }
}
