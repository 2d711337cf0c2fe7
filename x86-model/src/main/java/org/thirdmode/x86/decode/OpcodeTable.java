package org.thirdmode.x86.decode;

import com.google.common.collect.ImmutableList;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.thirdmode.x86.profile.Feature;

/** The rows of {@code opcodes.txt}, spread over flat arrays: from map, opcode, prefix and ModR/M byte to rows. */
final class OpcodeTable {
    /** The whole table, whatever a processor has. */
    static final ImmutableList<OpcodeRow> ROWS = load();

    private static final OpcodeRow[] NO_ROWS = {};

    /**
     * What is known about one opcode: the rows that it may be, by mandatory prefix and by ModR/M byte as far as they
     * matter.
     */
    static final class Cell {
        final boolean modRm;
        private final int prefixMask;
        private final int modRmMask;
        private final OpcodeRow[][] slots;

        private Cell(List<OpcodeRow> rows) {
            modRm = rows.get(0).modRm;
            int prefixes = 0;
            int byteValues = 0;
            for (OpcodeRow row : rows) {
                prefixes |= row.prefixes == OpcodeRow.ANY_PREFIX ? 0 : 3;
                byteValues |= row.modRmMask != 0 || row.memory ? 0xff : 0;
            }
            prefixMask = prefixes;
            modRmMask = byteValues;
            slots = new OpcodeRow[((prefixMask << 8) | modRmMask) + 1][];
            for (int prefix = 0; prefix <= prefixMask; prefix++) {
                for (int byteValue = 0; byteValue <= modRmMask; byteValue++) {
                    int slot = (prefix << 8) | byteValue;
                    OpcodeRow[] before = (byteValue & 7) == 0 ? NO_ROWS : slots[slot - 1];
                    slots[slot] = fitting(rows, prefix, byteValue, before);
                }
            }
        }

        /** The rows for a slot, as the array of the slot before where they are the same. */
        private OpcodeRow[] fitting(List<OpcodeRow> rows, int prefix, int byteValue, OpcodeRow[] before) {
            OpcodeRow[] fitting = new OpcodeRow[rows.size()];
            int count = 0;
            for (OpcodeRow row : rows) {
                if ((row.prefixes & (1 << prefix)) != 0 && (modRmMask == 0 || row.fits(byteValue))) {
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
            return slots[((prefix & prefixMask) << 8) | (byteValue & modRmMask)];
        }
    }

    private final Cell[] in64 = new Cell[OpcodeRow.MAPS * 256];
    private final Cell[] outside64 = new Cell[OpcodeRow.MAPS * 256];

    /** The table of a processor with these features. */
    OpcodeTable(List<OpcodeRow> rows, Set<Feature> features) {
        List<OpcodeRow> present = new ArrayList<>();
        for (OpcodeRow row : rows) {
            if (features.containsAll(row.features)) {
                present.add(row);
            }
        }
        present.sort(Comparator.comparingInt(OpcodeRow::precision).reversed());
        fill(in64, present, true);
        fill(outside64, present, false);
    }

    private static void fill(Cell[] cells, List<OpcodeRow> rows, boolean mode64) {
        List<List<OpcodeRow>> byOpcode = new ArrayList<>();
        for (int n = 0; n < cells.length; n++) {
            byOpcode.add(new ArrayList<>(0));
        }
        for (OpcodeRow row : rows) {
            if (!(mode64 ? row.in64 : row.outside64)) {
                continue;
            }
            for (int opcode = row.opcode; opcode <= row.lastOpcode; opcode++) {
                List<OpcodeRow> cell = byOpcode.get((row.map << 8) | opcode);
                if (!cell.isEmpty() && cell.get(0).modRm != row.modRm) {
                    throw row.bad("line " + cell.get(0).line + " has this opcode " + (row.modRm ? "without" : "with")
                            + " a ModR/M byte");
                }
                cell.add(row);
            }
        }
        for (int n = 0; n < cells.length; n++) {
            cells[n] = byOpcode.get(n).isEmpty() ? null : new Cell(byOpcode.get(n));
        }
    }

    /** What stands at an opcode of a map; null for nothing. */
    Cell cell(boolean mode64, int map, int opcode) {
        return (mode64 ? in64 : outside64)[(map << 8) | opcode];
    }

    private static ImmutableList<OpcodeRow> load() {
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
    static ImmutableList<OpcodeRow> read(Reader text) throws IOException {
        ImmutableList.Builder<OpcodeRow> rows = ImmutableList.builder();
        BufferedReader lines = new BufferedReader(text);
        int number = 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            number++;
            if (!line.isBlank() && !line.startsWith("#")) {
                rows.add(new OpcodeRow(number, line));
            }
        }
        return rows.build();
    }
}
