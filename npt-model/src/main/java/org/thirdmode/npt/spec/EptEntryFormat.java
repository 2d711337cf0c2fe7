package org.thirdmode.npt.spec;

import java.util.ArrayList;
import java.util.List;

/**
 * The formats of EPT paging-structure entries: one constant a table of SDM 3C "EPT Translation Mechanism", written as the
 * table is, from the highest bit down. M is MAXPHYADDR.
 */
public enum EptEntryFormat {
    PML5E(
            "Format of an EPT PML5 Entry that References an EPT PML4 Table",
            "63:52 IGNORED | 51:M RESERVED | M-1:12 ADDRESS | 11 IGNORED | 10 XU | 9 IGNORED | 8 A"
                    + " | 7:3 RESERVED | 2 X | 1 W | 0 R"),
    PML4E(
            "Format of an EPT PML4 Entry that References an EPT Page-Directory-Pointer Table",
            "63:52 IGNORED | 51:M RESERVED | M-1:12 ADDRESS | 11 IGNORED | 10 XU | 9 IGNORED | 8 A"
                    + " | 7:3 RESERVED | 2 X | 1 W | 0 R"),
    PDPTE_MAPS_1_GBYTE(
            "Format of an EPT Page-Directory-Pointer-Table Entry that Maps a 1-GByte Page",
            "63 SUPPRESS_VE | 62:52 IGNORED | 51:M RESERVED | M-1:30 ADDRESS | 29:12 RESERVED | 11 IGNORED | 10 XU"
                    + " | 9 D | 8 A | 7 PS | 6 IPAT | 5:3 TYPE | 2 X | 1 W | 0 R"),
    PDPTE_REFERS(
            "Format of an EPT Page-Directory-Pointer-Table Entry that References an EPT Page Directory",
            "63:52 IGNORED | 51:M RESERVED | M-1:12 ADDRESS | 11 IGNORED | 10 XU | 9 IGNORED | 8 A | 7 PS"
                    + " | 6:3 RESERVED | 2 X | 1 W | 0 R"),
    PDE_MAPS_2_MBYTE(
            "Format of an EPT Page-Directory Entry that Maps a 2-MByte Page",
            "63 SUPPRESS_VE | 62:52 IGNORED | 51:M RESERVED | M-1:21 ADDRESS | 20:12 RESERVED | 11 IGNORED | 10 XU"
                    + " | 9 D | 8 A | 7 PS | 6 IPAT | 5:3 TYPE | 2 X | 1 W | 0 R"),
    PDE_REFERS(
            "Format of an EPT Page-Directory Entry that References an EPT Page Table",
            "63:52 IGNORED | 51:M RESERVED | M-1:12 ADDRESS | 11 IGNORED | 10 XU | 9 IGNORED | 8 A | 7 PS"
                    + " | 6:3 RESERVED | 2 X | 1 W | 0 R"),
    PTE(
            "Format of an EPT Page-Table Entry that Maps a 4-KByte Page",
            "63 SUPPRESS_VE | 62:52 IGNORED | 51:M RESERVED | M-1:12 ADDRESS | 11 IGNORED | 10 XU"
                    + " | 9 D | 8 A | 7 IGNORED | 6 IPAT | 5:3 TYPE | 2 X | 1 W | 0 R");

    /** What a field says. */
    public enum Meaning {
        /** Read access. */
        R,
        /** Write access. */
        W,
        /** Execute access; with mode-based execute control, for supervisor-mode linear addresses. */
        X,
        /** With mode-based execute control: execute access for user-mode linear addresses. Else ignored. */
        XU,
        /** EPT memory type. */
        TYPE,
        /** Ignore PAT memory type. */
        IPAT,
        /** The entry maps a page. */
        PS,
        /** Accessed, where EPTP bit 6 is 1; else ignored. */
        A,
        /** Dirty, where EPTP bit 6 is 1; else ignored. */
        D,
        /** The physical address of a table or page, in place. */
        ADDRESS,
        /** Suppress #VE. */
        SUPPRESS_VE,
        IGNORED,
        /** Must be 0. */
        RESERVED
    }

    private record Field(Meaning meaning, String high, String low) {
        static Field parse(String text) {
            String[] words = text.split(" ");
            String[] edges = words[0].split(":");
            return new Field(Meaning.valueOf(words[1]), edges[0], edges[edges.length - 1]);
        }

        private static int bit(String edge, int m) {
            return switch (edge) {
                case "M" -> m;
                case "M-1" -> m - 1;
                default -> Integer.parseInt(edge);
            };
        }

        long mask(int m) {
            long mask = 0;
            for (int bit = bit(low, m); bit <= bit(high, m); bit++) {
                mask |= 1L << bit;
            }
            return mask;
        }
    }

    /** The table's title. */
    public final String title;

    /** The table: fields from the highest bit down, each {@code high:low MEANING}. */
    public final String layout;

    private final List<Field> fields = new ArrayList<>();

    EptEntryFormat(String title, String layout) {
        this.title = title;
        this.layout = layout;
        for (String field : layout.split(" \\| ")) {
            fields.add(Field.parse(field));
        }
    }

    /** The bits of all fields of a meaning. */
    public long mask(Meaning meaning, int m) {
        long mask = 0;
        for (Field field : fields) {
            if (field.meaning == meaning) {
                mask |= field.mask(m);
            }
        }
        return mask;
    }

    /** What an entry is, by its level and its bit 7. */
    public static EptEntryFormat of(int level, long entry) {
        boolean mapsPage = PDE_MAPS_2_MBYTE.isSet(Meaning.PS, entry);
        return switch (level) {
            case 5 -> PML5E;
            case 4 -> PML4E;
            case 3 -> mapsPage ? PDPTE_MAPS_1_GBYTE : PDPTE_REFERS;
            case 2 -> mapsPage ? PDE_MAPS_2_MBYTE : PDE_REFERS;
            default -> PTE;
        };
    }

    /**
     * An entry in words: its one-bit fields that are 1, from the highest, then its memory type and address.
     *
     * @param m MAXPHYADDR
     */
    public String words(long entry, int m) {
        StringBuilder words = new StringBuilder();
        for (Field field : fields) {
            boolean set = (entry & field.mask(m)) != 0;
            switch (field.meaning) {
                case IGNORED, ADDRESS, TYPE -> {}
                case RESERVED -> words.append(set ? "reserved bits set, " : "");
                default -> words.append(set ? field.meaning + " " : "");
            }
        }
        boolean present = isSet(Meaning.R, entry) || isSet(Meaning.W, entry) || isSet(Meaning.X, entry);
        if (!present && !isSet(Meaning.XU, entry)) {
            return "not present";
        }
        long type = mask(Meaning.TYPE, m);
        return words
                + (type == 0 ? "" : "type " + ((entry & type) >>> 3) + " ")
                + String.format("-> %XH", entry & mask(Meaning.ADDRESS, m));
    }

    /** Whether a one-bit field is set in {@code entry}; false where the format has none. */
    boolean isSet(Meaning meaning, long entry) {
        return (entry & mask(meaning, 52)) != 0;
    }
}
