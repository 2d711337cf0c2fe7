package org.thirdmode.x86.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.state.Segment;

/** SDM 2 "Addressing-Mode Encoding of ModR/M and SIB Bytes". */
class AddressingForms {
    private static final int NONE = Instruction.NO_REGISTER;

    private static void address(Instruction i, int base, int index, int scale, long displacement, int segment) {
        assertEquals(base, i.base, "base");
        assertEquals(index, i.index, "index");
        assertEquals(scale, i.scale, "scale");
        assertEquals(displacement, i.displacement, "displacement");
        assertEquals(segment, i.segment, "segment");
    }

    @Test
    void sixteenBitFormsAddTwoRegisters() {
        int[][] registers = {{3, 6}, {3, 7}, {5, 6}, {5, 7}, {6, NONE}, {7, NONE}, {5, NONE}, {3, NONE}};
        for (int rm = 0; rm < 8; rm++) {
            Instruction i = Decoded.of(16, "8b 4" + rm + "80");
            int segment = registers[rm][0] == 5 ? Segment.SS : Segment.DS;
            address(i, registers[rm][0], registers[rm][1], 0, -128, segment);
            assertEquals(0xffffL, i.addressMask);
            assertEquals(2, i.addressSize);
        }
        address(Decoded.of(16, "8b 06 34 f2"), NONE, NONE, 0, (short) 0xf234, Segment.DS);
        address(Decoded.of(32, "67 8b 82 34 12"), 5, 6, 0, 0x1234, Segment.SS);
    }

    @Test
    void thirtyTwoBitFormsHaveASib() {
        address(Decoded.of(32, "8b 00"), 0, NONE, 0, 0, Segment.DS);
        address(Decoded.of(32, "8b 45 f0"), 5, NONE, 0, -16, Segment.SS);
        address(Decoded.of(32, "8b 05 00 00 00 80"), NONE, NONE, 0, 0xffff_ffff_8000_0000L, Segment.DS);
        address(Decoded.of(32, "8b 04 24"), 4, NONE, 0, 0, Segment.SS);
        address(Decoded.of(32, "8b 04 9d 10 00 00 00"), NONE, 3, 2, 16, Segment.DS);
        address(Decoded.of(32, "8b 44 ee 7f"), 6, 5, 3, 127, Segment.DS);
        assertEquals(0xffff_ffffL, Decoded.of(32, "8b 00").addressMask);
    }

    @Test
    void sixtyFourBitModeAddressesRelativeToRip() {
        Instruction i = Decoded.of(64, "8b 05 f0 ff ff ff");
        address(i, Instruction.RIP, NONE, 0, -16, Segment.DS);
        assertEquals(-1L, i.addressMask);
        address(Decoded.of(64, "41 8b 05 01 00 00 00"), Instruction.RIP, NONE, 0, 1, Segment.DS);
        address(Decoded.of(64, "8b 04 25 f0 ff ff ff"), NONE, NONE, 0, -16, Segment.DS);
        assertEquals(0xffff_ffffL, Decoded.of(64, "67 8b 05 01 00 00 00").addressMask);
    }

    @Test
    void r12AndR13NeedTheFormsOfRspAndRbpButNotTheirSegment() {
        address(Decoded.of(64, "41 8b 04 24"), 12, NONE, 0, 0, Segment.DS);
        address(Decoded.of(64, "41 8b 45 00"), 13, NONE, 0, 0, Segment.DS);
        address(Decoded.of(64, "42 8b 04 20"), 0, 12, 0, 0, Segment.DS);
    }

    @Test
    void aMemoryOffsetHasNoModRm() {
        Instruction i = Decoded.of(64, "48 a1 f0 de bc 9a 78 56 34 f2");
        address(i, NONE, NONE, 0, 0xf234_5678_9abc_def0L, Segment.DS);
        assertEquals(Operand.GPR, i.a);
        assertEquals(Operand.MEMORY, i.b);
        assertEquals(8, i.size);
        address(Decoded.of(32, "64 a2 00 00 00 80"), NONE, NONE, 0, 0x8000_0000L, Segment.FS);
        assertEquals(1, Decoded.of(32, "64 a2 00 00 00 80").size);
    }

    @Test
    void movToAndFromControlRegistersIgnoresMod() {
        Instruction i = Decoded.of(64, "0f 20 05");
        assertEquals(Operation.MOV_CR, i.operation);
        assertEquals(3, i.length);
        assertEquals(Operand.GPR + 5, i.a);
        assertEquals(Operand.CONTROL, i.b);
        assertEquals(8, i.size);
        assertEquals(4, Decoded.of(16, "0f 22 c0").size);
        assertEquals(Operand.CONTROL + 8, Decoded.of(64, "44 0f 22 c0").a);
        for (String undefined : new String[] {"0f 20 c8", "0f 22 e8", "44 0f 20 c8", "44 0f 21 c0"}) {
            assertEquals(Operation.UD, Decoded.operation(64, undefined), undefined);
        }
    }

    @Test
    void stringInstructionsCarrySizesAndSegmentButNoOperand() {
        Instruction i = Decoded.of(32, "64 67 66 f3 a5");
        assertEquals(Operation.MOVS, i.operation);
        assertEquals(2, i.size);
        assertEquals(2, i.addressSize);
        assertEquals(Segment.FS, i.segment);
        assertEquals(0xf3, i.repeat);
        assertEquals(Operand.NONE, i.a);
        assertEquals(1, Decoded.of(64, "6c").size);
        assertEquals(4, Decoded.of(64, "48 6d").size);
        assertEquals(Segment.GS, Decoded.of(64, "65 d7").segment);
        assertEquals(1, Decoded.of(64, "d7").size);
    }
}
