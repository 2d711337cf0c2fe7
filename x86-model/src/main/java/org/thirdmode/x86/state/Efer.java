package org.thirdmode.x86.state;

/** Bits of IA32_EFER. SDM 3A "Extended Feature Enable Register"; SVME: APM 2 "Extended Feature Enable Register (EFER)". */
public final class Efer {
    private Efer() {}

    public static final long SCE = 1L;
    public static final long LME = 1L << 8;
    public static final long LMA = 1L << 10;
    public static final long NXE = 1L << 11;
    public static final long SVME = 1L << 12;
}
