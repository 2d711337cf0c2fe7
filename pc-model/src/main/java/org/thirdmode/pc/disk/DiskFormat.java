package org.thirdmode.pc.disk;

import java.util.Locale;

/** The formats of image files. */
public enum DiskFormat {
    RAW,
    QCOW2;

    /** "QFI" and FBH, big-endian. */
    public static final int QCOW_MAGIC = 0x5146_49fb;

    /** The format that the first bytes of an image tell: whatever nothing else claims is raw. */
    static DiskFormat of(byte[] first, int at) {
        for (int i = 0; i < 4; i++) {
            if (first[at + i] != (byte) (QCOW_MAGIC >>> (24 - i * 8))) {
                return RAW;
            }
        }
        return QCOW2;
    }

    /** The format's name, as QEMU has it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
