package org.thirdmode.x86.decode;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.thirdmode.x86.decode.Operation.Group;

/**
 * Every form of the rows of the opcode table that belong to some groups: each with registers and with memory, in each
 * operand size, in 16-, 32- and 64-bit code. The choice of registers and immediates is random and always the same.
 */
public final class EncodedForms {
    /** How the memory operand of a form is addressed. */
    public enum Memory {
        NONE,
        /** The compared memory. */
        WINDOW,
        /** Beyond what may be addressed: past the segment's limit, or not canonical. */
        BEYOND
    }

    /**
     * One encoding.
     *
     * @param row the row's text, for messages
     * @param base register that addresses memory, or -1
     * @param index register that is added to it, or -1
     * @param scale what the index is multiplied with
     * @param displacement what is added, as the processor sees it
     * @param gs whether it addresses memory through GS
     * @param displacementAt where in {@code code} the displacement of a RIP-relative address stands, or -1
     */
    public record Encoding(
            String row,
            Operation operation,
            int mode,
            byte[] code,
            int addressSize,
            Memory memory,
            boolean gs,
            int base,
            int index,
            int scale,
            long displacement,
            int displacementAt) {}

    private static final int RSP = 4;
    private static final int RBP = 5;

    private SplittableRandom random;
    private final Consumer<Encoding> sink;
    private int turn;

    /** Offset of the compared memory from the base of data segments, by mode; where memory operands lie. */
    private final long absolute16;

    private final long absolute;

    private EncodedForms(long absolute16, long absolute, Consumer<Encoding> sink) {
        this.absolute16 = absolute16;
        this.absolute = absolute;
        this.sink = sink;
    }

    /**
     * All forms of the rows of {@code groups}.
     *
     * @param absolute16 the address that absolute memory operands have in 16-bit code
     * @param absolute the address that they have elsewhere, below 2^31
     */
    public static List<Encoding> of(Set<Group> groups, long absolute16, long absolute) {
        List<Encoding> all = new ArrayList<>();
        EncodedForms forms = new EncodedForms(absolute16, absolute, all::add);
        for (OpcodeRow row : OpcodeTable.ROWS) {
            if (groups.contains(row.operation.group) && !differsByMaker(row)) {
                for (int mode : new int[] {16, 32, 64}) {
                    if (mode == 64 ? row.in64 : row.outside64) {
                        forms.row(row, mode);
                    }
                }
            }
        }
        return all;
    }

    /** PREFETCH with a register: no operation on Intel's processors, undefined on AMD's. */
    private static boolean differsByMaker(OpcodeRow row) {
        return row.map == OpcodeRow.MAP_0F && row.opcode == 0x0d && row.operation == Operation.NOP;
    }

    private void row(OpcodeRow row, int mode) {
        // The choices for a row do not depend on which rows stand before it.
        turn = row.text.hashCode() & 0xff;
        random = new SplittableRandom(row.text.hashCode() + mode);
        for (int size = 0; size < 3; size++) {
            boolean other = size == 1;
            boolean wide = size == 2;
            if (possible(row, mode, other, wide)) {
                sized(row, mode, other, wide);
            }
        }
    }

    /** Whether the row has a form with 66 ({@code other}) or W ({@code wide}), and one that differs by it. */
    private static boolean possible(OpcodeRow row, int mode, boolean other, boolean wide) {
        if ((wide && mode != 64) || row.wantedW == (wide ? 0 : 1)) {
            return false;
        }
        if (!other) {
            return !wide || row.wantedW == 1 || row.sizedBy != OperandCode.Size.B;
        }
        if (row.sizedBy == OperandCode.Size.B || row.map > OpcodeRow.MAP_0F3A) {
            return false;
        }
        // Intel's processors ignore 66 before near branches in 64-bit mode, AMD's do not.
        if (mode == 64 && row.forced64) {
            return false;
        }
        int mandatory = row.prefixes;
        boolean asPrefix = (mandatory & (1 << OpcodeRow.P66)) != 0 && mandatory != 1 << OpcodeRow.P66;
        return asPrefix || mandatory == 1 << OpcodeRow.PF2 || mandatory == 1 << OpcodeRow.PF3;
    }

    private void sized(OpcodeRow row, int mode, boolean other, boolean wide) {
        for (int opcode = row.opcode; opcode <= row.lastOpcode; opcode++) {
            boolean onlySomeRegisters = row.lastOpcode - row.opcode == 7 && ((opcode - row.opcode) & 3) != (turn & 3);
            if (onlySomeRegisters) {
                continue;
            }
            if (!row.modRm) {
                new Builder(row, opcode, mode, other, wide).plain();
                if (row.repeat) {
                    new Builder(row, opcode, mode, other, wide).repeated(0xf3).plain();
                    new Builder(row, opcode, mode, other, wide).repeated(0xf2).plain();
                    new Builder(row, opcode, mode, other, wide).otherAddress().plain();
                    new Builder(row, opcode, mode, other, wide)
                            .otherAddress()
                            .repeated(0xf3)
                            .plain();
                    new Builder(row, opcode, mode, other, wide).gs().plain();
                    new Builder(row, opcode, mode, other, wide)
                            .gs()
                            .repeated(0xf3)
                            .plain();
                } else if (usesAddressSize(row.operation)) {
                    new Builder(row, opcode, mode, other, wide).otherAddress().plain();
                }
                continue;
            }
            if (!row.memory) {
                new Builder(row, opcode, mode, other, wide).register();
                new Builder(row, opcode, mode, other, wide).register();
            }
            if ((row.modRmMask & 0xc0) != 0xc0) {
                new Builder(row, opcode, mode, other, wide).memory(turn++);
                new Builder(row, opcode, mode, other, wide).memory(turn++);
                new Builder(row, opcode, mode, other, wide).gs().memory(0);
                if (row.lock) {
                    new Builder(row, opcode, mode, other, wide).lock().memory(turn++);
                }
                if (accessesMemory(row.operation)) {
                    new Builder(row, opcode, mode, other, wide).beyond();
                }
            }
        }
        turn++;
    }

    private static boolean usesAddressSize(Operation operation) {
        return switch (operation) {
            case XLAT, LOOP, LOOPE, LOOPNE, JCXZ -> true;
            default -> false;
        };
    }

    private static boolean accessesMemory(Operation operation) {
        return switch (operation) {
            case LEA, NOP, PREFETCH, UD -> false;
            default -> true;
        };
    }

    /** Writes one encoding. */
    private final class Builder {
        private final OpcodeRow row;
        private final int opcode;
        private final int mode;
        private final boolean other;
        private final boolean wide;
        private boolean otherAddress;
        private boolean lock;
        private int repeat;
        private boolean gs;

        private final byte[] code = new byte[16];
        private int length;

        private int rex;
        private int modRm;
        private int sib = -1;
        private int displacementSize;
        private long displacement;
        private Memory memory = Memory.NONE;
        private int base = -1;
        private int index = -1;
        private int scale = 1;
        private int displacementAt = -1;
        private boolean ripRelative;

        Builder(OpcodeRow row, int opcode, int mode, boolean other, boolean wide) {
            this.row = row;
            this.opcode = opcode;
            this.mode = mode;
            this.other = other;
            this.wide = wide;
            rex = wide ? Decoder.W : 0;
        }

        Builder otherAddress() {
            otherAddress = true;
            return this;
        }

        Builder lock() {
            lock = true;
            return this;
        }

        Builder gs() {
            gs = true;
            return this;
        }

        Builder repeated(int prefix) {
            repeat = prefix;
            return this;
        }

        private int addressSize() {
            return switch (mode) {
                case 64 -> otherAddress ? 4 : 8;
                case 32 -> otherAddress ? 2 : 4;
                default -> otherAddress ? 4 : 2;
            };
        }

        void plain() {
            // 16-bit addresses in 32-bit code would be below what the host maps.
            if (mode == 32 && otherAddress && row.operation.group != Group.CONTROL) {
                return;
            }
            if (row.lastOpcode - row.opcode == 7 && mode == 64 && row.wantedB < 0 && random.nextBoolean()) {
                rex |= Decoder.B;
            }
            finish();
        }

        void register() {
            modRm = 0xc0 | random.nextInt(64);
            if (mode == 64 && random.nextBoolean()) {
                rex |= Decoder.REX_PRESENT | random.nextInt(8);
            }
            avoidStackPointer();
            finish();
        }

        /** On its way back to 16-bit code the host's kernel loses the upper half of ESP. */
        private void avoidStackPointer() {
            if (mode == 16) {
                modRm = (modRm & 0x38) == 0x20 ? modRm ^ 0x08 : modRm;
                modRm = (modRm & 0xc7) == 0xc4 ? modRm ^ 0x01 : modRm;
            }
        }

        void memory(int choice) {
            memory = Memory.WINDOW;
            modRm = random.nextInt(8) << 3;
            if (mode == 64 && random.nextBoolean()) {
                rex |= Decoder.REX_PRESENT | (random.nextBoolean() ? Decoder.R : 0);
            }
            if (mode == 16) {
                memory16(choice);
            } else {
                memory32(choice);
            }
            avoidStackPointer();
            finish();
        }

        private void memory16(int choice) {
            switch (choice % 5) {
                case 0 -> {
                    address(0x40, 3, 6, 1, 1);
                }
                case 1 -> {
                    address(0x82, 5, 6, 1, 2);
                }
                case 2 -> {
                    displacementSize = 2;
                    displacement = absolute16;
                    modRm |= 6;
                }
                case 3 -> {
                    int rm = 4 + random.nextInt(4);
                    address(0x40 | rm, new int[] {6, 7, 5, 3}[rm - 4], -1, 1, 1);
                }
                default -> {
                    otherAddress = true;
                    sib = 0x40 | (6 << 3) | 3;
                    address(0x84, 3, 6, 2, 4);
                }
            }
        }

        private void memory32(int choice) {
            int registers = mode == 64 ? 16 : 8;
            switch (choice % (mode == 64 ? 6 : 4)) {
                case 0 -> {
                    int register = otherThan(registers, RSP);
                    based(register, 1);
                }
                case 1 -> {
                    int scaleBits = random.nextInt(4);
                    int register = otherThan(registers, RSP);
                    int second = otherThan(registers, RSP);
                    while (second == register) {
                        second = otherThan(registers, RSP);
                    }
                    rex |= (register >> 3) | ((second >> 3) << 1);
                    sib = (scaleBits << 6) | ((second & 7) << 3) | (register & 7);
                    address(0x84, register, second, 1 << scaleBits, 4);
                }
                case 2 -> {
                    displacementSize = 4;
                    displacement = absolute;
                    if (mode == 64) {
                        sib = 0x25;
                        modRm |= 4;
                    } else {
                        modRm |= 5;
                    }
                }
                case 3 -> {
                    sib = 0x24;
                    address(0x44, RSP, -1, 1, 1);
                }
                case 4 -> {
                    ripRelative = true;
                    displacementSize = 4;
                    modRm |= 5;
                }
                default -> {
                    otherAddress = true;
                    based(otherThan(registers, RSP), 1);
                }
            }
        }

        private int otherThan(int registers, int excluded) {
            int register = random.nextInt(registers);
            return register == excluded ? RBP : register;
        }

        private void based(int register, int size) {
            rex |= register >> 3;
            if ((register & 7) == 4) {
                sib = 0x24;
            }
            address((size == 1 ? 0x40 : 0x80) | (register & 7), register, -1, 1, size);
        }

        private void address(int modAndRm, int baseRegister, int indexRegister, int scaledBy, int size) {
            modRm = (modRm & 0x38) | modAndRm;
            base = baseRegister;
            index = indexRegister;
            scale = scaledBy;
            displacementSize = size;
            displacement = random.nextInt(-100, 100);
        }

        void beyond() {
            memory = Memory.BEYOND;
            if (mode == 16) {
                address(0x40 | 7, 3, -1, 1, 1);
            } else if (mode == 64) {
                int register = random.nextBoolean() ? RBP : 7;
                based(register, 1);
            } else {
                return;
            }
            displacement = 0;
            finish();
        }

        private void finish() {
            if (row.map > OpcodeRow.MAP_0F3A) {
                vexPrefixes();
            } else {
                legacyPrefixes();
            }
            write(opcode, 1);
            if (row.modRm) {
                modRm = (modRm & ~row.modRmMask) | (row.modRmValue & row.modRmMask);
                write(modRm, 1);
                if (sib >= 0 && modRm < 0xc0) {
                    write(sib, 1);
                }
                if (ripRelative) {
                    displacementAt = length;
                }
                if (modRm < 0xc0) {
                    write(displacement, displacementSize);
                }
            }
            immediates();
            byte[] whole = java.util.Arrays.copyOf(code, length);
            sink.accept(new Encoding(
                    row.text,
                    row.operation,
                    mode,
                    whole,
                    addressSize(),
                    memory,
                    gs,
                    base,
                    index,
                    scale,
                    displacement,
                    displacementAt));
        }

        private void legacyPrefixes() {
            if (lock) {
                write(0xf0, 1);
            }
            if (gs) {
                write(0x65, 1);
            }
            if (otherAddress) {
                write(0x67, 1);
            }
            if (other || row.prefixes == 1 << OpcodeRow.P66) {
                write(0x66, 1);
            }
            if (row.prefixes == 1 << OpcodeRow.PF3) {
                write(0xf3, 1);
            } else if (row.prefixes == 1 << OpcodeRow.PF2) {
                write(0xf2, 1);
            } else if (repeat != 0) {
                write(repeat, 1);
            }
            if (mode == 64 && rex != 0) {
                write(0x40 | (rex & 15), 1);
            }
            if (row.map != OpcodeRow.ONE_BYTE) {
                write(0x0f, 1);
            }
            if (row.map == OpcodeRow.MAP_0F38 || row.map == OpcodeRow.MAP_0F3A) {
                write(row.map == OpcodeRow.MAP_0F38 ? 0x38 : 0x3a, 1);
            }
        }

        private void vexPrefixes() {
            if (gs) {
                write(0x65, 1);
            }
            if (otherAddress) {
                write(0x67, 1);
            }
            int vvvv = row.usesVvvv ? random.nextInt(mode == 64 ? 16 : 8) : 0;
            if (mode == 16 && vvvv == RSP) {
                vvvv = RBP;
            }
            int simd = row.prefixes == 1 << OpcodeRow.P66
                    ? 1
                    : row.prefixes == 1 << OpcodeRow.PF3 ? 2 : row.prefixes == 1 << OpcodeRow.PF2 ? 3 : 0;
            write(0xc4, 1);
            write(((~rex & 7) << 5) | (row.map - OpcodeRow.VEX), 1);
            write((wide ? 0x80 : 0) | ((~vvvv & 15) << 3) | simd, 1);
        }

        private void immediates() {
            int operandSize = mode == 64 ? (wide ? 8 : other ? 2 : 4) : (mode == 16) != other ? 2 : 4;
            for (OperandCode operand : row.operands) {
                switch (operand.method()) {
                    case SI -> write(immediate(), 1);
                    case I, J -> {
                        int size = operand.size().in(operandSize, wide, mode);
                        boolean branchOf64 = mode == 64 && operand.method() == OperandCode.Method.J && size != 1;
                        write(row.operation == Operation.ENTER ? enter(size) : immediate(), branchOf64 ? 4 : size);
                    }
                    case O -> {
                        memory = Memory.WINDOW;
                        write(mode == 16 ? absolute16 : absolute, addressSize());
                    }
                    default -> {
                        // Registers and memory are in the ModR/M byte.
                    }
                }
            }
        }

        /** ENTER's frames stay within the compared memory. */
        private long enter(int size) {
            return size == 2 ? random.nextInt(40) : random.nextInt(5) | (random.nextInt(8) << 5);
        }

        private long immediate() {
            return switch (random.nextInt(4)) {
                case 0 -> random.nextInt(-3, 4);
                case 1 -> random.nextInt(-128, 128);
                default -> random.nextLong();
            };
        }

        private void write(long value, int bytes) {
            for (int n = 0; n < bytes; n++) {
                code[length++] = (byte) (value >>> (8 * n));
            }
        }
    }
}
