package org.thirdmode.x86.exec;

import java.util.BitSet;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.paging.TlbEntry;

/**
 * Hot code of one page as a method of the JVM, which begins at one instruction, its head. {@link RegionCompiler} makes a
 * subclass of each.
 *
 * <p>It executes whole instructions only. One that it does not know, or that faults, leaves the guest or reaches a device, it
 * leaves to the run loop before the instruction has changed anything.
 */
abstract class Region {
    /** Entries after which it is judged. */
    private static final int JUDGED_AFTER = 500;

    /** Instructions that each entry must bring on the average. */
    private static final long WORTH = 12;

    // ---- what it is made of ----

    /** Where it is. */
    CodePage page;

    /** The offsets of its instructions. */
    final BitSet body = new BitSet();

    /** Its bytes in the page: a write to them ends it. */
    int from;

    int to;

    /** Instructions that it has {@link RareForms} execute. */
    Instruction[] rare;

    /** The decoded instruction that leads to it, and the same once more, for where the region cannot even begin. */
    Instruction first;

    Instruction interpreted;

    // ---- what becomes of it ----

    /** It runs no more: its code was written, maybe by itself. */
    boolean ended;

    /** Hears that it runs no more. */
    Runnable onEnd = () -> {};

    /** Entries and instructions since it was judged. */
    private int entries;

    private long executed;

    /**
     * Runs until the next instruction is not its own, or is more than the budget has left. Registers, flags and {@code
     * cpu.budget} are where they belong before and after.
     *
     * @param view the software TLB in force
     * @return the offset in the page of the next instruction; where {@code cpu.thrown} is set, of the one that has thrown it
     */
    abstract int run(Processor cpu, TlbEntry[] view);

    /** Runs, and ends itself where it has turned out to be left after few instructions. */
    final int enter(Processor cpu) {
        long before = cpu.budget;
        int offset = run(cpu, cpu.mmu.view());
        executed += before - cpu.budget;
        if (++entries == JUDGED_AFTER) {
            if (executed < JUDGED_AFTER * WORTH && !ended) {
                page.remove(this);
            }
            entries = 0;
            executed = 0;
        }
        return offset;
    }
}
