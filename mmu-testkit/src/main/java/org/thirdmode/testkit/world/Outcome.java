package org.thirdmode.testkit.world;

/** What came of an access of the guest. */
public sealed interface Outcome {
    /** It reached guest-physical memory, or what is not memory. */
    record Reached(long guestPhysical) implements Outcome {
        @Override
        public String toString() {
            return String.format("reaches guest-physical %x", guestPhysical);
        }
    }

    /** It cannot go on yet: the lock of the MMU is held by who is in the middle of an operation. It is given up. */
    record Waits() implements Outcome {
        @Override
        public String toString() {
            return "has to wait";
        }
    }

    /** #PF. */
    record PageFault(int errorCode) implements Outcome {
        @Override
        public String toString() {
            return String.format("#PF, error code %x", errorCode);
        }
    }
}
