package org.thirdmode.cli;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A positive number as one writes it: {@code 1000000}, {@code 1_000_000}, or {@code 4G} for 4 thousand million. */
final class Count implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
        String number = text.replace("_", "").toUpperCase(Locale.ROOT);
        long unit = number.endsWith("K") ? 1_000L : number.endsWith("M") ? 1_000_000L : 1_000_000_000L;
        boolean letter = number.matches("[0-9]+[KMG]");
        try {
            String digits = letter ? number.substring(0, number.length() - 1) : number;
            long value = Math.multiplyExact(Long.parseLong(digits), letter ? unit : 1L);
            if (value > 0) {
                return value;
            }
        } catch (NumberFormatException | ArithmeticException e) {
            // Told below, with every other value that is no count.
        }
        throw new TypeConversionException("'" + text
                + "' is not a count; write a positive number, as in 1000000 or 100M (K, M, G are thousands)");
    }
}
