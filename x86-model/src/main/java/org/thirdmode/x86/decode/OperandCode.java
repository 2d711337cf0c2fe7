package org.thirdmode.x86.decode;

import java.util.Locale;
import java.util.Map;

/**
 * One operand of an opcode row: where the instruction encodes it and how large it is. SDM 2 "Codes for Addressing
 * Method" and "Codes for Operand Type".
 *
 * @param number the register, where the row itself names it
 */
record OperandCode(Method method, Size size, int number) {
    /** Where an operand is encoded. The one-letter names are the manual's codes. */
    enum Method {
        E(true),
        G(true),
        M(true),
        R(true),
        Z(false),
        B(false),
        I(false),
        /** Written {@code sI}: an immediate byte, sign-extended. */
        SI(false),
        J(false),
        A(false),
        O(false),
        S(true),
        C(true),
        D(true),
        V(true),
        W(true),
        U(true),
        P(true),
        Q(true),
        N(true),
        /** The general register that the row names. */
        REGISTER(false),
        /** The segment register that the row names. */
        SEGMENT(false),
        /** The constant 1. */
        ONE(false),
        /** ST(0). */
        ST(false),
        /** The x87 stack register in r/m. */
        STI(true),
        /** The XMM register that the row names. */
        XMM(false),
        /** Memory at the general register {@link OperandCode#number}, implied: no operand of the decoded instruction. */
        IMPLIED(false),
        /** Memory at ES:rDI, implied: no operand of the decoded instruction. */
        Y(false);

        /** Whether it needs a ModR/M byte. */
        final boolean modRm;

        Method(boolean modRm) {
            this.modRm = modRm;
        }

        /** Whether its size says something about the size of the operation. */
        boolean sizesOperation() {
            return switch (this) {
                case I, SI, J, A, ONE -> false;
                default -> true;
            };
        }
    }

    /** How large an operand is. */
    enum Size {
        NONE(0),
        B(1),
        W(2),
        D(4),
        Q(8),
        DQ(16),
        PS(16),
        PD(16),
        X(16),
        SS(4),
        SD(8),
        PI(8),
        T(10),
        /** Operand size: 2, 4 or 8. */
        V(0),
        /** 2 or 4. */
        Z(0),
        /** 4, or 8 with REX.W or VEX.W. */
        Y(0),
        /** Written {@code d/q}: 4, or 8 in 64-bit mode. */
        NATIVE(0),
        /** Far pointer. */
        P(0),
        /** Pseudo-descriptor. */
        S(0),
        /** Pair of bounds. */
        A(0);

        /** In bytes, where it is always the same; else 0. */
        final int bytes;

        Size(int bytes) {
            this.bytes = bytes;
        }

        /** In bytes, for an operation of {@code operation} bytes in code of {@code codeWidth} bits. */
        int in(int operation, boolean wide, int codeWidth) {
            return switch (this) {
                case V -> operation;
                case Z -> Math.min(operation, 4);
                case Y -> wide && codeWidth == 64 ? 8 : 4;
                case NATIVE -> codeWidth == 64 ? 8 : 4;
                case P -> 2 + operation;
                case S -> codeWidth == 64 ? 10 : 6;
                case A -> 2 * operation;
                default -> bytes;
            };
        }
    }

    /** Whether it is a constant that is sign-extended to the size of the operation. */
    boolean signed() {
        return method == Method.SI || method == Method.J || (method == Method.I && size == Size.Z);
    }

    private static final Map<String, OperandCode> WORDS = Map.ofEntries(
            Map.entry("AL", new OperandCode(Method.REGISTER, Size.B, 0)),
            Map.entry("CL", new OperandCode(Method.REGISTER, Size.B, 1)),
            Map.entry("AX", new OperandCode(Method.REGISTER, Size.W, 0)),
            Map.entry("DX", new OperandCode(Method.REGISTER, Size.W, 2)),
            Map.entry("rAX", new OperandCode(Method.REGISTER, Size.V, 0)),
            Map.entry("eAX", new OperandCode(Method.REGISTER, Size.Z, 0)),
            Map.entry("ES", new OperandCode(Method.SEGMENT, Size.NONE, 0)),
            Map.entry("CS", new OperandCode(Method.SEGMENT, Size.NONE, 1)),
            Map.entry("SS", new OperandCode(Method.SEGMENT, Size.NONE, 2)),
            Map.entry("DS", new OperandCode(Method.SEGMENT, Size.NONE, 3)),
            Map.entry("FS", new OperandCode(Method.SEGMENT, Size.NONE, 4)),
            Map.entry("GS", new OperandCode(Method.SEGMENT, Size.NONE, 5)),
            Map.entry("1", new OperandCode(Method.ONE, Size.B, 0)),
            Map.entry("ST(0)", new OperandCode(Method.ST, Size.T, 0)),
            Map.entry("ST(i)", new OperandCode(Method.STI, Size.T, 0)),
            Map.entry("XMM0", new OperandCode(Method.XMM, Size.DQ, 0)));

    /**
     * Reads an operand of the table.
     *
     * @throws IllegalArgumentException where it is none
     */
    static OperandCode parse(String text) {
        OperandCode word = WORDS.get(text);
        if (word != null) {
            return word;
        }
        if (text.startsWith("sI")) {
            return new OperandCode(Method.SI, size(text, 2), 0);
        }
        if (text.startsWith("BA") || text.startsWith("BB") || text.startsWith("BD")) {
            int register = text.charAt(1) == 'A' ? 0 : text.charAt(1) == 'B' ? 3 : 7;
            return new OperandCode(Method.IMPLIED, size(text, 2), register);
        }
        Size size = size(text, 1);
        char method = text.charAt(0);
        if (method == 'X') {
            return new OperandCode(Method.IMPLIED, size, 6);
        }
        if ("EGMRZBIJAOSCDVWUPQNY".indexOf(method) < 0) {
            throw new IllegalArgumentException("no operand code " + text);
        }
        return new OperandCode(Method.valueOf(text.substring(0, 1)), size, 0);
    }

    private static Size size(String text, int from) {
        String code = text.substring(from);
        if (code.isEmpty()) {
            return Size.NONE;
        }
        if (code.equals("d/q")) {
            return Size.NATIVE;
        }
        try {
            return Size.valueOf(code.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("no operand size " + code + " in " + text, e);
        }
    }
}
