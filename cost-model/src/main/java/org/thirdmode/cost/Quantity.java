package org.thirdmode.cost;

import java.util.Optional;

/**
 * What is counted of a run beside its exits: how it is called, the figure that it is multiplied by, and the part that it adds
 * to. Exits have a table of their own: {@link ExitCounts}.
 *
 * <p>References are counted twice where caches are modelled, once in all and once by where they hit; then the latter alone are
 * priced.
 */
public enum Quantity {
    INSTRUCTIONS("instructions", Part.GUEST_WORK, Figure.INSTRUCTION),
    FAULTS_DELIVERED("faults delivered", Part.GUEST_WORK, Figure.FAULT_DELIVERY),
    DATA_L1("data in L1", Part.GUEST_WORK, null),
    DATA_L2("data in L2", Part.GUEST_WORK, Figure.L2_LATENCY),
    DATA_L3("data in L3", Part.GUEST_WORK, Figure.L3_LATENCY),
    DATA_MEMORY("data in memory", Part.GUEST_WORK, Figure.MEMORY_LATENCY),

    WALKS("walks", Part.PAGE_WALKS, Figure.WALK),
    TABLE_REFERENCES("table references", Part.PAGE_WALKS, Figure.TABLE_REFERENCE),
    TABLE_L1("table references in L1", Part.PAGE_WALKS, Figure.L1_LATENCY),
    TABLE_L2("table references in L2", Part.PAGE_WALKS, Figure.L2_LATENCY),
    TABLE_L3("table references in L3", Part.PAGE_WALKS, Figure.L3_LATENCY),
    TABLE_MEMORY("table references in memory", Part.PAGE_WALKS, Figure.MEMORY_LATENCY),

    NESTED_REFERENCES("nested references", Part.SECOND_DIMENSION, Figure.NESTED_REFERENCE),
    NESTED_L1("nested references in L1", Part.SECOND_DIMENSION, Figure.L1_LATENCY),
    NESTED_L2("nested references in L2", Part.SECOND_DIMENSION, Figure.L2_LATENCY),
    NESTED_L3("nested references in L3", Part.SECOND_DIMENSION, Figure.L3_LATENCY),
    NESTED_MEMORY("nested references in memory", Part.SECOND_DIMENSION, Figure.MEMORY_LATENCY),

    MMU_FAULTS("MMU faults", Part.TABLE_UPKEEP, Figure.MMU_FAULT),
    GUEST_ENTRIES_READ("guest entries read", Part.TABLE_UPKEEP, Figure.GUEST_ENTRY_READ),
    ENTRY_CHANGES("entry changes", Part.TABLE_UPKEEP, Figure.ENTRY_CHANGE),
    PAGES_MADE("pages made", Part.TABLE_UPKEEP, Figure.PAGE_MADE),
    PAGES_ZAPPED("pages zapped", Part.TABLE_UPKEEP, Figure.PAGE_ZAPPED),
    PAGES_SYNCED("pages synced", Part.TABLE_UPKEEP, Figure.PAGE_SYNCED),

    FLUSHES("flushes", Part.FLUSHES, Figure.FLUSH),
    PAGE_FLUSHES("page flushes", Part.FLUSHES, Figure.PAGE_FLUSH),

    /** Exits after which the run's own processor kept its TLB: one without tags would have had to fill it again. */
    EXITS_WITH_TLB_KEPT("exits with the TLB kept", Part.FLUSHES, Figure.EXIT_AFTERMATH),

    USER_SPACE_RETURNS("returns to user space", Part.USER_SPACE, Figure.USER_SPACE);

    /** How files and tables call it. */
    public final String title;

    public final Part part;
    private final Figure figure;

    Quantity(String title, Part part, Figure figure) {
        this.title = title;
        this.part = part;
        this.figure = figure;
    }

    /** What it is multiplied by; empty where another figure holds it. */
    public Optional<Figure> figure() {
        return Optional.ofNullable(figure);
    }

    /** Whether it tells where a reference or an access hit. */
    public boolean byCache() {
        return figure == Figure.L1_LATENCY
                || figure == Figure.L2_LATENCY
                || figure == Figure.L3_LATENCY
                || figure == Figure.MEMORY_LATENCY
                || this == DATA_L1;
    }

    /** Whether it is priced by an average, which {@link #byCache} takes the place of. */
    boolean average() {
        return this == TABLE_REFERENCES || this == NESTED_REFERENCES;
    }
}
