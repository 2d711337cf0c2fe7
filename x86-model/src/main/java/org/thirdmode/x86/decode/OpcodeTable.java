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
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.thirdmode.x86.profile.Feature;

/** The rows of {@code opcodes.txt}, spread over flat arrays: from map, opcode, prefix and ModR/M byte to rows. */
final class OpcodeTable {
    /** The whole table, whatever a processor has. */
    static final ImmutableList<OpcodeRow> ROWS = load();

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
            prefixMask = rows.stream().anyMatch(row -> row.prefixes != 0xf) ? 3 : 0;
            modRmMask = rows.stream().anyMatch(row -> row.modRmMask != 0 || row.memory) ? 0xff : 0;
            slots = new OpcodeRow[(prefixMask << 8 | modRmMask) + 1][];
            for (int prefix = 0; prefix <= prefixMask; prefix++) {
                for (int byteValue = 0; byteValue <= modRmMask; byteValue++) {
                    slots[(prefix << 8) | byteValue] = fitting(rows, prefix, byteValue);
                }
            }
        }

        private OpcodeRow[] fitting(List<OpcodeRow> rows, int prefix, int byteValue) {
            return rows.stream()
                    .filter(row -> (row.prefixes & (1 << prefix)) != 0)
                    .filter(row -> modRmMask == 0 || row.fits(byteValue))
                    .toArray(OpcodeRow[]::new);
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
        List<OpcodeRow> present = rows.stream()
                .filter(row -> features.containsAll(row.features))
                .sorted(Comparator.comparingInt(OpcodeRow::precision).reversed())
                .toList();
        fill(in64, present.stream().filter(row -> row.in64).toList());
        fill(outside64, present.stream().filter(row -> row.outside64).toList());
    }

    private static void fill(Cell[] cells, List<OpcodeRow> rows) {
        List<List<OpcodeRow>> byOpcode = new ArrayList<>();
        for (int n = 0; n < cells.length; n++) {
            byOpcode.add(new ArrayList<>());
        }
        for (OpcodeRow row : rows) {
            for (int opcode = row.opcode; opcode <= row.lastOpcode; opcode++) {
                List<OpcodeRow> cell = byOpcode.get((row.map << 8) | opcode);
                if (!cell.isEmpty() && cell.get(0).modRm != row.modRm) {
                    throw row.bad(
                            "one row of an opcode has a ModR/M byte and another has none, line " + cell.get(0).line);
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
