package org.thirdmode.x86.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.thirdmode.x86.profile.Feature;

/**
 * SDM 2 "Opcode Map" against a real processor, an AMD EPYC: which opcodes of the one- and two-byte maps it defines, and
 * how long they are, for every ModR/M byte and behind no prefix, 66, F3 and F2. Recorded by {@code opcode-sieve.c}.
 */
class OpcodesOfAProcessor {
    private static final int[] PREFIXES = {0, 0x66, 0xf3, 0xf2};
    private static final int MODRM_BYTES = 72;
    private static final int UNDEFINED = 0;
    private static final int NOT_TRIED = 255;

    /** As the recorded one, which has no VMX. */
    private final Decoder decoder = new Decoder(EnumSet.complementOf(EnumSet.of(Feature.VMX)));

    /** What CPL 3, where it was recorded, or the operating system's settings make undefined. */
    private static final Set<Operation> UNDEFINED_FOR_A_PROGRAM = EnumSet.of(
            Operation.CLAC,
            Operation.STAC,
            Operation.MONITOR,
            Operation.MWAIT,
            Operation.RSM,
            Operation.RDPKRU,
            Operation.WRPKRU);

    /** Near branches obey 66 there (APM 3 "Near Branches in 64-Bit Mode") and ignore it here, as Intel's do. */
    private static final Set<Operation> NEAR_BRANCHES =
            EnumSet.of(Operation.JCC, Operation.JMP_NEAR, Operation.CALL_NEAR);

    @Test
    void theDecoderDefinesWhatAProcessorDefines() throws IOException {
        byte[] lengths;
        try (InputStream in = new GZIPInputStream(getClass().getResourceAsStream("opcodes-of-an-epyc.bin.gz"))) {
            lengths = in.readAllBytes();
        }
        List<String> wrong = new ArrayList<>();
        int at = 0;
        for (int codeWidth = 64; codeWidth >= 32; codeWidth -= 32) {
            for (int prefix : PREFIXES) {
                for (int map = 0; map < 2; map++) {
                    for (int n = 0; n < 256 * MODRM_BYTES; n++) {
                        String difference = difference(
                                codeWidth, prefix, map, n / MODRM_BYTES, n % MODRM_BYTES, lengths[at++] & 0xff);
                        if (difference != null) {
                            wrong.add(difference);
                        }
                    }
                }
            }
        }
        assertEquals(lengths.length, at);
        assertEquals(List.of(), wrong);
    }

    private String difference(int codeWidth, int prefix, int map, int opcode, int modRmClass, int length) {
        int modRm = modRmClass < 8 ? modRmClass << 3 : 0xc0 + modRmClass - 8;
        byte[] code = new byte[16];
        int count = 0;
        if (prefix != 0) {
            code[count++] = (byte) prefix;
        }
        if (map == 1) {
            code[count++] = 0x0f;
        }
        code[count++] = (byte) opcode;
        code[count] = (byte) modRm;
        Instruction i = decoder.decode(code, 0, code.length, codeWidth);
        int ours = i.operation == Operation.UD ? UNDEFINED : i.length;
        boolean agree = length == NOT_TRIED
                || ours == length
                || (ours == UNDEFINED && map == 1 && laterExtension(prefix, opcode, modRm))
                || (length == UNDEFINED && UNDEFINED_FOR_A_PROGRAM.contains(i.operation))
                || (prefix == 0x66 && codeWidth == 64 && NEAR_BRANCHES.contains(i.operation) && length == ours - 2);
        return agree
                ? null
                : "%d-bit, prefix %02x, map %d, opcode %02x, ModR/M %02x: length %d there, %d here (%s)"
                        .formatted(codeWidth, prefix, map, opcode, modRm, length, ours, i.mnemonic());
    }

    /** What that processor has and the table leaves out. */
    private static boolean laterExtension(int prefix, int opcode, int modRm) {
        return switch (opcode) {
            // VMCALL, which the hypervisor under it took; MONITORX, MWAITX, CLZERO, RDPRU, INVLPGB and their like
            case 0x01 -> modRm == 0xc1 || modRm >= 0xfa;
            // MOVNTSS, MOVNTSD, EXTRQ, INSERTQ
            case 0x2b -> prefix == 0xf2 || prefix == 0xf3;
            case 0x78, 0x79 -> prefix == 0x66 || prefix == 0xf2;
            default -> false;
        };
    }
}
