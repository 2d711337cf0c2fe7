package org.thirdmode.x86.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.state.Segment;

/** SDM 2 "Instruction Prefixes" and "REX Prefixes". */
class InstructionPrefixes {
    @Test
    void theLastOfAGroupCounts() {
        assertEquals(0xf2, Decoded.of(32, "f3 f2 a4").repeat);
        assertEquals(0xf3, Decoded.of(32, "f2 f3 a4").repeat);
        assertEquals(Segment.GS, Decoded.of(32, "2e 65 8b 00").segment);
        assertEquals(Segment.CS, Decoded.of(32, "65 2e 8b 00").segment);
        assertEquals(Operation.TZCNT, Decoded.operation(64, "f2 f3 0f bc c0"));
        assertEquals(Operation.BSF, Decoded.operation(64, "f3 f2 0f bc c0"));
    }

    @Test
    void aRepeatPrefixCountsOnlyWhereItHasAMeaning() {
        assertEquals(0xf3, Decoded.of(64, "f3 48 ab").repeat);
        assertEquals(0xf2, Decoded.of(64, "f2 ae").repeat);
        assertEquals(0, Decoded.of(64, "f3 c3").repeat);
        assertEquals(0, Decoded.of(64, "f3 0f b8 c0").repeat);
    }

    @Test
    void lockIsForAMemoryDestinationOfSomeInstructions() {
        assertTrue(Decoded.of(64, "f0 01 00").lock);
        assertFalse(Decoded.of(64, "01 00").lock);
        for (String undefined : new String[] {"f0 01 c0", "f0 03 00", "f0 39 00", "f0 8b 00", "f0 90", "f0 0f a3 00"}) {
            assertEquals(Operation.UD, Decoded.operation(64, undefined), undefined);
        }
        for (String locked : new String[] {
            "f0 87 00",
            "f0 0f b1 00",
            "f0 0f c1 00",
            "f0 0f c7 08",
            "f0 48 0f c7 08",
            "f0 ff 00",
            "f0 f7 10",
            "f0 f7 18",
            "f0 0f ab 00",
            "f0 0f ba 28 01",
            "f0 80 00 01"
        }) {
            assertTrue(Decoded.of(64, locked).lock, locked);
        }
    }

    @Test
    void rexCountsOnlyDirectlyBeforeTheOpcode() {
        assertEquals(8, Decoded.of(64, "66 48 01 c0").size);
        assertEquals(2, Decoded.of(64, "48 66 01 c0").size);
        assertEquals(4, Decoded.of(64, "48 2e 01 c0").size);
        assertEquals(9, Decoded.of(64, "48 41 01 c1").a);
        assertEquals(4, Decoded.of(64, "48 41 01 c1").size);
    }

    @Test
    void rexNamesTheUniformByteRegisters() {
        assertEquals(Operand.HIGH_BYTE + 0, Decoded.of(64, "b4 01").a);
        assertEquals(Operand.HIGH_BYTE + 3, Decoded.of(64, "88 f8").b);
        assertEquals(Operand.GPR + 4, Decoded.of(64, "40 b4 01").a);
        assertEquals(Operand.GPR + 7, Decoded.of(64, "40 88 f8").b);
        assertEquals(Operand.GPR + 12, Decoded.of(64, "41 b4 01").a);
    }

    @Test
    void rexExtendsRegIndexAndBase() {
        Instruction i = Decoded.of(64, "4f 8b 04 48");
        assertEquals(Operand.GPR + 8, i.a);
        assertEquals(8, i.base);
        assertEquals(9, i.index);
        assertEquals(1, i.scale);
        assertEquals(Operation.XCHG, Decoded.operation(64, "49 90"));
        assertEquals(Operation.NOP, Decoded.operation(64, "48 90"));
        assertEquals(Operation.XCHG, Decoded.operation(64, "f3 41 90"));
        assertEquals(Operation.PAUSE, Decoded.operation(64, "f3 90"));
    }

    @Test
    void in64BitModeOnlyFsAndGsOverride() {
        assertEquals(Segment.DS, Decoded.of(64, "2e 8b 00").segment);
        assertEquals(Segment.FS, Decoded.of(64, "64 8b 00").segment);
        assertEquals(Segment.FS, Decoded.of(64, "64 3e 8b 00").segment);
        assertEquals(Segment.SS, Decoded.of(64, "3e 8b 45 00").segment);
        assertEquals(Segment.DS, Decoded.of(32, "3e 8b 45 00").segment);
    }

    @Test
    void aMandatoryPrefixIsNoOperandSizePrefix() {
        assertEquals(4, Decoded.of(64, "66 0f 38 f6 c1").size);
        assertEquals(2, Decoded.of(64, "66 f3 0f bc c1").size);
        Instruction crc32 = Decoded.of(64, "66 f2 0f 38 f1 c1");
        assertEquals(4, crc32.sizeA);
        assertEquals(2, crc32.sizeB);
    }

    @Test
    void anInstructionWithVexTakesNoOtherPrefix() {
        assertEquals(Operation.ANDN, Decoded.operation(64, "c4 e2 70 f2 c2"));
        assertEquals(Operation.ANDN, Decoded.operation(64, "64 67 c4 e2 70 f2 00"));
        for (String prefix : new String[] {"66", "f2", "f3", "f0", "48"}) {
            assertEquals(Operation.UD, Decoded.operation(64, prefix + "c4 e2 70 f2 c2"), prefix);
        }
        assertEquals(Operation.UD, Decoded.operation(64, "c4 e2 74 f2 c2"), "L must be 0");
        assertEquals(Operation.UD, Decoded.operation(64, "c4 e3 73 f0 c2 01"), "vvvv must be 1111B");
    }

    @Test
    void outside64BitModeVexIsLesOrLdsWithMod11() {
        assertEquals(Operation.LES, Decoded.operation(32, "c4 00"));
        assertEquals(Operation.LDS, Decoded.operation(16, "c5 1e 00 10"));
        Instruction andn = Decoded.of(32, "c4 e2 f0 f2 c2");
        assertEquals(Operation.ANDN, andn.operation);
        assertEquals(4, andn.size);
        assertEquals(Operand.GPR + 1, andn.b);
    }
}
