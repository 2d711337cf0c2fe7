package org.thirdmode.x86.decode;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeMap;
import org.thirdmode.x86.profile.Feature;

/** Instructions of the tests, written as bytes. */
final class Decoded {
    private Decoded() {}

    static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    /** What the bytes are in code of {@code codeWidth}, on a processor with every feature. */
    static Instruction of(int codeWidth, String hex) {
        byte[] code = bytes(hex);
        return ObjdumpComparison.DECODER.decode(code, 0, code.length, codeWidth);
    }

    /** What the bytes are in 64-bit code on a processor with every feature but some. */
    static Instruction without(Set<Feature> missing, String hex) {
        byte[] code = bytes(hex);
        return new Decoder(EnumSet.complementOf(EnumSet.copyOf(missing))).decode(code, 0, code.length, 64);
    }

    static Operation operation(int codeWidth, String hex) {
        return of(codeWidth, hex).operation;
    }

    /** Every field of an instruction, by name; null for null. */
    static String fields(Instruction i) {
        if (i == null) {
            return null;
        }
        TreeMap<String, Object> values = new TreeMap<>();
        for (Field field : Instruction.class.getDeclaredFields()) {
            if (!Modifier.isStatic(field.getModifiers())) {
                try {
                    values.put(field.getName(), String.valueOf(field.get(i)));
                } catch (IllegalAccessException e) {
                    throw new AssertionError(e);
                }
            }
        }
        return values.toString();
    }
}
