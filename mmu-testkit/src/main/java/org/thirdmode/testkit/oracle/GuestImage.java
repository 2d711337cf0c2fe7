package org.thirdmode.testkit.oracle;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.thirdmode.testkit.world.Frames;
import org.thirdmode.testkit.world.SlotName;
import org.thirdmode.testkit.world.SlotTable;
import org.thirdmode.testkit.world.TestSlot;
import org.thirdmode.x86.memory.Frame;

/**
 * Guest-physical memory as the oracle believes it to be, and what each unit of 8 bytes was at any earlier time. Large slots
 * are held as far as they were ever written.
 */
final class GuestImage {
    private static final int WORD = 8;

    /** A frame: what it is believed to be, beside the real one. */
    private record Image(long gfn, Frame real, byte[] bytes) {}

    /** A value that was there until (before) a time. */
    private record Was(long until, long value) {}

    private final SlotTable slots;
    private final Map<Long, Image> images = new LinkedHashMap<>();
    private final Map<Long, List<Was>> history = new HashMap<>();
    private final Set<Long> written = new HashSet<>();

    GuestImage(SlotTable slots) {
        this.slots = slots;
        slotsChanged();
    }

    /** Frames that are gone are forgotten; those that are new are as they are. */
    void slotsChanged() {
        images.values().removeIf(image -> {
            TestSlot slot = slots.find(image.gfn);
            return slot == null || slots.memory().frame(slot.hostAddress(image.gfn)) != image.real;
        });
        history.keySet().removeIf(address -> !images.containsKey(address >>> 12));
        for (SlotName name : List.of(SlotName.RAM, SlotName.READ_ONLY)) {
            for (long gfn = name.baseGfn; gfn < name.baseGfn + name.pages; gfn++) {
                hold(gfn);
            }
        }
    }

    /** From now on a frame is looked at; it is what it is. */
    void hold(long gfn) {
        TestSlot slot = slots.find(gfn);
        if (slot != null && !images.containsKey(gfn)) {
            Frame real = slots.memory().frame(slot.hostAddress(gfn));
            images.put(gfn, new Image(gfn, real, gfn < Frames.LARGE ? real.bytes.clone() : new byte[Frame.SIZE]));
        }
    }

    // ---- now ----

    /** A unit within a page; all ones where there is no memory. */
    long read(long guestPhysical, int size) {
        Image image = images.get(guestPhysical >>> 12);
        if (image != null) {
            int offset = (int) guestPhysical & (Frame.SIZE - 1);
            return switch (size) {
                case 4 -> (int) Frame.INT.get(image.bytes, offset) & 0xffff_ffffL;
                default -> (long) Frame.LONG.get(image.bytes, offset);
            };
        }
        return slots.find(guestPhysical >>> 12) != null ? 0 : -1L >>> (64 - 8 * size);
    }

    /** The addresses of the units of 8 bytes in which real memory is not what it is believed to be. */
    List<Long> differences() {
        List<Long> addresses = new ArrayList<>(4);
        for (Image image : images.values()) {
            int at = Arrays.mismatch(image.bytes, image.real.bytes);
            while (at >= 0) {
                int word = at & -WORD;
                addresses.add((image.gfn << 12) + word);
                int from = word + WORD;
                int next = Arrays.mismatch(image.bytes, from, Frame.SIZE, image.real.bytes, from, Frame.SIZE);
                at = next < 0 ? -1 : from + next;
            }
        }
        return addresses;
    }

    /** What is really there. */
    long real(long word) {
        return (long) Frame.LONG.get(images.get(word >>> 12).real.bytes, (int) word & (Frame.SIZE - 1));
    }

    /** A unit of 8 bytes has another value from {@code time} on. */
    void set(long word, long value, long time) {
        hold(word >>> 12);
        Image image = images.get(word >>> 12);
        int offset = (int) word & (Frame.SIZE - 1);
        long before = (long) Frame.LONG.get(image.bytes, offset);
        written.add(word >>> 12);
        if (before != value) {
            history.computeIfAbsent(word, w -> new ArrayList<>()).add(new Was(time, before));
            Frame.LONG.set(image.bytes, offset, value);
        }
    }

    /** Frames written; whoever asks takes out what is of no interest any more. */
    Set<Long> written() {
        return written;
    }

    // ---- earlier ----

    /** Whether memory is there, and nothing of the guest's can change it. */
    boolean readOnly(long guestPhysical) {
        TestSlot slot = slots.find(guestPhysical >>> 12);
        return slot != null && slot.readOnly();
    }

    /** Everything older than {@code time} is of no use any more. */
    void forgetBefore(long time) {
        history.values().removeIf(list -> {
            list.removeIf(was -> was.until <= time);
            return list.isEmpty();
        });
    }

    /** An entry of {@code size} bytes as it was at a time. */
    long at(long guestPhysical, int size, long time) {
        long word = guestPhysical & -WORD;
        for (Was was : history.getOrDefault(word, List.of())) {
            if (was.until > time) {
                return part(was.value, guestPhysical, size);
            }
        }
        return read(guestPhysical, size);
    }

    /** All values of an entry between two times, both included. */
    Set<Long> between(long guestPhysical, int size, long from, long to) {
        Set<Long> values = new HashSet<>();
        for (Was was : history.getOrDefault(guestPhysical & -WORD, List.of())) {
            if (was.until > from && values.size() < 64) {
                values.add(part(was.value, guestPhysical, size));
                if (was.until > to) {
                    return values;
                }
            }
        }
        values.add(read(guestPhysical, size));
        return values;
    }

    private static long part(long word, long guestPhysical, int size) {
        return size == WORD ? word : word >>> (8 * (guestPhysical & 4)) & 0xffff_ffffL;
    }

    /** The times at which anything changed, later than {@code since}. */
    Set<Long> changes(long since) {
        Set<Long> times = new HashSet<>();
        history.values()
                .forEach(list -> list.forEach(was -> {
                    if (was.until > since) {
                        times.add(was.until);
                    }
                }));
        return times;
    }
}
