package org.thirdmode.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.thirdmode.kvm.mmu.TdpMmu;
import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.x86.profile.CpuProfile;

/**
 * Whatever the hypervisor does to slots, logs and tables: every access of the guest reaches the slot's memory as it is now,
 * a dirty log has the pages that the guest wrote and no other, and the tables say no more than the slots do.
 */
class GuestMemoryInTwoDimensions {
    private static final long MEGABYTE = 1 << 20;
    private static final int SLOTS = 5;

    /** EPT with logging by the processor; with dirty flags; without; nested paging. */
    private static final List<String> PROCESSORS = List.of("skylake", "haswell", "westmere", "zen2");

    /** The oracle's slot. */
    private record Told(long base, long size, long offset, boolean readOnly, boolean logs, BitSet written) {
        /** Telling the hypervisor the same again changes nothing. */
        boolean same(Told other) {
            return base == other.base
                    && size == other.size
                    && offset == other.offset
                    && readOnly == other.readOnly
                    && logs == other.logs;
        }

        boolean contains(long guestPhysical) {
            return guestPhysical >= base && guestPhysical < base + size;
        }
    }

    private final Map<Long, Byte> bytes = new HashMap<>();
    private final Told[] slots = new Told[SLOTS];
    private Random random;
    private FlatGuest guest;
    private UserMemory memory;
    private long memorySize;
    private boolean large;
    private int budget;

    @Property(tries = 40, shrinking = net.jqwik.api.ShrinkingMode.OFF)
    void isTheSlotsMemory(
            @ForAll @IntRange(max = 3) int processor,
            @ForAll boolean detailed,
            @ForAll HostPageSize pages,
            @ForAll long seed) {
        random = new Random(seed);
        guest = new FlatGuest(CpuProfile.named().get(PROCESSORS.get(processor)), detailed);
        large = pages == HostPageSize.HUGE;
        memorySize = large ? 2100 * MEGABYTE : 70 * MEGABYTE;
        memory = new UserMemory(guest.host, memorySize, pages);
        bytes.clear();
        java.util.Arrays.fill(slots, null);
        budget = Integer.MAX_VALUE;
        for (int step = 0; step < 300; step++) {
            step();
            if (step % (large ? 50 : 10) == 0) {
                new TablesAndSlots(guest).check(budget);
            }
        }
        for (int n = 0; n < SLOTS; n++) {
            checkLog(n);
        }
        long pagesOfMemory = guest.host.pagesInUse();
        guest.vm.destroy();
        assertTrue(guest.host.pagesInUse() < pagesOfMemory);
        assertEquals(0, guest.mmu().counters().pagesInUse);
    }

    private void step() {
        int what = random.nextInt(100);
        if (what < 40) {
            read(somewhere());
        } else if (what < 75) {
            write(somewhere(), random.nextInt());
        } else if (what < 83) {
            setSlot(random.nextInt(SLOTS));
        } else if (what < 85) {
            removeSlot(random.nextInt(SLOTS));
        } else if (what < 90) {
            changeLog(random.nextInt(SLOTS));
        } else if (what < 95) {
            checkLog(random.nextInt(SLOTS));
        } else if (what < 97) {
            age(random.nextInt(SLOTS));
        } else if (what == 97) {
            guest.mmu().zapAll();
        } else if (what == 98) {
            budget = TdpMmu.LEAST_PAGES + random.nextInt(100);
            guest.mmu().changeMmuPages(budget);
        } else {
            // Enough tables for the budget to matter.
            for (int n = 0; n < 300; n++) {
                read(somewhere());
            }
        }
    }

    // ---- accesses ----

    /** Mostly in a slot, often at one of its ends or at the edge of a page. */
    private long somewhere() {
        Told slot = slots[random.nextInt(SLOTS)];
        if (slot == null || random.nextInt(10) == 0) {
            return random.nextLong(FlatGuest.CODE - 4096);
        }
        long page = switch (random.nextInt(6)) {
            case 0 -> slot.base;
            case 1 -> slot.base + slot.size - 4096;
            case 2, 3 -> slot.base + ((random.nextLong(slot.size) & -(2 * MEGABYTE)) & -4096L);
            default -> slot.base + (random.nextLong(slot.size) & -4096L);
        };
        page = Math.min(Math.max(page, slot.base), slot.base + slot.size - 4096);
        return random.nextInt(4) == 0 ? page + 4094 : page + (random.nextInt(8) * 4L);
    }

    private Told find(long guestPhysical) {
        for (Told slot : slots) {
            if (slot != null && slot.contains(guestPhysical)) {
                return slot;
            }
        }
        return null;
    }

    private void read(long guestPhysical) {
        int expected = 0;
        for (int n = 0; n < 4; n++) {
            long at = guestPhysical + n;
            Told slot = find(at);
            int value = slot == null
                    ? FlatGuest.device(at)
                    : bytes.getOrDefault(at - slot.base + slot.offset, (byte) 0) & 0xff;
            expected |= value << (8 * n);
        }
        assertEquals(expected, guest.read(guestPhysical), () -> "at " + Long.toHexString(guestPhysical));
    }

    private void write(long guestPhysical, int value) {
        guest.write(guestPhysical, value);
        for (int n = 0; n < 4; n++) {
            long at = guestPhysical + n;
            Told slot = find(at);
            if (slot != null && !slot.readOnly) {
                bytes.put(at - slot.base + slot.offset, (byte) (value >>> (8 * n)));
                slot.written.set((int) ((at - slot.base) >>> 12));
            }
        }
    }

    // ---- what user space does ----

    /** Made, moved, made smaller, or replaced. */
    private void setSlot(int n) {
        long grain = random.nextInt(3) == 0 ? 4096 : 2 * MEGABYTE;
        long offset = random.nextLong(memorySize - 8 * MEGABYTE) & -grain;
        long size = Math.max(4096, random.nextLong(Math.min(memorySize - offset, 40 * MEGABYTE)) & -4096L);
        long base = random.nextInt(3) * (48 * MEGABYTE) + (n * 300L * MEGABYTE) + (random.nextInt(2) == 0 ? 0 : grain);
        if (large && random.nextInt(2) == 0) {
            offset = 0;
            size = 1024 * MEGABYTE;
            base = 1024 * MEGABYTE;
        }
        Told told = new Told(base, size, offset, random.nextInt(6) == 0, random.nextInt(3) == 0, new BitSet());
        for (int m = 0; m < SLOTS; m++) {
            boolean overlaps = slots[m] != null
                    && slots[m].base < told.base + told.size
                    && told.base < slots[m].base + slots[m].size;
            if (m != n && overlaps) {
                return;
            }
        }
        tell(n, told);
    }

    private void tell(int n, Told told) {
        if (slots[n] != null && slots[n].same(told)) {
            told.written.or(slots[n].written);
        }
        slots[n] = told;
        Set<Vm.SlotFlag> flags = new java.util.HashSet<>();
        if (told.readOnly) {
            flags.add(Vm.SlotFlag.READ_ONLY);
        }
        if (told.logs) {
            flags.add(Vm.SlotFlag.LOG_DIRTY_PAGES);
        }
        guest.vm.setUserMemoryRegion(n, flags, told.base, told.size, memory, told.offset);
    }

    private void removeSlot(int n) {
        slots[n] = null;
        guest.vm.removeMemoryRegion(n);
    }

    private void changeLog(int n) {
        Told slot = slots[n];
        if (slot != null) {
            tell(n, new Told(slot.base, slot.size, slot.offset, slot.readOnly, !slot.logs, new BitSet()));
        }
    }

    private void checkLog(int n) {
        if (slots[n] != null && slots[n].logs) {
            assertEquals(slots[n].written, guest.dirtyLog(n));
            slots[n].written.clear();
        }
    }

    /** What is accessed after the working set was asked for is in it the next time. */
    private void age(int n) {
        if (slots[n] == null) {
            return;
        }
        MemorySlot slot = guest.slotAt(slots[n].base);
        guest.mmu().harvestAccessed(slot);
        List<Integer> touched = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            long frame = random.nextLong(slot.pages());
            touched.add((int) frame);
            read(slots[n].base + (frame << 12));
        }
        BitSet accessed = guest.mmu().harvestAccessed(slot);
        touched.forEach(frame -> assertTrue(accessed.get(frame), () -> "frame " + frame));
        assertTrue(guest.mmu().harvestAccessed(slot).isEmpty(), "asked twice");
    }
}
