package org.thirdmode.kvm;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * What exits made the hypervisor do, by reason: all it does is charged to the exit that it came from, until the next one. What
 * it did before the first exit stands under a reason of its own.
 */
public final class ExitLedger {
    /**
     * What exits for one reason made it do.
     *
     * @param reason in the manual's words
     * @param exits how often
     * @param controlReads fields of the VMCS or VMCB read
     * @param controlWrites fields of it written
     * @param emulated instructions emulated
     * @param injected events injected
     */
    public record Entry(
            String reason, long exits, long controlReads, long controlWrites, long emulated, long injected) {}

    private static final String BEFORE = "before the first exit";

    private static final int READS = 0;
    private static final int WRITES = 1;
    private static final int EMULATED = 2;
    private static final int INJECTED = 3;
    private static final int KINDS = 4;

    private final IntFunction<String> reasons;
    private final long[] exits;

    /** By reason, the last being {@link #BEFORE}; and by kind of work. */
    private final long[] work;

    /** Where the work of the exit in hand is charged to. */
    private int at;

    /** A ledger for reasons that are numbered from 0. */
    public ExitLedger(int count, IntFunction<String> reasons) {
        this.reasons = reasons;
        exits = new long[count];
        work = new long[(count + 1) * KINDS];
        at = count * KINDS;
    }

    /** An exit: what follows is its work, and so was the read that told the reason. */
    public void exit(int reason) {
        exits[reason]++;
        work[at + READS]--;
        at = reason * KINDS;
        work[at + READS]++;
    }

    /** A field of the control structure is read. */
    public void read() {
        work[at + READS]++;
    }

    /** As many fields of the control structure are read. */
    public void read(int fields) {
        work[at + READS] += fields;
    }

    /** A field of the control structure is written. */
    public void write() {
        work[at + WRITES]++;
    }

    void emulated() {
        work[at + EMULATED]++;
    }

    void injected() {
        work[at + INJECTED]++;
    }

    /** Exits by reason. */
    public Map<String, Long> exits() {
        Map<String, Long> counts = new LinkedHashMap<>();
        for (int reason = 0; reason < exits.length; reason++) {
            if (exits[reason] != 0) {
                counts.put(reasons.apply(reason), exits[reason]);
            }
        }
        return counts;
    }

    /** Everything, by reason. */
    public List<Entry> entries() {
        List<Entry> entries = new ArrayList<>();
        for (int reason = 0; reason < exits.length; reason++) {
            if (exits[reason] != 0) {
                entries.add(entry(reasons.apply(reason), exits[reason], reason * KINDS));
            }
        }
        entries.add(entry(BEFORE, 0, exits.length * KINDS));
        return entries;
    }

    private Entry entry(String reason, long count, int where) {
        return new Entry(
                reason,
                count,
                work[where + READS],
                work[where + WRITES],
                work[where + EMULATED],
                work[where + INJECTED]);
    }
}
