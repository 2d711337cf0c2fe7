package org.thirdmode.x86.paging;

/**
 * Thrown to the run loop's fast forms by an access that only the second level may do (a device, a watched page): nothing
 * has been committed, the instruction is executed again there.
 */
public final class Reenter extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Reenter() {
        super(null, null, false, false);
    }
}
