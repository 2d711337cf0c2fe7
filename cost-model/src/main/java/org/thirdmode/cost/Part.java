package org.thirdmode.cost;

/** What a run's cycles went into. */
public enum Part {
    /** Instructions of the guest, and the exceptions that the processor delivers to it by itself. */
    GUEST_WORK("guest work"),
    /** Reading the tables that the processor walks in the first dimension: the guest's own, or shadow tables. */
    PAGE_WALKS("page walks"),
    /** Reading EPT or nested tables. */
    SECOND_DIMENSION("second dimension"),
    /** VM exits and the VM entries after them, as far as the processor does them. */
    EXIT_HARDWARE("exits, hardware"),
    /** What the hypervisor does for an exit: reads why, decides, emulates, injects. */
    EXIT_HYPERVISOR("exits, hypervisor"),
    /** The hypervisor's care for its tables: shadow tables, or those of the second dimension. */
    TABLE_UPKEEP("table upkeep"),
    /** Flushes of the TLB, and filling it again after exits that empty it. */
    FLUSHES("flushes"),
    /** From the hypervisor to its user space and back. */
    USER_SPACE("user space");

    /** For tables. */
    public final String title;

    Part(String title) {
        this.title = title;
    }
}
