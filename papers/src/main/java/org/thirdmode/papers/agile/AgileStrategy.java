package org.thirdmode.papers.agile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.thirdmode.x86.paging.DataRecorder;
import org.thirdmode.x86.paging.WalkRecorder;

/**
 * What agile paging would do with a guest, watched on the bare machine: its TLB misses, and its writes to page tables.
 *
 * <p>The paper's policy (section III-C): every table begins in shadow mode, in which a write to it exits. The second write within
 * an interval moves that table, and what is below it, to nested mode, in which the guest writes freely and a walk reads the
 * host's tables too. A table that was not written for a whole interval goes back.
 *
 * <p>Left out, of shadow and of agile paging alike: exits of CR3 loads, and faults that only fill a shadow table.
 */
public final class AgileStrategy implements WalkRecorder, DataRecorder {
    private static final int WRITES_TO_NESTED = 2;

    /** References of the second dimension for one address of the guest, with pages of 4 KBytes. */
    private static final int NESTED = 4;

    private static final long PAGE = -4096L;

    /** A page table of the guest. */
    private static final class Table {
        private Table above;
        private boolean nested;
        private int writes;

        /** Whether a walk that comes here is nested. */
        boolean isNested() {
            for (Table at = this; at != null; at = at.above) {
                if (at.nested) {
                    return true;
                }
            }
            return false;
        }
    }

    private final Map<Long, Table> tables = new HashMap<>();
    private final List<Table> walk = new ArrayList<>();
    private final long interval;
    private final LongSupplier now;
    private long end;
    private int entries;

    // ---- what is counted ----

    private long misses;
    private long shadowReferences;
    private long nestedReferences;
    private long agileNestedReferences;
    private long writes;
    private long agileExits;

    /**
     * What was counted.
     *
     * @param misses walks that found a page
     * @param shadowReferences entries read by them if all is shadow, which is as if there were no hypervisor
     * @param nestedReferences entries of the host's tables that they would read besides if all is nested
     * @param agileNestedReferences entries of the host's tables that they read besides under agile paging
     * @param shadowExits writes to page tables, which all exit if all is shadow
     * @param agileExits those that exit under agile paging
     */
    public record Counted(
            long misses,
            long shadowReferences,
            long nestedReferences,
            long agileNestedReferences,
            long shadowExits,
            long agileExits) {}

    /**
     * A strategy.
     *
     * @param interval of the policy, in instructions
     * @param now instructions so far
     */
    public AgileStrategy(long interval, LongSupplier now) {
        this.interval = interval;
        this.now = now;
        end = interval;
    }

    @Override
    public void begun(long linear, int access) {
        walk.clear();
        entries = 0;
    }

    @Override
    public void tableReference(int level, long guestPhysical, long hostPhysical, long entry) {
        Table table = tables.computeIfAbsent(hostPhysical & PAGE, key -> new Table());
        Table above = walk.isEmpty() ? null : walk.getLast();
        if (table != above) {
            table.above = above;
        }
        walk.add(table);
        entries++;
    }

    @Override
    public void reached(long physical) {
        if (entries == 0) {
            return;
        }
        misses++;
        shadowReferences += entries;
        nestedReferences += (long) NESTED * (entries + 1);
        for (Table table : walk) {
            if (table.isNested()) {
                agileNestedReferences += NESTED;
            }
        }
    }

    @Override
    public void accessed(long physical, int size, boolean write) {
        if (!write) {
            return;
        }
        Table table = tables.get(physical & PAGE);
        if (table == null) {
            return;
        }
        if (now.getAsLong() >= end) {
            nextInterval();
        }
        writes++;
        table.writes++;
        if (!table.isNested()) {
            agileExits++;
            table.nested = table.writes >= WRITES_TO_NESTED;
        }
    }

    private void nextInterval() {
        for (Table table : tables.values()) {
            table.nested &= table.writes > 0;
            table.writes = 0;
        }
        end = now.getAsLong() + interval;
    }

    /** What was counted so far. */
    public Counted counted() {
        return new Counted(misses, shadowReferences, nestedReferences, agileNestedReferences, writes, agileExits);
    }
}
