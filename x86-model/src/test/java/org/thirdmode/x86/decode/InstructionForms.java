package org.thirdmode.x86.decode;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;

/**
 * Byte sequences for every row of the opcode table: each opcode it stands for, with the prefixes that may matter, each
 * form of address, and displacements and immediates of both signs.
 */
final class InstructionForms {
    /** Every sequence is this long: an instruction and bytes that do not belong to it. */
    static final int LENGTH = 32;

    private static final HexFormat HEX = HexFormat.of();

    private static final String[] PREFIXES = {
        "", "66", "67", "6667", "64", "2e", "3e", "26", "36", "65", "f0", "f2", "f3", "66f2", "f366", "f0f3", "f2f0",
        "f2f3", "6565", "6467", "662e", "6666"
    };
    private static final String[] REX = {"", "40", "41", "42", "44", "48", "49", "4c", "4d", "4f", "45", "47"};

    /** ModR/M (with reg = 0) and SIB. */
    private static final String[] ADDRESSES = {
        "00", "01", "02", "03", "0424", "0425", "0420", "0460", "0485", "041b", "049d", "04a4", "0404", "05", "06",
        "07", "40", "42", "45", "46", "4424", "4464", "44f5", "80", "83", "85", "87", "8424", "843d", "84e8", "c0",
        "c1", "c3", "c4", "c7"
    };

    private static final String[] FILLERS = {
        "0123456789abcdef", "80fffffffeffffff", "f0debc9a78563412", "0080000000000080"
    };

    private InstructionForms() {}

    /** Hands every form of a row, in code of {@code codeWidth}, to {@code consumer}. */
    static void of(OpcodeRow row, int codeWidth, boolean all, Consumer<byte[]> consumer) {
        List<String> addresses = row.modRm ? List.of(ADDRESSES) : List.of("");
        int turn = row.line;
        for (int opcode = row.opcode; opcode <= row.lastOpcode; opcode++) {
            int regs = row.modRm && (row.modRmMask & 0x38) == 0 ? 8 : 1;
            for (String address : addresses) {
                for (int n = 0; n < (all ? regs : 1); n++) {
                    int reg = regs == 1 ? 0 : (turn + n) & 7;
                    String rest = modRm(row, address, reg) + FILLERS[turn++ & 3].repeat(2);
                    emit(row, opcode, "", rexes(row, codeWidth)[turn % rexes(row, codeWidth).length], rest, consumer);
                    emit(row, opcode, PREFIXES[turn % 5], "", rest, consumer);
                }
            }
            for (String prefix : PREFIXES) {
                for (String rex : rexes(row, codeWidth)) {
                    String address = addresses.get(turn % addresses.size());
                    String rest = modRm(row, address, turn) + FILLERS[turn & 3].repeat(2);
                    turn++;
                    emit(row, opcode, prefix, rex, rest, consumer);
                }
                if (!all) {
                    turn += 3;
                }
            }
        }
    }

    private static String[] rexes(OpcodeRow row, int codeWidth) {
        return codeWidth == 64 && row.map <= OpcodeRow.VEX ? REX : new String[] {""};
    }

    private static String modRm(OpcodeRow row, String address, int reg) {
        if (!row.modRm) {
            return "";
        }
        int value = Integer.parseInt(address.substring(0, 2), 16) | ((reg & 7) << 3);
        value = (value & ~row.modRmMask) | row.modRmValue;
        boolean sib = (value & 7) == 4 && value < 0xc0;
        String second = !sib ? "" : address.length() == 4 ? address.substring(2) : "24";
        return HEX.toHexDigits((byte) value) + second;
    }

    private static void emit(
            OpcodeRow row, int opcode, String prefixes, String rex, String rest, Consumer<byte[]> consumer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(HEX.parseHex(prefixes));
        if (row.map > OpcodeRow.VEX) {
            vex(row, rest, bytes);
        } else {
            switch (row.prefixes) {
                case 1 << OpcodeRow.P66 -> bytes.write(0x66);
                case 1 << OpcodeRow.PF3 -> bytes.write(0xf3);
                case 1 << OpcodeRow.PF2 -> bytes.write(0xf2);
                default -> {}
            }
            if (row.wantedW == 1 && rex.isEmpty()) {
                bytes.write(0x48);
            }
            bytes.writeBytes(HEX.parseHex(rex));
            if (row.map != OpcodeRow.ONE_BYTE) {
                bytes.write(0x0f);
            }
            if (row.map > OpcodeRow.MAP_0F) {
                bytes.write(row.map == OpcodeRow.MAP_0F38 ? 0x38 : 0x3a);
            }
        }
        bytes.write(opcode);
        bytes.writeBytes(HEX.parseHex(rest));
        byte[] form = new byte[LENGTH];
        System.arraycopy(bytes.toByteArray(), 0, form, 0, Math.min(LENGTH, bytes.size()));
        consumer.accept(form);
    }

    /** A three-byte VEX prefix whose free bits follow from the rest. */
    private static void vex(OpcodeRow row, String rest, ByteArrayOutputStream bytes) {
        int seed = rest.hashCode();
        int pp = switch (row.prefixes) {
            case 1 << OpcodeRow.P66 -> 1;
            case 1 << OpcodeRow.PF3 -> 2;
            case 1 << OpcodeRow.PF2 -> 3;
            default -> 0;
        };
        int w = row.wantedW >= 0 ? row.wantedW : (seed >> 5) & 1;
        int vvvv = row.usesVvvv ? (seed >> 6) & 15 : 15;
        bytes.write(0xc4);
        bytes.write((row.map - OpcodeRow.VEX) | (seed & 0x20) | 0xc0);
        bytes.write((w << 7) | ((vvvv | 8) << 3) | (Math.max(row.wantedL, 0) << 2) | pp);
    }

    /** The forms of all rows in code of {@code codeWidth}. */
    static List<byte[]> all(int codeWidth, boolean all) {
        List<byte[]> forms = new ArrayList<>();
        for (OpcodeRow row : OpcodeTable.ROWS) {
            if (codeWidth == 64 ? row.in64 : row.outside64) {
                of(row, codeWidth, all, forms::add);
            }
        }
        return forms;
    }

    /** Forms one after the other, each followed by enough NOPs that a disassembler finds the next. */
    static byte[] image(List<byte[]> forms) {
        byte[] image = new byte[forms.size() * LENGTH];
        for (int n = 0; n < forms.size(); n++) {
            System.arraycopy(forms.get(n), 0, image, n * LENGTH, LENGTH);
            Arrays.fill(image, n * LENGTH + 20, (n + 1) * LENGTH, (byte) 0x90);
        }
        return image;
    }
}
