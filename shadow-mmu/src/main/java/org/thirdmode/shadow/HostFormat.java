package org.thirdmode.shadow;

/** The table format in which the host runs, and with it what guests it can have. */
public enum HostFormat {
    /** An i386 host without PAE. */
    BITS_32(3),
    /** An i386 host with PAE. */
    PAE(3),
    /** An x86_64 host. */
    LEVEL_4(4),
    /** An x86_64 host on a processor with 5-level paging. */
    LEVEL_5(5);

    /** The guest's paging levels that such a host can run, at most. */
    public final int guestLevels;

    HostFormat(int guestLevels) {
        this.guestLevels = guestLevels;
    }
}
