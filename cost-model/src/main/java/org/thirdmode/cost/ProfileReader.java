package org.thirdmode.cost;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.thirdmode.cost.Counts.Extension;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.cost.data.Mapping;
import org.thirdmode.cost.data.Node;
import org.thirdmode.cost.data.Scalar;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.tlb.TlbGeometry;

/** Reads a profile strictly: a figure without unit, source or certainty is no figure. */
final class ProfileReader {
    private static final BigDecimal MOST_GIGAHERTZ = BigDecimal.valueOf(10);
    private static final List<String> CERTAINTIES =
            Arrays.stream(Certainty.values()).map(Scalar::word).toList();
    private static final List<String> QUOTE = List.of("value", "unit", "source", "certainty");

    private ProfileReader() {}

    static Profile read(Node file) throws DataException {
        Mapping top = file.mapping()
                .only(
                        "name",
                        "title",
                        "processor",
                        "extension",
                        "second-dimension",
                        "tagged-tlb",
                        "frequency",
                        "tlbs",
                        "caches",
                        "figures",
                        "remarks");
        Quote frequency = quote(top.get("frequency"), "GHz", 3, MOST_GIGAHERTZ);
        if (frequency.value().signum() == 0) {
            throw top.get("frequency").place().wrong("a frequency of 0");
        }
        return new Profile(
                top.scalar("name").words(),
                top.scalar("title").words(),
                processor(top),
                top.scalar("extension").choice(Extension.class),
                top.scalar("second-dimension").flag(),
                top.scalar("tagged-tlb").flag(),
                frequency,
                tlbs(top.scalar("tlbs")),
                caches(top.find("caches")),
                figures(top.get("figures").mapping()),
                remarks(top.find("remarks")));
    }

    private static String processor(Mapping top) throws DataException {
        Optional<Node> name = top.find("processor");
        return name.isEmpty()
                ? ""
                : name.get().scalar().oneOf(CpuProfile.named().keySet());
    }

    private static TlbGeometry tlbs(Scalar name) throws DataException {
        return TlbGeometry.of(name.oneOf(TlbGeometry.names()));
    }

    private static List<CacheLevel> caches(Optional<Node> list) throws DataException {
        List<CacheLevel> caches = new ArrayList<>();
        if (list.isEmpty()) {
            return caches;
        }
        Mapping levels = list.get().mapping().only("l1d", "l2", "l3");
        for (String level : List.of("l1d", "l2", "l3")) {
            Optional<Node> one = levels.find(level);
            if (one.isPresent()) {
                caches.add(cache(one.get().mapping()));
            }
        }
        return caches;
    }

    private static CacheLevel cache(Mapping cache) throws DataException {
        cache.only("size", "unit", "ways", "line", "source", "certainty");
        unit(cache, "KiB");
        try {
            return new CacheLevel(
                    cache.scalar("size").whole(1, 1 << 20),
                    cache.scalar("ways").whole(1, 64),
                    cache.scalar("line").whole(16, 256),
                    cache.scalar("source").words(),
                    certainty(cache));
        } catch (IllegalArgumentException e) {
            throw cache.place().wrong(e.getMessage());
        }
    }

    private static Map<Figure, Quote> figures(Mapping given) throws DataException {
        given.only(Figure.keys());
        Map<Figure, Quote> figures = new EnumMap<>(Figure.class);
        for (Figure figure : Figure.values()) {
            figures.put(figure, quote(given.get(figure.key), Figure.UNIT, figure.decimals, Figure.MOST));
        }
        return figures;
    }

    private static Map<String, Quote> remarks(Optional<Node> given) throws DataException {
        Map<String, Quote> remarks = new LinkedHashMap<>();
        if (given.isPresent()) {
            for (Map.Entry<String, Node> remark :
                    given.get().mapping().entries().entrySet()) {
                remarks.put(remark.getKey(), quote(remark.getValue(), Figure.UNIT, 3, Figure.MOST));
            }
        }
        return remarks;
    }

    private static Quote quote(Node node, String unit, int decimals, BigDecimal most) throws DataException {
        Mapping figure = node.mapping().only(QUOTE);
        unit(figure, unit);
        return new Quote(
                figure.scalar("value").number(BigDecimal.ZERO, most, decimals),
                unit,
                figure.scalar("source").words(),
                certainty(figure));
    }

    private static void unit(Mapping figure, String unit) throws DataException {
        figure.scalar("unit").oneOf(List.of(unit));
    }

    private static Certainty certainty(Mapping figure) throws DataException {
        Scalar word = figure.scalar("certainty");
        word.oneOf(CERTAINTIES);
        return word.choice(Certainty.class);
    }
}
