package org.thirdmode.x86.decode;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.thirdmode.x86.decode.Disassembler.Line;

/**
 * What GNU objdump said once, kept beside the tests so that they run where there is no objdump: a sample of the forms of
 * every row, and one instruction of each shape found in real programs. One line an instruction: code width, address,
 * bytes, text.
 */
final class ObjdumpRecording {
    private static final String RESOURCE = "objdump.txt.gz";
    private static final int FORMS_OF_A_ROW = 5;
    private static final String REGISTER =
            "\\b(r\\d+[dwb]?|[re]?[a-d]x|[re]?[sd]il?|[re]?[sb]pl?|[a-d][lh]|x?mm\\d+|st\\(\\d\\))(?=\\W|$)";
    private static final HexFormat HEX = HexFormat.of();

    /** An instruction and what objdump makes of it. */
    record Entry(int codeWidth, byte[] code, Line theirs) {}

    private ObjdumpRecording() {}

    static List<Entry> read() throws IOException {
        try (InputStream in = ObjdumpRecording.class.getResourceAsStream(RESOURCE);
                BufferedReader lines =
                        new BufferedReader(new InputStreamReader(new GZIPInputStream(in), StandardCharsets.US_ASCII))) {
            List<Entry> entries = new ArrayList<>();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] fields = line.split(" ", 4);
                byte[] code = HEX.parseHex(fields[2]);
                long address = Long.parseLong(fields[1], 16);
                entries.add(new Entry(Integer.parseInt(fields[0]), code, new Line(address, code.length, fields[3])));
            }
            return entries;
        }
    }

    /**
     * Records anew.
     *
     * @param arguments the file to write, then programs (ELF, or flat 16-bit code), each as width:path
     */
    public static void main(String[] arguments) throws IOException {
        try (OutputStream file = Files.newOutputStream(Path.of(arguments[0]));
                PrintWriter out = new PrintWriter(new GZIPOutputStream(file), false, StandardCharsets.US_ASCII)) {
            for (int codeWidth : new int[] {64, 32, 16}) {
                recordForms(codeWidth, out);
            }
            Map<String, Integer> shapes = new HashMap<>();
            for (int n = 1; n < arguments.length; n++) {
                String[] program = arguments[n].split(":", 2);
                int codeWidth = Integer.parseInt(program[0]);
                byte[] content = Files.readAllBytes(Path.of(program[1]));
                recordProgram(codeWidth, codeWidth == 16 ? content : ElfText.text(content), shapes, out);
            }
        }
    }

    private static void recordForms(int codeWidth, PrintWriter out) throws IOException {
        List<byte[]> forms = new ArrayList<>();
        for (OpcodeRow row : OpcodeTable.ROWS) {
            if (codeWidth == 64 ? row.in64 : row.outside64) {
                List<byte[]> ofRow = new ArrayList<>();
                InstructionForms.of(row, codeWidth, false, ofRow::add);
                int step = Math.max(1, ofRow.size() / FORMS_OF_A_ROW) | 1;
                for (int n = row.line % step; n < ofRow.size(); n += step) {
                    forms.add(ofRow.get(n));
                }
            }
        }
        byte[] image = InstructionForms.image(forms);
        for (Line line : Objdump.disassemble(image, codeWidth)) {
            if (line.address() % InstructionForms.LENGTH == 0) {
                print(codeWidth, image, line, out);
            }
        }
    }

    private static void recordProgram(int codeWidth, byte[] code, Map<String, Integer> shapes, PrintWriter out)
            throws IOException {
        for (Line line : Objdump.disassemble(code, codeWidth)) {
            String shape =
                    codeWidth + line.text().replaceAll("0x[0-9a-f]+", "0x").replaceAll(REGISTER, "r");
            boolean known = !ObjdumpComparison.ours(code, (int) line.address(), codeWidth, line.address())
                    .text()
                    .equals("(bad)");
            if (known && shapes.merge(shape, 1, Integer::sum) == 1) {
                print(codeWidth, code, line, out);
            }
        }
    }

    private static void print(int codeWidth, byte[] image, Line line, PrintWriter out) {
        int from = (int) line.address();
        out.print(codeWidth + " " + Long.toHexString(line.address()) + " ");
        out.print(HEX.formatHex(image, from, Math.min(image.length, from + line.length())));
        out.print(" " + line.text() + "\n");
    }
}
