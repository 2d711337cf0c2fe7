package org.thirdmode.x86.exec;

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

    @Override
    public void bytesWritten(int from, int to) {
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
            slots[offset] = null;
        }
    }

    void clear() {
        bytesWritten(0, Frame.SIZE);
    }
}
