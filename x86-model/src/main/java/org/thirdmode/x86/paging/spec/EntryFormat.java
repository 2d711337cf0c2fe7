package org.thirdmode.x86.paging.spec;

import java.util.Arrays;
import java.util.List;

/**
 * The formats of paging-structure entries: one constant a table of SDM 3A "Paging", written as the table is, from the
 * highest bit down. M is MAXPHYADDR; in 32-bit paging with PSE-36 it is at most 40, and 32 without PSE-36.
 */
public enum EntryFormat {
    PDE_32_MAPS_4_MBYTE(
            "Format of a 32-Bit Page-Directory Entry that Maps a 4-MByte Page",
            "31:22 ADDRESS | 21:M-19 RESERVED | M-20:13 ADDRESS_39_32 | 12 PAT | 11:9 IGNORED"
                    + " | 8 G | 7 PS | 6 D | 5 A | 4 PCD | 3 PWT | 2 US | 1 RW | 0 P"),
    PDE_32_REFERS(
            "Format of a 32-Bit Page-Directory Entry that References a Page Table",
            "31:12 ADDRESS | 11:8 IGNORED | 7 PS | 6 IGNORED | 5 A | 4 PCD | 3 PWT | 2 US | 1 RW | 0 P"),
    PTE_32(
            "Format of a 32-Bit Page-Table Entry that Maps a 4-KByte Page",
            "31:12 ADDRESS | 11:9 IGNORED | 8 G | 7 PAT | 6 D | 5 A | 4 PCD | 3 PWT | 2 US | 1 RW | 0 P"),

    PDPTE_PAE(
            "Format of a PAE Page-Directory-Pointer-Table Entry (PDPTE)",
            "63:M RESERVED | M-1:12 ADDRESS | 11:9 IGNORED | 8:5 RESERVED | 4 PCD | 3 PWT | 2:1 RESERVED | 0 P"),
    PDE_PAE_MAPS_2_MBYTE(
            "Format of a PAE Page-Directory Entry that Maps a 2-MByte Page",
            "63 XD | 62:M RESERVED | M-1:21 ADDRESS | 20:13 RESERVED | 12 PAT | 11:9 IGNORED"
                    + " | 8 G | 7 PS | 6 D | 5 A | 4 PCD | 3 PWT | 2 US | 1 RW | 0 P"),
    PDE_PAE_REFERS(
            "Format of a PAE Page-Directory Entry that References a Page Table",
            "63 XD | 62:M RESERVED | M-1:12 ADDRESS | 11:8 IGNORED"
                    + " | 7 PS | 6 IGNORED | 5 A | 4 PCD | 3 PWT | 2 US | 1 RW | 0 P"),
    PTE_PAE(
            "Format of a PAE Page-Table Entry that Maps a 4-KByte Page",
            "63 XD | 62:M RESERVED | M-1:12 ADDRESS | 11:9 IGNORED"
                    + " | 8 G | 7 PAT | 6 D | 5 A | 4 PCD | 3 PWT | 2 US | 1 RW | 0 P"),

    PML5E(
            "Format of a PML5 Entry (PML5E) that References a PML4 Table",
            "63 XD | 62:52 IGNORED | 51:M RESERVED | M-1:12 ADDRESS | 11:8 IGNORED"
                    + " | 7 RESERVED | 6 IGNORED | 5 A | 4 PCD | 3 PWT | 2 US | 1 RW | 0 P"),
    PML4E(
            "Format of a PML4 Entry (PML4E) that References a Page-Directory-Pointer Table",
            "63 XD | 62:52 IGNORED | 51:M RESERVED | M-1:12 ADDRESS | 11:8 IGNORED"
                    + " | 7 RESERVED | 6 IGNORED | 5 A | 4 PCD | 3 PWT | 2 US | 1 RW | 0 P"),
    PDPTE_MAPS_1_GBYTE(
            "Format of a Page-Directory-Pointer-Table Entry (PDPTE) that Maps a 1-GByte Page",
            "63 XD | 62:59 KEY | 58:52 IGNORED | 51:M RESERVED | M-1:30 ADDRESS | 29:13 RESERVED | 12 PAT"
                    + " | 11:9 IGNORED | 8 G | 7 PS | 6 D | 5 A | 4 PCD | 3 PWT | 2 US | 1 RW | 0 P"),
    PDPTE_REFERS(
            "Format of a Page-Directory-Pointer-Table Entry (PDPTE) that References a Page Directory",
            "63 XD | 62:52 IGNORED | 51:M RESERVED | M-1:12 ADDRESS | 11:8 IGNORED"
                    + " | 7 PS | 6 IGNORED | 5 A | 4 PCD | 3 PWT | 2 US | 1 RW | 0 P"),
    PDE_MAPS_2_MBYTE(
            "Format of a Page-Directory Entry that Maps a 2-MByte Page",
            "63 XD | 62:59 KEY | 58:52 IGNORED | 51:M RESERVED | M-1:21 ADDRESS | 20:13 RESERVED | 12 PAT"
                    + " | 11:9 IGNORED | 8 G | 7 PS | 6 D | 5 A | 4 PCD | 3 PWT | 2 US | 1 RW | 0 P"),
    PDE_REFERS(
            "Format of a Page-Directory Entry that References a Page Table",
            "63 XD | 62:52 IGNORED | 51:M RESERVED | M-1:12 ADDRESS | 11:8 IGNORED"
                    + " | 7 PS | 6 IGNORED | 5 A | 4 PCD | 3 PWT | 2 US | 1 RW | 0 P"),
    PTE(
            "Format of a Page-Table Entry that Maps a 4-KByte Page",
            "63 XD | 62:59 KEY | 58:52 IGNORED | 51:M RESERVED | M-1:12 ADDRESS | 11:9 IGNORED"
                    + " | 8 G | 7 PAT | 6 D | 5 A | 4 PCD | 3 PWT | 2 US | 1 RW | 0 P");

    /** What a field says. */
    public enum Meaning {
        /** Present; all other fields are ignored where it is 0. */
        P,
        /** Read/write: writes may be allowed. */
        RW,
        /** User/supervisor: user-mode accesses may be allowed. */
        US,
        /** Page-level write-through. */
        PWT,
        /** Page-level cache disable. */
        PCD,
        /** Accessed. */
        A,
        /** Dirty. */
        D,
        /** Page size: the entry maps a page. */
        PS,
        /** Global; ignored where CR4.PGE = 0. */
        G,
        /** Indirectly determines the memory type. */
        PAT,
        /** The physical address of a table or page, in place. */
        ADDRESS,
        /** Bits 39:32 of a page's physical address (PSE-36). */
        ADDRESS_39_32,
        /** Protection key; ignored where CR4.PKE = 0. */
        KEY,
        /** Execute-disable; reserved where IA32_EFER.NXE = 0. */
        XD,
        IGNORED,
        /** Must be 0. */
        RESERVED
    }

    /**
     * One bit of a format's edge: {@code offset} alone, or that far from M.
     *
     * @param fromM whether it is relative to M
     */
    record Position(boolean fromM, int offset) {
        static Position parse(String text) {
            if (!text.startsWith("M")) {
                return new Position(false, Integer.parseInt(text));
            }
            return new Position(true, text.length() == 1 ? 0 : Integer.parseInt(text.substring(1)));
        }

        int bit(int m) {
            return fromM ? m + offset : offset;
        }
    }

    /** A field of an entry: bits {@code high} to {@code low}, inclusive; empty where M makes it so. */
    record Field(Meaning meaning, Position high, Position low) {
        /** Parses {@code "62:59 KEY"}. */
        static Field parse(String text) {
            String[] words = text.split(" ");
            String[] edges = words[0].split(":");
            return new Field(
                    Meaning.valueOf(words[1]), Position.parse(edges[0]), Position.parse(edges[edges.length - 1]));
        }

        long mask(int m) {
            long mask = 0;
            for (int bit = low.bit(m); bit <= high.bit(m); bit++) {
                mask |= 1L << bit;
            }
            return mask;
        }

        /** The field's value in {@code entry}, right-aligned. */
        long of(long entry, int m) {
            return (entry & mask(m)) >>> low.bit(m);
        }
    }

    /** The table's title in SDM 3A "Paging". */
    public final String title;

    /** The table: fields from the highest bit down, each {@code high:low MEANING}. */
    public final String layout;

    private final List<Field> fields;

    EntryFormat(String title, String layout) {
        this.title = title;
        this.layout = layout;
        fields = Arrays.stream(layout.split(" \\| ")).map(Field::parse).toList();
    }

    /** Bytes of an entry. */
    public int size() {
        return fields.getFirst().high.offset == 31 ? 4 : 8;
    }

    /** The bits of all fields of a meaning; {@code m} is MAXPHYADDR as this format sees it. */
    public long mask(Meaning meaning, int m) {
        long mask = 0;
        for (Field field : fields) {
            if (field.meaning == meaning) {
                mask |= field.mask(m);
            }
        }
        return mask;
    }

    /**
     * An entry in words: its one-bit fields that are 1, from the highest, then what it holds of an address and of a key.
     *
     * @param m MAXPHYADDR as this format sees it
     */
    public String words(long entry, int m) {
        StringBuilder words = new StringBuilder();
        for (Field field : fields) {
            long value = field.of(entry, m);
            switch (field.meaning) {
                case IGNORED, ADDRESS, ADDRESS_39_32 -> {}
                case RESERVED -> words.append(value != 0 ? "reserved bits set, " : "");
                case KEY -> words.append(value != 0 ? "key " + value + ", " : "");
                default -> words.append(value != 0 ? field.meaning + " " : "");
            }
        }
        return isSet(Meaning.P, entry) ? words + String.format("-> %XH", address(entry, m)) : "not present";
    }

    /** Whether the format has such a field. */
    public boolean has(Meaning meaning) {
        return fields.stream().anyMatch(field -> field.meaning == meaning);
    }

    /** Whether a one-bit field is set in {@code entry}; false where the format has none. */
    public boolean isSet(Meaning meaning, long entry) {
        return value(meaning, entry) != 0;
    }

    /** The value of a field in {@code entry}; 0 where the format has none. */
    public long value(Meaning meaning, long entry) {
        for (Field field : fields) {
            if (field.meaning == meaning) {
                return field.of(entry, 0);
            }
        }
        return 0;
    }

    /** The physical address in {@code entry}. */
    public long address(long entry, int m) {
        long address = entry & mask(Meaning.ADDRESS, m);
        for (Field field : fields) {
            if (field.meaning == Meaning.ADDRESS_39_32) {
                address |= field.of(entry, m) << 32;
            }
        }
        return address;
    }
}
