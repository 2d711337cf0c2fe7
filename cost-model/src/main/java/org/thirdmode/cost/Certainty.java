package org.thirdmode.cost;

/** How sure a figure is. */
public enum Certainty {
    /** Read in the text of a paper, a manual, or the message of whoever measured it. */
    PRIMARY("published"),
    /** Read off a chart of a paper: within about 1 %. */
    FIGURE("published, read off a chart"),
    /** Told by others than those who measured it. */
    SECONDARY("reported by others"),
    /** Measured on a host by its owner: see {@code calibrate}. */
    MEASURED("measured"),
    /** Not published: chosen, for the reason that the source gives. */
    ASSUMED("assumed");

    /** For tables. */
    public final String title;

    Certainty(String title) {
        this.title = title;
    }
}
