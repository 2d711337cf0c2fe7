package org.thirdmode.lab.sweep;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.thirdmode.cost.Profile;
import org.thirdmode.cost.Profiles;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.cost.data.Place;
import org.thirdmode.cost.data.Scalar;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.GuestImage;
import org.thirdmode.kvm.HostPageSize;
import org.thirdmode.kvm.Irqchip;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.x86.tlb.TlbGeometry;

/**
 * One run: what each parameter that changes it is. Points that differ in prices alone have the same one.
 *
 * @param settings values by name; those that have no effect on this run are left out, so that equal runs are equal
 */
public record RunSpec(Map<String, String> settings) {
    /** What the bare machine has not. */
    private static final Set<Parameter> OF_HYPERVISORS = Set.of(
            Parameters.VIRT,
            Parameters.HOST_PAGES,
            Parameters.SHADOW_PAGES,
            Parameters.IRQCHIP,
            Parameters.NESTED_TLB,
            Parameters.NESTED_WALK_CACHE);

    private static final Set<Parameter> OF_SHADOW_TABLES = Set.of(Parameters.SHADOW_PAGES);

    private static final Set<Parameter> OF_NESTED_PAGING = Set.of(Parameters.NESTED_TLB, Parameters.NESTED_WALK_CACHE);

    public RunSpec {
        settings = new TreeMap<>(settings);
    }

    /** The run of a point. */
    static RunSpec of(Function<Parameter, Value> point) {
        Map<String, String> settings = new TreeMap<>();
        String mmu = point.apply(Parameters.MMU).text();
        boolean bare = mmu.equals(Parameters.BARE);
        boolean nested = mmu.equals(word(MmuKind.NESTED));
        boolean agile = mmu.equals(word(MmuKind.AGILE));
        for (Parameter parameter : Parameters.list()) {
            Value value = point.apply(parameter);
            boolean idle = parameter.effect() == Parameter.Effect.PRICE
                    || value == null
                    || (bare && OF_HYPERVISORS.contains(parameter))
                    || (nested && OF_SHADOW_TABLES.contains(parameter))
                    || (!nested && !agile && OF_NESTED_PAGING.contains(parameter));
            if (!idle) {
                settings.put(parameter.name(), value.text());
            }
        }
        return new RunSpec(settings);
    }

    /**
     * The run with these settings by parameter name, and with the default of every other.
     *
     * @throws DataException where a parameter or a value is unknown, in one line that lists the valid ones
     */
    public static RunSpec given(Map<String, String> settings) throws DataException {
        Sampling sampling = new Sampling(new Study("", new Study.Grid(), 0, List.of()));
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            Parameter parameter = Parameters.find(setting.getKey())
                    .orElseThrow(() -> new DataException(setting.getKey() + ": is no parameter; valid are "
                            + String.join(", ", Parameters.names())));
            Place place = new Place(setting.getKey(), 1, 1);
            sampling.with(parameter, parameter.domain().read(new Scalar(place, setting.getValue())));
        }
        return of(sampling);
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private String get(Parameter parameter) {
        return settings.get(parameter.name());
    }

    /** A whole number; empty where it is not given. */
    Optional<Integer> number(Parameter parameter) {
        return Optional.ofNullable(get(parameter)).map(Integer::valueOf);
    }

    // ---- what it is run with ----

    GuestImage kernel() {
        return GuestCatalogue.find(get(Parameters.KERNEL)).orElseThrow();
    }

    /** How the guest calls a parameter of its workload. */
    static String ofTheGuest(Parameter parameter) {
        if (parameter.equals(Parameters.GUEST_PAGES)) {
            return "large";
        }
        return parameter.equals(Parameters.WORKING_SET) ? "pages" : parameter.name();
    }

    /** The workload with its parameters: {@code fork processes=10}. */
    String workload() {
        List<String> words = new ArrayList<>(List.of(get(Parameters.WORKLOAD)));
        for (Parameter parameter : List.of(Parameters.WORKING_SET, Parameters.PROCESSES, Parameters.ROUNDS)) {
            number(parameter).ifPresent(value -> words.add(ofTheGuest(parameter) + "=" + value));
        }
        if (get(Parameters.GUEST_PAGES).equals(Parameters.LARGE)) {
            words.add("large=1");
        }
        return String.join(" ", words);
    }

    /** The MMU; empty for the bare machine. */
    Optional<MmuKind> mmu() {
        String mmu = get(Parameters.MMU);
        return mmu.equals(Parameters.BARE)
                ? Optional.empty()
                : Optional.of(MmuKind.valueOf(mmu.toUpperCase(Locale.ROOT)));
    }

    Virt virt() {
        return Virt.valueOf(get(Parameters.VIRT).toUpperCase(Locale.ROOT));
    }

    Irqchip irqchip() {
        return Irqchip.valueOf(get(Parameters.IRQCHIP).toUpperCase(Locale.ROOT));
    }

    HostPageSize hostPages() {
        for (HostPageSize size : HostPageSize.values()) {
            if (size.word.equals(get(Parameters.HOST_PAGES))) {
                return size;
            }
        }
        throw new IllegalStateException(get(Parameters.HOST_PAGES));
    }

    /** Whose caches are modelled; empty for none. */
    Optional<Profile> caches() {
        String name = get(Parameters.CACHES);
        return name.equals(Parameters.NO_TLBS)
                ? Optional.empty()
                : Optional.of(Profiles.all().get(name));
    }

    MachineConfiguration configuration() {
        MachineConfiguration configuration = MachineConfiguration.DEFAULT.withMemory(
                (long) number(Parameters.MEMORY).orElseThrow() << 20);
        return modelsTlbs() ? configuration.withDetail(tlbs()) : configuration;
    }

    private boolean modelsTlbs() {
        return !get(Parameters.TLBS).equals(Parameters.NO_TLBS);
    }

    /** The TLBs and walk caches, where they are modelled. */
    TlbGeometry tlbs() {
        return Geometries.of(this, get(Parameters.TLBS));
    }

    /**
     * What a run has in common with those that one trace of lookups tells about: all but its TLBs and walk caches. Empty where
     * no TLBs are modelled; where caches are, for these see each access and a trace sees pages; and with agile paging, whose walks a
     * trace does not tell of.
     */
    Optional<RunSpec> butForTlbs() {
        if (!modelsTlbs()
                || !get(Parameters.CACHES).equals(Parameters.NO_TLBS)
                || mmu().equals(Optional.of(MmuKind.AGILE))) {
            return Optional.empty();
        }
        Map<String, String> others = new TreeMap<>(settings);
        Parameters.list().stream()
                .filter(parameter -> parameter.effect() == Parameter.Effect.GEOMETRY)
                .forEach(parameter -> others.remove(parameter.name()));
        return Optional.of(new RunSpec(others));
    }

    /** As a progress line calls it: what is not as it is by default. */
    public String words() {
        List<String> words = new ArrayList<>();
        settings.forEach((name, value) -> {
            Value fallback = Parameters.find(name).orElseThrow().fallback();
            if (fallback == null || !fallback.text().equals(value)) {
                words.add(name + " " + value);
            }
        });
        return String.join(", ", words);
    }
}
