package org.thirdmode.kvm.agree;

/**
 * An exit in words that both extensions have.
 *
 * @param number the port, the vector, the number of the control or debug register
 * @param register the general register, the size of a port access in bytes, the error code, 1 for a write to memory
 * @param value a linear or guest-physical address
 * @param next the RIP after the instruction that left the guest; -1 for an event. VMX: RIP and instruction length; SVM: nRIP
 */
record Exit(Cause cause, int number, int register, long value, long next) {
    enum Cause {
        HLT,
        CPUID,
        RDTSC,
        RDPMC,
        RDMSR,
        WRMSR,
        IN,
        OUT,
        INVLPG,
        INVD,
        WBINVD,
        PAUSE,
        READ_CR,
        WRITE_CR,
        READ_DR,
        WRITE_DR,
        SGDT,
        SIDT,
        SLDT,
        STR,
        EXCEPTION,
        SECOND_DIMENSION,
        TRIPLE_FAULT,
        /** The entry itself failed. */
        REFUSED
    }

    static Exit instruction(Cause cause, long next) {
        return new Exit(cause, 0, 0, 0, next);
    }

    static Exit event(Cause cause) {
        return new Exit(cause, 0, 0, 0, -1);
    }
}
