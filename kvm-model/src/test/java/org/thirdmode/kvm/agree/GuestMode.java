package org.thirdmode.kvm.agree;

/** The mode in which a small guest begins. */
enum GuestMode {
    REAL(16, false, 0),
    /** 32-bit protected mode without paging. */
    FLAT(32, false, 0),
    /** 32-bit protected mode, 32-bit paging. */
    PAGED(32, true, 0),
    /** 32-bit paging at privilege level 3. */
    USER32(32, true, 3),
    LONG(64, true, 0),
    /** 64-bit mode at privilege level 3. */
    USER64(64, true, 3);

    /** Bits of an operand by default, and of code. */
    final int width;

    final boolean paging;
    final int privilege;

    GuestMode(int width, boolean paging, int privilege) {
        this.width = width;
        this.paging = paging;
        this.privilege = privilege;
    }
}
