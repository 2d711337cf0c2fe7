package org.thirdmode.lab.sweep;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.cost.data.Scalar;
import org.thirdmode.guests.Workload;

/** A workload as one writes it: its name, and behind it parameters of its own, as in {@code fork processes=10}. */
final class WorkloadText {
    /** What the kernel itself takes, with every workload. */
    private static final List<String> OF_THE_KERNEL = List.of("hz", "kpti");

    /** Those whose working set large pages can map. */
    private static final List<String> WITH_LARGE_PAGES = List.of("gups", "chase", "sequential");

    private WorkloadText() {}

    static String checked(Scalar scalar) throws DataException {
        String[] words = scalar.words().split(" +");
        Workload workload = Workload.find(words[0])
                .orElseThrow(() -> scalar.place()
                        .wrong("'" + words[0] + "' is no workload; valid are "
                                + Workload.all().stream().map(Workload::name).collect(Collectors.joining(", "))));
        for (int n = 1; n < words.length; n++) {
            String[] parts = words[n].split("=", 2);
            if (!takes(workload.name(), parts[0])) {
                throw scalar.place()
                        .wrong("'" + parts[0] + "' is no parameter of " + workload.name() + "; valid are "
                                + String.join(", ", names(workload)));
            }
            if (parts.length < 2 || !parts[1].matches("[0-9]{1,9}")) {
                throw scalar.place().wrong("'" + words[n] + "': expected a whole number, as in " + parts[0] + "=10");
            }
        }
        return String.join(" ", words);
    }

    /** Whether a workload has a parameter. */
    static boolean takes(String workload, String parameter) {
        return names(Workload.find(workload.split(" ", 2)[0]).orElseThrow()).contains(parameter);
    }

    private static List<String> names(Workload workload) {
        List<String> names = new ArrayList<>();
        for (String word : workload.parameters().split(" ")) {
            names.add(word.split("=", 2)[0]);
        }
        names.addAll(OF_THE_KERNEL);
        if (WITH_LARGE_PAGES.contains(workload.name())) {
            names.add("large");
        }
        return names;
    }
}
