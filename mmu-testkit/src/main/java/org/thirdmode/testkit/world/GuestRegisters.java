package org.thirdmode.testkit.world;

import java.util.function.LongUnaryOperator;
import org.thirdmode.shadow.PagingRegisters;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Rflags;

/** The guest's registers, as it sees them: those of the virtual CPU that acts. */
public final class GuestRegisters implements PagingRegisters {
    public CpuState state = new CpuState();

    private LongUnaryOperator pdptes;

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

    /** From now on PDPTEs are where CR3 says, and in no register. APM 2 "Nested Paging", "Legacy PAE Mode". */
    void pdptesInMemory(LongUnaryOperator memory) {
        pdptes = memory;
    }

    @Override
    public long pdpte(int i) {
        return pdptes == null ? state.pdpte[i] : pdptes.applyAsLong((state.cr3 & 0xffff_ffe0L) + (8L * i));
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
