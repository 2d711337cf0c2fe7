package org.thirdmode.cost;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;

/**
 * A figure that a profile holds: what something takes once, in cycles of the processor.
 *
 * <p>Events that are told one by one, such as exits, take whole cycles; what happens at nearly every instruction may take
 * thousandths.
 */
public enum Figure {
    INSTRUCTION(3, "an instruction of the guest, its data in the first-level cache"),
    FAULT_DELIVERY(0, "an exception that the processor delivers to the guest, and the return from it"),
    WALK(3, "a page walk, beside what its references take"),
    TABLE_REFERENCE(3, "reading one entry of a table in the first dimension, on average"),
    NESTED_REFERENCE(3, "reading one entry of a table in the second dimension, on average"),
    L1_LATENCY(3, "what is found in the first-level data cache; an instruction's own data take no more than it does"),
    L2_LATENCY(3, "what is found in the second-level cache"),
    L3_LATENCY(3, "what is found in the third-level cache"),
    MEMORY_LATENCY(3, "what is found in memory"),
    ROUND_TRIP(0, "a VM exit and the VM entry after it, without any work in between"),
    CONTROL_READ(0, "reading a field of the control structure: VMREAD, or a load from the VMCB"),
    CONTROL_WRITE(0, "writing a field of the control structure: VMWRITE, or a store to the VMCB"),
    DISPATCH(0, "an exit's way through the hypervisor: registers saved and loaded, the handler found"),
    EMULATION(0, "emulating an instruction of the guest"),
    INJECTION(0, "deciding on, and delivering, an event that a VM entry injects"),
    MMU_FAULT(0, "a page fault or violation in the hypervisor's MMU, beside what is counted below"),
    GUEST_ENTRY_READ(0, "reading one entry of the guest's tables in software"),
    ENTRY_CHANGE(0, "changing one entry of a table of the hypervisor, with its reverse map"),
    PAGE_MADE(0, "making a table page: allocating, clearing, write-protecting what it shadows"),
    PAGE_ZAPPED(0, "dropping a table page, beside the changes of entries"),
    PAGE_SYNCED(0, "comparing a shadow page that is out of sync with the guest's table"),
    FLUSH(0, "the instruction that flushes a TLB, or tells the next entry to"),
    PAGE_FLUSH(0, "the instruction that drops one page from a TLB"),
    EXIT_AFTERMATH(0, "filling the TLB again after an exit; 0 where entries and exits leave it as it is (VPID, ASID)"),
    USER_SPACE(0, "from the hypervisor to its user space and back");

    /** The unit of all of them. */
    public static final String UNIT = "cycles";

    /** What prices are kept in. */
    static final int THOUSAND = 1000;

    /** Far more than anything takes; keeps sums within 64 bits. */
    static final BigDecimal MOST = BigDecimal.valueOf(100_000_000);

    /** As a data file writes it. */
    public final String key;

    /** Places after the point that it may have. */
    public final int decimals;

    /** What takes that long. */
    public final String meaning;

    Figure(int decimals, String meaning) {
        this.key = org.thirdmode.cost.data.Scalar.word(this);
        this.decimals = decimals;
        this.meaning = meaning;
    }

    /** All of them as data files write them. */
    public static List<String> keys() {
        return Arrays.stream(values()).map(figure -> figure.key).toList();
    }
}
