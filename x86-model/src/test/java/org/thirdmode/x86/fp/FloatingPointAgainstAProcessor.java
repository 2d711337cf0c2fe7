package org.thirdmode.x86.fp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.thirdmode.x86.state.Vector;

/**
 * The model beside a processor: results, status flags and faults of random and edge operands, recorded on x86-64 silicon
 * by the programs in {@code src/test/native}. What the manual leaves undefined is left out; the transcendental
 * instructions and the approximations are held to the accuracy that the manual promises.
 *
 * <p>To record anew (any x86-64 Linux with gcc): {@code gcc -O1 -mno-red-zone record_x87.c && ./a.out 2026 14000}, and
 * {@code gcc -O1 -mno-red-zone -no-pie -fno-pie record_sse.c && ./a.out opcodes.txt 2026 36 MMX SSE SSE2 SSE3 SSSE3
 * SSE4_1 SSE4_2 AES PCLMULQDQ}; {@code record_operands.c} likewise, without the two numbers and with FPU.
 */
class FloatingPointAgainstAProcessor {
    @Test
    void everyX87FormDoesWhatTheProcessorDid() throws IOException {
        assertEquals(List.of(), X87Records.differences(records("x87-records.bin.gz")));
    }

    @Test
    void everyMmxAndSseFormDoesWhatTheProcessorDid() throws IOException {
        assertEquals(List.of(), SseRecords.differences(records("sse-records.bin.gz")));
    }

    @Test
    void everyMemoryOperandIsAsLongAndAsAlignedAsTheProcessorsWas() throws IOException {
        FloatMachine machine = FloatMachine.in64();
        List<String> differences = new ArrayList<>();
        for (String line : lines("memory-operands.txt")) {
            String[] columns = line.split(" ", -1);
            byte[] code = HexFormat.of().parseHex(columns[0]);
            int size = Integer.parseInt(columns[1]);
            boolean aligned = columns[2].equals("16");
            int last = machine.fault(code, FloatMachine.END - size);
            int beyond = machine.fault(code, FloatMachine.END - size + 1);
            int odd = machine.fault(code, FloatMachine.OPERAND + 1);
            if (last != FloatMachine.NONE
                    || beyond != (aligned ? Vector.GP : Vector.PF)
                    || odd != (aligned ? Vector.GP : FloatMachine.NONE)) {
                differences.add(line + ": faults " + last + ", " + beyond + ", " + odd);
            }
        }
        assertEquals(List.of(), differences);
    }

    private static List<String> lines(String name) throws IOException {
        try (InputStream in = FloatingPointAgainstAProcessor.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .toList();
        }
    }

    private static byte[] records(String name) throws IOException {
        try (InputStream in = new GZIPInputStream(FloatingPointAgainstAProcessor.class.getResourceAsStream(name))) {
            return in.readAllBytes();
        }
    }
}
