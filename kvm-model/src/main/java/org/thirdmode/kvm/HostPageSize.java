package org.thirdmode.kvm;

import org.thirdmode.x86.memory.Frame;

/** The sizes of pages in which the host gives memory to user space. */
public enum HostPageSize {
    SMALL(12),
    /** 2 MBytes. */
    LARGE(21),
    /** 1 GByte. */
    HUGE(30);

    /** log2 of the size. */
    public final int shift;

    HostPageSize(int shift) {
        this.shift = shift;
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
