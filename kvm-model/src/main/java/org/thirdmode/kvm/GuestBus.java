package org.thirdmode.kvm;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.x86.bus.PortBus;
import org.thirdmode.x86.memory.MmioDevice;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.state.GuestExit;

/**
 * The memory and the ports of a guest as the instruction emulator sees them: memory slots, and user space for all the rest.
 *
 * <p>A read that user space has to answer ends the instruction; it is executed again once the answer is there, and then reads
 * the answers so far, in order. Writes leave for user space after the instruction. KVM: {@code emulator_read_emulated},
 * {@code mmio_needed}.
 */
final class GuestBus implements MmioDevice, PortBus, Stateful {
    /** Hears of the hypervisor's writes to guest memory. */
    interface WriteListener {
        void written(long guestPhysical, int size);
    }

    /** Accesses of one instruction: far more than any has, repeated ones being interrupted between iterations. */
    private static final int MOST = 1 << 16;

    private final Vm vm;
    private final PhysicalMemory host;
    private final List<Long> answers = new ArrayList<>();
    private final Deque<KvmExit> writes = new ArrayDeque<>();
    private int used;
    private KvmExit question;

    /** No instruction is executed, but an event delivered. */
    private boolean delivering;

    private GuestExit exit;
    private WriteListener listener = (guestPhysical, size) -> {};

    GuestBus(Vm vm) {
        this.vm = vm;
        host = vm.host().memory;
    }

    /** What ends an instruction that has to ask user space. */
    void exitBy(GuestExit guestExit) {
        exit = guestExit;
    }

    void listener(WriteListener writeListener) {
        listener = writeListener;
    }

    /** An instruction begins, for the first time or again. */
    void begin() {
        used = 0;
        question = null;
        delivering = false;
    }

    /**
     * The delivery of an event begins, which cannot wait for user space. A read where no slot is finds an empty bus. KVM gives
     * such a guest up, KVM_INTERNAL_ERROR_DELIVERY_EV; the bare machine goes on, and so does this one.
     */
    void beginDelivery() {
        begin();
        delivering = true;
    }

    /** The instruction is complete: its answers are used up. */
    void end() {
        answers.clear();
    }

    /** What the instruction asks user space. */
    KvmExit question() {
        return question;
    }

    /** User space has answered. */
    void answer(long value) {
        answers.add(value);
    }

    /** The next write that user space has to do; null where there is none. */
    KvmExit nextWrite() {
        return writes.poll();
    }

    private long ask(KvmExit what) {
        if (used < answers.size()) {
            return answers.get(used++);
        }
        question = what;
        throw exit;
    }

    @Override
    public long read(long guestPhysical, int size) {
        MemorySlot slot = vm.find(guestPhysical >>> 12);
        if (slot == null) {
            return delivering ? -1L >>> (64 - size * 8) : ask(new KvmExit.Mmio(guestPhysical, size, false, 0));
        }
        return host.read(slot.hostAddress(guestPhysical >>> 12) | (guestPhysical & 0xfff), size);
    }

    @Override
    public void write(long guestPhysical, int size, long value) {
        long gfn = guestPhysical >>> 12;
        MemorySlot slot = vm.find(gfn);
        if (slot == null || slot.readOnly()) {
            long mask = size == 8 ? -1L : (1L << (size * 8)) - 1;
            writes.add(new KvmExit.Mmio(guestPhysical, size, true, value & mask));
            return;
        }
        host.write(slot.hostAddress(gfn) | (guestPhysical & 0xfff), size, value);
        slot.markDirty(gfn);
        listener.written(guestPhysical, size);
    }

    @Override
    public int read(int port, int size) {
        return (int) ask(new KvmExit.Io(port, size, true, 0));
    }

    @Override
    public void write(int port, int size, int value) {
        writes.add(new KvmExit.Io(port, size, false, value));
    }

    /** What an instruction that is not complete has been told, and the writes that user space has still to do. */
    @Override
    public void state(StatePort port) {
        int told = port.within("answers", answers.size(), 0, MOST);
        for (int i = 0; i < told; i++) {
            long answer = port.number("answer", port.restoring() ? 0 : answers.get(i));
            if (port.restoring()) {
                answers.add(answer);
            }
        }
        int left = port.within("writes", writes.size(), 0, MOST);
        for (int i = 0; i < left; i++) {
            writes.add(write(port, writes.poll()));
        }
    }

    /** A write passes; where it is read there is none yet. */
    private static KvmExit write(StatePort port, KvmExit write) {
        boolean toPort = port.flag("to port", write instanceof KvmExit.Io);
        KvmExit.Io io = write instanceof KvmExit.Io it ? it : new KvmExit.Io(0, 1, false, 0);
        KvmExit.Mmio mmio = write instanceof KvmExit.Mmio it ? it : new KvmExit.Mmio(0, 1, true, 0);
        long address = port.number("address", toPort ? io.port() : mmio.guestPhysical());
        int size = port.within("size", toPort ? io.size() : mmio.size(), 1, 8);
        long value = port.number("value", toPort ? io.value() : mmio.value());
        return toPort
                ? new KvmExit.Io((int) address, size, false, (int) value)
                : new KvmExit.Mmio(address, size, true, value);
    }
}
