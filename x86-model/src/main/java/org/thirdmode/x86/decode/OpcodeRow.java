package org.thirdmode.x86.decode;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.thirdmode.x86.profile.Feature;

/**
 * One row of the opcode table: which bytes it stands for, and what they mean. Its notation is explained at the top of
 * {@code opcodes.txt}.
 */
final class OpcodeRow {
    /** {@link #map}: the opcode maps. */
    static final int ONE_BYTE = 0;

    static final int MAP_0F = 1;
    static final int MAP_0F38 = 2;
    static final int MAP_0F3A = 3;

    /** Added to the number of a map: its VEX-encoded half. */
    static final int VEX = 3;

    static final int MAPS = 7;

    /** {@link #prefixes}: bit n stands for this mandatory prefix. */
    static final int NONE = 0;

    static final int P66 = 1;
    static final int PF3 = 2;
    static final int PF2 = 3;

    static final int ANY_PREFIX = 0xf;

    /** Sizes of operands that size the operation, the stronger first. */
    private static final OperandCode.Size[] SIZING = {
        OperandCode.Size.Y,
        OperandCode.Size.NATIVE,
        OperandCode.Size.V,
        OperandCode.Size.P,
        OperandCode.Size.Z,
        OperandCode.Size.B
    };

    final int line;
    final String text;
    final Operation operation;
    final OperandCode[] operands;

    int map;

    /** First and last opcode byte it stands for. */
    int opcode;

    int lastOpcode;

    /** Which of the four prefix columns it fills; all where the row names none. */
    int prefixes = ANY_PREFIX;

    boolean modRm;

    /** The ModR/M bytes it stands for: those that are {@link #modRmValue} under {@link #modRmMask}. */
    int modRmMask;

    int modRmValue;

    /** Only with a memory operand. */
    boolean memory;

    /** REX.W, REX.B and VEX.L that it wants: 0, 1, or -1 for any. */
    int wantedW = -1;

    int wantedB = -1;
    int wantedL = -1;

    boolean lock;
    boolean repeat;
    boolean default64;
    boolean forced64;
    boolean in64 = true;
    boolean outside64 = true;
    final Set<Feature> features = EnumSet.noneOf(Feature.class);
    final String[] names;

    /** Whether R/M is a register whatever mod says: MOV to and from control and debug registers. */
    boolean modIgnored;

    /** Whether the low four bits of the opcode are a condition. */
    boolean conditional;

    /** Whether VEX.vvvv names an operand; it must be 1111B otherwise. */
    boolean usesVvvv;

    /** What gives the operation its size: an operand's size code, or none for the operand size as it stands. */
    final OperandCode.Size sizedBy;

    /**
     * Reads a row.
     *
     * @throws IllegalArgumentException naming the line and what is wrong with it
     */
    OpcodeRow(int line, String text) {
        this.line = line;
        this.text = text;
        String[] columns = text.split("\\|", -1);
        if (columns.length > 4 || columns.length < 2) {
            throw bad("two to four columns expected: opcode | operation | operands | attributes");
        }
        operation = operation(columns[1].trim());
        List<String> codes = words(columns.length < 3 ? "" : columns[2], ',');
        if (codes.size() > 4) {
            throw bad("more than four operands");
        }
        operands = new OperandCode[codes.size()];
        for (int n = 0; n < operands.length; n++) {
            operands[n] = operand(codes.get(n));
        }
        opcode(new ArrayDeque<>(words(columns[0], ' ')));
        String name = operation.name().toLowerCase(Locale.ROOT);
        for (String attribute : words(columns.length < 4 ? "" : columns[3], ' ')) {
            if (attribute.startsWith("name=")) {
                name = attribute.substring("name=".length());
            } else {
                attribute(attribute);
            }
        }
        names = words(name, '/').toArray(new String[0]);
        for (OperandCode operand : operands) {
            modRm |= operand.method().modRm;
            usesVvvv |= operand.method() == OperandCode.Method.B;
            memory |= operand.method() == OperandCode.Method.M;
            if (operand.method() == OperandCode.Method.R) {
                modIgnored = operation == Operation.MOV_CR || operation == Operation.MOV_DR;
            }
            if (!modIgnored
                    && switch (operand.method()) {
                        case R, U, N -> true;
                        default -> false;
                    }) {
                modRmMask |= 0xc0;
                modRmValue |= 0xc0;
            }
        }
        if (memory && (modRmMask & 0xc0) == 0xc0) {
            throw bad("a memory operand where mod is 11B");
        }
        sizedBy = sizedBy();
    }

    /** The parts of a column; the table is read on the way of every start, so this is no regular expression. */
    private static List<String> words(String column, char separator) {
        List<String> words = new ArrayList<>(4);
        int from = 0;
        for (int n = 0; n <= column.length(); n++) {
            char at = n == column.length() ? separator : column.charAt(n);
            if (at == separator || at == ' ') {
                if (n > from) {
                    words.add(column.substring(from, n));
                }
                from = n + 1;
            }
        }
        return words;
    }

    private Operation operation(String name) {
        try {
            return Operation.valueOf(name);
        } catch (IllegalArgumentException e) {
            throw bad("no operation " + name, e);
        }
    }

    private OperandCode operand(String code) {
        try {
            return OperandCode.parse(code);
        } catch (IllegalArgumentException e) {
            throw bad(e.getMessage(), e);
        }
    }

    private void opcode(Deque<String> tokens) {
        // After VEX, which names its own prefix, F2 and F3 are opcode bytes.
        while (map == ONE_BYTE && prefixToken(tokens.peekFirst())) {
            tokens.removeFirst();
        }
        if ("0F".equals(tokens.peekFirst())) {
            tokens.removeFirst();
            map = MAP_0F;
            if (("38".equals(tokens.peekFirst()) || "3A".equals(tokens.peekFirst())) && tokens.size() > 1) {
                map = tokens.removeFirst().equals("38") ? MAP_0F38 : MAP_0F3A;
            }
        }
        if (tokens.isEmpty()) {
            throw bad("no opcode byte");
        }
        String byteToken = tokens.removeFirst();
        opcode = hex(byteToken.substring(0, Math.min(2, byteToken.length())));
        lastOpcode = opcode
                + switch (byteToken.substring(Math.min(2, byteToken.length()))) {
                    case "" -> 0;
                    case "+r" -> 7;
                    case "+cc" -> 15;
                    default -> throw bad("opcode byte " + byteToken + ": hh, hh+r or hh+cc expected");
                };
        conditional = lastOpcode - opcode == 15;
        while (!tokens.isEmpty()) {
            modRmToken(tokens.removeFirst());
        }
    }

    private boolean prefixToken(String token) {
        if (token == null) {
            return false;
        }
        if (token.startsWith("VEX.")) {
            vex(token);
            return true;
        }
        switch (token) {
            case "W0" -> wantedW = 0;
            case "W1" -> wantedW = 1;
            case "B=0" -> wantedB = 0;
            case "B=1" -> wantedB = 1;
            case "NP" -> prefixes = 1 << NONE;
            case "NFx" -> prefixes = (1 << NONE) | (1 << P66);
            case "66" -> prefixes = 1 << P66;
            case "F3" -> prefixes = 1 << PF3;
            case "F2" -> prefixes = 1 << PF2;
            default -> {
                return false;
            }
        }
        return true;
    }

    private void vex(String token) {
        prefixes = 1 << NONE;
        map = -1;
        for (String part : words(token.substring("VEX.".length()), '.')) {
            switch (part) {
                case "LZ" -> wantedL = 0;
                case "L1" -> wantedL = 1;
                case "66" -> prefixes = 1 << P66;
                case "F3" -> prefixes = 1 << PF3;
                case "F2" -> prefixes = 1 << PF2;
                case "0F" -> map = VEX + MAP_0F;
                case "0F38" -> map = VEX + MAP_0F38;
                case "0F3A" -> map = VEX + MAP_0F3A;
                case "W0" -> wantedW = 0;
                case "W1" -> wantedW = 1;
                default -> throw bad("VEX: LZ, L1, 66, F3, F2, 0F, 0F38, 0F3A, W0 or W1 expected, not " + part);
            }
        }
        if (map < 0) {
            throw bad("VEX without a map");
        }
    }

    private void modRmToken(String token) {
        modRm = true;
        if (token.equals("mem")) {
            memory = true;
        } else if (token.equals("11B")) {
            modRmMask |= 0xc0;
            modRmValue |= 0xc0;
        } else if (token.equals("/r")) {
            return;
        } else if (token.length() == 2 && token.charAt(0) == '/' && token.charAt(1) >= '0' && token.charAt(1) <= '7') {
            modRmMask |= 0x38;
            modRmValue |= (token.charAt(1) - '0') << 3;
        } else {
            boolean range = token.endsWith("+i");
            modRmMask = range ? 0xf8 : 0xff;
            modRmValue = hex(range ? token.substring(0, token.length() - 2) : token);
            if ((modRmValue & 0xc0) != 0xc0 || (range && (modRmValue & 7) != 0)) {
                throw bad("ModR/M byte " + token + ": C0 or above expected, with +i a multiple of 8");
            }
        }
    }

    private void attribute(String attribute) {
        switch (attribute) {
            case "lock" -> lock = true;
            case "rep" -> repeat = true;
            case "d64" -> default64 = true;
            case "f64" -> forced64 = true;
            case "i64" -> in64 = false;
            case "o64" -> outside64 = false;
            default -> {
                try {
                    features.add(Feature.valueOf(attribute));
                } catch (IllegalArgumentException e) {
                    throw bad("attribute " + attribute + " is none of lock rep d64 f64 i64 o64 name= nor a feature", e);
                }
            }
        }
    }

    private OperandCode.Size sizedBy() {
        for (OperandCode.Size size : SIZING) {
            for (OperandCode operand : operands) {
                if (operand.method().sizesOperation() && operand.size() == size) {
                    return size == OperandCode.Size.P ? OperandCode.Size.V : size;
                }
            }
        }
        return OperandCode.Size.NONE;
    }

    /** Whether it stands for this ModR/M byte. */
    boolean fits(int byteValue) {
        return (byteValue & modRmMask) == modRmValue && !(memory && byteValue >= 0xc0);
    }

    /** How much the row says about the bytes it stands for: of two that fit, the greater wins. */
    int precision() {
        return (prefixes == ANY_PREFIX ? 0 : 64)
                + Integer.bitCount(modRmMask)
                + (memory ? 2 : 0)
                + (wantedW < 0 ? 0 : 1)
                + (wantedB < 0 ? 0 : 1);
    }

    /** The mnemonic for an operation of {@code size} bytes. */
    String name(int size) {
        return names[names.length == 1 || size <= 2 ? 0 : size == 4 ? 1 : 2];
    }

    private int hex(String digits) {
        try {
            if (digits.length() == 2) {
                return Integer.parseInt(digits, 16);
            }
        } catch (NumberFormatException e) {
            throw bad("two hexadecimal digits expected, not " + digits, e);
        }
        throw bad("two hexadecimal digits expected, not " + digits);
    }

    IllegalArgumentException bad(String why) {
        return bad(why, null);
    }

    private IllegalArgumentException bad(String why, Exception cause) {
        return new IllegalArgumentException("opcodes.txt:" + line + ": " + why + ": " + text, cause);
    }
}
