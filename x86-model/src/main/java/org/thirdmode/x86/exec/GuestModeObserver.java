package org.thirdmode.x86.exec;

/**
 * Hears of what an extension does with guests, in the manual's names: for traces. The words are made only where somebody
 * listens.
 */
@FunctionalInterface
public interface GuestModeObserver {
    /** What happened. */
    enum Kind {
        /** The processor goes on in the guest. */
        ENTRY,
        /** The guest was refused. */
        ENTRY_FAILURE,
        /** The processor has left the guest. */
        EXIT,
        /** The entry injects an event, or the guest takes a virtual interrupt. */
        INJECTION,
        /** Software did what it should not: a stale clean bit. */
        WARNING
    }

    /**
     * An event.
     *
     * @param name what it is in a word or two: an exit's reason
     * @param words one line that tells all of it
     */
    void event(Kind kind, String name, String words);
}
