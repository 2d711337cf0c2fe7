package org.thirdmode.x86.state;

/** Bits of RFLAGS beside the status flags of {@link Flags}. SDM 1 "EFLAGS Register". */
public final class Rflags {
    private Rflags() {}

    /** Bit 1 reads as 1 always. */
    public static final int FIXED = 1 << 1;

    public static final int TF = 1 << 8;
    public static final int IF = 1 << 9;
    public static final int DF = 1 << 10;
    public static final int IOPL = 3 << 12;
    public static final int IOPL_SHIFT = 12;
    public static final int NT = 1 << 14;
    public static final int RF = 1 << 16;
    public static final int VM = 1 << 17;
    public static final int AC = 1 << 18;
    public static final int VIF = 1 << 19;
    public static final int VIP = 1 << 20;
    public static final int ID = 1 << 21;

    /** Every defined flag that is not a status flag. */
    public static final int SYSTEM = TF | IF | DF | IOPL | NT | RF | VM | AC | VIF | VIP | ID;
}
