package org.thirdmode.papers;

/** What became of a claim. */
public enum Verdict {
    AGREES("agrees"),
    DIFFERS("differs"),
    FITTED("fitted"),
    NOT_RUN("not run");

    /** For tables. */
    public final String title;

    Verdict(String title) {
        this.title = title;
    }
}
