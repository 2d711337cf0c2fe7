package org.thirdmode.kvm;

import java.util.BitSet;
import java.util.Set;
import org.thirdmode.kvm.mmu.TdpMmu;
import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.x86.bus.NoLocalApic;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Segment;

/**
 * A guest of three instructions, without paging: it reads or writes the doubleword at EBX, and halts. What it accesses is
 * what it has as memory, or a device whose bytes {@link #device} gives.
 */
final class FlatGuest {
    /** The guest's code has a slot of its own, at the top of 4 GBytes. */
    static final long CODE = 0xffff_f000L;

    static final int CODE_SLOT = 31;

    /** MOV EAX,[EBX]; HLT. */
    private static final int READ = 0x00f4_038b;

    /** MOV [EBX],EAX; HLT. */
    private static final int WRITE = 0x00f4_0389;

    final HostMachine host;
    final Vm vm;
    final Vcpu vcpu;

    FlatGuest(CpuProfile profile, boolean detailed) {
        host = new HostMachine(new HostConfiguration(profile), 46, detailed ? profile.tlbs() : null);
        vm = new Vm(host);
        UserMemory code = new UserMemory(host, 4096);
        vm.setUserMemoryRegion(CODE_SLOT, Set.of(), CODE, 4096, code, 0);
        host.memory.write(code.hostAddress(0), 4, READ);
        host.memory.write(code.hostAddress(0) + 4, 4, WRITE);
        vcpu = vm.createVcpu(profile, new NoLocalApic(), MmuKind.NESTED);
        CpuState state = vcpu.registers().state;
        state.cr0 = Cr0.PE | Cr0.ET | Cr0.NE;
        int data = Segment.PRESENT | Segment.CODE_OR_DATA | Segment.WRITABLE | Segment.ACCESSED;
        for (Segment segment : state.segments) {
            segment.set(0x10, 0, 0xffff_ffffL, data | Segment.BIG | Segment.GRANULAR);
        }
        state.segments[Segment.CS].set(8, 0, 0xffff_ffffL, data | Segment.CODE | Segment.BIG | Segment.GRANULAR);
        state.tr.set(0x18, 0x2000, 0x67, Segment.PRESENT | 11);
        vcpu.setRegisters();
    }

    TdpMmu mmu() {
        return (TdpMmu) vcpu.mmu();
    }

    MemorySlot slotAt(long guestPhysical) {
        return vm.find(guestPhysical >>> 12);
    }

    /** What devices answer, at every address that is no memory. */
    static int device(long guestPhysical) {
        return (int) ((guestPhysical * 0x9e37_79b9L) >>> 16) & 0xff;
    }

    int read(long guestPhysical) {
        execute(CODE, guestPhysical, 0);
        return (int) vcpu.registers().state.r[CpuState.RAX];
    }

    void write(long guestPhysical, int value) {
        execute(CODE + 4, guestPhysical, value);
    }

    private void execute(long code, long guestPhysical, int value) {
        Processor processor = vcpu.registers();
        processor.state.rip = code;
        processor.state.r[CpuState.RBX] = guestPhysical;
        processor.state.r[CpuState.RAX] = value & 0xffff_ffffL;
        vcpu.setRegisters();
        for (int exits = 0; exits < 20; exits++) {
            switch (vcpu.run(Long.MAX_VALUE)) {
                case KvmExit.Hlt() -> {
                    return;
                }
                case KvmExit.Mmio(long address, int size, boolean write, long written) -> {
                    if (!write) {
                        long answer = 0;
                        for (int n = 0; n < size; n++) {
                            answer |= (long) device(address + n) << (8 * n);
                        }
                        vcpu.answer(answer);
                    }
                }
                case KvmExit other -> throw new AssertionError(other);
            }
        }
        throw new AssertionError("the access is never complete");
    }

    BitSet dirtyLog(int slot) {
        return vm.dirtyLog(slot);
    }
}
