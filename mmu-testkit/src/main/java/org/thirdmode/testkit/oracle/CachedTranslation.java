package org.thirdmode.testkit.oracle;

import org.thirdmode.testkit.world.Outcome;
import org.thirdmode.x86.paging.spec.LinearAccess;
import org.thirdmode.x86.paging.spec.PagingControls;

/**
 * What a TLB entry holds. SDM 3A "Caching Translations in TLBs": the page frame, the access rights "from the
 * paging-structure entries used to translate linear addresses with the page number", and the attributes of the entry that
 * maps the page.
 *
 * @param page physical address of the page
 * @param pageShift log2 of its size
 * @param pcid under which it was cached: it serves under no other, unless it is global
 * @param time when it was cached
 */
public record CachedTranslation(
        long page,
        int pageShift,
        boolean writable,
        boolean user,
        boolean executable,
        boolean global,
        boolean dirty,
        int key,
        int pcid,
        long time) {
    /** Where a linear address goes by it. */
    public Outcome reaches(long linear) {
        return new Outcome.Reached(page | (linear & ((1L << pageShift) - 1)));
    }

    /**
     * Whether the processor may use it for an access without looking at the tables again. The rights that the registers give
     * are those of now: they are checked at each access. A write by a translation whose dirty flag is 0 makes the processor
     * walk again, to set it.
     */
    public boolean serves(LinearAccess access, PagingControls controls) {
        boolean write = access.kind() == LinearAccess.Kind.WRITE;
        return (dirty || !write) && allows(access, controls) && keyAllows(access, controls);
    }

    /** Whether the rights of the entries and the registers of now allow an access, keys aside. */
    boolean allows(LinearAccess access, PagingControls controls) {
        boolean write = access.kind() == LinearAccess.Kind.WRITE;
        boolean fetch = access.kind() == LinearAccess.Kind.FETCH;
        boolean byUser = access.mode() == LinearAccess.Mode.USER;
        // SDM 3A "Determination of Access Rights".
        boolean allowed;
        if (byUser) {
            allowed = user && (fetch ? executable : !write || writable);
        } else if (fetch) {
            allowed = executable && !(user && controls.smep());
        } else {
            boolean override = controls.ac() && access.mode() != LinearAccess.Mode.IMPLICIT_SUPERVISOR;
            allowed = (!write || writable || !controls.wp()) && !(user && controls.smap() && !override);
        }
        return allowed;
    }

    /** SDM 3A "Protection Keys". */
    boolean keyAllows(LinearAccess access, PagingControls controls) {
        boolean byUser = access.mode() == LinearAccess.Mode.USER;
        boolean checkedWrite = access.kind() == LinearAccess.Kind.WRITE && (byUser || controls.wp());
        if (!user || !controls.pke() || !controls.lma() || access.kind() == LinearAccess.Kind.FETCH) {
            return true;
        }
        int disabled = controls.pkru() >>> (2 * key) & 3;
        return disabled == 0 || (disabled == 2 && !checkedWrite);
    }
}
