package org.thirdmode.kvm.vmm;

import com.google.common.collect.Range;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.thirdmode.kvm.HostMachine;
import org.thirdmode.kvm.UserMemory;
import org.thirdmode.kvm.Vm;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * The board's memory as KVM is told of it: slots of RAM, which is this process's memory, and of ROM, which is a copy. QEMU:
 * {@code kvm-all.c}.
 */
final class SlotMap implements Stateful {
    /** Video memory: its slot's dirty log tells what to draw. */
    private static final Range<Long> FRAMEBUFFER = Range.closedOpen(0xa_0000L, 0xc_0000L);

    private final HostMachine host;
    private final Vm vm;
    private final UserMemory ram;
    private final PhysicalMemory memory;

    /** By their numbers; null where a number is free. */
    private final List<Told> slots = new ArrayList<>();

    private boolean stale = true;
    private boolean logsFramebuffer;

    /** One slot, as KVM was told. {@code rom} is the memory behind a read-only one. */
    private record Told(Range<Long> range, boolean readOnly, boolean logged, UserMemory rom) {
        boolean is(Wanted wanted) {
            // What a ROM holds may have changed.
            return !readOnly && !wanted.readOnly && range.equals(wanted.range) && logged == wanted.logged;
        }
    }

    private record Wanted(Range<Long> range, boolean readOnly, boolean logged) {}

    /**
     * The memory of a board.
     *
     * @param ram what is behind its RAM, from address 0 up
     * @param addressWidth of the board, in bits
     */
    SlotMap(HostMachine host, Vm vm, UserMemory ram, int addressWidth) {
        this.host = host;
        this.vm = vm;
        this.ram = ram;
        memory = new PhysicalMemory(addressWidth, address -> host.memory.frame(ram.hostAddress(address)));
        memory.onMapChanged(() -> stale = true);
    }

    /** The address space of the board: its RAM is what the guest has in its slots. */
    PhysicalMemory memory() {
        return memory;
    }

    /** Whether KVM knows less than the board. */
    boolean stale() {
        return stale;
    }

    /** From now on what the guest writes to video memory is recorded, or not. */
    void logFramebuffer(boolean wanted) {
        stale |= logsFramebuffer != wanted;
        logsFramebuffer = wanted;
    }

    /** The pages of video memory that were written since it was last asked, from A0000H on. */
    BitSet framebufferLog() {
        update();
        BitSet log = new BitSet();
        for (int n = 0; n < slots.size(); n++) {
            if (slots.get(n) != null && slots.get(n).logged) {
                int first = (int) ((slots.get(n).range.lowerEndpoint() - FRAMEBUFFER.lowerEndpoint()) >>> 12);
                vm.dirtyLog(n).stream().forEach(page -> log.set(first + page));
            }
        }
        return log;
    }

    /** Tells KVM where RAM and ROM are, if that has changed. A region that is as it was keeps its slot. */
    void update() {
        if (!stale) {
            return;
        }
        stale = false;
        Set<Wanted> wanted = new LinkedHashSet<>();
        memory.regions().asMapOfRanges().forEach((range, region) -> {
            if (region instanceof PhysicalMemory.Rom) {
                wanted.add(new Wanted(range, true, false));
            } else if (region instanceof PhysicalMemory.Ram) {
                ram(wanted, range);
            }
        });
        for (int n = 0; n < slots.size(); n++) {
            Told told = slots.get(n);
            if (told != null && !wanted.removeIf(told::is)) {
                vm.removeMemoryRegion(n);
                release(told);
                slots.set(n, null);
            }
        }
        wanted.forEach(this::set);
    }

    private void ram(Set<Wanted> wanted, Range<Long> range) {
        if (!logsFramebuffer || !range.isConnected(FRAMEBUFFER)) {
            wanted.add(new Wanted(range, false, false));
            return;
        }
        add(wanted, range.lowerEndpoint(), Math.min(range.upperEndpoint(), FRAMEBUFFER.lowerEndpoint()), false);
        Range<Long> drawn = range.intersection(FRAMEBUFFER);
        add(wanted, drawn.lowerEndpoint(), drawn.upperEndpoint(), true);
        add(wanted, Math.max(range.lowerEndpoint(), FRAMEBUFFER.upperEndpoint()), range.upperEndpoint(), false);
    }

    private static void add(Set<Wanted> wanted, long from, long to, boolean logged) {
        if (from < to) {
            wanted.add(new Wanted(Range.closedOpen(from, to), false, logged));
        }
    }

    private void set(Wanted wanted) {
        int n = slots.indexOf(null);
        if (n < 0) {
            n = slots.size();
            slots.add(null);
        }
        long base = wanted.range.lowerEndpoint();
        long size = wanted.range.upperEndpoint() - base;
        if (wanted.readOnly) {
            UserMemory rom = copy(base, size);
            vm.setUserMemoryRegion(n, Set.of(Vm.SlotFlag.READ_ONLY), base, size, rom, 0);
            slots.set(n, new Told(wanted.range, true, false, rom));
        } else {
            Set<Vm.SlotFlag> flags = wanted.logged ? Set.of(Vm.SlotFlag.LOG_DIRTY_PAGES) : Set.of();
            vm.setUserMemoryRegion(n, flags, base, size, ram, base);
            slots.set(n, new Told(wanted.range, false, wanted.logged, null));
        }
    }

    private UserMemory copy(long base, long size) {
        UserMemory rom = new UserMemory(host, size);
        for (long at = 0; at < size; at += Frame.SIZE) {
            byte[] to = host.memory.frame(rom.hostAddress(at)).bytes;
            System.arraycopy(memory.frame(base + at).bytes, 0, to, 0, Frame.SIZE);
        }
        return rom;
    }

    private static void release(Told told) {
        if (told.rom != null) {
            told.rom.release();
        }
    }

    /** The process ends: all memory goes back. The virtual machine is gone before. */
    void release() {
        slots.forEach(told -> {
            if (told != null) {
                release(told);
            }
        });
        slots.clear();
        ram.release();
    }

    /** The RAM: slots follow from the board's address map. */
    @Override
    public void state(StatePort port) {
        port.part("ram", ram);
    }
}
