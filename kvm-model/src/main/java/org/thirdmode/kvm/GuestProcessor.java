package org.thirdmode.kvm;

import java.util.Arrays;
import org.thirdmode.shadow.PagingRegisters;
import org.thirdmode.x86.bus.LocalApicPort;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.time.GuestClock;

/**
 * The processor that the guest believes to have, and the instruction emulator: a processor of the model whose every access to
 * memory goes through the guest's slots. It holds the guest's registers while the hypervisor looks at them.
 */
final class GuestProcessor implements PagingRegisters {
    final Processor cpu;
    final GuestBus bus;
    final LocalApicPort apic;

    GuestProcessor(Vm vm, CpuProfile profile, LocalApicPort apic) {
        bus = new GuestBus(vm);
        this.apic = apic;
        int width = vm.host().guestAddressWidth();
        PhysicalMemory memory = new PhysicalMemory(width);
        memory.mapMmio(0, 1L << width, bus);
        cpu = new Processor(memory, bus, apic, new GuestClock(), profile.withoutVirtualization());
        cpu.instructionTime(vm.host().cpu.instructionTime());
        bus.exitBy(cpu.exit);
    }

    /**
     * The processor that the guest ran on read its PDPTEs in each walk; this one has registers for them. KVM: {@code
     * load_pdptrs} for KVM_SET_SREGS.
     */
    void loadPdptes() {
        CpuState state = cpu.state;
        if (state.paging() && (state.cr4 & Cr4.PAE) != 0 && !state.longModeActive()) {
            try {
                cpu.walker.loadPdptes(state.cr3);
            } catch (GuestExit device) {
                // A table in a device's registers has no entries.
                Arrays.fill(state.pdpte, 0);
            }
        }
    }

    @Override
    public long cr0() {
        return cpu.state.cr0;
    }

    @Override
    public long cr3() {
        return cpu.state.cr3;
    }

    @Override
    public long cr4() {
        return cpu.state.cr4;
    }

    @Override
    public long efer() {
        return cpu.state.efer;
    }

    @Override
    public long pdpte(int i) {
        return cpu.state.pdpte[i];
    }

    @Override
    public int pkru() {
        return cpu.state.pkru;
    }

    @Override
    public boolean alignmentCheck() {
        return (cpu.state.systemFlags & Rflags.AC) != 0;
    }

    @Override
    public int cpl() {
        return cpu.state.cpl;
    }
}
