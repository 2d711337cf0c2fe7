package org.thirdmode.x86.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** SDM 1 "Operand-Size and Address-Size Attributes", SDM 2 "Immediate Operands" and "Default 64-Bit Operand Size". */
class OperandSizeAndConstants {
    private static void sizes(String hex, int in16, int in32, int in64) {
        assertEquals(in16, Decoded.of(16, hex).size, hex + " in 16-bit code");
        assertEquals(in32, Decoded.of(32, hex).size, hex + " in 32-bit code");
        assertEquals(in64, Decoded.of(64, hex).size, hex + " in 64-bit code");
    }

    @Test
    void theOperandSizePrefixSelectsTheOtherSize() {
        sizes("01 c0", 2, 4, 4);
        sizes("66 01 c0", 4, 2, 2);
        sizes("00 c0", 1, 1, 1);
        sizes("66 00 c0", 1, 1, 1);
        assertEquals(8, Decoded.of(64, "48 01 c0").size);
        assertEquals(8, Decoded.of(64, "66 48 01 c0").size);
    }

    @Test
    void theStackHasA64BitDefault() {
        sizes("50", 2, 4, 8);
        sizes("66 50", 4, 2, 2);
        sizes("9c", 2, 4, 8);
        sizes("c9", 2, 4, 8);
        sizes("6a ff", 2, 4, 8);
        sizes("0f a0", 2, 4, 8);
        sizes("ff 30", 2, 4, 8);
        sizes("cf", 2, 4, 4);
        assertEquals(8, Decoded.of(64, "48 cf").size);
    }

    @Test
    void nearBranchesIgnoreTheOperandSizePrefixIn64BitMode() {
        sizes("66 e8 00 00 00 00", 4, 2, 8);
        assertEquals(6, Decoded.of(64, "66 e8 00 00 00 00").length);
        assertEquals(4, Decoded.of(32, "66 e8 00 00").length);
        sizes("66 c3", 4, 2, 8);
        sizes("66 ff d0", 4, 2, 8);
        sizes("66 75 fe", 4, 2, 8);
    }

    @Test
    void constantsAreExtendedAsTheInstructionUsesThem() {
        assertEquals(-1, Decoded.of(64, "48 81 c0 ff ff ff ff").immediate);
        assertEquals(8, Decoded.of(64, "48 81 c0 ff ff ff ff").sizeB);
        assertEquals(-128, Decoded.of(64, "83 c0 80").immediate);
        assertEquals(0x80, Decoded.of(64, "cd 80").immediate);
        assertEquals(0xff, Decoded.of(64, "c1 e0 ff").immediate);
        assertEquals(0x8899_aabb_ccdd_eeffL, Decoded.of(64, "48 b8 ff ee dd cc bb aa 99 88").immediate);
        assertEquals(0xccdd_eeffL, Decoded.of(64, "b8 ff ee dd cc").immediate);
        assertEquals(0xffff_ffff_ccdd_eeffL, Decoded.of(64, "48 c7 c0 ff ee dd cc").immediate);
        assertEquals(1, Decoded.of(64, "d1 e0").immediate);
        assertEquals(Operand.IMMEDIATE, Decoded.of(64, "d1 e0").b);
        assertEquals(Operand.GPR + 1, Decoded.of(64, "d3 e0").b);
        assertEquals(1, Decoded.of(64, "d3 e0").sizeB);
    }

    @Test
    void enterHasTwoConstants() {
        Instruction i = Decoded.of(32, "c8 34 f2 21");
        assertEquals(Operand.IMMEDIATE, i.a);
        assertEquals(Operand.IMMEDIATE2, i.b);
        assertEquals(0xf234, i.immediate);
        assertEquals(0x21, i.immediate2);
    }

    @Test
    void aFarPointerIsOffsetThenSelector() {
        Instruction i = Decoded.of(32, "ea 78 56 34 f2 08 80");
        assertEquals(Operand.FAR_POINTER, i.a);
        assertEquals(0xf234_5678L, i.immediate);
        assertEquals(0x8008, i.immediate2);
        assertEquals(5, Decoded.of(16, "9a 00 00 00 f0").length);
        assertEquals(Operation.UD, Decoded.operation(64, "ea"));
        assertEquals(10, Decoded.of(64, "48 ff 28").sizeA);
        assertEquals(6, Decoded.of(64, "ff 28").sizeA);
    }

    @Test
    void relativeOffsetsAreSigned() {
        Instruction i = Decoded.of(64, "eb fe");
        assertEquals(Operand.RELATIVE, i.a);
        assertEquals(-2, i.immediate);
        assertEquals(-5, Decoded.of(64, "e9 fb ff ff ff").immediate);
        assertEquals(-3, Decoded.of(16, "e9 fd ff").immediate);
        assertEquals(13, Decoded.of(64, "0f 8d 00 00 00 00").condition);
        assertEquals(4, Decoded.of(64, "0f 94 c0").condition);
    }

    @Test
    void portsAreAConstantOrDx() {
        Instruction in = Decoded.of(64, "e4 70");
        assertEquals(Operand.GPR, in.a);
        assertEquals(Operand.IMMEDIATE, in.b);
        assertEquals(1, in.size);
        Instruction out = Decoded.of(64, "48 ef");
        assertEquals(Operand.GPR + 2, out.a);
        assertEquals(Operand.GPR, out.b);
        assertEquals(4, out.size);
    }

    @Test
    void mixedSizesAreEachOperandsOwn() {
        Instruction movzx = Decoded.of(64, "48 0f b7 00");
        assertEquals(8, movzx.sizeA);
        assertEquals(2, movzx.sizeB);
        Instruction movsxd = Decoded.of(64, "48 63 c1");
        assertEquals(8, movsxd.sizeA);
        assertEquals(4, movsxd.sizeB);
    }
}
