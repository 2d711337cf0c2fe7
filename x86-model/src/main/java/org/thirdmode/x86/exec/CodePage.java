package org.thirdmode.x86.exec;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.memory.Frame;

/**
 * The decoded instructions of one frame, by offset, for each code width. A write to the frame drops the instructions that
 * it may have changed: their slots are emptied, and they tell the running loop, which may come to them by a link.
 */
final class CodePage implements Frame.DecodedCode {
    /** Slots of a width: one an offset, and a last one that holds {@link #END}. */
    static final int SLOTS = Frame.SIZE + 1;

    /** Past the last byte of the page. */
    static final Instruction END = marker(Forms.LEAVE_PAGE, Frame.SIZE);

    final Frame frame;
    private final Instruction[][] byWidth = new Instruction[3][];
    private final List<Region> regions = new ArrayList<>();

    /** Where regions began that were left after few instructions. */
    final BitSet shortRegions = new BitSet();

    /** How often the run loop was found in it, and how often it must be to be looked at again: for {@link HotCode}. */
    int samples;

    int samplesWanted = HotCode.SAMPLES;

    CodePage(Frame frame) {
        this.frame = frame;
    }

    private static Instruction marker(int form, int offset) {
        Instruction marker = new Instruction();
        marker.form = form;
        marker.offset = offset;
        marker.end = offset;
        return marker;
    }

    /** Stands for an instruction that crosses the page's end: never cached, the next page may change without notice. */
    static Instruction crossing(int offset) {
        return marker(Forms.CAREFUL, offset);
    }

    /** The slots for code of {@code width} 16, 32 or 64. */
    Instruction[] slots(int width) {
        int index = width >>> 5;
        Instruction[] slots = byWidth[index];
        if (slots == null) {
            slots = new Instruction[SLOTS];
            slots[Frame.SIZE] = END;
            byWidth[index] = slots;
        }
        return slots;
    }

    /** Has a region begin at its head, in code of {@code width}. */
    void install(Region region, Instruction first) {
        region.first = first;
        first.region = region;
        first.form = Forms.REGION;
        first.load = 0;
        regions.add(region);
    }

    /** The region that begins at an offset, in code of {@code width}; null for none. */
    Region regionAt(int offset, int width) {
        Instruction i = slots(width)[offset];
        return i == null ? null : (Region) i.region;
    }

    @Override
    public void bytesWritten(int from, int to) {
        if (regions.removeIf(region -> region.from < to && from < region.to && end(region))) {
            // What is written again and again is not worth it.
            samplesWanted = Math.max(samplesWanted, 4 * samples);
        }
        for (Instruction[] slots : byWidth) {
            if (slots != null) {
                for (int offset = Math.max(0, from - 14); offset < to; offset++) {
                    drop(slots, offset);
                }
            }
        }
    }

    /** Links from other instructions may lead here for long: what is dropped says so itself. */
    private static void drop(Instruction[] slots, int offset) {
        Instruction stale = slots[offset];
        if (stale != null) {
            stale.form = Forms.DROPPED;
            stale.load = 0;
            stale.region = null;
            slots[offset] = null;
        }
    }

    /** The region runs no more; what was its head is decoded anew. */
    private boolean end(Region region) {
        for (Instruction[] slots : byWidth) {
            if (slots != null && slots[region.first.offset] == region.first) {
                drop(slots, region.first.offset);
            }
        }
        region.ended = true;
        region.onEnd.run();
        return true;
    }

    /** A region was not worth it: ends it, and has none begin there again. */
    void remove(Region region) {
        shortRegions.set(region.first.offset);
        regions.remove(region);
        end(region);
    }

    void clear() {
        bytesWritten(0, Frame.SIZE);
    }
}
