package org.thirdmode.x86.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.thirdmode.x86.profile.Feature;

/** SDM 2 "Interpreting the Instruction Reference Pages": the notation of {@code opcodes.txt}. */
class OpcodeTableNotation {
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "00 /r; two to four columns",
                "00 /r | NONSENSE; no operation NONSENSE",
                "00 /r | ADD | Eb,Gk; no operand size k",
                "00 /r | ADD | Kb; no operand code Kb",
                "00 /r | ADD | Eb,Gb | loc; attribute loc",
                "0 /r | ADD | Eb,Gb; two hexadecimal digits",
                "00 /8 | ADD | Eb; two hexadecimal digits",
                "50+q | PUSH | Zv; hh, hh+r or hh+cc",
                "D8 A0+i | FADD; C0 or above",
                "8D /r 11B | LEA | Gv,M; a memory operand where mod is 11B",
                "VEX.LZ F2 /r | ANDN | Gy,By,Ey; VEX without a map",
                "66 | ADD; no opcode byte",
                "69 /r | IMUL | Gv,Ev,Iz,Iz,Iz; more than four operands"
            })
    void aBadRowIsNamedWithWhatIsWrong(String row, String why) {
        Exception e = assertThrows(
                IllegalArgumentException.class, () -> OpcodeTable.read(new StringReader("# a comment\n\n" + row)));
        assertTrue(e.getMessage().contains("opcodes.txt:3: "), e.getMessage());
        assertTrue(e.getMessage().contains(why), e.getMessage());
        assertTrue(e.getMessage().contains(row), e.getMessage());
    }

    @Test
    void rowsOfOneOpcodeAgreeOnWhetherThereIsAModRm() throws IOException {
        List<OpcodeRow> rows = OpcodeTable.read(new StringReader("90 | NOP\n90 /r | NOP | Ev\n"));
        Exception e = assertThrows(
                IllegalArgumentException.class, () -> new OpcodeTable(rows, EnumSet.noneOf(Feature.class)));
        assertTrue(e.getMessage().contains("line 1 has this opcode without")
                || e.getMessage().contains("line 2"));
    }

    @Test
    void everyRowIsTheFirstChoiceForSomeBytes() {
        Set<OpcodeRow> reached = new HashSet<>();
        for (int codeWidth : new int[] {16, 32, 64}) {
            for (byte[] form : InstructionForms.all(codeWidth, false)) {
                reached.add(ObjdumpComparison.DECODER.decode(form, 0, form.length, codeWidth).row);
            }
        }
        List<String> dead = new ArrayList<>();
        for (OpcodeRow row : OpcodeTable.ROWS) {
            if (!reached.contains(row)) {
                dead.add(row.line + ": " + row.text);
            }
        }
        assertEquals(List.of(), dead);
    }

    @Test
    void everyOperationHasARow() {
        Set<Operation> missing = EnumSet.allOf(Operation.class);
        OpcodeTable.ROWS.forEach(row -> missing.remove(row.operation));
        assertEquals(EnumSet.of(Operation.TOO_LONG), missing);
    }

    @Test
    void whatAProcessorLacksDecodesAsItWouldThere() {
        assertEquals(Operation.TZCNT, Decoded.operation(64, "f3 0f bc c0"));
        assertEquals(Operation.BSF, Decoded.without(EnumSet.of(Feature.BMI1), "f3 0f bc c0").operation);
        assertEquals(Operation.BSR, Decoded.without(EnumSet.of(Feature.LZCNT), "f3 0f bd c0").operation);
        assertEquals(Operation.UD, Decoded.without(EnumSet.of(Feature.POPCNT), "f3 0f b8 c0").operation);
        assertEquals(Operation.UD, Decoded.without(EnumSet.of(Feature.BMI1), "c4 e2 70 f2 c2").operation);
        assertEquals(Operation.UD, Decoded.without(EnumSet.of(Feature.VMX), "0f 01 c1").operation);
        assertEquals(Operation.VMCALL, Decoded.operation(64, "0f 01 c1"));
        assertEquals("vmcall", Decoded.of(64, "0f 01 c1").mnemonic());
    }

    @Test
    void theUndefinedInstructionsHaveTheirBytes() {
        assertEquals(2, Decoded.of(64, "0f 0b").length);
        assertEquals(3, Decoded.of(64, "0f b9 c0").length);
        assertEquals(4, Decoded.of(64, "0f ff 40 01").length);
        assertEquals(Operation.UD, Decoded.operation(64, "0f 0b"));
        assertEquals(Operation.UD, Decoded.operation(64, "0f b9 c0"));
        assertEquals(Operation.UD, Decoded.operation(64, "0f ff 40 01"));
    }
}
