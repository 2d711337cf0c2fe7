package org.thirdmode.x86.decode;

import java.util.EnumSet;
import java.util.Set;
import org.thirdmode.x86.decode.OperandCode.Method;
import org.thirdmode.x86.decode.OperandCode.Size;

/**
 * Instructions as text, in the words of GNU objdump with {@code -M intel} (in 64-bit code {@code -M intel,intel64}), so
 * that a trace can be compared with what everybody else prints. Prefixes without effect are shown as objdump shows them:
 * by name, before the mnemonic.
 */
public final class Disassembler {
    /**
     * One instruction in a listing.
     *
     * @param address of its first byte
     * @param length in bytes
     * @param text mnemonic, padded to six characters, and operands
     */
    public record Line(long address, int length, String text) {}

    private static final String[] REGISTERS_64 = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
    };
    private static final String[] REGISTERS_32 = {
        "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d",
        "r15d"
    };
    private static final String[] REGISTERS_16 = {
        "ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w", "r10w", "r11w", "r12w", "r13w", "r14w", "r15w"
    };
    private static final String[] REGISTERS_8 = {
        "al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"
    };
    private static final String[] HIGH_BYTES = {"ah", "ch", "dh", "bh"};
    private static final String[] SEGMENTS = {"es", "cs", "ss", "ds", "fs", "gs"};
    private static final String[] CONDITIONS = {
        "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"
    };

    private static final String[] PREDICATES = {"eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord"};

    /** What takes w, d or q behind its mnemonic when a prefix changes its operand size. */
    private static final Set<Operation> SUFFIXED = EnumSet.of(
            Operation.PUSHF,
            Operation.POPF,
            Operation.PUSHA,
            Operation.POPA,
            Operation.LEAVE,
            Operation.ENTER,
            Operation.RET_FAR,
            Operation.IRET,
            Operation.PUSH_SREG,
            Operation.POP_SREG,
            Operation.FLDENV,
            Operation.FNSTENV,
            Operation.FRSTOR,
            Operation.FNSAVE);

    /** Near branches: the last REPNE before them is BND. */
    private static final Set<Operation> NEAR_BRANCHES =
            EnumSet.of(Operation.JCC, Operation.JMP_NEAR, Operation.CALL_NEAR, Operation.RET_NEAR);

    private final Decoder decoder;

    /** A disassembler that knows the instructions that {@code decoder} knows. */
    public Disassembler(Decoder decoder) {
        this.decoder = decoder;
    }

    /**
     * Disassembles the instruction at {@code code[offset]}.
     *
     * @param limit exclusive end of the bytes that may be looked at
     * @param codeWidth 16, 32 or 64
     * @param address of the instruction in its code segment: branch targets are relative to it
     * @return one line; {@code (bad)} of one byte where the bytes are no instruction or end before it does
     */
    public Line disassemble(byte[] code, int offset, int limit, int codeWidth, long address) {
        Instruction i = decoder.decode(code, offset, limit, codeWidth);
        if (i == null || i.row == null) {
            return new Line(address, 1, "(bad)");
        }
        return new Line(address, i.length, new Text(i, code, offset, address, decoder.prefixMatters(i)).line());
    }

    /** The making of one line. */
    private static final class Text {
        private final Instruction i;
        private final long address;
        private final boolean mode64;

        /** The prefixes as they stand there. */
        private final int[] given;

        /** What is shown of each; 0 where it has had its effect. */
        private final int[] shown;

        /** REX bits that had an effect. */
        private int rexUsed;

        private final int rex;

        /** Whether a prefix takes part in the choice of the opcode: then it is not shown, even where it changes nothing. */
        private final boolean prefixTable;

        Text(Instruction i, byte[] code, int offset, long address, boolean prefixTable) {
            this.prefixTable = prefixTable;
            this.i = i;
            this.address = address;
            mode64 = i.codeWidth == 64;
            int count = 0;
            while (isPrefix(code[offset + count] & 0xff)) {
                count++;
            }
            given = new int[count];
            for (int n = 0; n < count; n++) {
                given[n] = code[offset + n] & 0xff;
            }
            shown = given.clone();
            boolean last = count > 0 && mode64 && isRex(given[count - 1]);
            rex = last ? given[count - 1] : 0;
        }

        private static boolean isRex(int code) {
            return (code & 0xf0) == 0x40;
        }

        private boolean isPrefix(int code) {
            return Decoder.afterPrefix(0, code, false) >= 0 || (mode64 && isRex(code));
        }

        // ---- prefixes ----

        private boolean has(int prefix) {
            for (int each : given) {
                if (each == prefix) {
                    return true;
                }
            }
            return false;
        }

        /** The last of these prefixes had its effect, and is not shown. */
        private void use(int... group) {
            show(0, group);
        }

        /** The last of these prefixes is shown by another name. */
        private void show(int as, int... group) {
            for (int n = given.length - 1; n >= 0; n--) {
                for (int prefix : group) {
                    if (given[n] == prefix) {
                        shown[n] = as;
                        return;
                    }
                }
            }
        }

        private void useRex(int bits) {
            if (rex != 0) {
                rexUsed |= rex & bits;
                if (bits == 0 || (rex & bits) != 0) {
                    rexUsed |= 0x40;
                }
            }
        }

        private void useOperandSize() {
            useRex(Decoder.W);
            if ((rex & Decoder.W) == 0 && i.row.prefixes != 1 << OpcodeRow.P66) {
                use(0x66);
            }
        }

        private static final int BND = 0x100;
        private static final int REP = 0x101;
        private static final int NOTRACK = 0x102;
        private static final int XACQUIRE = 0x103;
        private static final int XRELEASE = 0x104;

        private void settlePrefixes() {
            Operation operation = i.operation;
            switch (i.row.prefixes) {
                case 1 << OpcodeRow.P66 -> use(0x66);
                case 1 << OpcodeRow.PF3 -> use(0xf3);
                case 1 << OpcodeRow.PF2 -> use(0xf2);
                default -> {
                    if (NEAR_BRANCHES.contains(operation)) {
                        show(BND, 0xf2);
                        if (notrack()) {
                            show(NOTRACK, 0x3e);
                        }
                    } else if (operation.group == Operation.Group.STRING) {
                        if (operation != Operation.CMPS && operation != Operation.SCAS) {
                            show(REP, 0xf3);
                        }
                    } else if ((i.lock && operation != Operation.CMPXCHG16B)
                            || (operation == Operation.XCHG && i.a == Operand.MEMORY)) {
                        show(XACQUIRE, 0xf2);
                        show(XRELEASE, 0xf3);
                    } else if (operation == Operation.MOV
                            && i.a == Operand.MEMORY
                            && i.row.operands[0].method() == Method.E) {
                        show(XRELEASE, 0xf3);
                    }
                }
            }
            if (i.row.wantedW == 1) {
                useRex(Decoder.W);
            }
            if (prefixTable && (i.row.prefixes & ((1 << OpcodeRow.NONE) | (1 << OpcodeRow.P66))) != 0) {
                use(0x66);
            }
            if (rex != 0 && rexUsed == rex) {
                shown[shown.length - 1] = 0;
            }
        }

        /** Whether a DS prefix says NOTRACK here. */
        private boolean notrack() {
            return (i.operation == Operation.JMP_NEAR || i.operation == Operation.CALL_NEAR)
                    && i.a != Operand.RELATIVE
                    && !has(0x64)
                    && !has(0x65);
        }

        private String prefixName(int prefix) {
            boolean wide = i.codeWidth != 16;
            return switch (prefix) {
                case 0x26 -> "es";
                case 0x2e -> "cs";
                case 0x36 -> "ss";
                case 0x3e -> "ds";
                case 0x64 -> "fs";
                case 0x65 -> "gs";
                case 0x66 -> wide ? "data16" : "data32";
                case 0x67 -> mode64 ? "addr32" : wide ? "addr16" : "addr32";
                case 0xf0 -> "lock";
                case 0xf2 -> "repnz";
                case 0xf3 -> "repz";
                case BND -> "bnd";
                case REP -> "rep";
                case NOTRACK -> "notrack";
                case XACQUIRE -> "xacquire";
                case XRELEASE -> "xrelease";
                default ->
                    "rex" + (prefix == 0x40 ? "" : ".")
                            + ((prefix & Decoder.W) != 0 ? "W" : "")
                            + ((prefix & Decoder.R) != 0 ? "R" : "")
                            + ((prefix & Decoder.X) != 0 ? "X" : "")
                            + ((prefix & Decoder.B) != 0 ? "B" : "");
            };
        }

        // ---- the line ----

        String line() {
            StringBuilder operands = new StringBuilder();
            int place = 0;
            for (OperandCode encoded : i.row.operands) {
                int value = place == 0 ? i.a : place == 1 ? i.b : place == 2 ? i.c : i.d;
                boolean implied = encoded.method() == Method.IMPLIED || encoded.method() == Method.Y;
                boolean hidden = (encoded.method() == Method.ST && comparesWithTop())
                        || (encoded.method() == Method.I && namedByImmediate() != null);
                int size = place == 0 ? i.sizeA : place == 1 ? i.sizeB : i.sizeC;
                String text = hidden ? "" : implied ? implied(encoded) : operand(encoded, value, size);
                place += implied ? 0 : 1;
                if (!text.isEmpty()) {
                    operands.append(operands.isEmpty() ? "" : ",").append(text);
                }
            }
            String mnemonic = mnemonic();
            if (i.operation == Operation.NOP && !i.row.modRm && has(0x66)) {
                useOperandSize();
                mnemonic = "xchg";
                String register = general(0, i.size);
                operands.append(register).append(',').append(register);
            }
            if (i.base == Instruction.RIP && i.hasMemory()) {
                long target = (address + i.length + i.displacement) & i.addressMask;
                operands.append("        # ").append(hex(target));
            }
            settlePrefixes();
            StringBuilder line = new StringBuilder();
            for (int prefix : shown) {
                if (prefix != 0) {
                    line.append(prefixName(prefix)).append(' ');
                }
            }
            line.append(mnemonic);
            if (!operands.isEmpty()) {
                while (line.length() < 6) {
                    line.append(' ');
                }
                line.append(' ').append(operands);
            }
            return line.toString();
        }

        private boolean comparesWithTop() {
            return i.operation == Operation.FCOM || i.operation == Operation.FCOMP;
        }

        /** The mnemonic of CMPPS and its like, and of PCLMULQDQ, in which objdump hides the immediate; else null. */
        private String namedByImmediate() {
            return switch (i.operation) {
                case CMPPS, CMPPD, CMPSS, CMPSD ->
                    i.immediate < PREDICATES.length
                            ? "cmp" + PREDICATES[(int) i.immediate]
                                    + i.row.name(i.size).substring(3)
                            : null;
                case PCLMULQDQ ->
                    (i.immediate & ~0x11) == 0
                            ? "pclmul" + ((i.immediate & 1) == 0 ? "lq" : "hq")
                                    + ((i.immediate & 0x10) == 0 ? "lq" : "hq") + "dq"
                            : null;
                default -> null;
            };
        }

        private String mnemonic() {
            String name = i.row.name(i.size);
            if (namedByImmediate() != null) {
                return namedByImmediate();
            }
            switch (i.operation) {
                case JCC, SETCC, CMOVCC -> {
                    return name + CONDITIONS[i.condition];
                }
                case CBW, CWD -> useOperandSize();
                case JCXZ -> {
                    use(0x67);
                    return i.addressSize == 8 ? "jrcxz" : i.addressSize == 4 ? "jecxz" : "jcxz";
                }
                case SGDT, SIDT, LGDT, LIDT -> {
                    if (!mode64) {
                        useOperandSize();
                        return name + (i.size == 2 ? "w" : "d");
                    }
                }
                case SYSRET, SYSEXIT -> {
                    if (mode64) {
                        useRex(Decoder.W);
                        return name + ((rex & Decoder.W) != 0 ? "q" : "d");
                    }
                }
                case NOP -> {
                    if (name.equals("rdssp")) {
                        return (rex & Decoder.W) != 0 ? "rdsspq" : "rdsspd";
                    }
                }
                case MOV -> {
                    boolean wideImmediate =
                            i.b == Operand.IMMEDIATE && i.row.operands[0].method() == Method.Z && i.size == 8;
                    boolean wideOffset = i.addressSize == 8
                            && (i.row.operands[0].method() == Method.O || i.row.operands[1].method() == Method.O);
                    if (wideImmediate || wideOffset) {
                        return "movabs";
                    }
                }
                default -> {}
            }
            if (suffixed()) {
                if ((rex & Decoder.W) != 0 && (i.operation == Operation.RET_FAR || i.operation == Operation.IRET)) {
                    useRex(Decoder.W);
                    return name + "q";
                }
                boolean x87 = i.operation.group == Operation.Group.X87;
                if (has(0x66) && (x87 || (rex & Decoder.W) == 0)) {
                    use(0x66);
                    return name + (i.codeWidth == 16 ? "d" : "w");
                }
            }
            return name;
        }

        private boolean suffixed() {
            return switch (i.operation) {
                case PUSH -> i.a == Operand.IMMEDIATE;
                case RET_NEAR -> !mode64;
                case JMP_NEAR, CALL_NEAR -> !mode64 && i.a == Operand.RELATIVE && i.row.operands[0].size() == Size.Z;
                default -> SUFFIXED.contains(i.operation);
            };
        }

        // ---- operands ----

        private String operand(OperandCode encoded, int value, int size) {
            sizedBy(encoded);
            switch (encoded.method()) {
                case G, C, D, V -> useRex(Decoder.R);
                case R, E, U, W -> {
                    if (value != Operand.MEMORY) {
                        useRex(Decoder.B);
                    }
                }
                case Z -> useRex(Decoder.B);
                default -> {}
            }
            if (value < Operand.HIGH_BYTE) {
                if (size == 1 && (value & 4) != 0) {
                    useRex(0);
                }
                if (showsSizeOfMask()) {
                    useRex(Decoder.W);
                    return general(value, (rex & Decoder.W) != 0 ? 8 : size);
                }
                if (showsWholeRegister()) {
                    useOperandSize();
                    return general(value, i.size);
                }
                return general(value, size);
            }
            if (value < Operand.MEMORY) {
                return HIGH_BYTES[value - Operand.HIGH_BYTE];
            }
            if (value >= Operand.SEGMENT && value < Operand.SEGMENT + SEGMENTS.length) {
                return SEGMENTS[value - Operand.SEGMENT];
            }
            if (value >= Operand.CONTROL && value < Operand.DEBUG) {
                return "cr" + (value - Operand.CONTROL);
            }
            if (value >= Operand.DEBUG && value < Operand.XMM) {
                return "dr" + (value - Operand.DEBUG);
            }
            if (value >= Operand.XMM && value < Operand.X87) {
                return "xmm" + (value - Operand.XMM);
            }
            if (value >= Operand.X87 && value < Operand.MMX) {
                return value == Operand.X87 && encoded.method() == Method.ST
                        ? "st"
                        : "st(" + (value - Operand.X87) + ")";
            }
            if (value >= Operand.MMX && value < Operand.MMX + 8) {
                return "mm" + (value - Operand.MMX);
            }
            return switch (value) {
                case Operand.MEMORY -> memory(encoded, size);
                case Operand.IMMEDIATE, Operand.IMMEDIATE2 -> immediate(encoded, value, size);
                case Operand.RELATIVE -> relative(encoded);
                case Operand.FAR_POINTER -> {
                    use(0x66);
                    yield hex(i.immediate2) + ":" + hex(i.immediate);
                }
                default -> "?";
            };
        }

        /** Notes which prefixes made the size of an operand. */
        private void sizedBy(OperandCode encoded) {
            switch (encoded.size()) {
                case V, A, P -> useSize();
                case Z -> {
                    if (encoded.method() == Method.J) {
                        return;
                    }
                    if (encoded.method() == Method.I) {
                        useSize();
                    } else if ((rex & Decoder.W) == 0) {
                        use(0x66);
                    }
                }
                case Y -> useRex(Decoder.W);
                default -> {}
            }
        }

        private void useSize() {
            if (i.row.forced64 && mode64) {
                return;
            }
            if (i.row.default64 && mode64) {
                if ((rex & Decoder.W) == 0) {
                    use(0x66);
                }
                return;
            }
            useOperandSize();
        }

        private static String general(int number, int size) {
            return switch (size) {
                case 1 -> REGISTERS_8[number];
                case 2 -> REGISTERS_16[number];
                case 4 -> REGISTERS_32[number];
                default -> REGISTERS_64[number];
            };
        }

        /** Whether objdump lets REX.W widen a register that is zero-extended anyway. */
        private boolean showsSizeOfMask() {
            return switch (i.operation) {
                case MOVMSKPS, MOVMSKPD, PMOVMSKB -> true;
                default -> false;
            };
        }

        /** Whether objdump shows the whole register although only its low word is read. */
        private boolean showsWholeRegister() {
            return i.operation == Operation.LAR || i.operation == Operation.LSL || i.operation == Operation.MOV_SREG;
        }

        private String immediate(OperandCode encoded, int value, int size) {
            if (encoded.method() == Method.ONE) {
                return "1";
            }
            long bits = value == Operand.IMMEDIATE ? i.immediate : i.immediate2;
            int shown = encoded.method() == Method.SI || encoded.size() == Size.Z ? i.size : size;
            if (encoded.method() == Method.SI) {
                useSize();
            }
            return hex(shown == 8 ? bits : bits & ((1L << (shown * 8)) - 1));
        }

        private String relative(OperandCode encoded) {
            if (encoded.size() == Size.Z && !mode64) {
                use(0x66);
            }
            long target = address + i.length + i.immediate;
            if (mode64) {
                return hex(target);
            }
            boolean near = encoded.size() == Size.Z;
            if (i.codeWidth == 16 && !(near && i.size == 4)) {
                // objdump takes the bits above IP for the segment and keeps them.
                return hex((target & 0xffff) | ((address + i.length) & 0xffff_0000L));
            }
            return hex(target & (near && i.size == 2 ? 0xffff : 0xffff_ffffL));
        }

        private String implied(OperandCode encoded) {
            if (encoded.size() == Size.NONE) {
                return "";
            }
            sizedBy(encoded);
            int size = encoded.size().in(i.size, false, i.codeWidth);
            boolean destination = encoded.method() == Method.Y;
            use(0x67);
            if (!destination) {
                use(0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65);
            }
            int register = destination ? 7 : encoded.number();
            return pointer(size) + SEGMENTS[destination ? 0 : i.segment] + ":[" + general(register, i.addressSize)
                    + "]";
        }

        private String pointer(int size) {
            return switch (size) {
                case 1 -> "BYTE PTR ";
                case 2 -> "WORD PTR ";
                case 4 -> "DWORD PTR ";
                case 6 -> "FWORD PTR ";
                case 8 -> "QWORD PTR ";
                case 10 -> "TBYTE PTR ";
                case 16 ->
                    i.operation == Operation.CMPXCHG16B || i.operation.group == Operation.Group.EXTENSION
                            ? "OWORD PTR "
                            : "XMMWORD PTR ";
                default -> "";
            };
        }

        private String memory(OperandCode encoded, int size) {
            boolean absolute = encoded.method() == Method.O;
            boolean noBase = i.base == Instruction.NO_REGISTER;
            boolean noIndex = i.index == Instruction.NO_REGISTER;
            boolean onlyDisplacement = noBase && noIndex && i.scale == 0;
            if (!absolute && !(onlyDisplacement && i.codeWidth == 16 && i.addressSize == 4)) {
                use(0x67);
            }
            StringBuilder text = new StringBuilder();
            if (encoded.size() != Size.S && encoded.size() != Size.NONE && !absolute) {
                text.append(pointer(size));
            }
            boolean override = false;
            for (int prefix : given) {
                override |= prefix == 0x64
                        || prefix == 0x65
                        || (!mode64
                                && (prefix == 0x26
                                        || prefix == 0x2e
                                        || prefix == 0x36
                                        || (prefix == 0x3e && !notrack())));
            }
            if (override) {
                if (mode64) {
                    use(0x64, 0x65);
                } else {
                    use(0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65);
                }
                text.append(SEGMENTS[i.segment]).append(':');
            }
            if (!absolute && i.addressSize != 2) {
                useRex(Decoder.B);
                if ((i.modRm & 7) == 4) {
                    useRex(Decoder.X);
                }
            }
            boolean sib = !absolute && i.addressSize != 2 && (i.modRm & 7) == 4;
            if (absolute || (onlyDisplacement && !(sib && i.addressSize == 4 && i.codeWidth != 16))) {
                long displacement = i.displacement & i.addressMask;
                return text.append(override ? "" : "ds:")
                        .append(hex(displacement))
                        .toString();
            }
            text.append('[');
            if (i.base == Instruction.RIP) {
                text.append(i.addressSize == 8 ? "rip" : "eip");
            } else if (!noBase) {
                text.append(general(i.base, i.addressSize));
            }
            if (!noIndex || (sib && (i.scale != 0 || noBase || (i.base & 7) != 4))) {
                text.append(noBase ? "" : "+");
                text.append(noIndex ? i.addressSize == 8 ? "riz" : "eiz" : general(i.index, i.addressSize));
                if (i.addressSize != 2) {
                    text.append('*').append(1 << i.scale);
                }
            }
            if ((i.modRm >> 6) != 0 || i.base == Instruction.RIP || noBase) {
                long displacement = noBase && noIndex && mode64 ? i.displacement & i.addressMask : i.displacement;
                text.append(displacement < 0 && i.base != Instruction.RIP ? '-' : '+')
                        .append(hex(i.base == Instruction.RIP ? displacement : Math.abs(displacement)));
            }
            return text.append(']').toString();
        }

        private static String hex(long value) {
            return "0x" + Long.toHexString(value);
        }
    }
}
