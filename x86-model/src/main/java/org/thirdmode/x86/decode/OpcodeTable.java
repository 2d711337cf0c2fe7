package org.thirdmode.x86.decode;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.thirdmode.x86.profile.Feature;

/** The rows of {@code opcodes.txt}, spread over flat arrays: from map, opcode, prefix and ModR/M byte to rows. */
final class OpcodeTable {
    /** The whole table, whatever a processor has. */
    static final List<OpcodeRow> ROWS = load();

    private static final OpcodeRow[] NO_ROWS = {};
    private static final int MODRM_CLASSES = 8 + 64;

    /**
     * What is known about one opcode: the rows that it may be, by mandatory prefix and by ModR/M byte as far as they
     * matter.
     */
    static final class Cell {
        final boolean modRm;
        private final boolean byPrefix;
        private final boolean byModRm;
        private final OpcodeRow[][] slots;

        private Cell(List<OpcodeRow> rows) {
            modRm = rows.get(0).modRm;
            boolean prefixes = false;
            boolean byteValues = false;
            for (OpcodeRow row : rows) {
                if (row.modRm != modRm) {
                    throw row.bad("line " + rows.get(0).line + " has this opcode " + (row.modRm ? "without" : "with")
                            + " a ModR/M byte");
                }
                prefixes |= row.prefixes != OpcodeRow.ANY_PREFIX;
                byteValues |= row.modRmMask != 0 || row.memory;
            }
            byPrefix = prefixes;
            byModRm = byteValues;
            slots = new OpcodeRow[(byPrefix ? 4 : 1) * (byModRm ? MODRM_CLASSES : 1)][];
            for (int prefix = 0; prefix < (byPrefix ? 4 : 1); prefix++) {
                if (byModRm) {
                    OpcodeRow[] before = NO_ROWS;
                    for (int byteValue = 0;
                            byteValue < 0x100;
                            byteValue = byteValue < 0x38 ? byteValue + 8 : next(byteValue)) {
                        before = fitting(rows, prefix, byteValue, before);
                        slots[slot(prefix, byteValue)] = before;
                    }
                } else {
                    slots[prefix] = fitting(rows, prefix, 0, NO_ROWS);
                }
            }
        }

        private static int next(int byteValue) {
            return byteValue < 0xc0 ? 0xc0 : byteValue + 1;
        }

        /** Memory operands differ by reg alone: 8 classes; with mod = 11B each byte is one of its own. */
        private int slot(int prefix, int byteValue) {
            int byModRmByte = byteValue < 0xc0 ? (byteValue >> 3) & 7 : byteValue - 0xc0 + 8;
            return (byPrefix ? prefix * (byModRm ? MODRM_CLASSES : 1) : 0) + (byModRm ? byModRmByte : 0);
        }

        /** The rows for a slot, as the array of the slot before where they are the same. */
        private OpcodeRow[] fitting(List<OpcodeRow> rows, int prefix, int byteValue, OpcodeRow[] before) {
            OpcodeRow[] fitting = new OpcodeRow[rows.size()];
            int count = 0;
            for (OpcodeRow row : rows) {
                if ((row.prefixes & (1 << prefix)) != 0 && (!byModRm || row.fits(byteValue))) {
                    fitting[count++] = row;
                }
            }
            if (Arrays.equals(fitting, 0, count, before, 0, before.length)) {
                return before;
            }
            return count == 0 ? NO_ROWS : Arrays.copyOf(fitting, count);
        }

        /** The rows that fit, the most precise first. */
        OpcodeRow[] rows(int prefix, int byteValue) {
            return slots[slot(prefix, byteValue)];
        }
    }

    private final Cell[] in64 = new Cell[OpcodeRow.MAPS * 256];
    private final Cell[] outside64 = new Cell[OpcodeRow.MAPS * 256];

    /** The table of a processor with these features. */
    OpcodeTable(List<OpcodeRow> rows, Set<Feature> features) {
        fill(in64, rows, features, true);
        fill(outside64, rows, features, false);
    }

    private static void fill(Cell[] cells, List<OpcodeRow> rows, Set<Feature> features, boolean mode64) {
        List<List<OpcodeRow>> byOpcode = new ArrayList<>(Collections.nCopies(cells.length, List.of()));
        for (OpcodeRow row : rows) {
            if ((mode64 ? row.in64 : row.outside64) && features.containsAll(row.features)) {
                for (int opcode = row.opcode; opcode <= row.lastOpcode; opcode++) {
                    int n = (row.map << 8) | opcode;
                    if (byOpcode.get(n).isEmpty()) {
                        byOpcode.set(n, new ArrayList<>(4));
                    }
                    insert(byOpcode.get(n), row);
                }
            }
        }
        for (int n = 0; n < cells.length; n++) {
            cells[n] = byOpcode.get(n).isEmpty() ? null : new Cell(byOpcode.get(n));
        }
    }

    /** Adds a row behind those that are as precise. */
    private static void insert(List<OpcodeRow> rows, OpcodeRow row) {
        int place = rows.size();
        while (place > 0 && rows.get(place - 1).precision() < row.precision()) {
            place--;
        }
        rows.add(place, row);
    }

    /** What stands at an opcode of a map; null for nothing. */
    Cell cell(boolean mode64, int map, int opcode) {
        return (mode64 ? in64 : outside64)[(map << 8) | opcode];
    }

    private static List<OpcodeRow> load() {
        try (InputStream in = OpcodeTable.class.getResourceAsStream("opcodes.txt")) {
            return read(new InputStreamReader(in, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads rows.
     *
     * @throws IllegalArgumentException naming the line and what is wrong with it
     */
    static List<OpcodeRow> read(Reader text) throws IOException {
        List<OpcodeRow> rows = new ArrayList<>();
        BufferedReader lines = new BufferedReader(text);
        int number = 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            number++;
            if (!line.isBlank() && !line.startsWith("#")) {
                rows.add(new OpcodeRow(number, line));
            }
        }
        return List.copyOf(rows);
    }
}
