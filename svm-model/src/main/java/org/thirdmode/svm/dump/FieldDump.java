package org.thirdmode.svm.dump;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.svm.vmcb.VmcbImage;
import org.thirdmode.x86.dump.FieldLines;

/**
 * Lines of fields, each named by this project's constant or by its offset; the names that Linux gives a few differently are
 * known too.
 */
final class FieldDump {
    private static final Pattern OFFSET = Pattern.compile("0[xX]([0-9a-fA-F]{1,4})|([0-9][0-9a-fA-F]{0,4})[hH]");
    private static final FieldLines<VmcbField> LINES = new FieldLines<>(
            FieldDump::named, VmcbField::mask, "a field of the VMCB; `thirdmode svm fields` lists them");
    private static final Map<String, VmcbField> NAMES = names();

    private FieldDump() {}

    private static Map<String, VmcbField> names() {
        Map<String, VmcbField> names = new HashMap<>();
        for (VmcbField field : VmcbField.values()) {
            names.put(FieldLines.plain(field.name()), field);
            names.put(FieldLines.plain(field.name().replace("_ATTRIBUTES", "_ATTRIB")), field);
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

    /** The field that a user names, or null. */
    private static VmcbField named(String text) {
        Matcher offset = OFFSET.matcher(text);
        VmcbField field = offset.matches()
                ? VmcbField.at(Integer.parseInt(offset.group(1) != null ? offset.group(1) : offset.group(2), 16))
                : NAMES.get(FieldLines.plain(text));
        return field != null && field.scalar() ? field : null;
    }

    static VmcbDump read(List<String> lines) {
        VmcbImage vmcb = new VmcbImage();
        LINES.read(lines, vmcb::set);
        return new VmcbDump(VmcbDump.Format.FIELDS, vmcb, 1);
    }
}
