package org.thirdmode.testkit.exit;

/** How the translation of a guest-physical address ends. */
public sealed interface Answer {
    /** By this page frame and offset. */
    record Reached(long hostPhysical) implements Answer {
        @Override
        public String toString() {
            return String.format("host-physical %x", hostPhysical);
        }
    }

    /**
     * EPT violation, or #VMEXIT(NPF).
     *
     * @param information exit qualification, bits 8:0; EXITINFO1
     */
    record Violation(long guestPhysical, long information) implements Answer {
        @Override
        public String toString() {
            return String.format("a violation at %x with information %x", guestPhysical, information);
        }
    }

    /** EPT misconfiguration. */
    record Misconfiguration(long guestPhysical) implements Answer {
        @Override
        public String toString() {
            return String.format("a misconfiguration at %x", guestPhysical);
        }
    }
}
