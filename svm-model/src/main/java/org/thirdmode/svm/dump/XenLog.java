package org.thirdmode.svm.dump;

import com.google.common.collect.ImmutableMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.thirdmode.svm.vmcb.VmcbField;

/** The print of a VMCB in the log of Xen. */
final class XenLog extends LogReader {
    private static final Map<String, VmcbField> HEXADECIMAL = ImmutableMap.<String, VmcbField>builder()
            .put("exception_intercepts", VmcbField.INTERCEPT_EXCEPTIONS)
            .put("general1_intercepts", VmcbField.INTERCEPT_MISC1)
            .put("general2_intercepts", VmcbField.INTERCEPT_MISC2)
            .put("iopm_base_pa", VmcbField.IOPM_BASE_PA)
            .put("msrpm_base_pa", VmcbField.MSRPM_BASE_PA)
            .put("tsc_offset", VmcbField.TSC_OFFSET)
            .put("tlb_control", VmcbField.TLB_CONTROL)
            .put("interrupt_shadow", VmcbField.INTERRUPT_SHADOW)
            .put("int_stat", VmcbField.INTERRUPT_SHADOW)
            .put("event_inj", VmcbField.EVENTINJ)
            .put("exitcode", VmcbField.EXITCODE)
            .put("exit_int_info", VmcbField.EXITINTINFO)
            .put("exitinfo1", VmcbField.EXITINFO1)
            .put("exitinfo2", VmcbField.EXITINFO2)
            .put("guest_asid", VmcbField.GUEST_ASID)
            .put("asid", VmcbField.GUEST_ASID)
            .put("np_ctrl", VmcbField.NESTED_CONTROL)
            .put("virt_ext", VmcbField.VIRTUAL_EXTENSIONS)
            .put("cpl", VmcbField.CPL)
            .put("efer", VmcbField.EFER)
            .put("star", VmcbField.STAR)
            .put("lstar", VmcbField.LSTAR)
            .put("CR0", VmcbField.CR0)
            .put("CR2", VmcbField.CR2)
            .put("CR3", VmcbField.CR3)
            .put("CR4", VmcbField.CR4)
            .put("RSP", VmcbField.RSP)
            .put("RIP", VmcbField.RIP)
            .put("RAX", VmcbField.RAX)
            .put("RFLAGS", VmcbField.RFLAGS)
            .put("DR6", VmcbField.DR6)
            .put("DR7", VmcbField.DR7)
            .put("CSTAR", VmcbField.CSTAR)
            .put("SFMask", VmcbField.SFMASK)
            .put("KernGSBase", VmcbField.KERNEL_GS_BASE)
            .put("PAT", VmcbField.G_PAT)
            .put("SSP", VmcbField.SSP)
            .put("S_CET", VmcbField.S_CET)
            .put("ISST", VmcbField.ISST_ADDR)
            .put("H_CR3", VmcbField.N_CR3)
            .put("CleanBits", VmcbField.VMCB_CLEAN)
            .buildOrThrow();

    private static final Pattern PAIR =
            Pattern.compile("(?<![\\w/])(event_inj(?=\\s+[0-9a-f])|\\w+(?=\\s*=))\\s*=?\\s*(\\(?\\w+)");

    private static final Pattern SEGMENT = Pattern.compile(
            "(?<!\\w)(CS|DS|SS|ES|FS|GS|GDTR|LDTR|IDTR|TR): ([0-9a-f]{4}) ([0-9a-f]{4}) ([0-9a-f]{8}) ([0-9a-f]{16})\\b");

    static boolean isHeading(String line) {
        return line.contains("Dumping guest's current state") || line.contains("cr_intercepts =");
    }

    private boolean named;

    @Override
    boolean begins(String line) {
        // A log that is cut off at its beginning may begin with the intercepts.
        boolean heading = line.contains("Dumping guest's current state");
        boolean begins = heading || (line.contains("cr_intercepts =") && !named);
        named = begins || named;
        return begins;
    }

    @Override
    VmcbDump.Format format() {
        return VmcbDump.Format.XEN;
    }

    @Override
    void take(String line, int number) {
        Matcher segment = SEGMENT.matcher(line);
        if (segment.find()) {
            segment(VmcbField.valueOf(segment.group(1) + "_SELECTOR"), segment, 2, number);
            return;
        }
        Matcher pair = PAIR.matcher(line);
        while (pair.find()) {
            take(pair.group(1), pair.group(2), number);
        }
    }

    private void take(String name, String value, int line) {
        VmcbField field = HEXADECIMAL.get(name);
        if (field != null) {
            setHex(field, value, line);
            return;
        }
        switch (name) {
            case "cr_intercepts" -> {
                long both = hex(value, 32, line);
                vmcb.set(VmcbField.INTERCEPT_CR_READ, both);
                vmcb.set(VmcbField.INTERCEPT_CR_WRITE, both >>> 16);
            }
            case "dr_intercepts" -> {
                long both = hex(value, 32, line);
                vmcb.set(VmcbField.INTERCEPT_DR_READ, both);
                vmcb.set(VmcbField.INTERCEPT_DR_WRITE, both >>> 16);
            }
            case "vintr" -> {
                long both = hex(value, 64, line);
                vmcb.set(VmcbField.INTERRUPT_CONTROL, both);
                vmcb.set(VmcbField.V_INTR_VECTOR, both >>> 32);
            }
            default -> {}
        }
    }
}
