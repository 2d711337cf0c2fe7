package org.thirdmode.vmx.entry;

import static org.thirdmode.vmx.entry.EntryCheck.row;
import static org.thirdmode.vmx.entry.EntryCheck.rows;
import static org.thirdmode.vmx.vmcs.VmcsField.APIC_ACCESS_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.CR3_TARGET_COUNT;
import static org.thirdmode.vmx.vmcs.VmcsField.EPTP_LIST_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.EPT_POINTER;
import static org.thirdmode.vmx.vmcs.VmcsField.HIGH_PASID_DIRECTORY_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.HLAT_POINTER;
import static org.thirdmode.vmx.vmcs.VmcsField.IO_BITMAP_A_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.IO_BITMAP_B_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.LOW_PASID_DIRECTORY_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.MSR_BITMAPS_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.PID_POINTER_TABLE_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.PIN_BASED_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.PML_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.POSTED_INTERRUPT_DESCRIPTOR_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.POSTED_INTERRUPT_NOTIFICATION_VECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.SUB_PAGE_PERMISSION_TABLE_POINTER;
import static org.thirdmode.vmx.vmcs.VmcsField.TERTIARY_PROCESSOR_BASED_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.TPR_THRESHOLD;
import static org.thirdmode.vmx.vmcs.VmcsField.VIRTUALIZATION_EXCEPTION_INFORMATION_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.VIRTUAL_APIC_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.VMREAD_BITMAP_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.VMWRITE_BITMAP_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_FUNCTION_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.VPID;

import java.util.List;
import org.thirdmode.vmx.capability.Capability;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.TertiaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmFunctions;
import org.thirdmode.vmx.vmcs.VmcsField;

/** "Checks on VMX Controls", VM-execution control fields. */
final class ExecutionControlChecks {
    private static final long PAGE = 0xfff;
    private static final long WALK_LENGTH = 7 << 3;
    private static final long ACCESSED_AND_DIRTY = 1 << 6;
    private static final long SHADOW_STACK = 1 << 7;
    private static final long EPTP_RESERVED = 0xf00;
    private static final long WRITE_BACK = 6;

    static final List<EntryCheck> ROWS = rows(
            Section.EXECUTION_CONTROLS,
            row(
                            "pin-based-controls",
                            "Reserved bits of the pin-based controls",
                            "each control has a setting that IA32_VMX_(TRUE_)PINBASED_CTLS allows",
                            ExecutionControlChecks::pinBased)
                    .on(PIN_BASED_CONTROLS)
                    .remedy(PIN_BASED_CONTROLS, f -> allowed(f, PIN_BASED_CONTROLS)),
            row(
                            "primary-controls",
                            "Reserved bits of the primary processor-based controls",
                            "each control has a setting that IA32_VMX_(TRUE_)PROCBASED_CTLS allows",
                            ExecutionControlChecks::primary)
                    .on(PRIMARY_PROCESSOR_BASED_CONTROLS)
                    .remedy(PRIMARY_PROCESSOR_BASED_CONTROLS, f -> allowed(f, PRIMARY_PROCESSOR_BASED_CONTROLS)),
            row(
                            "secondary-controls",
                            "Reserved bits of the secondary processor-based controls",
                            "if \"activate secondary controls\" is 1, each control has a setting that"
                                    + " IA32_VMX_PROCBASED_CTLS2 allows",
                            ExecutionControlChecks::secondary)
                    .on(SECONDARY_PROCESSOR_BASED_CONTROLS)
                    .on(PrimaryProcessorBased.ACTIVATE_SECONDARY_CONTROLS)
                    .remedy(SECONDARY_PROCESSOR_BASED_CONTROLS, f -> allowed(f, SECONDARY_PROCESSOR_BASED_CONTROLS)),
            row(
                            "tertiary-controls",
                            "Reserved bits of the tertiary processor-based controls",
                            "if \"activate tertiary controls\" is 1, each control has a setting that"
                                    + " IA32_VMX_PROCBASED_CTLS3 allows",
                            ExecutionControlChecks::tertiary)
                    .on(TERTIARY_PROCESSOR_BASED_CONTROLS)
                    .on(PrimaryProcessorBased.ACTIVATE_TERTIARY_CONTROLS)
                    .remedy(TERTIARY_PROCESSOR_BASED_CONTROLS, f -> allowed(f, TERTIARY_PROCESSOR_BASED_CONTROLS)),
            row(
                            "cr3-target-count",
                            "CR3-target count",
                            "it is not greater than the number of CR3-target values in IA32_VMX_MISC[24:16]",
                            ExecutionControlChecks::cr3Targets)
                    .on(CR3_TARGET_COUNT)
                    .remedy(CR3_TARGET_COUNT, f -> f.capabilities.cr3Targets()),
            row(
                            "io-bitmap-a",
                            "Address of I/O bitmap A",
                            "if \"use I/O bitmaps\" is 1, bits 11:0 are 0 and no bit is beyond the physical-address width",
                            ExecutionControlChecks::ioBitmapA)
                    .on(IO_BITMAP_A_ADDRESS)
                    .on(PrimaryProcessorBased.USE_I_O_BITMAPS)
                    .remedy(IO_BITMAP_A_ADDRESS, f -> f.physical(IO_BITMAP_A_ADDRESS, PAGE)),
            row(
                            "io-bitmap-b",
                            "Address of I/O bitmap B",
                            "if \"use I/O bitmaps\" is 1, bits 11:0 are 0 and no bit is beyond the physical-address width",
                            ExecutionControlChecks::ioBitmapB)
                    .on(IO_BITMAP_B_ADDRESS)
                    .on(PrimaryProcessorBased.USE_I_O_BITMAPS)
                    .remedy(IO_BITMAP_B_ADDRESS, f -> f.physical(IO_BITMAP_B_ADDRESS, PAGE)),
            row(
                            "msr-bitmaps",
                            "Address of MSR bitmaps",
                            "if \"use MSR bitmaps\" is 1, bits 11:0 are 0 and no bit is beyond the physical-address width",
                            ExecutionControlChecks::msrBitmaps)
                    .on(MSR_BITMAPS_ADDRESS)
                    .on(PrimaryProcessorBased.USE_MSR_BITMAPS)
                    .remedy(MSR_BITMAPS_ADDRESS, f -> f.physical(MSR_BITMAPS_ADDRESS, PAGE)),
            row(
                            "virtual-apic-address",
                            "Virtual-APIC address",
                            "if \"use TPR shadow\" is 1, bits 11:0 are 0 and no bit is beyond the physical-address width",
                            ExecutionControlChecks::virtualApic)
                    .on(VIRTUAL_APIC_ADDRESS)
                    .on(PrimaryProcessorBased.USE_TPR_SHADOW)
                    .remedy(VIRTUAL_APIC_ADDRESS, f -> f.physical(VIRTUAL_APIC_ADDRESS, PAGE)),
            row(
                            "tpr-threshold-reserved",
                            "Reserved bits of the TPR threshold",
                            "if \"use TPR shadow\" is 1 and \"virtual-interrupt delivery\" is 0, bits 31:4 are 0",
                            ExecutionControlChecks::tprThresholdReserved)
                    .on(TPR_THRESHOLD, 0xffff_fff0L)
                    .on(PrimaryProcessorBased.USE_TPR_SHADOW, SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY)
                    .remedy(TPR_THRESHOLD, f -> f.get(TPR_THRESHOLD) & 0xf),
            row(
                            "tpr-threshold-vtpr",
                            "TPR threshold and VTPR",
                            "if \"use TPR shadow\" is 1, \"virtualize APIC accesses\" and \"virtual-interrupt delivery\" are"
                                    + " 0, bits 3:0 are not greater than bits 7:4 of VTPR in the virtual-APIC page",
                            ExecutionControlChecks::tprThreshold)
                    .on(TPR_THRESHOLD, 0xf)
                    .on(VIRTUAL_APIC_ADDRESS)
                    .on(
                            PrimaryProcessorBased.USE_TPR_SHADOW,
                            SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES,
                            SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY),
            row(
                            "virtual-nmis",
                            "NMI exiting and virtual NMIs",
                            "if \"NMI exiting\" is 0, \"virtual NMIs\" is 0",
                            ExecutionControlChecks::virtualNmis)
                    .on(PinBased.VIRTUAL_NMIS, PinBased.NMI_EXITING),
            row(
                            "nmi-window-exiting",
                            "Virtual NMIs and NMI-window exiting",
                            "if \"virtual NMIs\" is 0, \"NMI-window exiting\" is 0",
                            ExecutionControlChecks::nmiWindow)
                    .on(PrimaryProcessorBased.NMI_WINDOW_EXITING, PinBased.VIRTUAL_NMIS),
            row(
                            "apic-access-address",
                            "APIC-access address",
                            "if \"virtualize APIC accesses\" is 1, bits 11:0 are 0 and no bit is beyond the physical-address"
                                    + " width",
                            ExecutionControlChecks::apicAccess)
                    .on(APIC_ACCESS_ADDRESS)
                    .on(SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES)
                    .remedy(APIC_ACCESS_ADDRESS, f -> f.physical(APIC_ACCESS_ADDRESS, PAGE)),
            row(
                            "apic-needs-tpr-shadow",
                            "TPR shadow and APIC virtualization",
                            "if \"use TPR shadow\" is 0, \"virtualize x2APIC mode\", \"APIC-register virtualization\" and"
                                    + " \"virtual-interrupt delivery\" are 0",
                            ExecutionControlChecks::apicNeedsTprShadow)
                    .on(
                            SecondaryProcessorBased.VIRTUALIZE_X2APIC_MODE,
                            SecondaryProcessorBased.APIC_REGISTER_VIRTUALIZATION,
                            SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY,
                            PrimaryProcessorBased.USE_TPR_SHADOW),
            row(
                            "x2apic-or-apic-accesses",
                            "Virtualizing x2APIC mode and APIC accesses",
                            "if \"virtualize x2APIC mode\" is 1, \"virtualize APIC accesses\" is 0",
                            ExecutionControlChecks::x2apic)
                    .on(
                            SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES,
                            SecondaryProcessorBased.VIRTUALIZE_X2APIC_MODE),
            row(
                            "virtual-interrupt-delivery",
                            "Virtual-interrupt delivery and external-interrupt exiting",
                            "if \"virtual-interrupt delivery\" is 1, \"external-interrupt exiting\" is 1",
                            ExecutionControlChecks::virtualInterrupts)
                    .on(PinBased.EXTERNAL_INTERRUPT_EXITING, SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY),
            row(
                            "posted-interrupts-delivery",
                            "Posted interrupts and virtual-interrupt delivery",
                            "if \"process posted interrupts\" is 1, \"virtual-interrupt delivery\" is 1",
                            ExecutionControlChecks::postedDelivery)
                    .on(SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY, PinBased.PROCESS_POSTED_INTERRUPTS),
            row(
                            "posted-interrupts-acknowledge",
                            "Posted interrupts and acknowledge interrupt on exit",
                            "if \"process posted interrupts\" is 1, \"acknowledge interrupt on exit\" is 1",
                            ExecutionControlChecks::postedAcknowledge)
                    .on(ExitControls.ACKNOWLEDGE_INTERRUPT_ON_EXIT, PinBased.PROCESS_POSTED_INTERRUPTS),
            row(
                            "posted-interrupts-vector",
                            "Posted-interrupt notification vector",
                            "if \"process posted interrupts\" is 1, bits 15:8 are 0",
                            ExecutionControlChecks::postedVector)
                    .on(POSTED_INTERRUPT_NOTIFICATION_VECTOR, 0xff00)
                    .on(PinBased.PROCESS_POSTED_INTERRUPTS)
                    .remedy(
                            POSTED_INTERRUPT_NOTIFICATION_VECTOR,
                            f -> f.get(POSTED_INTERRUPT_NOTIFICATION_VECTOR) & 0xff),
            row(
                            "posted-interrupts-descriptor",
                            "Posted-interrupt descriptor address",
                            "if \"process posted interrupts\" is 1, bits 5:0 are 0 and no bit is beyond the physical-address"
                                    + " width",
                            ExecutionControlChecks::postedDescriptor)
                    .on(POSTED_INTERRUPT_DESCRIPTOR_ADDRESS)
                    .on(PinBased.PROCESS_POSTED_INTERRUPTS)
                    .remedy(
                            POSTED_INTERRUPT_DESCRIPTOR_ADDRESS,
                            f -> f.physical(POSTED_INTERRUPT_DESCRIPTOR_ADDRESS, 0x3f)),
            row("vpid", "VPID", "if \"enable VPID\" is 1, it is not 0000H", ExecutionControlChecks::vpid)
                    .on(VPID)
                    .on(SecondaryProcessorBased.ENABLE_VPID)
                    .remedy(VPID, f -> 1),
            row(
                            "eptp-memory-type",
                            "EPT pointer: memory type",
                            "if \"enable EPT\" is 1, bits 2:0 name a memory type that IA32_VMX_EPT_VPID_CAP lists: 0 (UC) or"
                                    + " 6 (WB)",
                            ExecutionControlChecks::eptpMemoryType)
                    .on(EPT_POINTER, 7)
                    .on(SecondaryProcessorBased.ENABLE_EPT)
                    .remedy(EPT_POINTER, f -> (f.get(EPT_POINTER) & ~7L) | WRITE_BACK),
            row(
                            "eptp-walk-length",
                            "EPT pointer: page-walk length",
                            "if \"enable EPT\" is 1, bits 5:3 are one less than a page-walk length that"
                                    + " IA32_VMX_EPT_VPID_CAP lists: 3 (4 levels) or 4 (5 levels)",
                            ExecutionControlChecks::eptpWalkLength)
                    .on(EPT_POINTER, WALK_LENGTH)
                    .on(SecondaryProcessorBased.ENABLE_EPT)
                    .remedy(EPT_POINTER, f -> (f.get(EPT_POINTER) & ~WALK_LENGTH) | (3 << 3)),
            row(
                            "eptp-accessed-dirty",
                            "EPT pointer: accessed and dirty flags",
                            "if \"enable EPT\" is 1 and the processor has no accessed and dirty flags for EPT, bit 6 is 0",
                            ExecutionControlChecks::eptpAccessedDirty)
                    .on(EPT_POINTER, ACCESSED_AND_DIRTY)
                    .on(SecondaryProcessorBased.ENABLE_EPT)
                    .remedy(EPT_POINTER, f -> f.get(EPT_POINTER) & ~ACCESSED_AND_DIRTY),
            row(
                            "eptp-shadow-stack",
                            "EPT pointer: supervisor shadow-stack control",
                            "if \"enable EPT\" is 1 and the processor has no supervisor shadow-stack control, bit 7 is 0",
                            ExecutionControlChecks::eptpShadowStack)
                    .on(EPT_POINTER, SHADOW_STACK)
                    .on(SecondaryProcessorBased.ENABLE_EPT)
                    .remedy(EPT_POINTER, f -> f.get(EPT_POINTER) & ~SHADOW_STACK),
            row(
                            "eptp-reserved",
                            "EPT pointer: reserved bits",
                            "if \"enable EPT\" is 1, bits 11:8 are 0 and no bit is beyond the physical-address width",
                            ExecutionControlChecks::eptpReserved)
                    .on(EPT_POINTER, ~0xffL)
                    .on(SecondaryProcessorBased.ENABLE_EPT)
                    .remedy(EPT_POINTER, f -> f.physical(EPT_POINTER, EPTP_RESERVED)),
            row(
                            "pml-needs-ept",
                            "Page-modification logging and EPT",
                            "if \"enable PML\" is 1, \"enable EPT\" is 1",
                            ExecutionControlChecks::pmlNeedsEpt)
                    .on(SecondaryProcessorBased.ENABLE_PML, SecondaryProcessorBased.ENABLE_EPT),
            row(
                            "pml-address",
                            "PML address",
                            "if \"enable PML\" is 1, bits 11:0 are 0 and no bit is beyond the physical-address width",
                            ExecutionControlChecks::pmlAddress)
                    .on(PML_ADDRESS)
                    .on(SecondaryProcessorBased.ENABLE_PML)
                    .remedy(PML_ADDRESS, f -> f.physical(PML_ADDRESS, PAGE)),
            row(
                            "unrestricted-guest-needs-ept",
                            "Unrestricted guest, mode-based execute control and EPT",
                            "if \"unrestricted guest\" or \"mode-based execute control for EPT\" is 1, \"enable EPT\" is 1",
                            ExecutionControlChecks::needEpt)
                    .on(
                            SecondaryProcessorBased.ENABLE_EPT,
                            SecondaryProcessorBased.UNRESTRICTED_GUEST,
                            SecondaryProcessorBased.MODE_BASED_EXECUTE_CONTROL_FOR_EPT),
            row(
                            "sub-page-needs-ept",
                            "Sub-page write permissions and EPT",
                            "if \"sub-page write permissions for EPT\" is 1, \"enable EPT\" is 1",
                            ExecutionControlChecks::subPagesNeedEpt)
                    .on(SecondaryProcessorBased.ENABLE_EPT, SecondaryProcessorBased.SUB_PAGE_WRITE_PERMISSIONS_FOR_EPT),
            row(
                            "sub-page-pointer",
                            "Sub-page-permission-table pointer",
                            "if \"sub-page write permissions for EPT\" is 1, bits 11:0 are 0 and no bit is beyond the"
                                    + " physical-address width",
                            ExecutionControlChecks::subPagePointer)
                    .on(SUB_PAGE_PERMISSION_TABLE_POINTER)
                    .on(SecondaryProcessorBased.SUB_PAGE_WRITE_PERMISSIONS_FOR_EPT)
                    .remedy(
                            SUB_PAGE_PERMISSION_TABLE_POINTER,
                            f -> f.physical(SUB_PAGE_PERMISSION_TABLE_POINTER, PAGE)),
            row(
                            "vm-functions-reserved",
                            "Reserved bits of the VM-function controls",
                            "if \"enable VM functions\" is 1, each control has a setting that IA32_VMX_VMFUNC allows",
                            ExecutionControlChecks::vmFunctions)
                    .on(VM_FUNCTION_CONTROLS)
                    .on(SecondaryProcessorBased.ENABLE_VM_FUNCTIONS)
                    .remedy(VM_FUNCTION_CONTROLS, f -> allowed(f, VM_FUNCTION_CONTROLS)),
            row(
                            "eptp-switching-needs-ept",
                            "EPTP switching and EPT",
                            "if \"enable VM functions\" and \"EPTP switching\" are 1, \"enable EPT\" is 1",
                            ExecutionControlChecks::switchingNeedsEpt)
                    .on(
                            SecondaryProcessorBased.ENABLE_EPT,
                            SecondaryProcessorBased.ENABLE_VM_FUNCTIONS,
                            VmFunctions.EPTP_SWITCHING),
            row(
                            "eptp-list-address",
                            "EPTP-list address",
                            "if \"enable VM functions\" and \"EPTP switching\" are 1, bits 11:0 are 0 and no bit is beyond"
                                    + " the physical-address width",
                            ExecutionControlChecks::eptpList)
                    .on(EPTP_LIST_ADDRESS)
                    .on(SecondaryProcessorBased.ENABLE_VM_FUNCTIONS, VmFunctions.EPTP_SWITCHING)
                    .remedy(EPTP_LIST_ADDRESS, f -> f.physical(EPTP_LIST_ADDRESS, PAGE)),
            row(
                            "vmread-bitmap",
                            "VMREAD-bitmap address",
                            "if \"VMCS shadowing\" is 1, bits 11:0 are 0 and no bit is beyond the physical-address width",
                            ExecutionControlChecks::vmreadBitmap)
                    .on(VMREAD_BITMAP_ADDRESS)
                    .on(SecondaryProcessorBased.VMCS_SHADOWING)
                    .remedy(VMREAD_BITMAP_ADDRESS, f -> f.physical(VMREAD_BITMAP_ADDRESS, PAGE)),
            row(
                            "vmwrite-bitmap",
                            "VMWRITE-bitmap address",
                            "if \"VMCS shadowing\" is 1, bits 11:0 are 0 and no bit is beyond the physical-address width",
                            ExecutionControlChecks::vmwriteBitmap)
                    .on(VMWRITE_BITMAP_ADDRESS)
                    .on(SecondaryProcessorBased.VMCS_SHADOWING)
                    .remedy(VMWRITE_BITMAP_ADDRESS, f -> f.physical(VMWRITE_BITMAP_ADDRESS, PAGE)),
            row(
                            "ve-information-address",
                            "Virtualization-exception information address",
                            "if \"EPT-violation #VE\" is 1, bits 11:0 are 0 and no bit is beyond the physical-address width",
                            ExecutionControlChecks::veInformation)
                    .on(VIRTUALIZATION_EXCEPTION_INFORMATION_ADDRESS)
                    .on(SecondaryProcessorBased.EPT_VIOLATION_VE)
                    .remedy(
                            VIRTUALIZATION_EXCEPTION_INFORMATION_ADDRESS,
                            f -> f.physical(VIRTUALIZATION_EXCEPTION_INFORMATION_ADDRESS, PAGE)),
            row(
                            "pt-guest-physical",
                            "Intel PT with guest-physical addresses",
                            "if \"Intel PT uses guest physical addresses\" is 1, \"enable EPT\", \"load IA32_RTIT_CTL\" and"
                                    + " \"clear IA32_RTIT_CTL\" are 1",
                            ExecutionControlChecks::processorTrace)
                    .on(
                            SecondaryProcessorBased.INTEL_PT_USES_GUEST_PHYSICAL_ADDRESSES,
                            SecondaryProcessorBased.ENABLE_EPT,
                            EntryControls.LOAD_IA32_RTIT_CTL,
                            ExitControls.CLEAR_IA32_RTIT_CTL),
            row(
                            "pasid-directories",
                            "PASID directory addresses",
                            "if \"PASID translation\" is 1, bits 11:0 of both are 0 and no bit is beyond the physical-address"
                                    + " width",
                            ExecutionControlChecks::pasid)
                    .on(LOW_PASID_DIRECTORY_ADDRESS, HIGH_PASID_DIRECTORY_ADDRESS)
                    .on(SecondaryProcessorBased.PASID_TRANSLATION)
                    .remedy(LOW_PASID_DIRECTORY_ADDRESS, f -> f.physical(LOW_PASID_DIRECTORY_ADDRESS, PAGE))
                    .remedy(HIGH_PASID_DIRECTORY_ADDRESS, f -> f.physical(HIGH_PASID_DIRECTORY_ADDRESS, PAGE)),
            row(
                            "hlat-needs-ept",
                            "HLAT, EPT paging-write control, guest-paging verification and EPT",
                            "if \"enable HLAT\", \"EPT paging-write control\" or \"guest-paging verification\" is 1,"
                                    + " \"enable EPT\" is 1",
                            ExecutionControlChecks::hlatNeedsEpt)
                    .on(
                            SecondaryProcessorBased.ENABLE_EPT,
                            TertiaryProcessorBased.ENABLE_HLAT,
                            TertiaryProcessorBased.EPT_PAGING_WRITE_CONTROL,
                            TertiaryProcessorBased.GUEST_PAGING_VERIFICATION),
            row(
                            "hlat-pointer",
                            "Hypervisor-managed linear-address translation pointer",
                            "if \"enable HLAT\" is 1, bits 2:0 and 11:5 are 0 and no bit is beyond the physical-address"
                                    + " width",
                            ExecutionControlChecks::hlatPointer)
                    .on(HLAT_POINTER)
                    .on(TertiaryProcessorBased.ENABLE_HLAT)
                    .remedy(HLAT_POINTER, f -> f.physical(HLAT_POINTER, 0xfe7)),
            row(
                            "pid-pointer-table",
                            "PID-pointer table address",
                            "if \"IPI virtualization\" is 1, bits 2:0 are 0 and no bit is beyond the physical-address width",
                            ExecutionControlChecks::pidPointers)
                    .on(PID_POINTER_TABLE_ADDRESS)
                    .on(TertiaryProcessorBased.IPI_VIRTUALIZATION)
                    .remedy(PID_POINTER_TABLE_ADDRESS, f -> f.physical(PID_POINTER_TABLE_ADDRESS, 7)));

    private ExecutionControlChecks() {}

    /** All but those of {@link #tprThresholdHolds}: the same predicates, for a compiler to see through. */
    static boolean hold(Facts f) {
        return controls(f) && bitmapsAndApic(f) && posted(f) && ept(f) && other(f);
    }

    /** Those that look at what changes from entry to entry: the TPR threshold, and VTPR in memory. */
    static boolean tprThresholdHolds(Facts f) {
        return tprThresholdReserved(f) && tprThreshold(f);
    }

    private static boolean controls(Facts f) {
        return pinBased(f) && primary(f) && secondary(f) && tertiary(f) && cr3Targets(f);
    }

    private static boolean bitmapsAndApic(Facts f) {
        return ioBitmapA(f)
                && ioBitmapB(f)
                && msrBitmaps(f)
                && virtualApic(f)
                && virtualNmis(f)
                && nmiWindow(f)
                && apicAccess(f)
                && apicNeedsTprShadow(f)
                && x2apic(f)
                && virtualInterrupts(f);
    }

    private static boolean posted(Facts f) {
        return postedDelivery(f) && postedAcknowledge(f) && postedVector(f) && postedDescriptor(f);
    }

    private static boolean ept(Facts f) {
        return vpid(f)
                && eptpMemoryType(f)
                && eptpWalkLength(f)
                && eptpAccessedDirty(f)
                && eptpShadowStack(f)
                && eptpReserved(f)
                && pmlNeedsEpt(f)
                && pmlAddress(f)
                && needEpt(f);
    }

    private static boolean other(Facts f) {
        return subPagesNeedEpt(f)
                && subPagePointer(f)
                && vmFunctions(f)
                && switchingNeedsEpt(f)
                && eptpList(f)
                && vmreadBitmap(f)
                && vmwriteBitmap(f)
                && veInformation(f)
                && processorTrace(f)
                && pasid(f)
                && hlatNeedsEpt(f)
                && hlatPointer(f)
                && pidPointers(f);
    }

    /** A field of controls with every setting made one that is allowed. */
    static long allowed(Facts f, VmcsField controls) {
        return (f.get(controls) | f.capabilities.mustBeOne(controls)) & f.capabilities.mayBeOne(controls);
    }

    /** Whether all that must be 1 is, and nothing is that must be 0. */
    static boolean isAllowed(long value, long mustBeOne, long mayBeOne) {
        return (mustBeOne & ~value) == 0 && (value & ~mayBeOne) == 0;
    }

    private static boolean pinBased(Facts f) {
        return isAllowed(f.pinBased(), f.capabilities.pinBasedMustBeOne, f.capabilities.pinBasedMayBeOne);
    }

    private static boolean primary(Facts f) {
        return isAllowed(f.primary(), f.capabilities.primaryMustBeOne, f.capabilities.primaryMayBeOne);
    }

    private static boolean secondary(Facts f) {
        return (f.secondary() & ~f.capabilities.secondaryMayBeOne) == 0;
    }

    private static boolean tertiary(Facts f) {
        return (f.tertiary() & ~f.capabilities.tertiaryMayBeOne) == 0;
    }

    private static boolean cr3Targets(Facts f) {
        return f.get(CR3_TARGET_COUNT) <= f.capabilities.cr3Targets();
    }

    private static boolean ioBitmapA(Facts f) {
        return !f.is(PrimaryProcessorBased.USE_I_O_BITMAPS) || f.isPhysical(IO_BITMAP_A_ADDRESS, PAGE);
    }

    private static boolean ioBitmapB(Facts f) {
        return !f.is(PrimaryProcessorBased.USE_I_O_BITMAPS) || f.isPhysical(IO_BITMAP_B_ADDRESS, PAGE);
    }

    private static boolean msrBitmaps(Facts f) {
        return !f.is(PrimaryProcessorBased.USE_MSR_BITMAPS) || f.isPhysical(MSR_BITMAPS_ADDRESS, PAGE);
    }

    private static boolean virtualApic(Facts f) {
        return !f.is(PrimaryProcessorBased.USE_TPR_SHADOW) || f.isPhysical(VIRTUAL_APIC_ADDRESS, PAGE);
    }

    private static boolean tprThresholdReserved(Facts f) {
        return !f.is(PrimaryProcessorBased.USE_TPR_SHADOW)
                || f.is(SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY)
                || f.get(TPR_THRESHOLD) >>> 4 == 0;
    }

    private static boolean tprThreshold(Facts f) {
        if (!f.is(PrimaryProcessorBased.USE_TPR_SHADOW)
                || f.is(SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES)
                || f.is(SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY)) {
            return true;
        }
        long threshold = f.get(TPR_THRESHOLD) & 0xf;
        return threshold == 0
                || threshold
                        <= ((f.memory(f.get(VIRTUAL_APIC_ADDRESS) + 0x80, 4, "VTPR in the virtual-APIC page") >>> 4)
                                & 0xf);
    }

    private static boolean virtualNmis(Facts f) {
        return f.is(PinBased.NMI_EXITING) || !f.is(PinBased.VIRTUAL_NMIS);
    }

    private static boolean nmiWindow(Facts f) {
        return f.is(PinBased.VIRTUAL_NMIS) || !f.is(PrimaryProcessorBased.NMI_WINDOW_EXITING);
    }

    private static boolean apicAccess(Facts f) {
        return !f.is(SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES) || f.isPhysical(APIC_ACCESS_ADDRESS, PAGE);
    }

    private static boolean apicNeedsTprShadow(Facts f) {
        return f.is(PrimaryProcessorBased.USE_TPR_SHADOW)
                || (f.secondary()
                                & (SecondaryProcessorBased.VIRTUALIZE_X2APIC_MODE.mask
                                        | SecondaryProcessorBased.APIC_REGISTER_VIRTUALIZATION.mask
                                        | SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY.mask))
                        == 0;
    }

    private static boolean x2apic(Facts f) {
        return !f.is(SecondaryProcessorBased.VIRTUALIZE_X2APIC_MODE)
                || !f.is(SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES);
    }

    private static boolean virtualInterrupts(Facts f) {
        return !f.is(SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY) || f.is(PinBased.EXTERNAL_INTERRUPT_EXITING);
    }

    private static boolean postedDelivery(Facts f) {
        return !f.is(PinBased.PROCESS_POSTED_INTERRUPTS) || f.is(SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY);
    }

    private static boolean postedAcknowledge(Facts f) {
        return !f.is(PinBased.PROCESS_POSTED_INTERRUPTS) || f.is(ExitControls.ACKNOWLEDGE_INTERRUPT_ON_EXIT);
    }

    private static boolean postedVector(Facts f) {
        return !f.is(PinBased.PROCESS_POSTED_INTERRUPTS) || f.get(POSTED_INTERRUPT_NOTIFICATION_VECTOR) <= 0xff;
    }

    private static boolean postedDescriptor(Facts f) {
        return !f.is(PinBased.PROCESS_POSTED_INTERRUPTS) || f.isPhysical(POSTED_INTERRUPT_DESCRIPTOR_ADDRESS, 0x3f);
    }

    private static boolean vpid(Facts f) {
        return !f.is(SecondaryProcessorBased.ENABLE_VPID) || f.get(VPID) != 0;
    }

    private static boolean eptpMemoryType(Facts f) {
        if (!f.is(SecondaryProcessorBased.ENABLE_EPT)) {
            return true;
        }
        long type = f.get(EPT_POINTER) & 7;
        return (type == 0 && (f.capabilities.eptVpid & Capability.EPT_UNCACHEABLE.mask()) != 0)
                || (type == WRITE_BACK && (f.capabilities.eptVpid & Capability.EPT_WRITE_BACK.mask()) != 0);
    }

    private static boolean eptpWalkLength(Facts f) {
        if (!f.is(SecondaryProcessorBased.ENABLE_EPT)) {
            return true;
        }
        long levels = (f.get(EPT_POINTER) & WALK_LENGTH) >>> 3;
        return (levels == 3 && (f.capabilities.eptVpid & Capability.EPT_WALK_LENGTH_4.mask()) != 0)
                || (levels == 4 && (f.capabilities.eptVpid & Capability.EPT_WALK_LENGTH_5.mask()) != 0);
    }

    private static boolean eptpAccessedDirty(Facts f) {
        return !f.is(SecondaryProcessorBased.ENABLE_EPT)
                || (f.capabilities.eptVpid & Capability.EPT_ACCESSED_AND_DIRTY.mask()) != 0
                || (f.get(EPT_POINTER) & ACCESSED_AND_DIRTY) == 0;
    }

    private static boolean eptpShadowStack(Facts f) {
        return !f.is(SecondaryProcessorBased.ENABLE_EPT)
                || (f.capabilities.eptVpid & Capability.EPT_SUPERVISOR_SHADOW_STACK.mask()) != 0
                || (f.get(EPT_POINTER) & SHADOW_STACK) == 0;
    }

    private static boolean eptpReserved(Facts f) {
        return !f.is(SecondaryProcessorBased.ENABLE_EPT) || f.isPhysical(EPT_POINTER, EPTP_RESERVED);
    }

    private static boolean pmlNeedsEpt(Facts f) {
        return !f.is(SecondaryProcessorBased.ENABLE_PML) || f.is(SecondaryProcessorBased.ENABLE_EPT);
    }

    private static boolean pmlAddress(Facts f) {
        return !f.is(SecondaryProcessorBased.ENABLE_PML) || f.isPhysical(PML_ADDRESS, PAGE);
    }

    private static boolean needEpt(Facts f) {
        return f.is(SecondaryProcessorBased.ENABLE_EPT)
                || !(f.is(SecondaryProcessorBased.UNRESTRICTED_GUEST)
                        || f.is(SecondaryProcessorBased.MODE_BASED_EXECUTE_CONTROL_FOR_EPT));
    }

    private static boolean subPagesNeedEpt(Facts f) {
        return !f.is(SecondaryProcessorBased.SUB_PAGE_WRITE_PERMISSIONS_FOR_EPT)
                || f.is(SecondaryProcessorBased.ENABLE_EPT);
    }

    private static boolean subPagePointer(Facts f) {
        return !f.is(SecondaryProcessorBased.SUB_PAGE_WRITE_PERMISSIONS_FOR_EPT)
                || f.isPhysical(SUB_PAGE_PERMISSION_TABLE_POINTER, PAGE);
    }

    private static boolean vmFunctions(Facts f) {
        return !f.is(SecondaryProcessorBased.ENABLE_VM_FUNCTIONS)
                || (f.get(VM_FUNCTION_CONTROLS) & ~f.capabilities.vmFunctionsMayBeOne) == 0;
    }

    private static boolean switchesEptps(Facts f) {
        return f.is(SecondaryProcessorBased.ENABLE_VM_FUNCTIONS)
                && (f.get(VM_FUNCTION_CONTROLS) & VmFunctions.EPTP_SWITCHING.mask) != 0;
    }

    private static boolean switchingNeedsEpt(Facts f) {
        return f.is(SecondaryProcessorBased.ENABLE_EPT) || !switchesEptps(f);
    }

    private static boolean eptpList(Facts f) {
        return !switchesEptps(f) || f.isPhysical(EPTP_LIST_ADDRESS, PAGE);
    }

    private static boolean vmreadBitmap(Facts f) {
        return !f.is(SecondaryProcessorBased.VMCS_SHADOWING) || f.isPhysical(VMREAD_BITMAP_ADDRESS, PAGE);
    }

    private static boolean vmwriteBitmap(Facts f) {
        return !f.is(SecondaryProcessorBased.VMCS_SHADOWING) || f.isPhysical(VMWRITE_BITMAP_ADDRESS, PAGE);
    }

    private static boolean veInformation(Facts f) {
        return !f.is(SecondaryProcessorBased.EPT_VIOLATION_VE)
                || f.isPhysical(VIRTUALIZATION_EXCEPTION_INFORMATION_ADDRESS, PAGE);
    }

    private static boolean processorTrace(Facts f) {
        return !f.is(SecondaryProcessorBased.INTEL_PT_USES_GUEST_PHYSICAL_ADDRESSES)
                || (f.is(SecondaryProcessorBased.ENABLE_EPT)
                        && f.is(EntryControls.LOAD_IA32_RTIT_CTL)
                        && f.is(ExitControls.CLEAR_IA32_RTIT_CTL));
    }

    private static boolean pasid(Facts f) {
        return !f.is(SecondaryProcessorBased.PASID_TRANSLATION)
                || (f.isPhysical(LOW_PASID_DIRECTORY_ADDRESS, PAGE)
                        && f.isPhysical(HIGH_PASID_DIRECTORY_ADDRESS, PAGE));
    }

    private static boolean hlatNeedsEpt(Facts f) {
        return f.is(SecondaryProcessorBased.ENABLE_EPT)
                || (f.tertiary()
                                & (TertiaryProcessorBased.ENABLE_HLAT.mask
                                        | TertiaryProcessorBased.EPT_PAGING_WRITE_CONTROL.mask
                                        | TertiaryProcessorBased.GUEST_PAGING_VERIFICATION.mask))
                        == 0;
    }

    private static boolean hlatPointer(Facts f) {
        return !f.is(TertiaryProcessorBased.ENABLE_HLAT) || f.isPhysical(HLAT_POINTER, 0xfe7);
    }

    private static boolean pidPointers(Facts f) {
        return !f.is(TertiaryProcessorBased.IPI_VIRTUALIZATION) || f.isPhysical(PID_POINTER_TABLE_ADDRESS, 7);
    }
}
