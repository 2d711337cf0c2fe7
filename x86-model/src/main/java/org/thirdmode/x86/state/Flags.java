package org.thirdmode.x86.state;

/**
 * The six status flags, kept lazily: an arithmetic instruction leaves its result and its carries, and whoever asks for a
 * flag pays for it. No flag needs to know which operation was last.
 *
 * <pre>
 *   result   the result, sign-extended to 64 bits      ZF = (result == 0), SF = sign, PF = parity of the low byte
 *   aux      31  carry out of the top bit: CF
 *            30  carry into the top bit:   OF = bit 31 ^ bit 30
 *            15:8  xor-ed into the low byte before PF is taken     (for a flags image that no result can have)
 *            7   xor-ed into SF                                    (likewise)
 *            3   carry out of bit 3: AF
 * </pre>
 *
 * Bits of {@code aux} not named here are ignored: of a 32-bit operation's carry vector only bits 15:7 are cleared.
 *
 * <p>The technique is described in D. Mihocka and S. Shwartsman, "Virtualization Without Direct Execution", 2008.
 */
public final class Flags {
    public static final int CF = 1;
    public static final int PF = 1 << 2;
    public static final int AF = 1 << 4;
    public static final int ZF = 1 << 6;
    public static final int SF = 1 << 7;
    public static final int OF = 1 << 11;

    /** All six status flags. */
    public static final int STATUS = CF | PF | AF | ZF | SF | OF;

    private static final int AUX_CF = 1 << 31;
    private static final int AUX_INTO_TOP = 1 << 30;
    private static final int AUX_SIGN = 1 << 7;
    private static final int AUX_AF = 1 << 3;

    /** The last result, sign-extended from the operand size. */
    public long result = 1;

    /** The carries, as the diagram of this class says. */
    public int aux = 0x100;

    public boolean cf() {
        return aux < 0;
    }

    public boolean of() {
        return (aux ^ (aux << 1)) < 0;
    }

    public boolean zf() {
        return result == 0;
    }

    public boolean sf() {
        return (result < 0) != ((aux & AUX_SIGN) != 0);
    }

    public boolean af() {
        return (aux & AUX_AF) != 0;
    }

    public boolean pf() {
        return (Integer.bitCount(((int) result ^ (aux >>> 8)) & 0xff) & 1) == 0;
    }

    /** The status flags at their places in RFLAGS. */
    public int status() {
        return (cf() ? CF : 0)
                | (pf() ? PF : 0)
                | (af() ? AF : 0)
                | (zf() ? ZF : 0)
                | (sf() ? SF : 0)
                | (of() ? OF : 0);
    }

    /** Sets all six status flags from their places in RFLAGS. */
    public void setStatus(int rflags) {
        boolean zero = (rflags & ZF) != 0;
        boolean parity = (rflags & PF) != 0;
        // A result of 0 has even parity, a result of 1 odd: flip where the image says otherwise.
        result = zero ? 0 : 1;
        boolean carry = (rflags & CF) != 0;
        boolean overflow = (rflags & OF) != 0;
        aux = (carry ? AUX_CF : 0)
                | (carry != overflow ? AUX_INTO_TOP : 0)
                | (zero == parity ? 0 : 0x100)
                | ((rflags & SF) != 0 ? AUX_SIGN : 0)
                | ((rflags & AF) != 0 ? AUX_AF : 0);
    }

    /** Replaces the flags named in {@code mask} by those of {@code rflags}, keeps the others. */
    public void setStatus(int rflags, int mask) {
        setStatus((status() & ~mask) | (rflags & mask));
    }

    /** Sets CF alone. */
    public void setCf(boolean carry) {
        // Both top bits flip together, so OF stays.
        if (carry != cf()) {
            aux ^= AUX_CF | AUX_INTO_TOP;
        }
    }

    /** Sets AF alone. */
    public void setAf(boolean adjust) {
        aux = (aux & ~AUX_AF) | (adjust ? AUX_AF : 0);
    }

    /** Sets CF and OF, keeps the others. */
    public void setCfOf(boolean carry, boolean overflow) {
        aux = (aux & ~(AUX_CF | AUX_INTO_TOP)) | (carry ? AUX_CF : 0) | (carry != overflow ? AUX_INTO_TOP : 0);
    }

    /** After a logical operation: CF = OF = 0, AF (undefined by the manual) = 0; {@code result} sign-extended. */
    public void logic(long result) {
        this.result = result;
        aux = 0;
    }

    /** After {@code sum = x + y (+ carry)} of {@code size} bytes; any bits above the size are ignored. */
    public void add(int size, long x, long y, long sum) {
        carries(size, (x & y) | ((x | y) & ~sum), sum);
    }

    /** After {@code difference = x - y (- borrow)} of {@code size} bytes; any bits above the size are ignored. */
    public void subtract(int size, long x, long y, long difference) {
        carries(size, (~x & y) | ((~x | y) & difference), difference);
    }

    private void carries(int size, long carries, long value) {
        switch (size) {
            case 1 -> {
                result = (byte) value;
                aux = ((int) carries << 24) | ((int) carries & AUX_AF);
            }
            case 2 -> {
                result = (short) value;
                aux = ((int) carries << 16) | ((int) carries & AUX_AF);
            }
            case 4 -> {
                result = (int) value;
                aux = (int) carries & ~(0xff00 | AUX_SIGN);
            }
            default -> {
                result = value;
                aux = ((int) (carries >>> 32) & (AUX_CF | AUX_INTO_TOP)) | ((int) carries & AUX_AF);
            }
        }
    }

    /** Whether condition {@code code} (the low four bits of a Jcc opcode) holds. SDM 1 "EFLAGS Condition Codes". */
    public boolean condition(int code) {
        boolean holds = switch (code >>> 1) {
            case 0 -> of();
            case 1 -> cf();
            case 2 -> zf();
            case 3 -> cf() || zf();
            case 4 -> sf();
            case 5 -> pf();
            case 6 -> sf() != of();
            default -> zf() || sf() != of();
        };
        return holds == ((code & 1) == 0);
    }
}
