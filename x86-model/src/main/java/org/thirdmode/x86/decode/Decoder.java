package org.thirdmode.x86.decode;

import java.util.Arrays;
import java.util.Set;
import org.thirdmode.x86.decode.OperandCode.Size;
import org.thirdmode.x86.profile.Feature;

/**
 * Decodes one instruction from bytes: prefixes, opcode, ModR/M and SIB, displacement, immediates, in the order of SDM 2
 * "Instruction Format"; what they mean stands in {@code opcodes.txt}. It keeps no state between two instructions.
 */
public final class Decoder {
    /** An instruction is no longer, prefixes included. */
    public static final int MAX_LENGTH = 15;

    // What the prefixes say, collected in one number:
    //
    //   31     22 21  20   17  16   14     12   9   8   7    6    5    4   3 2 1 0
    //  | 0       | L | vvvv | VEX |  segment  | F2 | F3 |LOCK| 67 | 66 |REX| W R X B |

    static final int B = 1;
    static final int X = 2;
    static final int R = 4;
    static final int W = 8;
    static final int REX = 0x1f;
    static final int REX_PRESENT = 0x10;
    static final int OPERAND_SIZE = 0x20;
    static final int ADDRESS_SIZE = 0x40;
    static final int LOCK = 0x80;
    static final int REPE = 0x100;
    static final int REPNE = 0x200;
    static final int SEGMENT_SHIFT = 12;
    static final int SEGMENT = 7 << SEGMENT_SHIFT;
    static final int VEX = 0x1_0000;
    static final int VVVV_SHIFT = 17;
    static final int VVVV = 15 << VVVV_SHIFT;
    static final int L = 0x20_0000;

    private static final int DS = 3;
    private static final int SS = 2;
    private static final int CS = 1;

    // The base and index registers of the 16-bit forms. SDM 2 "16-Bit Addressing Forms with the ModR/M Byte".
    private static final int[] BASE_16 = {3, 3, 5, 5, 6, 7, 5, 3};
    private static final int[] INDEX_16 = {6, 7, 6, 7, 16, 16, 16, 16};

    private final OpcodeTable table;

    /** A decoder for a processor with these features: what a processor lacks decodes as it would there. */
    public Decoder(Set<Feature> features) {
        table = new OpcodeTable(OpcodeTable.ROWS, features);
    }

    /**
     * Decodes the instruction at {@code code[offset]}.
     *
     * @param limit exclusive end of the bytes that may be looked at
     * @param codeWidth 16, 32 or 64
     * @return the instruction ({@link Operation#UD} where the bytes define none, {@link Operation#TOO_LONG} past 15
     *     bytes), or null where the bytes end before the instruction does
     */
    public Instruction decode(byte[] code, int offset, int limit, int codeWidth) {
        int available = Math.min(limit - offset, MAX_LENGTH);
        boolean mode64 = codeWidth == 64;
        int prefixes = 0;
        int length = 0;
        int opcode;
        while (true) {
            if (length >= available) {
                return exhausted(available, codeWidth);
            }
            opcode = code[offset + length++] & 0xff;
            if (mode64 && (opcode & 0xf0) == 0x40) {
                prefixes = (prefixes & ~REX) | REX_PRESENT | (opcode & 15);
            } else {
                int more = afterPrefix(prefixes, opcode, mode64);
                if (more < 0) {
                    break;
                }
                // REX counts only directly before the opcode.
                prefixes = more & ~REX;
            }
        }

        int map = OpcodeRow.ONE_BYTE;
        int mandatory = mandatoryPrefix(prefixes);
        if (opcode == 0x0f) {
            if (length >= available) {
                return exhausted(available, codeWidth);
            }
            opcode = code[offset + length++] & 0xff;
            map = OpcodeRow.MAP_0F;
            if (opcode == 0x38 || opcode == 0x3a) {
                map = opcode == 0x38 ? OpcodeRow.MAP_0F38 : OpcodeRow.MAP_0F3A;
                if (length >= available) {
                    return exhausted(available, codeWidth);
                }
                opcode = code[offset + length++] & 0xff;
            }
        } else if (opcode == 0xc4 || opcode == 0xc5) {
            if (length >= available) {
                return exhausted(available, codeWidth);
            }
            int first = code[offset + length] & 0xff;
            // Outside 64-bit mode these are LES and LDS unless what would be their ModR/M byte has mod = 11B.
            if (mode64 || first >= 0xc0) {
                length++;
                int payload = opcode == 0xc5 ? first : 0;
                map = OpcodeRow.MAP_0F;
                if ((prefixes & (REX | LOCK | REPE | REPNE | OPERAND_SIZE)) != 0) {
                    return undefined(length, codeWidth);
                }
                prefixes |= VEX | ((first & 0x80) == 0 ? R : 0);
                if (opcode == 0xc4) {
                    map = first & 0x1f;
                    if (map < OpcodeRow.MAP_0F || map > OpcodeRow.MAP_0F3A) {
                        return undefined(length, codeWidth);
                    }
                    prefixes |= ((first & 0x40) == 0 ? X : 0) | ((first & 0x20) == 0 ? B : 0);
                    if (length >= available) {
                        return exhausted(available, codeWidth);
                    }
                    payload = code[offset + length++] & 0xff;
                    prefixes |= (payload & 0x80) != 0 ? W : 0;
                    payload &= 0x7f;
                }
                if (!mode64) {
                    // Eight registers; W and the top bit of vvvv are ignored.
                    prefixes &= ~REX;
                    payload |= 0x40;
                }
                prefixes |= ((~payload >> 3) & 15) << VVVV_SHIFT;
                prefixes |= (payload & 4) != 0 ? L : 0;
                mandatory = VEX_PREFIX[payload & 3];
                map += OpcodeRow.VEX;
                if (length >= available) {
                    return exhausted(available, codeWidth);
                }
                opcode = code[offset + length++] & 0xff;
            }
        }

        OpcodeTable.Cell cell = table.cell(mode64, map, opcode);
        if (cell == null) {
            return undefined(length, codeWidth);
        }
        int modRm = 0;
        if (cell.modRm) {
            if (length >= available) {
                return exhausted(available, codeWidth);
            }
            modRm = code[offset + length++] & 0xff;
        }
        OpcodeRow row = select(cell.rows(mandatory, modRm), prefixes);
        if (row == null || ((prefixes & LOCK) != 0 && !(row.lock && modRm < 0xc0))) {
            return undefined(length, codeWidth);
        }

        Instruction i = new Instruction();
        i.row = row;
        i.does(row.operation);
        i.length = length;
        i.codeWidth = codeWidth;
        i.opcodeByte = opcode;
        i.modRm = modRm;
        i.lock = (prefixes & LOCK) != 0;
        if (row.conditional) {
            i.condition = opcode & 15;
        }
        if (row.repeat) {
            i.repeat = (prefixes & REPE) != 0 ? 0xf3 : (prefixes & REPNE) != 0 ? 0xf2 : 0;
        }
        i.addressSize = addressSize(prefixes, codeWidth);
        i.addressMask = i.addressSize == 8 ? -1L : (1L << (i.addressSize * 8)) - 1;
        int override = (prefixes & SEGMENT) >> SEGMENT_SHIFT;
        i.segment = override == 0 ? DS : override - 1;
        if (cell.modRm && modRm < 0xc0 && !row.modIgnored && !memory(i, prefixes, code, offset, available)) {
            return exhausted(available, codeWidth);
        }
        return operands(i, prefixes, code, offset, available);
    }

    private static final int[] VEX_PREFIX = {OpcodeRow.NONE, OpcodeRow.P66, OpcodeRow.PF3, OpcodeRow.PF2};

    /**
     * Adds a legacy prefix to those before it; the last of each group counts. SDM 2 "Instruction Prefixes".
     *
     * @return the prefixes, or -1 where {@code code} is no prefix
     */
    static int afterPrefix(int prefixes, int code, boolean mode64) {
        return switch (code) {
            case 0x66 -> prefixes | OPERAND_SIZE;
            case 0x67 -> prefixes | ADDRESS_SIZE;
            case 0xf0 -> prefixes | LOCK;
            case 0xf2 -> (prefixes & ~REPE) | REPNE;
            case 0xf3 -> (prefixes & ~REPNE) | REPE;
            // ES, CS, SS and DS are ignored in 64-bit mode; an override with FS or GS before them stays.
            case 0x26, 0x2e, 0x36, 0x3e -> mode64 ? prefixes : override(prefixes, (code >> 3) & 3);
            case 0x64, 0x65 -> override(prefixes, code & 7);
            default -> -1;
        };
    }

    private static int override(int prefixes, int segment) {
        return (prefixes & ~SEGMENT) | ((segment + 1) << SEGMENT_SHIFT);
    }

    private static int mandatoryPrefix(int prefixes) {
        return (prefixes & REPE) != 0
                ? OpcodeRow.PF3
                : (prefixes & REPNE) != 0
                        ? OpcodeRow.PF2
                        : (prefixes & OPERAND_SIZE) != 0 ? OpcodeRow.P66 : OpcodeRow.NONE;
    }

    /** Whether its opcode and ModR/M byte mean something else behind 66, F2 or F3. */
    boolean prefixMatters(Instruction i) {
        OpcodeTable.Cell cell = table.cell(i.codeWidth == 64, i.row.map, i.opcodeByte);
        OpcodeRow[] plain = cell.rows(OpcodeRow.NONE, i.modRm);
        return !Arrays.equals(plain, cell.rows(OpcodeRow.P66, i.modRm))
                || !Arrays.equals(plain, cell.rows(OpcodeRow.PF3, i.modRm))
                || !Arrays.equals(plain, cell.rows(OpcodeRow.PF2, i.modRm));
    }

    private static OpcodeRow select(OpcodeRow[] rows, int prefixes) {
        for (OpcodeRow row : rows) {
            if ((row.wantedW < 0 || row.wantedW == ((prefixes & W) != 0 ? 1 : 0))
                    && (row.wantedB < 0 || row.wantedB == ((prefixes & B) != 0 ? 1 : 0))
                    && (row.wantedL < 0 || row.wantedL == ((prefixes & L) != 0 ? 1 : 0))
                    && (row.usesVvvv || (prefixes & VVVV) == 0)) {
                return row;
            }
        }
        return null;
    }

    private static int addressSize(int prefixes, int codeWidth) {
        boolean other = (prefixes & ADDRESS_SIZE) != 0;
        return switch (codeWidth) {
            case 64 -> other ? 4 : 8;
            case 32 -> other ? 2 : 4;
            default -> other ? 4 : 2;
        };
    }

    /** SDM 1 "Operand Size and Address Size in 64-Bit Mode" and SDM 2 "REX Prefixes". */
    private static int operandSize(OpcodeRow row, int prefixes, int codeWidth) {
        boolean other = (prefixes & OPERAND_SIZE) != 0 && row.prefixes != 1 << OpcodeRow.P66;
        return switch (codeWidth) {
            case 64 -> (prefixes & W) != 0 || row.forced64 || (row.default64 && !other) ? 8 : other ? 2 : 4;
            case 32 -> other ? 2 : 4;
            default -> other ? 4 : 2;
        };
    }

    // ---- the memory operand ----

    /** Reads SIB and displacement; false where the bytes end before. */
    private static boolean memory(Instruction i, int prefixes, byte[] code, int offset, int available) {
        int mod = i.modRm >> 6;
        int rm = i.modRm & 7;
        int displacementSize = mod == 1 ? 1 : 0;
        if (i.addressSize == 2) {
            if (mod == 0 && rm == 6) {
                displacementSize = 2;
            } else {
                i.base = BASE_16[rm];
                i.index = INDEX_16[rm];
                displacementSize = mod == 2 ? 2 : displacementSize;
            }
        } else {
            displacementSize = mod == 2 ? 4 : displacementSize;
            i.base = rm | ((prefixes & B) << 3);
            if (rm == 4) {
                if (i.length >= available) {
                    return false;
                }
                int sib = code[offset + i.length++] & 0xff;
                i.scale = sib >> 6;
                int index = ((sib >> 3) & 7) | ((prefixes & X) << 2);
                i.index = index == 4 ? Instruction.NO_REGISTER : index;
                i.base = (sib & 7) | ((prefixes & B) << 3);
            }
            if (mod == 0 && (i.base & 7) == 5) {
                i.base = rm == 5 && i.codeWidth == 64 ? Instruction.RIP : Instruction.NO_REGISTER;
                displacementSize = 4;
            }
        }
        if ((prefixes & SEGMENT) == 0 && (i.base == 4 || i.base == 5)) {
            i.segment = SS;
        }
        if (i.length + displacementSize > available) {
            return false;
        }
        i.displacement = signed(code, offset + i.length, displacementSize);
        i.length += displacementSize;
        return true;
    }

    // ---- the operands ----

    private Instruction operands(Instruction i, int prefixes, byte[] code, int offset, int available) {
        OpcodeRow row = i.row;
        int operation = operandSize(row, prefixes, i.codeWidth);
        boolean wide = (prefixes & W) != 0;
        i.size = row.sizedBy == Size.NONE ? operation : row.sizedBy.in(operation, wide, i.codeWidth);
        i.sizeA = i.size;
        i.sizeB = i.size;
        i.sizeC = i.size;
        int place = 0;
        boolean second = false;
        for (OperandCode encoded : row.operands) {
            int size = encoded.size() == Size.NONE ? i.size : encoded.size().in(operation, wide, i.codeWidth);
            int operand;
            switch (encoded.method()) {
                case I, SI, J -> {
                    if (i.length + (encoded.method() == OperandCode.Method.SI ? 1 : size) > available) {
                        return exhausted(available, i.codeWidth);
                    }
                    long value = immediate(i, encoded, size, code, offset);
                    operand = encoded.method() == OperandCode.Method.J
                            ? Operand.RELATIVE
                            : second ? Operand.IMMEDIATE2 : Operand.IMMEDIATE;
                    if (second) {
                        i.immediate2 = value;
                    } else {
                        i.immediate = value;
                    }
                    if (encoded.signed()) {
                        size = i.size;
                    }
                    second = true;
                }
                case A -> {
                    if (i.length + size > available) {
                        return exhausted(available, i.codeWidth);
                    }
                    i.immediate = unsigned(code, offset + i.length, size - 2);
                    i.immediate2 = unsigned(code, offset + i.length + size - 2, 2);
                    i.length += size;
                    operand = Operand.FAR_POINTER;
                }
                case O -> {
                    if (i.length + i.addressSize > available) {
                        return exhausted(available, i.codeWidth);
                    }
                    i.displacement = unsigned(code, offset + i.length, i.addressSize);
                    i.length += i.addressSize;
                    operand = Operand.MEMORY;
                }
                case ONE -> {
                    i.immediate = 1;
                    operand = Operand.IMMEDIATE;
                }
                case IMPLIED, Y -> {
                    continue;
                }
                default -> {
                    operand = register(i, encoded, size, prefixes);
                    if (operand == INVALID
                            || (place == 0 && operand == Operand.SEGMENT + CS && i.operation == Operation.MOV_SREG)) {
                        return undefined(i.length, i.codeWidth);
                    }
                }
            }
            place(i, place++, operand, size);
        }
        return i;
    }

    private static void place(Instruction i, int place, int operand, int size) {
        switch (place) {
            case 0 -> {
                i.a = operand;
                i.sizeA = size;
            }
            case 1 -> {
                i.b = operand;
                i.sizeB = size;
            }
            case 2 -> {
                i.c = operand;
                i.sizeC = size;
            }
            default -> i.d = operand;
        }
    }

    private static long immediate(Instruction i, OperandCode encoded, int size, byte[] code, int offset) {
        int bytes = encoded.method() == OperandCode.Method.SI ? 1 : size;
        int at = offset + i.length;
        i.length += bytes;
        return encoded.signed() ? signed(code, at, bytes) : unsigned(code, at, bytes);
    }

    private static final int INVALID = -1;

    /** CR0, CR2, CR3, CR4 and CR8. */
    private static final int CONTROL_REGISTERS = 0b1_0001_1101;

    private static int register(Instruction i, OperandCode encoded, int size, int prefixes) {
        int reg = ((i.modRm >> 3) & 7) | ((prefixes & R) << 1);
        int rm = (i.modRm & 7) | ((prefixes & B) << 3);
        boolean memory = i.modRm < 0xc0;
        return switch (encoded.method()) {
            case E -> memory ? Operand.MEMORY : general(rm, size, prefixes);
            case M -> Operand.MEMORY;
            case R -> general(rm, size, prefixes);
            case G -> general(reg, size, prefixes);
            case Z -> general((i.opcodeByte & 7) | ((prefixes & B) << 3), size, prefixes);
            case B -> Operand.GPR + ((prefixes & VVVV) >> VVVV_SHIFT);
            case REGISTER -> Operand.GPR + encoded.number();
            case SEGMENT -> Operand.SEGMENT + encoded.number();
            case S -> (reg & 7) > 5 ? INVALID : Operand.SEGMENT + (reg & 7);
            case C -> reg > 8 || (CONTROL_REGISTERS & (1 << reg)) == 0 ? INVALID : Operand.CONTROL + reg;
            case D -> reg > 7 ? INVALID : Operand.DEBUG + reg;
            case V -> Operand.XMM + reg;
            case W -> memory ? Operand.MEMORY : Operand.XMM + rm;
            case U -> Operand.XMM + rm;
            case XMM -> Operand.XMM + encoded.number();
            case P -> Operand.MMX + (reg & 7);
            case Q -> memory ? Operand.MEMORY : Operand.MMX + (rm & 7);
            case N -> Operand.MMX + (rm & 7);
            case ST -> Operand.X87;
            case STI -> Operand.X87 + (rm & 7);
            default -> throw new IllegalStateException(encoded.toString());
        };
    }

    /** Without REX, byte registers 4..7 are AH, CH, DH and BH. */
    private static int general(int number, int size, int prefixes) {
        return size == 1 && (prefixes & (REX_PRESENT | VEX)) == 0 && number >= 4
                ? Operand.HIGH_BYTE + number - 4
                : Operand.GPR + number;
    }

    // ---- bytes ----

    private static long unsigned(byte[] code, int at, int size) {
        long value = 0;
        for (int n = size - 1; n >= 0; n--) {
            value = (value << 8) | (code[at + n] & 0xff);
        }
        return value;
    }

    private static long signed(byte[] code, int at, int size) {
        int unused = 64 - size * 8;
        return size == 0 ? 0 : (unsigned(code, at, size) << unused) >> unused;
    }

    private static Instruction exhausted(int available, int codeWidth) {
        return available < MAX_LENGTH ? null : nothing(Operation.TOO_LONG, MAX_LENGTH, codeWidth);
    }

    private static Instruction undefined(int length, int codeWidth) {
        return nothing(Operation.UD, length, codeWidth);
    }

    private static Instruction nothing(Operation operation, int length, int codeWidth) {
        Instruction i = new Instruction();
        i.does(operation);
        i.length = length;
        i.codeWidth = codeWidth;
        return i;
    }
}
