package org.thirdmode.npt.spec;

import java.util.List;
import java.util.Set;
import org.thirdmode.x86.paging.spec.LinearAccess;

/** Guest-physical to host-physical addresses, as records. */
public interface SecondDimension {
    /** What a guest-physical address is used for. */
    enum Use {
        /** It is the translation of the linear address. */
        FINAL,
        /** A guest paging-structure entry is read there. */
        TABLE
    }

    /**
     * An access to a guest-physical address.
     *
     * @param kind of the program's access to the linear address
     * @param userModeLinear for {@link Use#FINAL}: the linear address is a user-mode address
     */
    record Access(long guestPhysical, Use use, LinearAccess.Kind kind, boolean userModeLinear) {}

    /** One entry that was read: its level, its host-physical address, its value before any flag was set in it. */
    record Step(int level, long address, long entry) {}

    /** What all entries on the way allow together; the two execute rights differ with mode-based execute control only. */
    record Rights(boolean read, boolean write, boolean execute, boolean userExecute) {
        static final Rights ALL = new Rights(true, true, true, true);
        static final Rights NONE = new Rights(false, false, false, false);

        boolean executeFor(boolean userModeLinear) {
            return userModeLinear ? userExecute : execute;
        }
    }

    /** How a translation ends. */
    sealed interface Outcome {
        /** The entries that were read, in order. */
        List<Step> steps();
    }

    /**
     * The access is allowed.
     *
     * @param pageShift log2 of the page size
     * @param dirty a later write through the same entries has no flag to set
     */
    record Translated(long hostPhysical, int pageShift, Rights rights, boolean dirty, List<Step> steps)
            implements Outcome {}

    /** The guest is left. */
    sealed interface Refused extends Outcome {}

    /** Basic exit reason 48. */
    record EptViolation(long guestPhysical, Set<QualificationBit> qualification, List<Step> steps) implements Refused {
        /** The exit qualification, as a number. */
        public int number() {
            int number = 0;
            for (QualificationBit bit : qualification) {
                number |= 1 << bit.position;
            }
            return number;
        }
    }

    /** Basic exit reason 49. */
    record EptMisconfiguration(long guestPhysical, List<Step> steps) implements Refused {}

    /** #VMEXIT(NPF). */
    record NestedPageFault(long exitInfo1, long exitInfo2, List<Step> steps) implements Refused {}

    /** SDM 3C, table "Exit Qualification for EPT Violations". */
    enum QualificationBit {
        DATA_READ(0),
        DATA_WRITE(1),
        INSTRUCTION_FETCH(2),
        READABLE(3),
        WRITABLE(4),
        EXECUTABLE(5),
        USER_EXECUTABLE(6),
        LINEAR_VALID(7),
        FINAL_ACCESS(8);

        final int position;

        QualificationBit(int position) {
            this.position = position;
        }
    }

    /** Translates an address, setting the flags of the entries on the way. */
    Outcome translate(Access access);

    /**
     * Sets a flag in a guest paging-structure entry that was just read.
     *
     * @param read the access that read it
     * @param translated how that ended
     * @return the same where it is allowed
     */
    Outcome update(Access read, Translated translated);

    /** Whether PAE paging reads its PDPTEs in each walk. */
    boolean pdptesInMemory();
}
