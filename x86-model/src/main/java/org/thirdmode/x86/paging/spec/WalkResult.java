package org.thirdmode.x86.paging.spec;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** How a page walk ends. */
public sealed interface WalkResult {
    /** The entries that the walk read, in its order. */
    List<Step> steps();

    /**
     * One entry that was read.
     *
     * @param structure the paging structure that it stands in
     * @param address its physical address
     * @param entry its value before the walk set any flag in it
     */
    record Step(PagingMode.Structure structure, long address, long entry) {}

    /**
     * The access is allowed.
     *
     * @param physical the physical address of the byte
     * @param pageShift log2 of the page size
     * @param writable R/W is 1 in every entry that controls the translation
     * @param userModeAddress U/S is 1 in every entry that controls the translation
     * @param executable XD is 0 in every entry that controls the translation
     * @param global the page is global
     * @param dirty the Dirty flag after this access
     * @param protectionKey the page's protection key
     */
    record Translated(
            long physical,
            int pageShift,
            boolean writable,
            boolean userModeAddress,
            boolean executable,
            boolean global,
            boolean dirty,
            int protectionKey,
            List<Step> steps)
            implements WalkResult {}

    /** #PF. */
    record PageFault(long linear, Set<ErrorBit> error, List<Step> steps) implements WalkResult {
        /** The error code as it is pushed. */
        public int errorCode() {
            return error.stream().collect(Collectors.summingInt(bit -> 1 << bit.position));
        }
    }

    /** Flags of the page-fault error code. SDM 3A, figure "Page-Fault Error Code". */
    enum ErrorBit {
        /** A translation exists (or a reserved bit is set): the entry was present. */
        P(0),
        /** The access was a write. */
        W_R(1),
        /** The access was a user-mode access. */
        U_S(2),
        /** A reserved bit is set in an entry. */
        RSVD(3),
        /** The access was an instruction fetch. */
        I_D(4),
        /** A protection key forbids the access. */
        PK(5);

        final int position;

        ErrorBit(int position) {
            this.position = position;
        }
    }
}
