package org.thirdmode.x86.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.x86.decode.Disassembler.Line;

/** SDM 2 "Opcode Map", against GNU objdump. */
class OpcodeMap {
    private static final int SHOWN = 20;

    /** One form in so many is looked at; {@code -Dobjdump.step=1} looks at all of them. */
    private static final int STEP = Integer.getInteger("objdump.step", 5);

    @Test
    void theRecordedInstructionsReadAsObjdumpReadThem() throws IOException {
        List<String> wrong = new ArrayList<>();
        List<ObjdumpRecording.Entry> entries = ObjdumpRecording.read();
        for (ObjdumpRecording.Entry entry : entries) {
            add(wrong, ObjdumpComparison.disagreement(entry.code(), 0, entry.codeWidth(), entry.theirs()));
        }
        assertTrue(entries.size() > 10_000, "only " + entries.size() + " recorded instructions");
        assertEquals(List.of(), wrong);
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void everyFormOfEveryRowReadsAsObjdumpReadsIt(int codeWidth) throws IOException {
        assumeTrue(Objdump.available(), "no GNU objdump here");
        List<byte[]> all = InstructionForms.all(codeWidth, true);
        List<byte[]> forms = new ArrayList<>();
        for (int n = 0; n < all.size(); n += STEP) {
            forms.add(all.get(n));
        }
        byte[] image = InstructionForms.image(forms);
        List<String> wrong = new ArrayList<>();
        int looked = 0;
        for (Line line : Objdump.disassemble(image, codeWidth)) {
            if (line.address() % InstructionForms.LENGTH == 0) {
                looked++;
                add(wrong, ObjdumpComparison.disagreement(image, (int) line.address(), codeWidth, line));
            }
        }
        assertTrue(looked > forms.size() * 9 / 10, "objdump lost its way: " + looked + " of " + forms.size());
        assertEquals(List.of(), wrong);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib64/libc.so.6", "/usr/bin/bash"})
    void everyInstructionOfAProgramReadsAsObjdumpReadsIt(String program) throws IOException {
        assumeTrue(Objdump.available(), "no GNU objdump here");
        assumeTrue(Files.isReadable(Path.of(program)), program + " is not here");
        byte[] code = ElfText.text(Files.readAllBytes(Path.of(program)));
        assumeTrue(code != null, program + " is no ELF file of this machine");
        List<String> wrong = new ArrayList<>();
        for (Line line : Objdump.disassemble(code, 64)) {
            add(wrong, ObjdumpComparison.disagreement(code, (int) line.address(), 64, line));
        }
        assertEquals(List.of(), wrong);
    }

    private static void add(List<String> wrong, String disagreement) {
        if (disagreement != null && wrong.size() < SHOWN) {
            wrong.add(disagreement);
        }
    }
}
