package org.thirdmode.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.thirdmode.cost.Counts;
import org.thirdmode.pc.device.ScreenContents;

/**
 * What a run left behind.
 *
 * @param counts what was counted, in the order to print; a name is the count's own words
 * @param screen the rows of the text screen at the end
 * @param picture the same with its colours
 * @param warnings what the user should hear, a line each
 * @param priced what its price depends on; empty where a part of the run is not known
 */
record Report(
        Outcome outcome,
        Map<String, Long> counts,
        List<String> screen,
        Optional<ScreenContents> picture,
        List<String> warnings,
        Optional<Counts> priced) {
    Report {
        counts = new LinkedHashMap<>(counts);
        screen = List.copyOf(screen);
        warnings = List.copyOf(warnings);
    }

    /** A report without warnings, of what cannot be priced. */
    Report(Outcome outcome, Map<String, Long> counts, List<String> screen) {
        this(outcome, counts, screen, Optional.empty(), List.of(), Optional.empty());
    }
}
