package org.thirdmode.testkit.world;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.thirdmode.npt.agile.AgileSecondStage;
import org.thirdmode.shadow.MemorySlots;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;

/** The guest's memory slots, and which host frames are whose. */
public final class SlotTable implements MemorySlots {
    private static final long SCATTERED = 0x10_0000;
    private static final long LARGE = 0x80_0000;
    private static final long HIGH = 0x100_0000;
    private static final long FRESH = 0x1000_0000;
    private static final long HOST_MEMORY = 0x2000_0000;
    private static final int SHIFT_2_MBYTE = 21;
    private static final long[] SCATTERED_FRAMES = scattered();

    private final PhysicalMemory memory;
    private final List<TestSlot> slots = new ArrayList<>();
    private final WorldSetup setup;
    private long fresh = FRESH;

    SlotTable(WorldSetup setup) {
        this.setup = setup;
        boolean marks = setup.nesting() == Nesting.AGILE;
        memory = new PhysicalMemory(marks ? Frames.WIDTH + AgileSecondStage.EXTRA_BITS : Frames.WIDTH);
        memory.mapRam(0, HOST_MEMORY);
        int readOnly = Frames.RAM + Frames.READ_ONLY_PAGES;
        add(new TestSlot(SlotName.RAM, Arrays.copyOf(SCATTERED_FRAMES, Frames.RAM), 12));
        add(new TestSlot(SlotName.READ_ONLY, Arrays.copyOfRange(SCATTERED_FRAMES, Frames.RAM, readOnly), 12));
        int shift = setup.largeHostPages() ? SHIFT_2_MBYTE : 12;
        add(new TestSlot(SlotName.LARGE, inARow(LARGE, Frames.LARGE_PAGES), shift));
        add(new TestSlot(SlotName.HIGH, inARow(HIGH, Frames.HIGH_PAGES), shift));
    }

    /** Which host frames they are must not matter; that their order is not the guest's does. */
    private static long[] scattered() {
        List<Long> frames = new ArrayList<>();
        for (int i = 0; i < 2 * Frames.RAM; i++) {
            frames.add(SCATTERED + ((long) i << 12));
        }
        Collections.shuffle(frames, new Random(1));
        return frames.stream().mapToLong(Long::longValue).toArray();
    }

    private static long[] inARow(long first, int count) {
        long[] frames = new long[count];
        for (int i = 0; i < count; i++) {
            frames[i] = first + ((long) i << 12);
        }
        return frames;
    }

    private void add(TestSlot slot) {
        if (setup.reaches(slot.name)) {
            slots.add(slot);
        }
    }

    /** Host-physical memory: the guest's and that of the tables. */
    public PhysicalMemory memory() {
        return memory;
    }

    /** The slots there are. */
    public List<TestSlot> all() {
        return slots;
    }

    /** The slot of a name; null where it is gone. */
    public TestSlot get(SlotName name) {
        for (TestSlot slot : slots) {
            if (slot.name == name) {
                return slot;
            }
        }
        return null;
    }

    @Override
    public TestSlot find(long gfn) {
        for (TestSlot slot : slots) {
            if (slot.contains(gfn)) {
                return slot;
            }
        }
        return null;
    }

    /** The guest frame that a host frame backs; null where it is not the guest's. */
    public Long gfnOf(long hostPhysical) {
        for (TestSlot slot : slots) {
            long gfn = slot.gfnOf(hostPhysical & -Frame.SIZE);
            if (gfn >= 0) {
                return gfn;
            }
        }
        return null;
    }

    void remove(TestSlot slot) {
        slots.remove(slot);
    }

    /** A slot at the same place as one that is gone, of other host pages; its memory is clear. */
    void addAgain(SlotName name) {
        add(new TestSlot(name, inARow(fresh, name.pages), 12));
        fresh += (long) name.pages << 12;
    }

    // ---- the guest's bytes, as user space sees them ----

    /** Reads a unit within a page; all ones where there is no memory. */
    public long read(long guestPhysical, int size) {
        TestSlot slot = find(guestPhysical >>> 12);
        return slot == null ? -1L >>> (64 - 8 * size) : memory.read(host(slot, guestPhysical), size);
    }

    /** Writes a unit, across the end of a page too; a read-only slot as well, which user space may write. */
    void write(long guestPhysical, int size, long value) {
        for (int i = 0; i < size; i++) {
            long at = guestPhysical + i;
            TestSlot slot = find(at >>> 12);
            if (slot != null) {
                memory.write(host(slot, at), 1, value >>> (8 * i));
            }
        }
    }

    private static long host(TestSlot slot, long guestPhysical) {
        return slot.hostAddress(guestPhysical >>> 12) | (guestPhysical & (Frame.SIZE - 1));
    }
}
