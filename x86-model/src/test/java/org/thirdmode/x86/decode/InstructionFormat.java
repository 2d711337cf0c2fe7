package org.thirdmode.x86.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** SDM 2 "Instruction Format". */
class InstructionFormat {
    private static final Decoder DECODER = ObjdumpComparison.DECODER;

    /** Bytes that begin as instructions of every opcode map do, behind any prefixes. */
    @Provide
    Arbitrary<byte[]> code() {
        Arbitrary<byte[]> prefixes = Arbitraries.of(
                        0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x26, 0x36, 0x3e, 0x64, 0x65, 0x40, 0x41, 0x44, 0x48, 0x4f)
                .map(Integer::byteValue)
                .array(byte[].class)
                .ofMaxSize(5);
        Arbitrary<byte[]> map = Arbitraries.of(
                new byte[] {},
                new byte[] {0x0f},
                new byte[] {0x0f},
                new byte[] {0x0f, 0x38},
                new byte[] {0x0f, 0x3a},
                new byte[] {(byte) 0xc4, (byte) 0xe2},
                new byte[] {(byte) 0xc4, (byte) 0xe3},
                new byte[] {(byte) 0xc5});
        Arbitrary<byte[]> rest =
                Arbitraries.bytes().array(byte[].class).ofMinSize(16).ofMaxSize(20);
        return Combinators.combine(prefixes, map, rest).as((a, b, c) -> {
            byte[] all = Arrays.copyOf(a, a.length + b.length + c.length);
            System.arraycopy(b, 0, all, a.length, b.length);
            System.arraycopy(c, 0, all, a.length + b.length, c.length);
            return all;
        });
    }

    @Provide
    Arbitrary<Integer> codeWidth() {
        return Arbitraries.of(16, 32, 64);
    }

    @Property(tries = 20_000)
    void anyBytesHaveALengthOf1To15(@ForAll("code") byte[] code, @ForAll("codeWidth") int codeWidth) {
        Instruction i = DECODER.decode(code, 0, code.length, codeWidth);
        assertNotNull(i, "16 bytes are always enough");
        assertTrue(i.length >= 1 && i.length <= 15, "length " + i.length);
        assertEquals(codeWidth, i.codeWidth);
        assertEquals(i.operation == Operation.TOO_LONG, i.row == null && i.operation != Operation.UD);
    }

    @Property(tries = 20_000)
    void anInstructionDependsOnNothingButItsBytes(@ForAll("code") byte[] code, @ForAll("codeWidth") int codeWidth) {
        Instruction i = DECODER.decode(code, 0, code.length, codeWidth);
        byte[] elsewhere = new byte[code.length + 7];
        new Random(Arrays.hashCode(code)).nextBytes(elsewhere);
        System.arraycopy(code, 0, elsewhere, 3, i.length);
        assertEquals(Decoded.fields(i), Decoded.fields(DECODER.decode(elsewhere, 3, elsewhere.length, codeWidth)));
        assertEquals(Decoded.fields(i), Decoded.fields(DECODER.decode(code, 0, i.length, codeWidth)));
    }

    @Property(tries = 20_000)
    void aTruncatedInstructionIsNone(@ForAll("code") byte[] code, @ForAll("codeWidth") int codeWidth) {
        Instruction whole = DECODER.decode(code, 0, code.length, codeWidth);
        for (int limit = 0; limit < whole.length; limit++) {
            assertNull(DECODER.decode(code, 0, limit, codeWidth), "cut at " + limit);
        }
    }

    @Property(tries = 20_000)
    void anyBytesHaveAText(@ForAll("code") byte[] code, @ForAll("codeWidth") int codeWidth) {
        Disassembler.Line line = ObjdumpComparison.ours(code, 0, codeWidth, 0x1000);
        Instruction i = DECODER.decode(code, 0, code.length, codeWidth);
        assertTrue(!line.text().isBlank() && !line.text().contains("?"), line.text());
        assertEquals(i.row == null ? 1 : i.length, line.length());
    }

    @Test
    void moreThan15BytesAreTooLong() {
        String prefixes14 = "66".repeat(14);
        assertEquals(Operation.NOP, Decoded.operation(64, prefixes14 + "90"));
        assertEquals(15, Decoded.of(64, prefixes14 + "90").length);
        assertEquals(Operation.TOO_LONG, Decoded.operation(64, prefixes14 + "66 90"));
        assertEquals(Operation.TOO_LONG, Decoded.operation(64, prefixes14 + "04 11"));
        assertEquals(Operation.TOO_LONG, Decoded.operation(32, "2e".repeat(20)));
    }

    @Test
    void theEndOfTheBytesIsNoErrorBefore15Bytes() {
        assertNull(Decoded.of(64, "66".repeat(14)));
        assertNull(Decoded.of(64, ""));
        assertNull(Decoded.of(64, "48 b8 11 22 33 44 55 66 77"));
        assertEquals(Operation.TOO_LONG, Decoded.operation(64, "66".repeat(15)));
    }

    @Test
    void anOpcodeThatIsNoneNeedsNoFurtherBytes() {
        assertEquals(Operation.UD, Decoded.operation(64, "0f 0a"));
        assertEquals(Operation.UD, Decoded.operation(64, "06"));
        assertEquals(Operation.UD, Decoded.operation(64, "fe f8"));
        assertEquals(Operation.UD, Decoded.operation(64, "f0 01 c0"));
    }
}
