package org.thirdmode.cost;

import java.math.BigDecimal;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.thirdmode.cost.Counts.Extension;
import org.thirdmode.x86.tlb.TlbGeometry;

/**
 * What a processor, and a hypervisor on it, take. Read from a data file: {@link Profiles}.
 *
 * @param name as a user types it
 * @param title the processor in its maker's words, with the year
 * @param processor the processor model that has its features, for {@code --cpu}; empty where none has
 * @param extension what it has of VMX and SVM
 * @param secondDimension whether it has EPT or nested paging
 * @param taggedTlb whether its TLB tells guests apart (VPID, ASID), so that exits leave it as it is
 * @param frequency in GHz
 * @param tlbs its TLBs and walk caches
 * @param caches its caches of data, the first level first; empty where they are not described
 * @param figures all of {@link Figure}
 * @param remarks published figures that no price uses, by name
 */
public record Profile(
        String name,
        String title,
        String processor,
        Extension extension,
        boolean secondDimension,
        boolean taggedTlb,
        Quote frequency,
        TlbGeometry tlbs,
        List<CacheLevel> caches,
        Map<Figure, Quote> figures,
        Map<String, Quote> remarks) {
    public Profile {
        caches = List.copyOf(caches);
        figures = new EnumMap<>(figures);
        remarks = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(remarks));
        for (Figure figure : Figure.values()) {
            if (!figures.containsKey(figure)) {
                throw new IllegalArgumentException(name + ": " + figure.key + " is missing");
            }
        }
    }

    /** A figure with its source. */
    public Quote quote(Figure figure) {
        return figures.get(figure);
    }

    /** The same but for one figure: what if it took {@code cycles}. */
    public Profile with(Figure figure, BigDecimal cycles) {
        Map<Figure, Quote> others = new EnumMap<>(figures);
        others.put(figure, figures.get(figure).withValue(cycles));
        return new Profile(
                name,
                title,
                processor,
                extension,
                secondDimension,
                taggedTlb,
                frequency,
                tlbs,
                caches,
                others,
                remarks);
    }

    /**
     * All figures in thousandths of a cycle, by {@link Figure#ordinal}: what {@link Pricer} multiplies by. A copy of the
     * caller's own.
     */
    public long[] prices() {
        long[] prices = new long[Figure.values().length];
        figures.forEach((figure, quote) -> prices[figure.ordinal()] = quote.thousandths());
        return prices;
    }

    /** Cycles as time, in seconds. */
    public double seconds(long cycles) {
        return cycles / (frequency.value().doubleValue() * 1e9);
    }
}
