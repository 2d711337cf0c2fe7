package org.thirdmode.x86.conformance;

import java.util.List;

/**
 * One encoded instruction with what its inputs have to look like for it to touch the compared memory only.
 *
 * @param mode width of the code segment: 16, 32 or 64
 * @param code the instruction's bytes
 * @param profile how operands are drawn
 * @param repeats whether it is a repeated string instruction
 * @param pins registers that address memory, or whose value must stay in a range
 * @param cases how many different inputs it is executed with
 */
public record Form(int mode, byte[] code, Profile profile, boolean repeats, List<Pin> pins, int cases) {
    /** How operands are drawn. */
    public enum Profile {
        /** Edge values, small numbers and random bits. */
        GENERAL,
        /** rDX often a plain extension of rAX, so that a division succeeds. */
        DIVISION,
        /** All registers and memory often alike, so that comparisons find equality. */
        EQUALITY
    }

    /**
     * The low {@code size} bytes of general register {@code register} are {@code base} plus a number below {@code span}.
     */
    public record Pin(int register, int size, long base, int span) {}
}
