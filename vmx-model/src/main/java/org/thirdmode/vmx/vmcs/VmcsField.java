package org.thirdmode.vmx.vmcs;

import java.util.List;
import java.util.function.Predicate;

/**
 * The fields of a VMCS: one row each of SDM 3D "Field Encoding in VMCS" (Appendix B). Width and kind are in the encoding:
 *
 * <pre>
 *  14 13 | 12 | 11 10 | 9 ... 1 | 0
 *  width | 0  | kind  |  index  | access: 1 = the upper half of a 64-bit field
 * </pre>
 *
 * A field that a processor lacks cannot be read or written there (VM-instruction error 12): {@link #existsWith}.
 */
public enum VmcsField {
    // ---- 16-bit control fields ----
    VPID(0x0000, "Virtual-processor identifier (VPID)", SecondaryProcessorBased.ENABLE_VPID),
    POSTED_INTERRUPT_NOTIFICATION_VECTOR(
            0x0002, "Posted-interrupt notification vector", PinBased.PROCESS_POSTED_INTERRUPTS),
    EPTP_INDEX(0x0004, "EPTP index", SecondaryProcessorBased.EPT_VIOLATION_VE),
    HLAT_PREFIX_SIZE(0x0006, "HLAT prefix size", TertiaryProcessorBased.ENABLE_HLAT),
    LAST_PID_POINTER_INDEX(0x0008, "Last PID-pointer index", TertiaryProcessorBased.IPI_VIRTUALIZATION),
    VIRTUAL_TIMER_VECTOR(0x000a, "Virtual timer vector", TertiaryProcessorBased.APIC_TIMER_VIRTUALIZATION),

    // ---- 16-bit guest-state fields ----
    GUEST_ES_SELECTOR(0x0800, "Guest ES selector"),
    GUEST_CS_SELECTOR(0x0802, "Guest CS selector"),
    GUEST_SS_SELECTOR(0x0804, "Guest SS selector"),
    GUEST_DS_SELECTOR(0x0806, "Guest DS selector"),
    GUEST_FS_SELECTOR(0x0808, "Guest FS selector"),
    GUEST_GS_SELECTOR(0x080a, "Guest GS selector"),
    GUEST_LDTR_SELECTOR(0x080c, "Guest LDTR selector"),
    GUEST_TR_SELECTOR(0x080e, "Guest TR selector"),
    GUEST_INTERRUPT_STATUS(0x0810, "Guest interrupt status", SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY),
    PML_INDEX(0x0812, "PML index", SecondaryProcessorBased.ENABLE_PML),
    GUEST_UINV(0x0814, "Guest UINV", ExitControls.CLEAR_UINV, EntryControls.LOAD_UINV),

    // ---- 16-bit host-state fields ----
    HOST_ES_SELECTOR(0x0c00, "Host ES selector"),
    HOST_CS_SELECTOR(0x0c02, "Host CS selector"),
    HOST_SS_SELECTOR(0x0c04, "Host SS selector"),
    HOST_DS_SELECTOR(0x0c06, "Host DS selector"),
    HOST_FS_SELECTOR(0x0c08, "Host FS selector"),
    HOST_GS_SELECTOR(0x0c0a, "Host GS selector"),
    HOST_TR_SELECTOR(0x0c0c, "Host TR selector"),

    // ---- 64-bit control fields ----
    IO_BITMAP_A_ADDRESS(0x2000, "Address of I/O bitmap A"),
    IO_BITMAP_B_ADDRESS(0x2002, "Address of I/O bitmap B"),
    MSR_BITMAPS_ADDRESS(0x2004, "Address of MSR bitmaps", PrimaryProcessorBased.USE_MSR_BITMAPS),
    VM_EXIT_MSR_STORE_ADDRESS(0x2006, "VM-exit MSR-store address"),
    VM_EXIT_MSR_LOAD_ADDRESS(0x2008, "VM-exit MSR-load address"),
    VM_ENTRY_MSR_LOAD_ADDRESS(0x200a, "VM-entry MSR-load address"),
    EXECUTIVE_VMCS_POINTER(0x200c, "Executive-VMCS pointer"),
    PML_ADDRESS(0x200e, "PML address", SecondaryProcessorBased.ENABLE_PML),
    TSC_OFFSET(0x2010, "TSC offset"),
    VIRTUAL_APIC_ADDRESS(0x2012, "Virtual-APIC address", PrimaryProcessorBased.USE_TPR_SHADOW),
    APIC_ACCESS_ADDRESS(0x2014, "APIC-access address", SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES),
    POSTED_INTERRUPT_DESCRIPTOR_ADDRESS(
            0x2016, "Posted-interrupt descriptor address", PinBased.PROCESS_POSTED_INTERRUPTS),
    VM_FUNCTION_CONTROLS(0x2018, "VM-function controls", SecondaryProcessorBased.ENABLE_VM_FUNCTIONS),
    EPT_POINTER(0x201a, "EPT pointer (EPTP)", SecondaryProcessorBased.ENABLE_EPT),
    EOI_EXIT_BITMAP_0(0x201c, "EOI-exit bitmap 0 (EOI_EXIT0)", SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY),
    EOI_EXIT_BITMAP_1(0x201e, "EOI-exit bitmap 1 (EOI_EXIT1)", SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY),
    EOI_EXIT_BITMAP_2(0x2020, "EOI-exit bitmap 2 (EOI_EXIT2)", SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY),
    EOI_EXIT_BITMAP_3(0x2022, "EOI-exit bitmap 3 (EOI_EXIT3)", SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY),
    EPTP_LIST_ADDRESS(0x2024, "EPTP-list address", VmFunctions.EPTP_SWITCHING),
    VMREAD_BITMAP_ADDRESS(0x2026, "VMREAD-bitmap address", SecondaryProcessorBased.VMCS_SHADOWING),
    VMWRITE_BITMAP_ADDRESS(0x2028, "VMWRITE-bitmap address", SecondaryProcessorBased.VMCS_SHADOWING),
    VIRTUALIZATION_EXCEPTION_INFORMATION_ADDRESS(
            0x202a, "Virtualization-exception information address", SecondaryProcessorBased.EPT_VIOLATION_VE),
    XSS_EXITING_BITMAP(0x202c, "XSS-exiting bitmap", SecondaryProcessorBased.ENABLE_XSAVES),
    ENCLS_EXITING_BITMAP(0x202e, "ENCLS-exiting bitmap", SecondaryProcessorBased.ENABLE_ENCLS_EXITING),
    SUB_PAGE_PERMISSION_TABLE_POINTER(
            0x2030,
            "Sub-page-permission-table pointer (SPPTP)",
            SecondaryProcessorBased.SUB_PAGE_WRITE_PERMISSIONS_FOR_EPT),
    TSC_MULTIPLIER(0x2032, "TSC multiplier", SecondaryProcessorBased.USE_TSC_SCALING),
    TERTIARY_PROCESSOR_BASED_CONTROLS(
            0x2034, "Tertiary processor-based VM-execution controls", PrimaryProcessorBased.ACTIVATE_TERTIARY_CONTROLS),
    ENCLV_EXITING_BITMAP(0x2036, "ENCLV-exiting bitmap", SecondaryProcessorBased.ENABLE_ENCLV_EXITING),
    LOW_PASID_DIRECTORY_ADDRESS(0x2038, "Low PASID directory address", SecondaryProcessorBased.PASID_TRANSLATION),
    HIGH_PASID_DIRECTORY_ADDRESS(0x203a, "High PASID directory address", SecondaryProcessorBased.PASID_TRANSLATION),
    PCONFIG_EXITING_BITMAP(0x203e, "PCONFIG-exiting bitmap", SecondaryProcessorBased.ENABLE_PCONFIG),
    HLAT_POINTER(
            0x2040,
            "Hypervisor-managed linear-address translation pointer (HLATP)",
            TertiaryProcessorBased.ENABLE_HLAT),
    PID_POINTER_TABLE_ADDRESS(0x2042, "PID-pointer table address", TertiaryProcessorBased.IPI_VIRTUALIZATION),
    SECONDARY_EXIT_CONTROLS(0x2044, "Secondary VM-exit controls", ExitControls.ACTIVATE_SECONDARY_CONTROLS),
    IA32_SPEC_CTRL_MASK(0x204a, "IA32_SPEC_CTRL mask", TertiaryProcessorBased.VIRTUALIZE_IA32_SPEC_CTRL),
    IA32_SPEC_CTRL_SHADOW(0x204c, "IA32_SPEC_CTRL shadow", TertiaryProcessorBased.VIRTUALIZE_IA32_SPEC_CTRL),
    GUEST_DEADLINE_SHADOW(0x204e, "Guest deadline shadow", TertiaryProcessorBased.APIC_TIMER_VIRTUALIZATION),
    INJECTED_EVENT_DATA(0x2052, "Injected-event data", EntryControls.LOAD_IA32_FRED),

    // ---- 64-bit read-only data fields ----
    GUEST_PHYSICAL_ADDRESS(0x2400, "Guest-physical address", SecondaryProcessorBased.ENABLE_EPT),
    MSR_DATA(0x2402, "MSR data", TertiaryProcessorBased.ENABLE_MSR_LIST_INSTRUCTIONS),
    ORIGINAL_EVENT_DATA(0x2404, "Original-event data", EntryControls.LOAD_IA32_FRED),

    // ---- 64-bit guest-state fields ----
    VMCS_LINK_POINTER(0x2800, "VMCS link pointer"),
    GUEST_IA32_DEBUGCTL(0x2802, "Guest IA32_DEBUGCTL"),
    GUEST_IA32_PAT(0x2804, "Guest IA32_PAT", EntryControls.LOAD_IA32_PAT, ExitControls.SAVE_IA32_PAT),
    GUEST_IA32_EFER(0x2806, "Guest IA32_EFER", EntryControls.LOAD_IA32_EFER, ExitControls.SAVE_IA32_EFER),
    GUEST_IA32_PERF_GLOBAL_CTRL(
            0x2808,
            "Guest IA32_PERF_GLOBAL_CTRL",
            EntryControls.LOAD_IA32_PERF_GLOBAL_CTRL,
            ExitControls.SAVE_IA32_PERF_GLOBAL_CTRL),
    GUEST_PDPTE0(0x280a, "Guest PDPTE0", SecondaryProcessorBased.ENABLE_EPT),
    GUEST_PDPTE1(0x280c, "Guest PDPTE1", SecondaryProcessorBased.ENABLE_EPT),
    GUEST_PDPTE2(0x280e, "Guest PDPTE2", SecondaryProcessorBased.ENABLE_EPT),
    GUEST_PDPTE3(0x2810, "Guest PDPTE3", SecondaryProcessorBased.ENABLE_EPT),
    GUEST_IA32_BNDCFGS(0x2812, "Guest IA32_BNDCFGS", EntryControls.LOAD_IA32_BNDCFGS, ExitControls.CLEAR_IA32_BNDCFGS),
    GUEST_IA32_RTIT_CTL(
            0x2814, "Guest IA32_RTIT_CTL", EntryControls.LOAD_IA32_RTIT_CTL, ExitControls.CLEAR_IA32_RTIT_CTL),
    GUEST_IA32_LBR_CTL(
            0x2816, "Guest IA32_LBR_CTL", EntryControls.LOAD_GUEST_IA32_LBR_CTL, ExitControls.CLEAR_IA32_LBR_CTL),
    GUEST_IA32_PKRS(0x2818, "Guest IA32_PKRS", EntryControls.LOAD_PKRS),
    GUEST_IA32_FRED_CONFIG(
            0x281a, "Guest IA32_FRED_CONFIG", EntryControls.LOAD_IA32_FRED, SecondaryExitControls.SAVE_IA32_FRED),
    GUEST_IA32_FRED_RSP1(
            0x281c, "Guest IA32_FRED_RSP1", EntryControls.LOAD_IA32_FRED, SecondaryExitControls.SAVE_IA32_FRED),
    GUEST_IA32_FRED_RSP2(
            0x281e, "Guest IA32_FRED_RSP2", EntryControls.LOAD_IA32_FRED, SecondaryExitControls.SAVE_IA32_FRED),
    GUEST_IA32_FRED_RSP3(
            0x2820, "Guest IA32_FRED_RSP3", EntryControls.LOAD_IA32_FRED, SecondaryExitControls.SAVE_IA32_FRED),
    GUEST_IA32_FRED_STKLVLS(
            0x2822, "Guest IA32_FRED_STKLVLS", EntryControls.LOAD_IA32_FRED, SecondaryExitControls.SAVE_IA32_FRED),
    GUEST_IA32_FRED_SSP1(
            0x2824, "Guest IA32_FRED_SSP1", EntryControls.LOAD_IA32_FRED, SecondaryExitControls.SAVE_IA32_FRED),
    GUEST_IA32_FRED_SSP2(
            0x2826, "Guest IA32_FRED_SSP2", EntryControls.LOAD_IA32_FRED, SecondaryExitControls.SAVE_IA32_FRED),
    GUEST_IA32_FRED_SSP3(
            0x2828, "Guest IA32_FRED_SSP3", EntryControls.LOAD_IA32_FRED, SecondaryExitControls.SAVE_IA32_FRED),
    GUEST_IA32_SPEC_CTRL(0x282e, "Guest IA32_SPEC_CTRL", EntryControls.LOAD_IA32_SPEC_CTRL),
    GUEST_DEADLINE(0x2830, "Guest deadline", TertiaryProcessorBased.APIC_TIMER_VIRTUALIZATION),

    // ---- 64-bit host-state fields ----
    HOST_IA32_PAT(0x2c00, "Host IA32_PAT", ExitControls.LOAD_IA32_PAT),
    HOST_IA32_EFER(0x2c02, "Host IA32_EFER", ExitControls.LOAD_IA32_EFER),
    HOST_IA32_PERF_GLOBAL_CTRL(0x2c04, "Host IA32_PERF_GLOBAL_CTRL", ExitControls.LOAD_IA32_PERF_GLOBAL_CTRL),
    HOST_IA32_PKRS(0x2c06, "Host IA32_PKRS", ExitControls.LOAD_PKRS),
    HOST_IA32_FRED_CONFIG(0x2c08, "Host IA32_FRED_CONFIG", SecondaryExitControls.LOAD_IA32_FRED),
    HOST_IA32_FRED_RSP1(0x2c0a, "Host IA32_FRED_RSP1", SecondaryExitControls.LOAD_IA32_FRED),
    HOST_IA32_FRED_RSP2(0x2c0c, "Host IA32_FRED_RSP2", SecondaryExitControls.LOAD_IA32_FRED),
    HOST_IA32_FRED_RSP3(0x2c0e, "Host IA32_FRED_RSP3", SecondaryExitControls.LOAD_IA32_FRED),
    HOST_IA32_FRED_STKLVLS(0x2c10, "Host IA32_FRED_STKLVLS", SecondaryExitControls.LOAD_IA32_FRED),
    HOST_IA32_FRED_SSP1(0x2c12, "Host IA32_FRED_SSP1", SecondaryExitControls.LOAD_IA32_FRED),
    HOST_IA32_FRED_SSP2(0x2c14, "Host IA32_FRED_SSP2", SecondaryExitControls.LOAD_IA32_FRED),
    HOST_IA32_FRED_SSP3(0x2c16, "Host IA32_FRED_SSP3", SecondaryExitControls.LOAD_IA32_FRED),
    HOST_IA32_SPEC_CTRL(0x2c1a, "Host IA32_SPEC_CTRL", SecondaryExitControls.LOAD_IA32_SPEC_CTRL),

    // ---- 32-bit control fields ----
    PIN_BASED_CONTROLS(0x4000, "Pin-based VM-execution controls"),
    PRIMARY_PROCESSOR_BASED_CONTROLS(0x4002, "Primary processor-based VM-execution controls"),
    EXCEPTION_BITMAP(0x4004, "Exception bitmap"),
    PAGE_FAULT_ERROR_CODE_MASK(0x4006, "Page-fault error-code mask"),
    PAGE_FAULT_ERROR_CODE_MATCH(0x4008, "Page-fault error-code match"),
    CR3_TARGET_COUNT(0x400a, "CR3-target count"),
    PRIMARY_EXIT_CONTROLS(0x400c, "Primary VM-exit controls"),
    VM_EXIT_MSR_STORE_COUNT(0x400e, "VM-exit MSR-store count"),
    VM_EXIT_MSR_LOAD_COUNT(0x4010, "VM-exit MSR-load count"),
    ENTRY_CONTROLS(0x4012, "VM-entry controls"),
    VM_ENTRY_MSR_LOAD_COUNT(0x4014, "VM-entry MSR-load count"),
    VM_ENTRY_INTERRUPTION_INFORMATION(0x4016, "VM-entry interruption-information field"),
    VM_ENTRY_EXCEPTION_ERROR_CODE(0x4018, "VM-entry exception error code"),
    VM_ENTRY_INSTRUCTION_LENGTH(0x401a, "VM-entry instruction length"),
    TPR_THRESHOLD(0x401c, "TPR threshold", PrimaryProcessorBased.USE_TPR_SHADOW),
    SECONDARY_PROCESSOR_BASED_CONTROLS(
            0x401e,
            "Secondary processor-based VM-execution controls",
            PrimaryProcessorBased.ACTIVATE_SECONDARY_CONTROLS),
    PLE_GAP(0x4020, "PLE_Gap", SecondaryProcessorBased.PAUSE_LOOP_EXITING),
    PLE_WINDOW(0x4022, "PLE_Window", SecondaryProcessorBased.PAUSE_LOOP_EXITING),
    INSTRUCTION_TIMEOUT_CONTROL(0x4024, "Instruction-timeout control", SecondaryProcessorBased.INSTRUCTION_TIMEOUT),

    // ---- 32-bit read-only data fields ----
    VM_INSTRUCTION_ERROR(0x4400, "VM-instruction error"),
    EXIT_REASON(0x4402, "Exit reason"),
    VM_EXIT_INTERRUPTION_INFORMATION(0x4404, "VM-exit interruption information"),
    VM_EXIT_INTERRUPTION_ERROR_CODE(0x4406, "VM-exit interruption error code"),
    IDT_VECTORING_INFORMATION(0x4408, "IDT-vectoring information field"),
    IDT_VECTORING_ERROR_CODE(0x440a, "IDT-vectoring error code"),
    VM_EXIT_INSTRUCTION_LENGTH(0x440c, "VM-exit instruction length"),
    VM_EXIT_INSTRUCTION_INFORMATION(0x440e, "VM-exit instruction information"),

    // ---- 32-bit guest-state fields ----
    GUEST_ES_LIMIT(0x4800, "Guest ES limit"),
    GUEST_CS_LIMIT(0x4802, "Guest CS limit"),
    GUEST_SS_LIMIT(0x4804, "Guest SS limit"),
    GUEST_DS_LIMIT(0x4806, "Guest DS limit"),
    GUEST_FS_LIMIT(0x4808, "Guest FS limit"),
    GUEST_GS_LIMIT(0x480a, "Guest GS limit"),
    GUEST_LDTR_LIMIT(0x480c, "Guest LDTR limit"),
    GUEST_TR_LIMIT(0x480e, "Guest TR limit"),
    GUEST_GDTR_LIMIT(0x4810, "Guest GDTR limit"),
    GUEST_IDTR_LIMIT(0x4812, "Guest IDTR limit"),
    GUEST_ES_ACCESS_RIGHTS(0x4814, "Guest ES access rights"),
    GUEST_CS_ACCESS_RIGHTS(0x4816, "Guest CS access rights"),
    GUEST_SS_ACCESS_RIGHTS(0x4818, "Guest SS access rights"),
    GUEST_DS_ACCESS_RIGHTS(0x481a, "Guest DS access rights"),
    GUEST_FS_ACCESS_RIGHTS(0x481c, "Guest FS access rights"),
    GUEST_GS_ACCESS_RIGHTS(0x481e, "Guest GS access rights"),
    GUEST_LDTR_ACCESS_RIGHTS(0x4820, "Guest LDTR access rights"),
    GUEST_TR_ACCESS_RIGHTS(0x4822, "Guest TR access rights"),
    GUEST_INTERRUPTIBILITY_STATE(0x4824, "Guest interruptibility state"),
    GUEST_ACTIVITY_STATE(0x4826, "Guest activity state"),
    GUEST_SMBASE(0x4828, "Guest SMBASE"),
    GUEST_IA32_SYSENTER_CS(0x482a, "Guest IA32_SYSENTER_CS"),
    VMX_PREEMPTION_TIMER_VALUE(0x482e, "VMX-preemption timer value", PinBased.ACTIVATE_VMX_PREEMPTION_TIMER),

    // ---- 32-bit host-state field ----
    HOST_IA32_SYSENTER_CS(0x4c00, "Host IA32_SYSENTER_CS"),

    // ---- Natural-width control fields ----
    CR0_GUEST_HOST_MASK(0x6000, "CR0 guest/host mask"),
    CR4_GUEST_HOST_MASK(0x6002, "CR4 guest/host mask"),
    CR0_READ_SHADOW(0x6004, "CR0 read shadow"),
    CR4_READ_SHADOW(0x6006, "CR4 read shadow"),
    CR3_TARGET_VALUE_0(0x6008, "CR3-target value 0"),
    CR3_TARGET_VALUE_1(0x600a, "CR3-target value 1"),
    CR3_TARGET_VALUE_2(0x600c, "CR3-target value 2"),
    CR3_TARGET_VALUE_3(0x600e, "CR3-target value 3"),

    // ---- Natural-width read-only data fields ----
    EXIT_QUALIFICATION(0x6400, "Exit qualification"),
    IO_RCX(0x6402, "I/O RCX"),
    IO_RSI(0x6404, "I/O RSI"),
    IO_RDI(0x6406, "I/O RDI"),
    IO_RIP(0x6408, "I/O RIP"),
    GUEST_LINEAR_ADDRESS(0x640a, "Guest-linear address"),

    // ---- Natural-width guest-state fields ----
    GUEST_CR0(0x6800, "Guest CR0"),
    GUEST_CR3(0x6802, "Guest CR3"),
    GUEST_CR4(0x6804, "Guest CR4"),
    GUEST_ES_BASE(0x6806, "Guest ES base"),
    GUEST_CS_BASE(0x6808, "Guest CS base"),
    GUEST_SS_BASE(0x680a, "Guest SS base"),
    GUEST_DS_BASE(0x680c, "Guest DS base"),
    GUEST_FS_BASE(0x680e, "Guest FS base"),
    GUEST_GS_BASE(0x6810, "Guest GS base"),
    GUEST_LDTR_BASE(0x6812, "Guest LDTR base"),
    GUEST_TR_BASE(0x6814, "Guest TR base"),
    GUEST_GDTR_BASE(0x6816, "Guest GDTR base"),
    GUEST_IDTR_BASE(0x6818, "Guest IDTR base"),
    GUEST_DR7(0x681a, "Guest DR7"),
    GUEST_RSP(0x681c, "Guest RSP"),
    GUEST_RIP(0x681e, "Guest RIP"),
    GUEST_RFLAGS(0x6820, "Guest RFLAGS"),
    GUEST_PENDING_DEBUG_EXCEPTIONS(0x6822, "Guest pending debug exceptions"),
    GUEST_IA32_SYSENTER_ESP(0x6824, "Guest IA32_SYSENTER_ESP"),
    GUEST_IA32_SYSENTER_EIP(0x6826, "Guest IA32_SYSENTER_EIP"),
    GUEST_IA32_S_CET(0x6828, "Guest IA32_S_CET", EntryControls.LOAD_CET_STATE),
    GUEST_SSP(0x682a, "Guest SSP", EntryControls.LOAD_CET_STATE),
    GUEST_IA32_INTERRUPT_SSP_TABLE_ADDR(0x682c, "Guest IA32_INTERRUPT_SSP_TABLE_ADDR", EntryControls.LOAD_CET_STATE),

    // ---- Natural-width host-state fields ----
    HOST_CR0(0x6c00, "Host CR0"),
    HOST_CR3(0x6c02, "Host CR3"),
    HOST_CR4(0x6c04, "Host CR4"),
    HOST_FS_BASE(0x6c06, "Host FS base"),
    HOST_GS_BASE(0x6c08, "Host GS base"),
    HOST_TR_BASE(0x6c0a, "Host TR base"),
    HOST_GDTR_BASE(0x6c0c, "Host GDTR base"),
    HOST_IDTR_BASE(0x6c0e, "Host IDTR base"),
    HOST_IA32_SYSENTER_ESP(0x6c10, "Host IA32_SYSENTER_ESP"),
    HOST_IA32_SYSENTER_EIP(0x6c12, "Host IA32_SYSENTER_EIP"),
    HOST_RSP(0x6c14, "Host RSP"),
    HOST_RIP(0x6c16, "Host RIP"),
    HOST_IA32_S_CET(0x6c18, "Host IA32_S_CET", ExitControls.LOAD_CET_STATE),
    HOST_SSP(0x6c1a, "Host SSP", ExitControls.LOAD_CET_STATE),
    HOST_IA32_INTERRUPT_SSP_TABLE_ADDR(0x6c1c, "Host IA32_INTERRUPT_SSP_TABLE_ADDR", ExitControls.LOAD_CET_STATE);

    /** How wide a field is. SDM 3C "VMREAD, VMWRITE, and Encodings of VMCS Fields". */
    public enum Width {
        WORD("16-bit", 0xffffL),
        QUADWORD("64-bit", -1L),
        DOUBLEWORD("32-bit", 0xffff_ffffL),
        NATURAL("natural-width", -1L);

        /** The manual's word. */
        public final String title;

        /** The bits that a field of this width has on a processor with Intel 64 architecture. */
        public final long mask;

        Width(String title, long mask) {
            this.title = title;
            this.mask = mask;
        }
    }

    /** What a field is for. SDM 3C "Organization of VMCS Data". */
    public enum Kind {
        CONTROL("control"),
        EXIT_INFORMATION("VM-exit information"),
        GUEST_STATE("guest state"),
        HOST_STATE("host state");

        /** The manual's word. */
        public final String title;

        Kind(String title) {
            this.title = title;
        }
    }

    private static final int INDEX_BITS = 6;
    private static final List<VmcsField> ALL = List.of(values());
    private static final VmcsField[] BY_ENCODING = byEncoding();

    /** The encoding that VMREAD and VMWRITE take: full access. */
    public final int encoding;

    /** The manual's name. */
    public final String title;

    public final Width width;
    public final Kind kind;

    /** The bits that the field has. */
    public final long mask;

    /** Where this model keeps the field: byte offset in the VMCS region. Every field has eight bytes. */
    public final int offset;

    /** The field exists where at least one of these controls may be 1; empty for a field that exists always. */
    public final List<ControlBit> existsWith;

    VmcsField(int encoding, String title, ControlBit... existsWith) {
        this.encoding = encoding;
        this.title = title;
        this.existsWith = List.of(existsWith);
        width = Width.values()[(encoding >>> 13) & 3];
        kind = Kind.values()[(encoding >>> 10) & 3];
        mask = width.mask;
        offset = VmcsLayout.place(kind, encoding);
    }

    private static VmcsField[] byEncoding() {
        VmcsField[] table = new VmcsField[16 << INDEX_BITS];
        for (VmcsField field : ALL) {
            table[slot(field.encoding)] = field;
        }
        return table;
    }

    private static int slot(int encoding) {
        int group = ((encoding >>> 10) & 3) | ((encoding >>> 11) & 12);
        return (group << INDEX_BITS) | ((encoding >>> 1) & ((1 << INDEX_BITS) - 1));
    }

    /** The rows in the order of the manual. */
    public static List<VmcsField> all() {
        return ALL;
    }

    /**
     * The field that an operand of VMREAD or VMWRITE names, whether by full or by high access; null where there is none.
     * Whether a processor has it is asked elsewhere.
     */
    public static VmcsField byEncoding(long encoding) {
        if ((encoding & ~0x6c7fL) != 0) {
            return null;
        }
        VmcsField field = BY_ENCODING[slot((int) encoding)];
        return field != null && (encoding & 1) != 0 && field.width != Width.QUADWORD ? null : field;
    }

    /**
     * A table of the fields that some processor has: {@code table[encoding]} is the field that an operand of VMREAD or
     * VMWRITE names there, null for none. Operands beyond its end name none.
     */
    public static VmcsField[] byOperand(Predicate<VmcsField> has) {
        VmcsField[] table = new VmcsField[1 << 15];
        for (int encoding = 0; encoding < table.length; encoding++) {
            VmcsField field = byEncoding(encoding);
            table[encoding] = field != null && has.test(field) ? field : null;
        }
        return table;
    }

    /** Whether an encoding asks for the upper half of a 64-bit field. */
    public static boolean isHighAccess(long encoding) {
        return (encoding & 1) != 0;
    }

    /** The number of the field among those of its width and kind. */
    public int index() {
        return (encoding >>> 1) & 0x1ff;
    }

    /** Whether VMWRITE may write it on every processor: not VM-exit information. */
    public boolean isWritable() {
        return kind != Kind.EXIT_INFORMATION;
    }

    /** A value with as many hexadecimal digits as the field has. */
    public String hex(long value) {
        return switch (width) {
            case WORD -> String.format("0x%04x", value & mask);
            case DOUBLEWORD -> String.format("0x%08x", value & mask);
            default -> String.format("0x%016x", value);
        };
    }
}
