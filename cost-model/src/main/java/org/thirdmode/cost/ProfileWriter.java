package org.thirdmode.cost;

import java.util.List;
import java.util.Locale;

/** Writes a profile as the data file that {@link Profiles#find} reads. */
public final class ProfileWriter {
    private static final List<String> LEVELS = List.of("l1d", "l2", "l3");

    private final StringBuilder text = new StringBuilder();

    private ProfileWriter() {}

    /** The text of the file. */
    public static String text(Profile profile) {
        ProfileWriter writer = new ProfileWriter();
        writer.write(profile);
        return writer.text.toString();
    }

    private void write(Profile profile) {
        line("name: " + quoted(profile.name()));
        line("title: " + quoted(profile.title()));
        if (!profile.processor().isEmpty()) {
            line("processor: " + profile.processor());
        }
        line("extension: " + profile.extension().name().toLowerCase(Locale.ROOT));
        line("second-dimension: " + flag(profile.secondDimension()));
        line("tagged-tlb: " + flag(profile.taggedTlb()));
        quote("", "frequency", profile.frequency());
        line("tlbs: " + profile.tlbs().name());
        if (!profile.caches().isEmpty()) {
            line("caches:");
            for (int n = 0; n < profile.caches().size(); n++) {
                CacheLevel cache = profile.caches().get(n);
                line("  " + LEVELS.get(n) + ": {size: " + cache.kilobytes() + ", unit: KiB, ways: " + cache.ways()
                        + ", line: " + cache.line() + ", certainty: " + word(cache.certainty()) + ",");
                line("    source: " + quoted(cache.source()) + "}");
            }
        }
        line("figures:");
        for (Figure figure : Figure.values()) {
            quote("  ", figure.key, profile.quote(figure));
        }
        if (!profile.remarks().isEmpty()) {
            line("remarks:");
            profile.remarks().forEach((key, remark) -> quote("  ", quoted(key), remark));
        }
    }

    private void quote(String indent, String key, Quote quote) {
        line(indent + key + ": {value: " + quote.value().toPlainString() + ", unit: " + quote.unit() + ", certainty: "
                + word(quote.certainty()) + ",");
        line(indent + "  source: " + quoted(quote.source()) + "}");
    }

    private static String word(Certainty certainty) {
        return certainty.name().toLowerCase(Locale.ROOT);
    }

    private static String flag(boolean flag) {
        return flag ? "yes" : "no";
    }

    /** In double quotes, in which YAML knows two escapes that matter here. */
    private static String quoted(String words) {
        return '"' + words.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private void line(String line) {
        text.append(line).append('\n');
    }
}
