package org.thirdmode.cost;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.thirdmode.cost.Counts.Conditions;
import org.thirdmode.cost.Counts.Extension;

/** Counts x profile = cycles. */
class CountsTimesProfile {
    private static final List<String> REASONS = List.of("CPUID", "HLT", "EPT violation", "I/O instruction");

    static Counts random(long seed) {
        Random random = new Random(seed);
        Map<Quantity, Long> quantities = new EnumMap<>(Quantity.class);
        for (Quantity quantity : Quantity.values()) {
            if (random.nextInt(4) != 0) {
                quantities.put(quantity, random.nextLong(1L << random.nextInt(1, 34)));
            }
        }
        List<ExitCounts> exits = new ArrayList<>();
        for (String reason : REASONS.subList(0, random.nextInt(REASONS.size() + 1))) {
            exits.add(new ExitCounts(
                    reason,
                    random.nextLong(1_000_000),
                    random.nextLong(10_000_000),
                    random.nextLong(10_000_000),
                    random.nextLong(1_000_000),
                    random.nextLong(1_000_000)));
        }
        Extension extension = Extension.values()[random.nextInt(3)];
        return new Counts(
                "w" + seed,
                "vmx/nested",
                new Conditions(
                        extension,
                        random.nextBoolean(),
                        random.nextBoolean() ? "haswell" : "",
                        random.nextBoolean() ? "haswell" : ""),
                quantities,
                exits);
    }

    private static Profile profile(int index) {
        return Profiles.all().get(Profiles.names().get(index));
    }

    @Property(tries = 300)
    void thePartsAddUpToTheTotalExactly(@ForAll long seed, @ForAll @IntRange(max = 9) int processor) {
        Cost cost = Cost.of(random(seed), profile(processor));
        assertEquals(cost.parts().values().stream().mapToLong(Long::longValue).sum(), cost.total());
        assertEquals(Part.values().length, cost.parts().size());
    }

    @Property(tries = 300)
    void theReasonsAddUpToTheirPartsExactly(@ForAll long seed, @ForAll @IntRange(max = 9) int processor) {
        Cost cost = Cost.of(random(seed), profile(processor));
        assertEquals(
                cost.of(Part.EXIT_HARDWARE),
                cost.reasons().stream().mapToLong(Cost.Reason::hardware).sum());
        assertEquals(
                cost.of(Part.EXIT_HYPERVISOR),
                cost.reasons().stream().mapToLong(Cost.Reason::hypervisor).sum());
    }

    /** By hand, with decimal fractions: nothing of what is counted is lost or taken twice. */
    @Property(tries = 200)
    void eachPartIsWhatItsCountsTake(@ForAll long seed, @ForAll @IntRange(max = 9) int processor) {
        Counts counts = random(seed);
        Profile profile = profile(processor);
        Map<Part, BigDecimal> sums = new EnumMap<>(Part.class);
        boolean caches = counts.conditions().cachesModelled();
        for (Quantity quantity : Quantity.values()) {
            boolean averaged = quantity == Quantity.TABLE_REFERENCES || quantity == Quantity.NESTED_REFERENCES;
            boolean located = quantity.name().matches("(DATA|TABLE|NESTED)_(L1|L2|L3|MEMORY)");
            if ((averaged && caches) || (located && !caches) || quantity == Quantity.DATA_L1) {
                continue;
            }
            BigDecimal each = profile.quote(quantity.figure().orElseThrow()).value();
            sums.merge(quantity.part, each.multiply(BigDecimal.valueOf(counts.of(quantity))), BigDecimal::add);
        }
        for (ExitCounts exit : counts.exits()) {
            sums.merge(Part.EXIT_HARDWARE, times(profile, Figure.ROUND_TRIP, exit.exits()), BigDecimal::add);
            sums.merge(
                    Part.EXIT_HYPERVISOR,
                    times(profile, Figure.DISPATCH, exit.exits())
                            .add(times(profile, Figure.CONTROL_READ, exit.controlReads()))
                            .add(times(profile, Figure.CONTROL_WRITE, exit.controlWrites()))
                            .add(times(profile, Figure.EMULATION, exit.emulated()))
                            .add(times(profile, Figure.INJECTION, exit.injected())),
                    BigDecimal::add);
        }
        Cost cost = Cost.of(counts, profile);
        for (Part part : Part.values()) {
            assertEquals(
                    sums.getOrDefault(part, BigDecimal.ZERO)
                            .setScale(0, RoundingMode.HALF_UP)
                            .longValueExact(),
                    cost.of(part),
                    part.title);
        }
    }

    private static BigDecimal times(Profile profile, Figure figure, long count) {
        return profile.quote(figure).value().multiply(BigDecimal.valueOf(count));
    }

    @Property(tries = 200)
    void aPricerGivesTheSameTotalUnderEveryProfile(@ForAll long seed) {
        Counts counts = random(seed);
        Pricer pricer = Pricer.of(counts);
        Profiles.all()
                .values()
                .forEach(profile ->
                        assertEquals(Cost.of(counts, profile).total(), pricer.total(profile.prices()), profile.name()));
    }

    @Test
    void whatIfOneFigureWereAnother() {
        Counts counts = new Counts(
                "w",
                "vmx/nested",
                new Conditions(Extension.VMX, true, "", ""),
                Map.of(),
                List.of(new ExitCounts("CPUID", 10, 0, 0, 0, 0)));
        Profile haswell = profile(Profiles.names().indexOf("haswell"));
        Profile faster = haswell.with(Figure.ROUND_TRIP, new BigDecimal(400));
        assertEquals(4000, Cost.of(counts, faster).of(Part.EXIT_HARDWARE));
        long[] prices = haswell.prices();
        prices[Figure.ROUND_TRIP.ordinal()] = 400_000;
        assertArrayEquals(faster.prices(), prices);
        assertEquals(Cost.of(counts, faster).total(), Pricer.of(counts).total(prices));
    }

    @Test
    void aPriceNamesTheAssumedFiguresThatItLeansOnAndNoOther() {
        Counts counts = new Counts(
                "w",
                "vmx/cached",
                new Conditions(Extension.VMX, false, "", ""),
                Map.of(),
                List.of(new ExitCounts("CPUID", 10, 20, 30, 0, 0)));
        Cost cost = Cost.of(counts, Profiles.all().get("prescott"));
        // The round trip, VMREAD and VMWRITE of a Pentium 4 are published.
        assertEquals(List.of(Figure.DISPATCH), cost.assumed());
    }

    @Test
    void aPriceTellsWhetherReferencesWereTakenAtAnAverage() {
        Counts fast = new Counts(
                "w",
                "bare",
                new Conditions(Extension.NONE, false, "", ""),
                Map.of(Quantity.TABLE_REFERENCES, 8L),
                List.of());
        assertTrue(Cost.of(fast, profile(0)).notes().getFirst().contains("average"));
        Counts cached = new Counts(
                "w",
                "bare",
                new Conditions(Extension.NONE, false, "prescott", "haswell"),
                Map.of(Quantity.TABLE_REFERENCES, 8L, Quantity.TABLE_L2, 8L),
                List.of());
        Cost cost = Cost.of(cached, profile(0));
        assertTrue(cost.notes().getFirst().contains("caches of haswell, not of prescott"));
        assertEquals(8 * 28, cost.of(Part.PAGE_WALKS));
    }

    @Test
    void whatDoesNotFitIsNoNumber() {
        Counts counts = new Counts(
                "w",
                "bare",
                new Conditions(Extension.NONE, false, "", ""),
                Map.of(Quantity.INSTRUCTIONS, Long.MAX_VALUE),
                List.of());
        assertThrows(ArithmeticException.class, () -> Cost.of(counts, profile(0)));
    }
}
