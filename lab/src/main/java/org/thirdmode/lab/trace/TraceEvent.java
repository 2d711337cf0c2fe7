package org.thirdmode.lab.trace;

import org.thirdmode.x86.exec.GuestModeObserver;

/**
 * Something that happened.
 *
 * @param tick the guest's time
 * @param name what it is in a word or two
 * @param words one line that tells all of it
 */
public record TraceEvent(long tick, Kind kind, String name, String words) {
    /** What can happen. */
    public enum Kind {
        /** The bare machine's processor is about to execute an instruction. */
        INSTRUCTION,
        /** The processor enters a guest. */
        ENTRY,
        /** The processor refuses a guest. */
        ENTRY_FAILURE,
        /** The processor leaves a guest. */
        EXIT,
        /** An entry injects an event. */
        INJECTION,
        /** A hypervisor did what it should not. */
        WARNING,
        /** The processor has walked two dimensions of tables. */
        WALK,
        /** The hypervisor's MMU has looked at a page fault. */
        FAULT,
        /** The hypervisor's MMU has changed an entry of its tables. */
        ENTRY_CHANGE,
        /** The hypervisor went out to user space. */
        USER_SPACE
    }

    /** An event of an extension. */
    public static TraceEvent of(long tick, GuestModeObserver.Kind kind, String name, String words) {
        Kind here = switch (kind) {
            case ENTRY -> Kind.ENTRY;
            case ENTRY_FAILURE -> Kind.ENTRY_FAILURE;
            case EXIT -> Kind.EXIT;
            case INJECTION -> Kind.INJECTION;
            case WARNING -> Kind.WARNING;
        };
        return new TraceEvent(tick, here, name, words);
    }
}
