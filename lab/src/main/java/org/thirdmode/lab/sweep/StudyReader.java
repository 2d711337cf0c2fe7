package org.thirdmode.lab.sweep;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.cost.data.Mapping;
import org.thirdmode.cost.data.Node;
import org.thirdmode.cost.data.Scalar;
import org.thirdmode.cost.data.Sequence;
import org.thirdmode.kvm.MmuKind;

/** Reads a study strictly: a mistake is told with its line and column and with what would be valid. */
final class StudyReader {
    /** A list with more values was not meant. */
    private static final int MOST_VALUES = 1_000_000;

    /** More points would take minutes to price. */
    private static final long MOST_POINTS = 100_000_000;

    private static final long DEFAULT_BUDGET = 4_000_000_000L;
    private static final long MOST_BUDGET = 1_000_000_000_000L;

    private static final String AGILE = MmuKind.AGILE.name().toLowerCase(Locale.ROOT);

    private final boolean random;

    private StudyReader(boolean random) {
        this.random = random;
    }

    static Study read(Node file) throws DataException {
        Mapping top = file.mapping().only("title", "sample", "points", "seed", "budget", "parameters");
        String title = top.scalar("title").words();
        boolean random = top.find("sample").isPresent()
                && top.scalar("sample").oneOf(List.of("grid", "random")).equals("random");
        if (!random) {
            for (String key : List.of("points", "seed")) {
                if (top.find(key).isPresent()) {
                    throw top.keys().get(key).wrong("'" + key + "' goes with sample: random");
                }
            }
        }
        long budget = number(top, "budget", DEFAULT_BUDGET, MOST_BUDGET);
        Study.Sample sample = random
                ? new Study.Random(
                        top.get("points")
                                .scalar()
                                .number(BigDecimal.ONE, BigDecimal.valueOf(MOST_POINTS), 0)
                                .longValueExact(),
                        number(top, "seed", 0, Long.MAX_VALUE / 10_000))
                : new Study.Grid();
        List<Axis> axes = new StudyReader(random).axes(top.get("parameters").mapping());
        Study study = new Study(title, sample, budget, axes);
        check(study, top);
        return study;
    }

    private static long number(Mapping top, String key, long fallback, long most) throws DataException {
        return top.find(key).isEmpty()
                ? fallback
                : top.scalar(key)
                        .number(BigDecimal.ZERO, BigDecimal.valueOf(most), 0)
                        .longValueExact();
    }

    private List<Axis> axes(Mapping given) throws DataException {
        given.only(Parameters.names());
        List<Axis> axes = new ArrayList<>();
        for (Parameter parameter : Parameters.list()) {
            Optional<Node> node = given.find(parameter.name());
            if (node.isPresent()) {
                axes.add(new Axis(
                        parameter, choice(parameter, node.get()), given.keys().get(parameter.name())));
            }
        }
        if (axes.isEmpty()) {
            throw given.place().wrong("no parameter; valid are " + String.join(", ", Parameters.names()));
        }
        return axes;
    }

    private Axis.Choice choice(Parameter parameter, Node node) throws DataException {
        return switch (node) {
            case Scalar scalar -> new Axis.OneOf(List.of(parameter.domain().read(scalar)));
            case Sequence list -> list(parameter, list);
            case Mapping range -> range(parameter, range);
        };
    }

    private static Axis.Choice list(Parameter parameter, Sequence list) throws DataException {
        if (list.nodes().isEmpty()) {
            throw list.place().wrong("an empty grid: '" + parameter.name() + "' has no value");
        }
        Set<Value> values = new LinkedHashSet<>();
        for (Node each : list.nodes()) {
            Value value = parameter.domain().read(each.scalar());
            if (!values.add(value)) {
                throw each.place().wrong("'" + value + "' is given twice");
            }
        }
        return new Axis.OneOf(List.copyOf(values));
    }

    private Axis.Choice range(Parameter parameter, Mapping range) throws DataException {
        if (!(parameter.domain() instanceof Parameter.Number domain)) {
            throw range.place().wrong("'" + parameter.name() + "' has words: give one, or a list of them");
        }
        range.only("from", "to", "step");
        BigDecimal from = domain.read(range.scalar("from")).number();
        BigDecimal to = domain.read(range.scalar("to")).number();
        if (from.compareTo(to) > 0) {
            throw range.place().wrong("an empty grid: from " + from.toPlainString() + " to " + to.toPlainString());
        }
        if (range.find("step").isEmpty()) {
            if (random) {
                return new Axis.Between(from, to, domain.decimals());
            }
            throw range.place().wrong("'step' is missing; a range without it is for sample: random");
        }
        Scalar width = range.scalar("step");
        BigDecimal step = width.number(BigDecimal.ZERO, domain.most(), domain.decimals());
        if (step.signum() == 0 || to.subtract(from).divideToIntegralValue(step).longValueExact() >= MOST_VALUES) {
            throw width.place().wrong("a step of " + width.text() + " makes more than " + MOST_VALUES + " values");
        }
        List<Value> values = new ArrayList<>();
        for (BigDecimal at = from; at.compareTo(to) <= 0; at = at.add(step)) {
            values.add(Value.number(at));
        }
        return new Axis.OneOf(values);
    }

    // ---- what goes together ----

    private static void check(Study study, Mapping top) throws DataException {
        if (study.sample() instanceof Study.Grid) {
            long points = 1;
            for (Axis axis : study.axes()) {
                points *= axis.values().size();
                if (points > MOST_POINTS) {
                    throw top.get("parameters").place().wrong("a grid of more than " + MOST_POINTS + " points");
                }
            }
        }
        for (Parameter parameter : List.of(Parameters.WORKING_SET, Parameters.PROCESSES, Parameters.ROUNDS)) {
            Optional<Axis> axis = study.axis(parameter);
            if (axis.isPresent()) {
                takenByAll(study, axis.get());
            }
        }
        agile(study);
        Optional<Axis> pages = study.axis(Parameters.GUEST_PAGES);
        if (pages.isPresent() && pages.get().values().contains(Value.word(Parameters.LARGE))) {
            takenByAll(study, pages.get());
        }
        for (Axis axis : study.axes()) {
            boolean geometry = axis.parameter().effect() == Parameter.Effect.GEOMETRY;
            boolean idle = axis.parameter().equals(Parameters.TLBS)
                    || (axis.parameter().equals(Parameters.CACHES)
                            && axis.values().equals(List.of(Value.word(Parameters.NO_TLBS))));
            if (geometry && !idle && noTlbs(study)) {
                throw axis.place()
                        .wrong("'" + axis.parameter().name()
                                + "' goes with modelled TLBs: 'tlbs' has to name a processor");
            }
        }
    }

    /** Agile paging has a hypothetical processor, of Intel's kind. */
    private static void agile(Study study) throws DataException {
        Optional<Axis> mmu = study.axis(Parameters.MMU);
        if (mmu.isEmpty() || !mmu.get().values().contains(Value.word(AGILE))) {
            return;
        }
        Optional<Axis> virt = study.axis(Parameters.VIRT);
        if (virt.isPresent() && !virt.get().values().equals(List.of(Parameters.VIRT.fallback()))) {
            throw virt.get().place().wrong("mmu agile is modelled for VMX alone: 'virt' has to be vmx");
        }
    }

    private static boolean noTlbs(Study study) {
        return study.axis(Parameters.TLBS)
                .map(axis -> axis.values().contains(Value.word(Parameters.NO_TLBS)))
                .orElse(true);
    }

    private static void takenByAll(Study study, Axis axis) throws DataException {
        String name = RunSpec.ofTheGuest(axis.parameter());
        List<Value> workloads = study.axis(Parameters.WORKLOAD)
                .map(Axis::values)
                .orElseGet(() -> List.of(Parameters.WORKLOAD.fallback()));
        for (Value workload : workloads) {
            if (!WorkloadText.takes(workload.text(), name)) {
                throw axis.place().wrong("workload " + workload + " has no parameter '" + name + "'");
            }
            if (workload.text().contains(" " + name + "=")) {
                throw axis.place().wrong("workload '" + workload + "' gives '" + name + "' itself");
            }
        }
    }
}
