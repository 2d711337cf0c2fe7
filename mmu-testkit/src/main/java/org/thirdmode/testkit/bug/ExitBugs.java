package org.thirdmode.testkit.bug;

import java.util.HashMap;
import java.util.Map;
import org.thirdmode.testkit.exit.Answer;
import org.thirdmode.testkit.exit.ExitInformation;
import org.thirdmode.x86.paging.Access;

/** What processors told wrongly of exits for the tables of the second dimension. */
final class ExitBugs {
    private static final int RIGHTS = 7;
    private static final int RIGHTS_SHIFT = 3;
    private static final long LINEAR_VALID_AND_FINAL = 3 << 7;
    private static final long PAGE = -4096L;

    private ExitBugs() {}

    /** Bits 3 to 5 of the exit qualification come as X, W, R. */
    static final ExitInformation.Maker RIGHTS_REVERSED = (tables, model) -> (guestPhysical, access) -> {
        Answer answer = model.translate(guestPhysical, access);
        if (!(answer instanceof Answer.Violation(long at, long told))) {
            return answer;
        }
        long rights = told >>> RIGHTS_SHIFT & RIGHTS;
        long reversed = (rights & 2) | (rights & 1) << 2 | rights >>> 2;
        return new Answer.Violation(at, (told & ~((long) RIGHTS << RIGHTS_SHIFT)) | reversed << RIGHTS_SHIFT);
    };

    /** The rights are asked at each entry: one above that refuses hides what is wrong with one below. */
    static final ExitInformation.Maker VIOLATION_FIRST = (tables, model) -> (guestPhysical, access) -> {
        Answer answer = model.translate(guestPhysical, access);
        if (!(answer instanceof Answer.Misconfiguration(long at))) {
            return answer;
        }
        int needed = access == Access.WRITE ? 2 : access == Access.FETCH ? 4 : 1;
        long rights = RIGHTS;
        for (int n = 0; n < tables.entries().size() - 1; n++) {
            rights &= tables.entry(n);
            if ((rights & needed) == 0) {
                return new Answer.Violation(at, needed | rights << RIGHTS_SHIFT | LINEAR_VALID_AND_FINAL);
            }
        }
        return answer;
    };

    /** A violation leaves in the TLB what it was found by, and that refuses the access again. */
    static final ExitInformation.Maker VIOLATION_STAYS_CACHED = (tables, model) -> {
        Map<Long, Answer> cached = new HashMap<>();
        return (guestPhysical, access) -> {
            Answer before = cached.get((guestPhysical & PAGE) | access);
            if (before != null) {
                return before;
            }
            Answer answer = model.translate(guestPhysical, access);
            boolean mapped =
                    answer instanceof Answer.Violation(long at, long told) && (told >>> RIGHTS_SHIFT & RIGHTS) != 0;
            if (mapped) {
                cached.put((guestPhysical & PAGE) | access, answer);
            }
            return answer;
        };
    };

    /** The error code of #VMEXIT(NPF) is that of the guest's access: a supervisor's. */
    static final ExitInformation.Maker GUESTS_ERROR_CODE = (tables, model) -> (guestPhysical, access) -> {
        Answer answer = model.translate(guestPhysical, access);
        return answer instanceof Answer.Violation(long at, long told)
                ? new Answer.Violation(at, told & ~Access.USER)
                : answer;
    };
}
