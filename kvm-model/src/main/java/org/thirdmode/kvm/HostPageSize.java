package org.thirdmode.kvm;

import org.thirdmode.x86.memory.Frame;

/** The sizes of pages in which the host gives memory to user space. */
public enum HostPageSize {
    /** 4 KBytes. */
    SMALL(12, "4k"),
    /** 2 MBytes. */
    LARGE(21, "2m"),
    /** 1 GByte. */
    HUGE(30, "1g");

    /** log2 of the size. */
    public final int shift;

    /** As a user writes it. */
    public final String word;

    HostPageSize(int shift, String word) {
        this.shift = shift;
        this.word = word;
    }

    /** In bytes. */
    public long bytes() {
        return 1L << shift;
    }

    /** In pages of 4 KBytes. */
    long frames() {
        return bytes() / Frame.SIZE;
    }
}
