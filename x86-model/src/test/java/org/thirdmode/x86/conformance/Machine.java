package org.thirdmode.x86.conformance;

/** The addresses that conformance.c and the replay share. */
final class Machine {
    static final long CODE_PAGE = 0x1000_0000L;
    static final long DATA_PAGE = 0x2000_0000L;

    /** Where the instruction stands within the code page. */
    static final int START = 0x800;

    /** Where the compared memory begins within the data page. */
    static final int WINDOW = 0x400;

    static final int WINDOW_SIZE = 512;

    /** Where GS begins, within the data page. */
    static final int GS = 0x40;

    private Machine() {}

    /** What RIP holds at the instruction: 16-bit code has a segment that begins at the code page. */
    static long startRip(int mode) {
        return mode == 16 ? START : CODE_PAGE + START;
    }

    /** The same through GS, in every mode. */
    static long gsWindowOffset() {
        return WINDOW - GS;
    }

    /** What an offset in the compared memory is to the instruction: 16-bit code has a segment that begins at the page. */
    static long windowOffset(int mode) {
        return mode == 16 ? WINDOW : DATA_PAGE + WINDOW;
    }
}
