package org.thirdmode.kvm;

import com.google.common.primitives.ImmutableIntArray;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operation;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;

/**
 * How many iterations of a repeated INS or OUTS can go to user space at once: as many as the guest's memory is sure to serve,
 * within one page, upwards, with nobody who watches each of them. KVM: {@code kvm_emulate_pio_string}.
 */
final class RepeatedIo {
    /** Breakpoints that DR7 enables. */
    private static final long BREAKPOINTS = 0xff;

    private final Vm vm;
    private final Processor cpu;
    private final GuestMmu mmu;

    RepeatedIo(Vm vm, Processor cpu, GuestMmu mmu) {
        this.vm = vm;
        this.cpu = cpu;
        this.mmu = mmu;
    }

    /**
     * What user space is asked for the instruction at RIP.
     *
     * @param ticks until something happens that may come between two iterations
     * @return null where it has to go iteration by iteration
     */
    KvmExit.StringIo at(long ticks) {
        CpuState state = cpu.state;
        Instruction i = cpu.instructionAtRip();
        boolean watched = (state.systemFlags & (Rflags.TF | Rflags.DF)) != 0 || (state.dr[7] & BREAKPOINTS) != 0;
        if (watched || i == null || i.repeat == 0) {
            return null;
        }
        boolean in = i.operation == Operation.INS;
        if (!in && i.operation != Operation.OUTS) {
            return null;
        }
        int segment = in ? Segment.ES : i.segment;
        long offset = state.r[in ? CpuState.RDI : CpuState.RSI] & i.addressMask;
        long inPage = Frame.SIZE - ((offset + state.segmentBase[segment]) & (Frame.SIZE - 1));
        long inSegment = Long.compareUnsigned(i.addressMask - offset, inPage) < 0 ? i.addressMask - offset : inPage;
        long left = state.r[CpuState.RCX] & i.addressMask;
        long most = Math.min(Math.min(inPage, inSegment) / i.size, Math.ceilDiv(ticks, cpu.instructionTime()));
        int count = (int) (Long.compareUnsigned(left, most) < 0 ? left : most);
        if (count < 2) {
            return null;
        }
        long memory = memory(segment, offset, count * i.size, in);
        if (memory < 0) {
            return null;
        }
        int port = (int) state.r[CpuState.RDX] & 0xffff;
        return new KvmExit.StringIo(port, i.size, in, count, in ? ImmutableIntArray.of() : data(memory, count, i.size));
    }

    /** The host-physical address of the bytes; -1 where they are not whole in memory that the guest may access so. */
    private long memory(int segment, long offset, int bytes, boolean write) {
        long linear;
        try {
            linear = cpu.operands.linear(segment, offset, bytes, write);
        } catch (GuestFault beyond) {
            return -1;
        }
        int access = (write ? Access.WRITE : Access.READ) | (cpu.state.cpl == 3 ? Access.USER : 0);
        GuestWalk walk = mmu.probe(linear, access);
        if (walk.faulted) {
            return -1;
        }
        MemorySlot slot = vm.find(walk.gfn());
        if (slot == null || (write && slot.readOnly())) {
            return -1;
        }
        return slot.hostAddress(walk.gfn()) | (walk.guestPhysical & (Frame.SIZE - 1));
    }

    private ImmutableIntArray data(long hostPhysical, int count, int size) {
        ImmutableIntArray.Builder data = ImmutableIntArray.builder(count);
        for (int n = 0; n < count; n++) {
            data.add((int) vm.host().memory.read(hostPhysical + (long) n * size, size));
        }
        return data.build();
    }
}
