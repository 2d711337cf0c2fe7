package org.thirdmode.svm.dump;

import com.google.common.collect.ImmutableMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.thirdmode.svm.vmcb.VmcbField;

/** The print of a VMCB in the log of Linux: {@code kvm_amd.dump_invalid_vmcb=1}. */
final class KvmLog extends LogReader {
    private static final String CONTROL = "VMCB Control Area:";
    private static final String SAVE = "VMCB State Save Area:";

    private static final Map<String, VmcbField> HEXADECIMAL = ImmutableMap.<String, VmcbField>builder()
            .put("cr_read", VmcbField.INTERCEPT_CR_READ)
            .put("cr_write", VmcbField.INTERCEPT_CR_WRITE)
            .put("dr_read", VmcbField.INTERCEPT_DR_READ)
            .put("dr_write", VmcbField.INTERCEPT_DR_WRITE)
            .put("exceptions", VmcbField.INTERCEPT_EXCEPTIONS)
            .put("iopm_base_pa", VmcbField.IOPM_BASE_PA)
            .put("msrpm_base_pa", VmcbField.MSRPM_BASE_PA)
            .put("tsc_offset", VmcbField.TSC_OFFSET)
            .put("int_ctl", VmcbField.INTERRUPT_CONTROL)
            .put("int_vector", VmcbField.V_INTR_VECTOR)
            .put("int_state", VmcbField.INTERRUPT_SHADOW)
            .put("exit_info1", VmcbField.EXITINFO1)
            .put("exit_info2", VmcbField.EXITINFO2)
            .put("nested_cr3", VmcbField.N_CR3)
            .put("avic_vapic_bar", VmcbField.AVIC_APIC_BAR)
            .put("ghcb", VmcbField.GHCB_PA)
            .put("next_rip", VmcbField.NRIP)
            .put("avic_backing_page", VmcbField.AVIC_APIC_BACKING_PAGE)
            .put("avic_logical_id", VmcbField.AVIC_LOGICAL_TABLE)
            .put("avic_physical_id", VmcbField.AVIC_PHYSICAL_TABLE)
            .put("vmsa_pa", VmcbField.VMSA_POINTER)
            .put("efer", VmcbField.EFER)
            .put("cr0", VmcbField.CR0)
            .put("cr2", VmcbField.CR2)
            .put("cr3", VmcbField.CR3)
            .put("cr4", VmcbField.CR4)
            .put("dr6", VmcbField.DR6)
            .put("dr7", VmcbField.DR7)
            .put("rip", VmcbField.RIP)
            .put("rflags", VmcbField.RFLAGS)
            .put("rsp", VmcbField.RSP)
            .put("rax", VmcbField.RAX)
            .put("star", VmcbField.STAR)
            .put("lstar", VmcbField.LSTAR)
            .put("cstar", VmcbField.CSTAR)
            .put("sfmask", VmcbField.SFMASK)
            .put("kernel_gs_base", VmcbField.KERNEL_GS_BASE)
            .put("sysenter_cs", VmcbField.SYSENTER_CS)
            .put("sysenter_esp", VmcbField.SYSENTER_ESP)
            .put("sysenter_eip", VmcbField.SYSENTER_EIP)
            .put("gpat", VmcbField.G_PAT)
            .put("dbgctl", VmcbField.DBGCTL)
            .put("br_from", VmcbField.BR_FROM)
            .put("br_to", VmcbField.BR_TO)
            .put("excp_from", VmcbField.LASTEXCPFROM)
            .put("excp_to", VmcbField.LASTEXCPTO)
            .buildOrThrow();

    private static final Map<String, VmcbField> DECIMAL = ImmutableMap.of(
            "pause filter count", VmcbField.PAUSE_FILTER_COUNT,
            "pause filter threshold", VmcbField.PAUSE_FILTER_THRESHOLD,
            "asid", VmcbField.GUEST_ASID,
            "tlb_ctl", VmcbField.TLB_CONTROL,
            "nested_ctl", VmcbField.NESTED_CONTROL,
            "virt_ext", VmcbField.VIRTUAL_EXTENSIONS,
            "cpl", VmcbField.CPL);

    private static final Pattern PAIR = Pattern.compile(
            "(?<![\\w.])(pause filter count|pause filter threshold|[a-z][a-z0-9_]*):\\s+(\\S+)(?:[ ]([0-9a-fA-F]{8})\\b)?");

    private static final Pattern SEGMENT = Pattern.compile(
            "(?<!\\w)(es|cs|ss|ds|fs|gs|gdtr|ldtr|idtr|tr):\\s+s:\\s*(\\S+)\\s+a:\\s*(\\S+)\\s+l:\\s*(\\S+)\\s+b:\\s*(\\S+)");

    private static final int DIGITS_OF_32_BITS = 8;

    static boolean isHeading(String line) {
        return line.contains(CONTROL) || line.contains(SAVE);
    }

    private boolean begun;

    @Override
    boolean begins(String line) {
        // A log that is cut off at its beginning may have the second heading alone.
        boolean begins = line.contains(CONTROL) || (line.contains(SAVE) && !begun);
        begun |= begins;
        return begins;
    }

    @Override
    VmcbDump.Format format() {
        return VmcbDump.Format.KVM;
    }

    @Override
    void take(String line, int number) {
        Matcher segment = SEGMENT.matcher(line);
        if (segment.find()) {
            VmcbField selector = VmcbField.valueOf(segment.group(1).toUpperCase(Locale.ROOT) + "_SELECTOR");
            segment(selector, segment, 2, number);
            return;
        }
        Matcher pair = PAIR.matcher(line);
        int from = 0;
        while (pair.find(from)) {
            take(pair.group(1), pair.group(2), pair.group(3), number);
            from = pair.end(1) + 1;
        }
    }

    private void take(String name, String value, String second, int line) {
        VmcbField field = HEXADECIMAL.get(name);
        if (field != null) {
            setHex(field, value, line);
            return;
        }
        field = DECIMAL.get(name);
        if (field != null) {
            setDecimal(field, value, line);
            return;
        }
        switch (name) {
            case "intercepts" -> intercepts(value, second, line);
            case "exit_code" -> {
                long code = hex(value, 64, line);
                boolean narrow = value.length() == DIGITS_OF_32_BITS && code == 0xffff_ffffL;
                vmcb.set(VmcbField.EXITCODE, narrow ? -1L : code);
            }
            case "event_inj" -> low(VmcbField.EVENTINJ, value, line);
            case "event_inj_err" -> high(VmcbField.EVENTINJ, value, line);
            case "exit_int_info" -> low(VmcbField.EXITINTINFO, value, line);
            case "exit_int_info_err" -> high(VmcbField.EXITINTINFO, value, line);
            default -> {}
        }
    }

    /** One word of 64 bits, or one of 32 for each vector. */
    private void intercepts(String first, String second, int line) {
        if (second != null) {
            setHex(VmcbField.INTERCEPT_MISC1, first, line);
            setHex(VmcbField.INTERCEPT_MISC2, second, line);
        } else {
            long both = hex(first, 64, line);
            vmcb.set(VmcbField.INTERCEPT_MISC1, both);
            vmcb.set(VmcbField.INTERCEPT_MISC2, both >>> 32);
        }
    }

    private void low(VmcbField field, String value, int line) {
        vmcb.set(field, (vmcb.get(field) & ~0xffff_ffffL) | (hex(value, 32, line) & 0xffff_ffffL));
    }

    private void high(VmcbField field, String value, int line) {
        vmcb.set(field, (vmcb.get(field) & 0xffff_ffffL) | (hex(value, 32, line) << 32));
    }
}
