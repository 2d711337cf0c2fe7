package org.thirdmode.lab.sweep;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.thirdmode.cost.Figure;
import org.thirdmode.cost.Profiles;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.GuestImage;
import org.thirdmode.kvm.HostPageSize;
import org.thirdmode.kvm.Irqchip;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.lab.sweep.Parameter.Domain;
import org.thirdmode.lab.sweep.Parameter.Effect;
import org.thirdmode.x86.tlb.TlbGeometry;

/** Everything that a study can vary, a row each. */
public final class Parameters {
    /** The MMU of the bare machine: none but the guest's own. */
    static final String BARE = "bare";

    /** No TLB is modelled: each translation is kept until it is flushed. */
    static final String NO_TLBS = "none";

    /** Of the guest's page sizes. */
    static final String LARGE = "large";

    public static final Parameter KERNEL = words(
            "kernel",
            Effect.EXECUTION,
            GuestCatalogue.images().stream()
                    .filter(GuestImage::takesWorkloads)
                    .map(GuestImage::name)
                    .toList(),
            "mini64",
            "the guest, and with it its mode: 32-bit paging, PAE, 4 levels");

    public static final Parameter WORKLOAD = new Parameter(
            "workload",
            Effect.EXECUTION,
            new Parameter.Work(),
            Value.word("fork"),
            "what the guest does, with parameters as in 'fork processes=10'");

    public static final Parameter WORKING_SET =
            guest("working-set", 1, 1 << 20, "pages that the workload works on; a workload that has `pages`");
    public static final Parameter PROCESSES = guest("processes", 1, 64, "processes of the workload");
    public static final Parameter ROUNDS = guest("rounds", 1, 100_000_000, "rounds of the workload");

    public static final Parameter GUEST_PAGES = words(
            "guest-pages",
            Effect.EXECUTION,
            List.of("4k", LARGE),
            "4k",
            "the pages in which the guest maps its working set; large: 2 MBytes, 4 in 32-bit paging; gups, chase, sequential");

    public static final Parameter VIRT =
            words("virt", Effect.EXECUTION, lower(Virt.values()), "vmx", "the extension that runs the guest");

    public static final Parameter MMU = words(
            "mmu",
            Effect.EXECUTION,
            withFirst(BARE, lower(MmuKind.values())),
            "nested",
            "how the guest's memory is translated; bare for no hypervisor at all");

    public static final Parameter HOST_PAGES = words(
            "host-pages",
            Effect.EXECUTION,
            Arrays.stream(HostPageSize.values()).map(size -> size.word).toList(),
            "4k",
            "the pages in which the host gives the guest memory");

    public static final Parameter SHADOW_PAGES =
            optional("shadow-pages", Effect.EXECUTION, 32, 1 << 20, "table pages that a shadow strategy may use");

    public static final Parameter IRQCHIP =
            words("irqchip", Effect.EXECUTION, lower(Irqchip.values()), "user", "where the interrupt controllers are");

    public static final Parameter MEMORY = whole("memory", Effect.EXECUTION, 8, 4096, 128L, "RAM of the guest in MiB");

    public static final Parameter TLBS = words(
            "tlbs",
            Effect.GEOMETRY,
            withFirst(NO_TLBS, List.copyOf(TlbGeometry.names())),
            NO_TLBS,
            "whose TLBs and walk caches are modelled; none: each translation is kept until it is flushed");

    public static final Parameter TLB_L1 = optional(
            "tlb-l1", Effect.GEOMETRY, 4, 1 << 16, "entries of the first-level data TLB that holds 4-KByte pages");
    public static final Parameter TLB_L2 = optional(
            "tlb-l2", Effect.GEOMETRY, 0, 1 << 16, "entries of the second-level TLB of 4-KByte pages; 0: none");
    public static final Parameter WALK_CACHE = optional(
            "walk-cache", Effect.GEOMETRY, 0, 1 << 16, "entries of the cache of PDEs; 0: no paging-structure caches");
    public static final Parameter NESTED_TLB =
            optional("nested-tlb", Effect.GEOMETRY, 0, 1 << 16, "entries of the nested TLB; 0: none");
    public static final Parameter NESTED_WALK_CACHE = optional(
            "nested-walk-cache",
            Effect.GEOMETRY,
            0,
            1 << 16,
            "entries of the second dimension's cache of PDEs; 0: none of its caches");

    public static final Parameter CACHES = words(
            "caches",
            Effect.GEOMETRY,
            withFirst(NO_TLBS, Profiles.names()),
            NO_TLBS,
            "whose caches are modelled for references to tables and data; none: references at the average of the profile");

    public static final Parameter PROFILE = new Parameter(
            "profile",
            Effect.PRICE,
            new Parameter.ProfileName(),
            Value.word("haswell"),
            "the processor whose figures price the run");

    private static final List<Parameter> ALL = all();

    private static final Map<String, Integer> INDEX = IntStream.range(0, ALL.size())
            .boxed()
            .collect(Collectors.toMap(n -> ALL.get(n).name(), n -> n));

    private Parameters() {}

    private static List<Parameter> all() {
        List<Parameter> all = new ArrayList<>(List.of(
                KERNEL,
                WORKLOAD,
                WORKING_SET,
                PROCESSES,
                ROUNDS,
                GUEST_PAGES,
                VIRT,
                MMU,
                HOST_PAGES,
                SHADOW_PAGES,
                IRQCHIP,
                MEMORY,
                TLBS,
                TLB_L1,
                TLB_L2,
                WALK_CACHE,
                NESTED_TLB,
                NESTED_WALK_CACHE,
                CACHES,
                PROFILE));
        for (Figure figure : Figure.values()) {
            all.add(new Parameter(
                    figure.key,
                    Effect.PRICE,
                    new Parameter.Number(BigDecimal.ZERO, BigDecimal.valueOf(100_000_000), figure.decimals),
                    null,
                    figure.meaning + ", in " + Figure.UNIT));
        }
        return List.copyOf(all);
    }

    /** All of them, in the order of the columns. */
    public static List<Parameter> list() {
        return ALL;
    }

    /** Where a parameter stands among them. */
    static int index(Parameter parameter) {
        return INDEX.get(parameter.name());
    }

    /** Their names. */
    public static List<String> names() {
        return ALL.stream().map(Parameter::name).toList();
    }

    /** The parameter of that name. */
    public static Optional<Parameter> find(String name) {
        return ALL.stream().filter(parameter -> parameter.name().equals(name)).findFirst();
    }

    // ---- rows ----

    private static Parameter words(String name, Effect effect, List<String> valid, String fallback, String meaning) {
        return new Parameter(name, effect, new Parameter.Words(valid), Value.word(fallback), meaning);
    }

    private static Parameter guest(String name, int least, int most, String meaning) {
        return optional(name, Effect.EXECUTION, least, most, meaning);
    }

    private static Parameter optional(String name, Effect effect, int least, int most, String meaning) {
        return whole(name, effect, least, most, null, meaning);
    }

    private static Parameter whole(String name, Effect effect, int least, int most, Long fallback, String meaning) {
        Domain domain = new Parameter.Number(BigDecimal.valueOf(least), BigDecimal.valueOf(most), 0);
        return new Parameter(name, effect, domain, fallback == null ? null : Value.number(fallback), meaning);
    }

    private static List<String> lower(Enum<?>[] constants) {
        return Arrays.stream(constants)
                .map(constant -> constant.name().toLowerCase(Locale.ROOT))
                .toList();
    }

    private static List<String> withFirst(String first, List<String> others) {
        List<String> all = new ArrayList<>(List.of(first));
        all.addAll(others);
        return all;
    }
}
