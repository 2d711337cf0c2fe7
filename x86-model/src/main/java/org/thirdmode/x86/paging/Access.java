package org.thirdmode.x86.paging;

/**
 * The kinds of linear-memory access, as a bit set; the first three stand where the page-fault error code has them.
 *
 * <p>SDM 3A "Determination of Access Rights": an access is a user-mode access when CPL = 3 and it is explicit; accesses
 * to descriptor tables and the TSS are implicit supervisor-mode accesses whatever the CPL.
 */
public final class Access {
    private Access() {}

    public static final int READ = 0;

    /** W/R of the error code. */
    public static final int WRITE = 1 << 1;

    /** U/S of the error code. */
    public static final int USER = 1 << 2;

    /** I/D of the error code. */
    public static final int FETCH = 1 << 4;

    /** An implicit supervisor-mode access: EFLAGS.AC does not override SMAP for it. */
    public static final int IMPLICIT = 1 << 8;
}
