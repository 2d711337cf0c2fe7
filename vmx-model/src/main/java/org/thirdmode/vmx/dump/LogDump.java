package org.thirdmode.vmx.dump;

import static org.thirdmode.vmx.vmcs.VmcsField.APIC_ACCESS_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.CR0_GUEST_HOST_MASK;
import static org.thirdmode.vmx.vmcs.VmcsField.CR0_READ_SHADOW;
import static org.thirdmode.vmx.vmcs.VmcsField.CR3_TARGET_COUNT;
import static org.thirdmode.vmx.vmcs.VmcsField.CR3_TARGET_VALUE_0;
import static org.thirdmode.vmx.vmcs.VmcsField.CR3_TARGET_VALUE_1;
import static org.thirdmode.vmx.vmcs.VmcsField.CR3_TARGET_VALUE_2;
import static org.thirdmode.vmx.vmcs.VmcsField.CR3_TARGET_VALUE_3;
import static org.thirdmode.vmx.vmcs.VmcsField.CR4_GUEST_HOST_MASK;
import static org.thirdmode.vmx.vmcs.VmcsField.CR4_READ_SHADOW;
import static org.thirdmode.vmx.vmcs.VmcsField.ENTRY_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.EPTP_INDEX;
import static org.thirdmode.vmx.vmcs.VmcsField.EPT_POINTER;
import static org.thirdmode.vmx.vmcs.VmcsField.EXCEPTION_BITMAP;
import static org.thirdmode.vmx.vmcs.VmcsField.EXIT_QUALIFICATION;
import static org.thirdmode.vmx.vmcs.VmcsField.EXIT_REASON;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_ACTIVITY_STATE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CR0;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CR3;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CR4;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CS_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CS_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_DR7;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_DS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_DS_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_DS_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_DS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_ES_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_ES_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_ES_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_ES_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_FS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_FS_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_FS_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_FS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_GDTR_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_GDTR_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_GS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_GS_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_GS_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_GS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_BNDCFGS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_DEBUGCTL;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_EFER;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_INTERRUPT_SSP_TABLE_ADDR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_PAT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_PERF_GLOBAL_CTRL;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_PKRS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_SYSENTER_CS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_SYSENTER_EIP;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_SYSENTER_ESP;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_S_CET;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IDTR_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IDTR_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_INTERRUPTIBILITY_STATE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_INTERRUPT_STATUS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_LDTR_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_LDTR_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_LDTR_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_LDTR_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_PDPTE0;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_PDPTE1;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_PDPTE2;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_PDPTE3;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_RFLAGS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_RIP;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_RSP;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_SMBASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_SSP;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_SS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_SS_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_SS_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_SS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_TR_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_TR_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_TR_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_TR_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_CR0;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_CR3;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_CR4;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_CS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_DS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_ES_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_FS_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_FS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_GDTR_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_GS_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_GS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IA32_EFER;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IA32_INTERRUPT_SSP_TABLE_ADDR;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IA32_PAT;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IA32_PERF_GLOBAL_CTRL;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IA32_PKRS;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IA32_SYSENTER_CS;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IA32_SYSENTER_EIP;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IA32_SYSENTER_ESP;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IA32_S_CET;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IDTR_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_RIP;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_RSP;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_SSP;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_SS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_TR_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_TR_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.IDT_VECTORING_ERROR_CODE;
import static org.thirdmode.vmx.vmcs.VmcsField.IDT_VECTORING_INFORMATION;
import static org.thirdmode.vmx.vmcs.VmcsField.INJECTED_EVENT_DATA;
import static org.thirdmode.vmx.vmcs.VmcsField.ORIGINAL_EVENT_DATA;
import static org.thirdmode.vmx.vmcs.VmcsField.PAGE_FAULT_ERROR_CODE_MASK;
import static org.thirdmode.vmx.vmcs.VmcsField.PAGE_FAULT_ERROR_CODE_MATCH;
import static org.thirdmode.vmx.vmcs.VmcsField.PIN_BASED_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.PLE_GAP;
import static org.thirdmode.vmx.vmcs.VmcsField.PLE_WINDOW;
import static org.thirdmode.vmx.vmcs.VmcsField.POSTED_INTERRUPT_NOTIFICATION_VECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.PRIMARY_EXIT_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.SECONDARY_EXIT_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.TERTIARY_PROCESSOR_BASED_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.TPR_THRESHOLD;
import static org.thirdmode.vmx.vmcs.VmcsField.TSC_MULTIPLIER;
import static org.thirdmode.vmx.vmcs.VmcsField.TSC_OFFSET;
import static org.thirdmode.vmx.vmcs.VmcsField.VIRTUAL_APIC_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.VMX_PREEMPTION_TIMER_VALUE;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_ENTRY_EXCEPTION_ERROR_CODE;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_ENTRY_INSTRUCTION_LENGTH;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_EXIT_INSTRUCTION_LENGTH;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_EXIT_INTERRUPTION_ERROR_CODE;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_EXIT_INTERRUPTION_INFORMATION;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_FUNCTION_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.VPID;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.thirdmode.vmx.entry.VmcsView;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.dump.DumpError;

/**
 * The VMCS that a hypervisor prints into its log: Linux KVM ({@code dump_vmcs}, {@code dump_invalid_vmcs=1}) in the forms of
 * its versions, and Xen, whose form KVM's is made after.
 *
 * <p>The text is read as a stream of items, whatever the line ends: a mail program may have wrapped it. What is no item is
 * passed over, since logs hold other messages. An item without a proper value is a mistake.
 */
final class LogDump {
    /** The three parts of the print. */
    private enum Part {
        GUEST("Guest State"),
        HOST("Host State"),
        CONTROL("Control State");

        final String heading;

        Part(String heading) {
            this.heading = "*** " + heading + " ***";
        }
    }

    /** One item: the words before its values, and the fields that the values are of; null for a value that is none. */
    private record Item(Pattern start, Pattern whole, String form, VmcsField... fields) {}

    private static final String VALUE = "((?:0x)?[0-9a-fA-F]+|\\(?_*ptrval_*\\)?)(?![0-9a-zA-Z_])";
    private static final Map<Part, List<Item>> ITEMS = items();

    private LogDump() {}

    static boolean isHeading(String line) {
        for (Part part : Part.values()) {
            if (line.contains(part.heading)) {
                return true;
            }
        }
        return false;
    }

    /**
     * An item from how it looks: # is a value, a space is any space, what stands in square brackets may be missing. The text
     * up to the first value is what it is recognized by.
     */
    private static Item item(String form, VmcsField... fields) {
        String start = form.substring(0, form.indexOf('#'));
        return new Item(Pattern.compile(pattern(start)), Pattern.compile(pattern(form)), form, fields);
    }

    private static String pattern(String form) {
        StringBuilder pattern = new StringBuilder();
        for (char c : form.toCharArray()) {
            switch (c) {
                case '#' -> pattern.append(VALUE);
                case ' ' -> pattern.append("\\s*");
                case '[' -> pattern.append("(?:");
                case ']' -> pattern.append(")?");
                default -> pattern.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return pattern.toString();
    }

    private static Map<Part, List<Item>> items() {
        Map<Part, List<Item>> items = new EnumMap<>(Part.class);
        items.put(Part.GUEST, guest());
        items.put(Part.HOST, host());
        items.put(Part.CONTROL, control());
        return items;
    }

    private static List<Item> guest() {
        List<Item> items = new ArrayList<>(List.of(
                item("CR0: actual=# , shadow=# , gh_mask=#", GUEST_CR0, CR0_READ_SHADOW, CR0_GUEST_HOST_MASK),
                item("CR4: actual=# , shadow=# , gh_mask=#", GUEST_CR4, CR4_READ_SHADOW, CR4_GUEST_HOST_MASK),
                item("CR3: actual=# , target_count=#", GUEST_CR3, CR3_TARGET_COUNT),
                item("CR3 = #", GUEST_CR3),
                item("RSP = # [ (#)]", GUEST_RSP, null),
                item("RIP = # [ (#)]", GUEST_RIP, null),
                item("RFLAGS = # [ (#)]", GUEST_RFLAGS, null),
                item("DR7 = # [ (#)]", GUEST_DR7, null),
                item(
                        "Sysenter RSP=# CS:RIP=#:#",
                        GUEST_IA32_SYSENTER_ESP,
                        GUEST_IA32_SYSENTER_CS,
                        GUEST_IA32_SYSENTER_EIP),
                // What is loaded by other means than the VMCS is no field of it.
                item("EFER = # (autoload)", (VmcsField) null),
                item("EFER = # (effective)", (VmcsField) null),
                item("EFER(MSR LL) = #", (VmcsField) null),
                item("EFER(VMCS) = #", GUEST_IA32_EFER),
                item("EFER = #", GUEST_IA32_EFER),
                item("PAT = #", GUEST_IA32_PAT),
                item("DebugCtl = #", GUEST_IA32_DEBUGCTL),
                item("DebugExceptions = #", GUEST_PENDING_DEBUG_EXCEPTIONS),
                item("PerfGlobCtl = #", GUEST_IA32_PERF_GLOBAL_CTRL),
                item("BndCfgS = #", GUEST_IA32_BNDCFGS),
                item("PKRS = #", GUEST_IA32_PKRS),
                item(
                        "S_CET = # , SSP = # , SSP TABLE = #",
                        GUEST_IA32_S_CET,
                        GUEST_SSP,
                        GUEST_IA32_INTERRUPT_SSP_TABLE_ADDR),
                item("Interruptibility = #", GUEST_INTERRUPTIBILITY_STATE),
                item("ActivityState = #", GUEST_ACTIVITY_STATE),
                item("InterruptStatus = #", GUEST_INTERRUPT_STATUS),
                item("PreemptionTimer = #", VMX_PREEMPTION_TIMER_VALUE),
                item("SM Base = #", GUEST_SMBASE)));
        for (String letter : List.of("R", "E")) {
            items.add(item("PDPT" + letter + "0 = #", GUEST_PDPTE0));
            items.add(item("PDPT" + letter + "1 = #", GUEST_PDPTE1));
            items.add(item("PDPT" + letter + "2 = #", GUEST_PDPTE2));
            items.add(item("PDPT" + letter + "3 = #", GUEST_PDPTE3));
        }
        segment(items, "CS", GUEST_CS_SELECTOR, GUEST_CS_ACCESS_RIGHTS, GUEST_CS_LIMIT, GUEST_CS_BASE);
        segment(items, "DS", GUEST_DS_SELECTOR, GUEST_DS_ACCESS_RIGHTS, GUEST_DS_LIMIT, GUEST_DS_BASE);
        segment(items, "SS", GUEST_SS_SELECTOR, GUEST_SS_ACCESS_RIGHTS, GUEST_SS_LIMIT, GUEST_SS_BASE);
        segment(items, "ES", GUEST_ES_SELECTOR, GUEST_ES_ACCESS_RIGHTS, GUEST_ES_LIMIT, GUEST_ES_BASE);
        segment(items, "FS", GUEST_FS_SELECTOR, GUEST_FS_ACCESS_RIGHTS, GUEST_FS_LIMIT, GUEST_FS_BASE);
        segment(items, "GS", GUEST_GS_SELECTOR, GUEST_GS_ACCESS_RIGHTS, GUEST_GS_LIMIT, GUEST_GS_BASE);
        segment(items, "LDTR", GUEST_LDTR_SELECTOR, GUEST_LDTR_ACCESS_RIGHTS, GUEST_LDTR_LIMIT, GUEST_LDTR_BASE);
        segment(items, "TR", GUEST_TR_SELECTOR, GUEST_TR_ACCESS_RIGHTS, GUEST_TR_LIMIT, GUEST_TR_BASE);
        segment(items, "GDTR", GUEST_GDTR_LIMIT, GUEST_GDTR_BASE);
        segment(items, "IDTR", GUEST_IDTR_LIMIT, GUEST_IDTR_BASE);
        return items;
    }

    /** A segment register: KVM names its parts, Xen gives them in a table. */
    private static void segment(List<Item> items, String name, VmcsField... parts) {
        if (parts.length == 4) {
            items.add(item(name + ": sel=# , attr=# , limit=# , base=#", parts));
            items.add(item(name + ": # # # #", parts));
        } else {
            items.add(item(name + ": limit=# , base=#", parts));
            items.add(item(name + ": # #", parts));
        }
    }

    private static List<Item> host() {
        return List.of(
                item("RIP = #", HOST_RIP),
                item(
                        "Sysenter RSP=# CS:RIP=#:#",
                        HOST_IA32_SYSENTER_ESP,
                        HOST_IA32_SYSENTER_CS,
                        HOST_IA32_SYSENTER_EIP),
                item("RSP = #", HOST_RSP),
                item("CS=#", HOST_CS_SELECTOR),
                item("SS=#", HOST_SS_SELECTOR),
                item("DS=#", HOST_DS_SELECTOR),
                item("ES=#", HOST_ES_SELECTOR),
                item("FS=#", HOST_FS_SELECTOR),
                item("GS=#", HOST_GS_SELECTOR),
                item("TR=#", HOST_TR_SELECTOR),
                item("FSBase=#", HOST_FS_BASE),
                item("GSBase=#", HOST_GS_BASE),
                item("TRBase=#", HOST_TR_BASE),
                item("GDTBase=#", HOST_GDTR_BASE),
                item("IDTBase=#", HOST_IDTR_BASE),
                item("CR0=#", HOST_CR0),
                item("CR3=#", HOST_CR3),
                item("CR4=#", HOST_CR4),
                item("EFER = #", HOST_IA32_EFER),
                item("PAT = #", HOST_IA32_PAT),
                item("PerfGlobCtl = #", HOST_IA32_PERF_GLOBAL_CTRL),
                item("PKRS = #", HOST_IA32_PKRS),
                item(
                        "S_CET = # , SSP = # , SSP TABLE = #",
                        HOST_IA32_S_CET,
                        HOST_SSP,
                        HOST_IA32_INTERRUPT_SSP_TABLE_ADDR));
    }

    private static List<Item> control() {
        return List.of(
                item("PinBased=#", PIN_BASED_CONTROLS),
                item("CPUBased=#", PRIMARY_PROCESSOR_BASED_CONTROLS),
                item("SecondaryExec=#", SECONDARY_PROCESSOR_BASED_CONTROLS),
                item("TertiaryExec=#", TERTIARY_PROCESSOR_BASED_CONTROLS),
                item("EntryControls=#", ENTRY_CONTROLS),
                item("SecondaryExitControls=#", SECONDARY_EXIT_CONTROLS),
                item("ExitControls=#", PRIMARY_EXIT_CONTROLS),
                item("ExceptionBitmap=#", EXCEPTION_BITMAP),
                item("PFECmask=#", PAGE_FAULT_ERROR_CODE_MASK),
                item("PFECmatch=#", PAGE_FAULT_ERROR_CODE_MATCH),
                item(
                        "VMEntry: intr_info=# errcode=# ilen=# [event_data=#]",
                        VM_ENTRY_INTERRUPTION_INFORMATION,
                        VM_ENTRY_EXCEPTION_ERROR_CODE,
                        VM_ENTRY_INSTRUCTION_LENGTH,
                        INJECTED_EVENT_DATA),
                item(
                        "VMExit: intr_info=# errcode=# ilen=#",
                        VM_EXIT_INTERRUPTION_INFORMATION,
                        VM_EXIT_INTERRUPTION_ERROR_CODE,
                        VM_EXIT_INSTRUCTION_LENGTH),
                item("reason=# qualification=#", EXIT_REASON, EXIT_QUALIFICATION),
                item(
                        "IDTVectoring: info=# errcode=# [event_data=#]",
                        IDT_VECTORING_INFORMATION,
                        IDT_VECTORING_ERROR_CODE,
                        ORIGINAL_EVENT_DATA),
                item("TSC Offset = #", TSC_OFFSET),
                item("TSC Multiplier = #", TSC_MULTIPLIER),
                item("SVI|RVI = #|#", null, null),
                item("TPR Threshold = #", TPR_THRESHOLD),
                item("APIC-access addr = #", APIC_ACCESS_ADDRESS),
                item("virt-APIC addr = #", VIRTUAL_APIC_ADDRESS),
                item("PostedIntrVec = #", POSTED_INTERRUPT_NOTIFICATION_VECTOR),
                item("EPT pointer = #", EPT_POINTER),
                item("EPTP index = #", EPTP_INDEX),
                item("CR3 target0=#", CR3_TARGET_VALUE_0),
                item("CR3 target2=#", CR3_TARGET_VALUE_2),
                item("target1=#", CR3_TARGET_VALUE_1),
                item("target3=#", CR3_TARGET_VALUE_3),
                item("PLE Gap=# Window=#", PLE_GAP, PLE_WINDOW),
                item("Virtual processor ID = #", VPID),
                item("VMfunc controls = #", VM_FUNCTION_CONTROLS));
    }

    /** Reads the first print of the lines, which are without their prefixes. */
    static VmcsDump read(List<String> lines) {
        VmcsView vmcs = new VmcsView();
        int count = (int)
                lines.stream().filter(line -> line.contains(Part.GUEST.heading)).count();
        boolean[] seen = new boolean[Part.values().length];
        for (int n = 0; n < lines.size(); n++) {
            Part part = headed(lines.get(n));
            if (part == null) {
                continue;
            }
            if (seen[part.ordinal()]) {
                break;
            }
            seen[part.ordinal()] = true;
            int end = n + 1;
            while (end < lines.size() && headed(lines.get(end)) == null) {
                end++;
            }
            new Reader(lines.subList(n + 1, end), n + 2, ITEMS.get(part), vmcs).read();
        }
        return new VmcsDump(VmcsDump.Format.LOG, vmcs, Math.max(1, count));
    }

    private static Part headed(String line) {
        for (Part part : Part.values()) {
            if (line.contains(part.heading)) {
                return part;
            }
        }
        return null;
    }

    /** Reads one part. */
    private static final class Reader {
        private final String text;
        private final int firstLine;
        private final List<Item> items;
        private final VmcsView vmcs;
        private int at;

        Reader(List<String> lines, int firstLine, List<Item> items, VmcsView vmcs) {
            this.text = String.join("\n", lines) + "\n";
            this.firstLine = firstLine;
            this.items = items;
            this.vmcs = vmcs;
        }

        void read() {
            while (at < text.length()) {
                char c = text.charAt(at);
                if (Character.isWhitespace(c) || c == ',') {
                    at++;
                } else if (!item()) {
                    pass();
                }
            }
        }

        private boolean item() {
            Item begun = null;
            for (Item item : items) {
                Matcher whole = item.whole.matcher(text).region(at, text.length());
                if (whole.lookingAt()) {
                    put(item, whole);
                    at = whole.end();
                    return true;
                }
                if (begun == null
                        && item.start.matcher(text).region(at, text.length()).lookingAt()) {
                    begun = item;
                }
            }
            if (begun != null) {
                throw new DumpError(line(), restOfLine(), begun.form.replace("#", "HEX"));
            }
            return false;
        }

        private void put(Item item, Matcher values) {
            for (int n = 0; n < item.fields.length; n++) {
                VmcsField field = item.fields[n];
                String value = values.group(n + 1);
                if (field == null || value == null || value.contains("ptrval")) {
                    continue;
                }
                String digits = value.startsWith("0x") ? value.substring(2) : value;
                if (digits.replaceFirst("^0+", "").length() > Long.SIZE / 4
                        || (Long.parseUnsignedLong(digits, 16) & ~field.mask) != 0) {
                    throw new DumpError(line(), value, field.name() + " of " + Long.bitCount(field.mask) + " bits");
                }
                vmcs.put(field, Long.parseUnsignedLong(digits, 16));
            }
        }

        /** Past what is no item: a word in brackets after a value, or a line of something else. */
        private void pass() {
            int end = text.indexOf('\n', at);
            if (text.charAt(at) == '(') {
                int close = text.indexOf(')', at);
                if (close >= 0 && close < end) {
                    at = close + 1;
                    return;
                }
            }
            at = end + 1;
        }

        private int line() {
            return firstLine
                    + (int) text.substring(0, at).chars().filter(c -> c == '\n').count();
        }

        private String restOfLine() {
            return text.substring(at, text.indexOf('\n', at));
        }
    }
}
