package org.thirdmode.x86.paging.spec;

import org.thirdmode.x86.paging.Access;

/**
 * An access to a linear address. SDM 3A "Determination of Access Rights".
 *
 * @param linear the linear address
 * @param kind what is done there
 * @param mode with whose rights
 */
public record LinearAccess(long linear, Kind kind, Mode mode) {
    /** A data read, a data write or an instruction fetch. */
    public enum Kind {
        READ,
        WRITE,
        FETCH
    }

    /** Who accesses. */
    public enum Mode {
        /** CPL = 3, explicit. */
        USER,
        /** CPL below 3, explicit. */
        SUPERVISOR,
        /** An access to a system data structure, at any CPL. */
        IMPLICIT_SUPERVISOR
    }

    /** What the fast paths write as bits of {@link Access}. */
    public static LinearAccess of(long linear, int access) {
        Kind kind = switch (access & (Access.WRITE | Access.FETCH)) {
            case Access.WRITE -> Kind.WRITE;
            case Access.FETCH -> Kind.FETCH;
            default -> Kind.READ;
        };
        Mode mode = switch (access & (Access.USER | Access.IMPLICIT)) {
            case Access.USER -> Mode.USER;
            case Access.IMPLICIT -> Mode.IMPLICIT_SUPERVISOR;
            default -> Mode.SUPERVISOR;
        };
        return new LinearAccess(linear, kind, mode);
    }

    boolean isData() {
        return kind != Kind.FETCH;
    }

    boolean isWrite() {
        return kind == Kind.WRITE;
    }

    boolean isUserMode() {
        return mode == Mode.USER;
    }
}
