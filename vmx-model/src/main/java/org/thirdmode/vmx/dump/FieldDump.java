package org.thirdmode.vmx.dump;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.thirdmode.vmx.entry.VmcsView;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.dump.FieldLines;

/**
 * Lines of fields, each named by this project's constant, by the manual's words, or by its encoding; the names that Linux
 * gives a few differently are known too.
 */
final class FieldDump {
    private static final FieldLines<VmcsField> LINES = new FieldLines<>(
            FieldDump::named, field -> field.mask, "a field of the VMCS; `thirdmode vmx fields` lists them");
    private static final Map<String, VmcsField> NAMES = names();

    private FieldDump() {}

    private static Map<String, VmcsField> names() {
        Map<String, VmcsField> names = new HashMap<>();
        for (VmcsField field : VmcsField.all()) {
            names.put(FieldLines.plain(field.name()), field);
            names.put(FieldLines.plain(field.title), field);
            names.put(FieldLines.plain(field.title.replaceAll("\\([^)]*\\)", "")), field);
        }
        for (String segment : List.of("ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR")) {
            names.put(
                    FieldLines.plain("GUEST_" + segment + "_AR_BYTES"),
                    VmcsField.valueOf("GUEST_" + segment + "_ACCESS_RIGHTS"));
        }
        names.put(FieldLines.plain("VIRTUAL_PROCESSOR_ID"), VmcsField.VPID);
        names.put(FieldLines.plain("PIN_BASED_VM_EXEC_CONTROL"), VmcsField.PIN_BASED_CONTROLS);
        names.put(FieldLines.plain("CPU_BASED_VM_EXEC_CONTROL"), VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS);
        names.put(FieldLines.plain("SECONDARY_VM_EXEC_CONTROL"), VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS);
        names.put(FieldLines.plain("TERTIARY_VM_EXEC_CONTROL"), VmcsField.TERTIARY_PROCESSOR_BASED_CONTROLS);
        names.put(FieldLines.plain("VM_ENTRY_INTR_INFO_FIELD"), VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION);
        names.put(FieldLines.plain("VM_ENTRY_INSTRUCTION_LEN"), VmcsField.VM_ENTRY_INSTRUCTION_LENGTH);
        names.put(FieldLines.plain("VM_EXIT_CONTROLS"), VmcsField.PRIMARY_EXIT_CONTROLS);
        names.put(FieldLines.plain("VM_ENTRY_CONTROLS"), VmcsField.ENTRY_CONTROLS);
        names.put(FieldLines.plain("GUEST_INTERRUPTIBILITY_INFO"), VmcsField.GUEST_INTERRUPTIBILITY_STATE);
        names.put(FieldLines.plain("GUEST_PENDING_DBG_EXCEPTIONS"), VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS);
        names.put(FieldLines.plain("VIRTUAL_APIC_PAGE_ADDR"), VmcsField.VIRTUAL_APIC_ADDRESS);
        names.put(FieldLines.plain("APIC_ACCESS_ADDR"), VmcsField.APIC_ACCESS_ADDRESS);
        names.put(FieldLines.plain("MSR_BITMAP"), VmcsField.MSR_BITMAPS_ADDRESS);
        names.put(FieldLines.plain("IO_BITMAP_A"), VmcsField.IO_BITMAP_A_ADDRESS);
        names.put(FieldLines.plain("IO_BITMAP_B"), VmcsField.IO_BITMAP_B_ADDRESS);
        return Map.copyOf(names);
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
        return NAMES.get(FieldLines.plain(text));
    }

    static VmcsDump read(List<String> lines) {
        VmcsView vmcs = new VmcsView();
        LINES.read(lines, vmcs::put);
        return new VmcsDump(VmcsDump.Format.FIELDS, vmcs, 1);
    }
}
