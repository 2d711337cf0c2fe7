package org.thirdmode.x86.dump;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ObjLongConsumer;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lines {@code FIELD = value}. A value is hexadecimal with 0x before or H after it, or decimal; {@code ?} and {@code unknown}
 * say that it is not known. Text from # on is a comment.
 *
 * @param <F> a field of the control structure
 * @param named the field that a user names, or null
 * @param mask the bits that a field has
 * @param expected what a name should have been, for one who names none
 */
public record FieldLines<F>(Function<String, F> named, ToLongFunction<F> mask, String expected) {
    private static final Pattern LINE = Pattern.compile("([^=]+?)\\s*[=:]\\s*(\\S+)");
    private static final Pattern HEX = Pattern.compile("0[xX]([0-9a-fA-F_]{1,20})|([0-9][0-9a-fA-F_]{0,19})[hH]");
    private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,20}");

    /** A name without what people write differently: case, spaces and punctuation. */
    public static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }

    /**
     * Gives each known value to {@code known}.
     *
     * @throws DumpError at the first line that is none
     */
    public void read(List<String> lines, ObjLongConsumer<F> known) {
        Map<F, Integer> given = new HashMap<>();
        for (int n = 0; n < lines.size(); n++) {
            String line = lines.get(n).replaceFirst("#.*", "").strip();
            if (!line.isEmpty()) {
                read(line, n + 1, given, known);
            }
        }
    }

    private void read(String line, int number, Map<F, Integer> given, ObjLongConsumer<F> known) {
        Matcher parts = LINE.matcher(line);
        if (!parts.matches()) {
            throw new DumpError(number, line, "FIELD = value");
        }
        F field = named.apply(parts.group(1));
        if (field == null) {
            throw new DumpError(number, parts.group(1), expected);
        }
        Integer before = given.put(field, number);
        if (before != null) {
            throw new DumpError(number, line, field + " once; line " + before + " gives it already");
        }
        String value = parts.group(2);
        if (!value.equals("?") && !value.equalsIgnoreCase("unknown")) {
            known.accept(field, value(value, mask.applyAsLong(field), number));
        }
    }

    private static long value(String text, long mask, int line) {
        String expected = "a value of " + Long.bitCount(mask) + " bits, hexadecimal (0x10 or 10H) or decimal";
        Matcher hex = HEX.matcher(text);
        try {
            long value;
            if (hex.matches()) {
                String digits = hex.group(1) != null ? hex.group(1) : hex.group(2);
                value = Long.parseUnsignedLong(digits.replace("_", ""), 16);
            } else if (DECIMAL.matcher(text).matches()) {
                value = Long.parseUnsignedLong(text);
            } else {
                throw new DumpError(line, text, expected);
            }
            if ((value & ~mask) != 0) {
                throw new DumpError(line, text, expected);
            }
            return value;
        } catch (NumberFormatException e) {
            throw new DumpError(line, text, expected);
        }
    }
}
