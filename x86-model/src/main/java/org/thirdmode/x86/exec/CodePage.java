package org.thirdmode.x86.exec;

import java.util.Arrays;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.memory.Frame;

/**
 * The decoded instructions of one frame, by offset, for each code width. A write to the frame empties the slots whose
 * instruction it may have changed; the running loop reads its next instruction from here and so sees it at once.
 */
final class CodePage implements Frame.DecodedCode {
    /** Slots of a width: one an offset, and a last one that holds {@link #END}. */
    static final int SLOTS = Frame.SIZE + 1;

    /** Past the last byte of the page. */
    static final Instruction END = marker(Forms.LEAVE_PAGE);

    /** An instruction that crosses the page's end: never cached, the next page may change without notice. */
    static final Instruction CROSSING = marker(Forms.CAREFUL);

    final Frame frame;
    private final Instruction[][] byWidth = new Instruction[3][];

    CodePage(Frame frame) {
        this.frame = frame;
    }

    private static Instruction marker(int form) {
        Instruction marker = new Instruction();
        marker.form = form;
        return marker;
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
                Arrays.fill(slots, Math.max(0, from - 14), to, null);
            }
        }
    }

    void clear() {
        bytesWritten(0, Frame.SIZE);
    }
}
