package org.thirdmode.vmx.dump;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.thirdmode.vmx.entry.VmcsView;
import org.thirdmode.vmx.vmcs.VmcsField;

/**
 * Lines {@code FIELD = value}. A field is named by this project's constant, by the manual's words, or by its encoding; the
 * names that Linux gives a few differently are known too. A value is hexadecimal with 0x before or H after it, or decimal;
 * {@code ?} and {@code unknown} say that it is not known. Text from # on is a comment.
 */
final class FieldDump {
    private static final Pattern LINE = Pattern.compile("([^=]+?)\\s*[=:]\\s*(\\S+)");
    private static final Pattern HEX = Pattern.compile("0[xX]([0-9a-fA-F_]{1,20})|([0-9][0-9a-fA-F_]{0,19})[hH]");
    private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,20}");
    private static final Map<String, VmcsField> NAMES = names();

    private FieldDump() {}

    private static Map<String, VmcsField> names() {
        Map<String, VmcsField> names = new HashMap<>();
        for (VmcsField field : VmcsField.all()) {
            names.put(plain(field.name()), field);
            names.put(plain(field.title), field);
            names.put(plain(field.title.replaceAll("\\([^)]*\\)", "")), field);
        }
        for (String segment : List.of("ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR")) {
            names.put(
                    plain("GUEST_" + segment + "_AR_BYTES"), VmcsField.valueOf("GUEST_" + segment + "_ACCESS_RIGHTS"));
        }
        names.put(plain("VIRTUAL_PROCESSOR_ID"), VmcsField.VPID);
        names.put(plain("PIN_BASED_VM_EXEC_CONTROL"), VmcsField.PIN_BASED_CONTROLS);
        names.put(plain("CPU_BASED_VM_EXEC_CONTROL"), VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS);
        names.put(plain("SECONDARY_VM_EXEC_CONTROL"), VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS);
        names.put(plain("TERTIARY_VM_EXEC_CONTROL"), VmcsField.TERTIARY_PROCESSOR_BASED_CONTROLS);
        names.put(plain("VM_ENTRY_INTR_INFO_FIELD"), VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION);
        names.put(plain("VM_ENTRY_INSTRUCTION_LEN"), VmcsField.VM_ENTRY_INSTRUCTION_LENGTH);
        names.put(plain("VM_EXIT_CONTROLS"), VmcsField.PRIMARY_EXIT_CONTROLS);
        names.put(plain("VM_ENTRY_CONTROLS"), VmcsField.ENTRY_CONTROLS);
        names.put(plain("GUEST_INTERRUPTIBILITY_INFO"), VmcsField.GUEST_INTERRUPTIBILITY_STATE);
        names.put(plain("GUEST_PENDING_DBG_EXCEPTIONS"), VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS);
        names.put(plain("VIRTUAL_APIC_PAGE_ADDR"), VmcsField.VIRTUAL_APIC_ADDRESS);
        names.put(plain("APIC_ACCESS_ADDR"), VmcsField.APIC_ACCESS_ADDRESS);
        names.put(plain("MSR_BITMAP"), VmcsField.MSR_BITMAPS_ADDRESS);
        names.put(plain("IO_BITMAP_A"), VmcsField.IO_BITMAP_A_ADDRESS);
        names.put(plain("IO_BITMAP_B"), VmcsField.IO_BITMAP_B_ADDRESS);
        return Map.copyOf(names);
    }

    private static String plain(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }

    /** The field that a user names, or null. */
    static VmcsField named(String text) {
        if (text.toLowerCase(Locale.ROOT).startsWith("0x")) {
            try {
                VmcsField field = VmcsField.byEncoding(Long.decode(text));
                return field == null || VmcsField.isHighAccess(Long.decode(text)) ? null : field;
            } catch (NumberFormatException e) {
                return null;
            }
        }
        return NAMES.get(plain(text));
    }

    static VmcsDump read(List<String> lines) {
        VmcsView vmcs = new VmcsView();
        Map<VmcsField, Integer> given = new HashMap<>();
        for (int n = 0; n < lines.size(); n++) {
            String line = lines.get(n).replaceFirst("#.*", "").strip();
            if (!line.isEmpty()) {
                read(line, n + 1, vmcs, given);
            }
        }
        return new VmcsDump(VmcsDump.Format.FIELDS, vmcs, 1);
    }

    private static void read(String line, int number, VmcsView vmcs, Map<VmcsField, Integer> given) {
        Matcher parts = LINE.matcher(line);
        if (!parts.matches()) {
            throw new DumpError(number, line, "FIELD = value");
        }
        VmcsField field = named(parts.group(1));
        if (field == null) {
            throw new DumpError(number, parts.group(1), "a field of the VMCS; `thirdmode vmx fields` lists them");
        }
        Integer before = given.put(field, number);
        if (before != null) {
            throw new DumpError(number, line, field.name() + " once; line " + before + " gives it already");
        }
        String value = parts.group(2);
        if (!value.equals("?") && !value.equalsIgnoreCase("unknown")) {
            vmcs.put(field, value(value, field, number));
        }
    }

    private static long value(String text, VmcsField field, int line) {
        String expected = "a value of " + Long.bitCount(field.mask) + " bits, hexadecimal (0x10 or 10H) or decimal";
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
            if ((value & ~field.mask) != 0) {
                throw new DumpError(line, text, expected);
            }
            return value;
        } catch (NumberFormatException e) {
            throw new DumpError(line, text, expected);
        }
    }
}
