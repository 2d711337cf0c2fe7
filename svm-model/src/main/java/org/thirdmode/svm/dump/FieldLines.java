package org.thirdmode.svm.dump;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.svm.vmcb.VmcbImage;

/**
 * Lines {@code FIELD = value}. A field is named by this project's constant or by its offset; the names that Linux gives a
 * few differently are known too. A value is hexadecimal with 0x before or H after it, or decimal; {@code ?} and {@code
 * unknown} say that it is not known. Text from # on is a comment.
 */
final class FieldLines {
    private static final Pattern LINE = Pattern.compile("([^=]+?)\\s*[=:]\\s*(\\S+)");
    private static final Pattern HEX = Pattern.compile("0[xX]([0-9a-fA-F_]{1,20})|([0-9][0-9a-fA-F_]{0,19})[hH]");
    private static final Pattern OFFSET = Pattern.compile("0[xX]([0-9a-fA-F]{1,4})|([0-9][0-9a-fA-F]{0,4})[hH]");
    private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,20}");
    private static final Map<String, VmcbField> NAMES = names();

    private FieldLines() {}

    private static Map<String, VmcbField> names() {
        Map<String, VmcbField> names = new HashMap<>();
        for (VmcbField field : VmcbField.values()) {
            names.put(plain(field.name()), field);
            names.put(plain(field.name().replace("_ATTRIBUTES", "_ATTRIB")), field);
        }
        names.put("asid", VmcbField.GUEST_ASID);
        names.put("tlbctl", VmcbField.TLB_CONTROL);
        names.put("intctl", VmcbField.INTERRUPT_CONTROL);
        names.put("intvector", VmcbField.V_INTR_VECTOR);
        names.put("intstate", VmcbField.INTERRUPT_SHADOW);
        names.put("nestedctl", VmcbField.NESTED_CONTROL);
        names.put("nestedcr3", VmcbField.N_CR3);
        names.put("virtext", VmcbField.VIRTUAL_EXTENSIONS);
        names.put("nextrip", VmcbField.NRIP);
        names.put("clean", VmcbField.VMCB_CLEAN);
        names.put("pat", VmcbField.G_PAT);
        names.put("lbrfrom", VmcbField.BR_FROM);
        return Map.copyOf(names);
    }

    private static String plain(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }

    /** The field that a user names, or null. */
    private static VmcbField named(String text) {
        Matcher offset = OFFSET.matcher(text);
        if (offset.matches()) {
            return VmcbField.at(Integer.parseInt(offset.group(1) != null ? offset.group(1) : offset.group(2), 16));
        }
        return NAMES.get(plain(text));
    }

    static VmcbDump read(List<String> lines) {
        VmcbImage vmcb = new VmcbImage();
        Map<VmcbField, Integer> given = new EnumMap<>(VmcbField.class);
        for (int n = 0; n < lines.size(); n++) {
            String line = lines.get(n).replaceFirst("#.*", "").strip();
            if (!line.isEmpty()) {
                read(line, n + 1, vmcb, given);
            }
        }
        return new VmcbDump(VmcbDump.Format.FIELDS, vmcb, 1);
    }

    private static void read(String line, int number, VmcbImage vmcb, Map<VmcbField, Integer> given) {
        Matcher parts = LINE.matcher(line);
        if (!parts.matches()) {
            throw new DumpError(number, line, "FIELD = value");
        }
        VmcbField field = named(parts.group(1));
        if (field == null || !field.scalar()) {
            throw new DumpError(number, parts.group(1), "a field of the VMCB; `thirdmode svm fields` lists them");
        }
        Integer before = given.put(field, number);
        if (before != null) {
            throw new DumpError(number, line, field + " once; line " + before + " gives it already");
        }
        String value = parts.group(2);
        if (!value.equals("?") && !value.equalsIgnoreCase("unknown")) {
            vmcb.set(field, value(value, field, number));
        }
    }

    private static long value(String text, VmcbField field, int line) {
        String expected = "a value of " + (8 * field.bytes) + " bits, hexadecimal (0x10 or 10H) or decimal";
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
            if ((value & ~field.mask()) != 0) {
                throw new DumpError(line, text, expected);
            }
            return value;
        } catch (NumberFormatException e) {
            throw new DumpError(line, text, expected);
        }
    }
}
