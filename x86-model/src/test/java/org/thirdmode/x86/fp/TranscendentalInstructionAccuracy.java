package org.thirdmode.x86.fp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** SDM 1 "Transcendental Instruction Accuracy": against the true values, which {@code transcendental_truth.py} computed. */
class TranscendentalInstructionAccuracy {
    private final FpuState fpu = new FpuState();
    private final X87 x87 = new X87(fpu);

    private void load(String number) {
        int colon = number.indexOf(':');
        x87.loadExtended(
                Integer.parseInt(number.substring(0, colon), 16),
                Long.parseUnsignedLong(number.substring(colon + 1), 16));
    }

    private String execute(String line) {
        String[] columns = line.split(" ", -1);
        fpu.initialise();
        load(columns[2]);
        load(columns[1]);
        int result = 0;
        switch (columns[0]) {
            case "f2xm1" -> x87.exponential();
            case "fyl2x" -> x87.logarithm(false);
            case "fyl2xp1" -> x87.logarithm(true);
            case "fpatan" -> x87.arctangent();
            case "fsin" -> x87.sine(false);
            case "fcos" -> x87.sine(true);
            default -> {
                x87.sineAndPush(true);
                result = 1;
            }
        }
        int register = (fpu.top + result) & 7;
        String found = String.format("%x:%016x", fpu.signExponent[register], fpu.significand[register]);
        return found.equals(columns[3]) ? null : line + ", found " + found;
    }

    @Test
    void resultsToTheNearestAreTheTrueValuesRounded() throws IOException {
        List<String> differences = new ArrayList<>();
        try (InputStream in = new GZIPInputStream(getClass().getResourceAsStream("transcendental-truth.txt.gz"))) {
            String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
            for (String line : text.lines().toList()) {
                String difference = execute(line);
                if (difference != null) {
                    differences.add(difference);
                }
            }
        }
        assertEquals(List.of(), differences);
    }
}
