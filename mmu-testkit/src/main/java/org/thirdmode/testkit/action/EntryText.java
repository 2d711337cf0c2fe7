package org.thirdmode.testkit.action;

/** A table entry in words. */
public final class EntryText {
    private EntryText() {}

    private static final long FRAME = 0x000f_ffff_ffff_f000L;
    private static final String[] FLAGS = {"P", "RW", "US", "PWT", "PCD", "A", "D", "PS", "G"};

    /** Flags and frame of an entry of a guest's table. */
    public static String of(int level, long entry) {
        StringBuilder text = new StringBuilder();
        for (int bit = 0; bit < FLAGS.length; bit++) {
            if ((entry >>> bit & 1) != 0 && !(bit == 7 && level == 1)) {
                text.append(FLAGS[bit]).append(' ');
            }
        }
        if (entry < 0) {
            text.append("XD ");
        }
        return text.append("frame ")
                .append(Long.toHexString((entry & FRAME) >>> 12))
                .toString();
    }
}
