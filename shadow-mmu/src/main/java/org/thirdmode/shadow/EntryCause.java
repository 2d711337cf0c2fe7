package org.thirdmode.shadow;

/** Why an entry of a shadow table changes. */
public enum EntryCause {
    /** A fault: the translation asked for. */
    FAULT,
    /** A fault: the way down to it. */
    LINK,
    /** An address without memory. */
    MMIO,
    /** The guest wrote the entry that it was made of. */
    GUEST_WRITE,
    /** The guest writes a table too often, or with what is no entry: it is no longer taken for a table. */
    FLOODED,
    /** Emulation failed: the guest may write its table itself. */
    UNPROTECT,
    /** The guest executed INVLPG. */
    INVLPG,
    /** The guest loaded CR3. */
    CR3_LOAD,
    /** The guest's paging mode changed. */
    CONTEXT_RESET,
    /** A table that was out of sync is compared with the guest's. */
    SYNC,
    /** A guest table is shadowed from now on: it must not be written. */
    WRITE_PROTECT,
    /** Writes to the page have to be recorded. */
    DIRTY_LOG,
    /** A large page gives way to small ones. */
    SPLIT,
    /** Small pages are put together to a large one. */
    COLLAPSE,
    /** What has been accessed is asked. */
    AGE,
    /** What the entry referred to changed its nature. */
    REPLACED,
    /** Agile paging: a guest table is walked by the hardware from now on, or is shadowed again. */
    SWITCHED,
    /** Pages are needed. */
    RECYCLE,
    /** The memory slot goes. */
    SLOT_DROP,
    /** All tables go. */
    ZAP_ALL
}
