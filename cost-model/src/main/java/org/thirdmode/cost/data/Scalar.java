package org.thirdmode.cost.data;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A single value.
 *
 * @param text as it is written, without quotes
 */
public record Scalar(Place place, String text) implements Node {
    /** No exponents: what they can ask for has no bound. */
    private static final Pattern NUMBER = Pattern.compile("[+-]?[0-9]{1,15}(\\.[0-9]{1,9})?");

    @Override
    public String kind() {
        return "'" + text + "'";
    }

    /** This as words; not empty. */
    public String words() throws DataException {
        if (text.isBlank()) {
            throw place.wrong("is empty, expected words");
        }
        return text.strip();
    }

    /** This as a number. */
    public BigDecimal number() throws DataException {
        String plain = text.replace("_", "");
        if (!NUMBER.matcher(plain).matches()) {
            throw place.wrong("'" + text + "' is no number; write it as 1234 or 12.5");
        }
        return new BigDecimal(plain);
    }

    /** This as a number within bounds and with at most {@code decimals} places after the point. */
    public BigDecimal number(BigDecimal least, BigDecimal most, int decimals) throws DataException {
        BigDecimal number = number();
        if (number.compareTo(least) < 0 || number.compareTo(most) > 0) {
            throw place.wrong(
                    text + " is out of range; valid are " + least.toPlainString() + " to " + most.toPlainString());
        }
        if (number.stripTrailingZeros().scale() > decimals) {
            throw place.wrong(
                    text + " has more than " + decimals + (decimals == 1 ? " place" : " places") + " after the point");
        }
        return number;
    }

    /** This as a whole number within bounds. */
    public int whole(int least, int most) throws DataException {
        return number(BigDecimal.valueOf(least), BigDecimal.valueOf(most), 0).intValueExact();
    }

    /** This as yes or no. */
    public boolean flag() throws DataException {
        return oneOf(List.of("yes", "no")).equals("yes");
    }

    /** This as one of some words. */
    public String oneOf(Collection<String> valid) throws DataException {
        if (!valid.contains(text)) {
            throw place.wrong("'" + text + "' is unknown; valid are " + String.join(", ", valid));
        }
        return text;
    }

    /** This as a constant, by its name in lower case with hyphens. */
    public <E extends Enum<E>> E choice(Class<E> type) throws DataException {
        E[] constants = type.getEnumConstants();
        oneOf(Arrays.stream(constants).map(Scalar::word).toList());
        for (E constant : constants) {
            if (word(constant).equals(text)) {
                return constant;
            }
        }
        throw new AssertionError(text);
    }

    /** A constant as data files write it. */
    public static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
