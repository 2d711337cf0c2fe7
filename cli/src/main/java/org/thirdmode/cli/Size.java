package org.thirdmode.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A number of bytes as one writes it: {@code 640K}, {@code 64M}, {@code 4G}, or bytes without a letter. */
final class Size implements ITypeConverter<Long> {
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,18})([KMG]?)(?:i?B)?", Pattern.CASE_INSENSITIVE);

    @Override
    public Long convert(String text) {
        Matcher size = SIZE.matcher(text);
        if (!size.matches()) {
            throw new TypeConversionException("'" + text + "' is not a size; write a number with K, M or G, as in 64M");
        }
        long unit = switch (size.group(2).toUpperCase(Locale.ROOT)) {
            case "K" -> 1L << 10;
            case "M" -> 1L << 20;
            case "G" -> 1L << 30;
            default -> 1L;
        };
        try {
            return Math.multiplyExact(Long.parseLong(size.group(1)), unit);
        } catch (ArithmeticException e) {
            throw new TypeConversionException("'" + text + "' is more bytes than 64 bits can count");
        }
    }

    /** The shortest exact way of writing a size: {@code 64M}. */
    static String inWords(long bytes) {
        String[] letters = {"", "K", "M", "G"};
        int letter = 0;
        long left = bytes;
        while (left != 0 && left % 1024 == 0 && letter < letters.length - 1) {
            left /= 1024;
            letter++;
        }
        return left + letters[letter];
    }
}
