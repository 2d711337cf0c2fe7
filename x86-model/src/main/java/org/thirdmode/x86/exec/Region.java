package org.thirdmode.x86.exec;

import java.util.BitSet;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.paging.TlbEntry;

/**
 * Hot code of one page as a method of the JVM, which begins at one instruction, its head. {@link RegionCompiler} makes a
 * subclass of each.
 *
 * <p>It executes whole instructions only. Whatever is not plain (a miss of the software TLB, a device, a fault, an instruction
 * that it does not know) it leaves to the run loop before the instruction has changed anything.
 */
abstract class Region {
    /** The instruction at the head, for where the region cannot even begin. */
    Instruction interpreted;

    /** The decoded instruction that leads to it. */
    Instruction first;

    /** Hears that it runs no more. */
    Runnable onEnd = () -> {};

    /** Instructions that it has {@link RareForms} execute. */
    Instruction[] rare;

    /** The offsets of its instructions. */
    final BitSet body = new BitSet();

    /** Its bytes in the page: a write to them ends it. */
    int from;

    int to;

    /**
     * Runs until the next instruction is not its own, or is more than the budget has left. Registers, flags and {@code
     * cpu.budget} are where they belong before and after.
     *
     * @param view the software TLB in force
     * @return the offset in the page of the next instruction
     */
    abstract int run(Processor cpu, TlbEntry[] view);
}
