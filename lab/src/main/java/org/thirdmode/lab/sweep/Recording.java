package org.thirdmode.lab.sweep;

import java.util.EnumMap;
import java.util.Map;
import org.thirdmode.cost.Counts;
import org.thirdmode.cost.Counts.Conditions;
import org.thirdmode.cost.Quantity;
import org.thirdmode.x86.paging.TranslationTrace;
import org.thirdmode.x86.paging.TranslationTrace.Inexact;
import org.thirdmode.x86.paging.TranslationTrace.Replayed;

/**
 * A run with the trace of its lookups in the TLB: what a run with other TLBs and walk caches would have counted follows from
 * it, without that run. All but the walks is the same, for guest time does not depend on them.
 */
final class Recording {
    private final RunResult run;
    private final TranslationTrace trace;

    Recording(RunResult run, TranslationTrace trace) {
        this.run = run;
        this.trace = trace;
        trace.finish();
    }

    /**
     * What another run would have counted, which differs from the recorded one by its TLBs and walk caches alone.
     *
     * @throws Inexact where that cannot be told, with the reason
     */
    RunResult replay(RunSpec other) throws Inexact {
        Replayed walks = trace.replay(other.tlbs());
        Counts counts = run.counts();
        Map<Quantity, Long> quantities = new EnumMap<>(counts.quantities());
        quantities.put(Quantity.WALKS, walks.walks());
        quantities.put(Quantity.TABLE_REFERENCES, walks.tableReferences());
        quantities.put(Quantity.NESTED_REFERENCES, walks.nestedReferences());
        Conditions how = counts.conditions();
        Counts replayed = new Counts(
                counts.workload(),
                counts.on(),
                new Conditions(how.extension(), how.nested(), other.tlbs().name(), how.caches()),
                quantities,
                counts.exits());
        return new RunResult(replayed, run.end(), run.output(), run.tablePages(), true);
    }
}
