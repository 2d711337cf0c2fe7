package org.thirdmode.lab.boot;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what a guest writes to its serial port, and notes what the run has done at each line that begins a boot stage. */
public final class KernelLog {
    /** What printk puts before a message: the time, and the caller where the kernel is so configured. */
    private static final Pattern PREFIX = Pattern.compile("\\[ *\\d+\\.\\d+\\](?:\\[ *[TC]\\d+\\])? ");

    /** More of a line than any stage's beginning needs. */
    private static final int LONGEST = 128;

    private final StringBuilder line = new StringBuilder();
    private final Map<BootStage, Moment> begun = new EnumMap<>(BootStage.class);
    private Supplier<Moment> now = () -> Moment.START;
    private BootStage stage = BootStage.UNPACKING;

    /** The run begins; {@code counts} tells from then on what it has done. */
    public void begins(Supplier<Moment> counts) {
        now = counts;
        begun.put(stage, Moment.START);
    }

    /** The guest has written a byte. */
    public void put(int value) {
        if (value == '\n') {
            read(line.toString());
            line.setLength(0);
        } else if (line.length() < LONGEST) {
            line.append((char) (value & 0xff));
        }
    }

    private void read(String text) {
        Matcher prefix = PREFIX.matcher(text);
        if (!prefix.lookingAt()) {
            return;
        }
        BootStage next = stage.after(text.substring(prefix.end()));
        if (next != stage) {
            stage = next;
            begun.put(next, now.get());
        }
    }

    /** What the run has done in each stage that it has reached, in their order; to be asked at its end. */
    public Map<BootStage, Moment> stages() {
        Map<BootStage, Moment> stages = new EnumMap<>(BootStage.class);
        BootStage last = null;
        for (BootStage next : begun.keySet()) {
            if (last != null) {
                stages.put(last, begun.get(next).since(begun.get(last)));
            }
            last = next;
        }
        if (last != null) {
            stages.put(last, now.get().since(begun.get(last)));
        }
        return stages;
    }
}
