package org.thirdmode.x86.fp;

/** The rounding control field, FCW bits 11:10 and MXCSR bits 14:13 (SDM 1 "Rounding"). */
public final class RoundingControl {
    /** To the nearest, ties to the even significand. */
    public static final int NEAREST = 0;
    /** Towards minus infinity. */
    public static final int DOWN = 1;
    /** Towards plus infinity. */
    public static final int UP = 2;
    /** Towards zero. */
    public static final int ZERO = 3;

    private RoundingControl() {}

    /**
     * Whether the magnitude grows by one unit in the last place.
     *
     * @param mode one of the constants
     * @param negative the sign of the value
     * @param odd whether the last place kept is 1
     * @param rest what follows the last place, as a fraction of 2^64 of a unit, bit 0 standing for anything below
     */
    static boolean awayFromZero(int mode, boolean negative, boolean odd, long rest) {
        return switch (mode) {
            case NEAREST -> rest < 0 && (odd || rest != Long.MIN_VALUE);
            case DOWN -> negative && rest != 0;
            case UP -> !negative && rest != 0;
            default -> false;
        };
    }
}
