package org.thirdmode.x86.decode;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** GNU objdump, where this machine has it. */
final class Objdump {
    private Objdump() {}

    static boolean available() {
        try {
            Process process = new ProcessBuilder("objdump", "--version")
                    .redirectErrorStream(true)
                    .start();
            String version = new String(process.getInputStream().readAllBytes());
            return process.waitFor() == 0 && version.contains("GNU objdump");
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Disassembles flat code from end to end. */
    static List<Disassembler.Line> disassemble(byte[] code, int codeWidth) throws IOException {
        Path file = Files.createTempFile("objdump", ".bin");
        try {
            Files.write(file, code);
            Process process = new ProcessBuilder(
                            "objdump",
                            "-D",
                            "-b",
                            "binary",
                            "-m",
                            codeWidth == 64 ? "i386:x86-64" : codeWidth == 32 ? "i386" : "i8086",
                            "-M",
                            codeWidth == 64 ? "intel,intel64" : "intel",
                            "--insn-width=16",
                            "-z",
                            file.toString())
                    .start();
            List<Disassembler.Line> lines = new ArrayList<>();
            try (BufferedReader output = process.inputReader()) {
                for (String line = output.readLine(); line != null; line = output.readLine()) {
                    String[] columns = line.split("\t");
                    if (columns.length >= 3 && columns[0].endsWith(":")) {
                        long address = Long.parseLong(columns[0].trim().replace(":", ""), 16);
                        int length = columns[1].trim().split(" ").length;
                        lines.add(new Disassembler.Line(address, length, columns[2].stripTrailing()));
                    }
                }
            }
            return lines;
        } finally {
            Files.delete(file);
        }
    }
}
