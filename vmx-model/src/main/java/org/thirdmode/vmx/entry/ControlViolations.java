package org.thirdmode.vmx.entry;

import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import org.thirdmode.vmx.entry.ValidVmcs.Shape;
import org.thirdmode.vmx.entry.Violations.Case;
import org.thirdmode.vmx.vmcs.ControlBit;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryExitControls;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.TertiaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmFunctions;
import org.thirdmode.vmx.vmcs.VmcsField;

/** The checks of the controls. SDM 3C "Checks on VMX Controls". */
final class ControlViolations extends ViolationRows {
    ControlViolations() {
        executionControls();
        apicAndInterrupts();
        exitAndEntryControls();
        injection();
    }

    private void executionControls() {
        add("pin-based-controls", Shape.LONG, (v, r) -> v.and(VmcsField.PIN_BASED_CONTROLS, ~0x10L));
        add("primary-controls", Shape.LONG, (v, r) -> v.or(VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS, 1 << 18));
        add(
                "secondary-controls",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS, 1 << 29),
                PrimaryProcessorBased.ACTIVATE_SECONDARY_CONTROLS);
        add(
                "tertiary-controls",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.TERTIARY_PROCESSOR_BASED_CONTROLS, 1L << (9 + r.nextInt(55))),
                PrimaryProcessorBased.ACTIVATE_TERTIARY_CONTROLS);
        add("cr3-target-count", Shape.LONG, (v, r) -> v.put(VmcsField.CR3_TARGET_COUNT, 5 + r.nextInt(1000)));
        address("io-bitmap-a", VmcsField.IO_BITMAP_A_ADDRESS, 12, PrimaryProcessorBased.USE_I_O_BITMAPS);
        address("io-bitmap-b", VmcsField.IO_BITMAP_B_ADDRESS, 12, PrimaryProcessorBased.USE_I_O_BITMAPS);
        address("msr-bitmaps", VmcsField.MSR_BITMAPS_ADDRESS, 12, PrimaryProcessorBased.USE_MSR_BITMAPS);
        add("vpid", Shape.LONG, (v, r) -> v.put(VmcsField.VPID, 0), SecondaryProcessorBased.ENABLE_VPID);
        ControlBit ept = SecondaryProcessorBased.ENABLE_EPT;
        add(
                "eptp-memory-type",
                Shape.LONG,
                (v, r) -> v.put(VmcsField.EPT_POINTER, (v.get(VmcsField.EPT_POINTER) & ~7L) | (1 + r.nextInt(5))),
                ept);
        add(
                "eptp-walk-length",
                Shape.LONG,
                (v, r) -> v.put(VmcsField.EPT_POINTER, (v.get(VmcsField.EPT_POINTER) & ~0x38L) | (r.nextInt(3) << 3)),
                ept);
        add("eptp-accessed-dirty", NEHALEM, Shape.LONG, (v, r) -> v.or(VmcsField.EPT_POINTER, 0x40), ept);
        add("eptp-shadow-stack", GENERIC, Shape.LONG, (v, r) -> v.or(VmcsField.EPT_POINTER, 0x80), ept);
        add(
                "eptp-reserved",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.EPT_POINTER, r.nextBoolean() ? BEYOND : 1L << (8 + r.nextInt(4))),
                ept);
        needsEpt("pml-needs-ept", SecondaryProcessorBased.ENABLE_PML);
        address("pml-address", VmcsField.PML_ADDRESS, 12, SecondaryProcessorBased.ENABLE_PML);
        needsEpt("unrestricted-guest-needs-ept", SecondaryProcessorBased.UNRESTRICTED_GUEST);
        needsEpt("sub-page-needs-ept", SecondaryProcessorBased.SUB_PAGE_WRITE_PERMISSIONS_FOR_EPT);
        address(
                "sub-page-pointer",
                VmcsField.SUB_PAGE_PERMISSION_TABLE_POINTER,
                12,
                SecondaryProcessorBased.SUB_PAGE_WRITE_PERMISSIONS_FOR_EPT);
        add(
                "vm-functions-reserved",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.VM_FUNCTION_CONTROLS, 1L << (1 + r.nextInt(63))),
                SecondaryProcessorBased.ENABLE_VM_FUNCTIONS);
        needsEpt("eptp-switching-needs-ept", VmFunctions.EPTP_SWITCHING);
        address("eptp-list-address", VmcsField.EPTP_LIST_ADDRESS, 12, VmFunctions.EPTP_SWITCHING);
        address("vmread-bitmap", VmcsField.VMREAD_BITMAP_ADDRESS, 12, SecondaryProcessorBased.VMCS_SHADOWING);
        address("vmwrite-bitmap", VmcsField.VMWRITE_BITMAP_ADDRESS, 12, SecondaryProcessorBased.VMCS_SHADOWING);
        address(
                "ve-information-address",
                VmcsField.VIRTUALIZATION_EXCEPTION_INFORMATION_ADDRESS,
                12,
                SecondaryProcessorBased.EPT_VIOLATION_VE);
        add(
                "pt-guest-physical",
                Shape.LONG,
                (v, r) -> v.and(VmcsField.PRIMARY_EXIT_CONTROLS, ~ExitControls.CLEAR_IA32_RTIT_CTL.mask),
                SecondaryProcessorBased.INTEL_PT_USES_GUEST_PHYSICAL_ADDRESSES);
        address(
                "pasid-directories",
                VmcsField.HIGH_PASID_DIRECTORY_ADDRESS,
                12,
                SecondaryProcessorBased.PASID_TRANSLATION);
        needsEpt("hlat-needs-ept", TertiaryProcessorBased.ENABLE_HLAT);
        add(
                "hlat-pointer",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.HLAT_POINTER, r.nextBoolean() ? BEYOND : 1L << (5 + r.nextInt(7))),
                TertiaryProcessorBased.ENABLE_HLAT);
        address("pid-pointer-table", VmcsField.PID_POINTER_TABLE_ADDRESS, 3, TertiaryProcessorBased.IPI_VIRTUALIZATION);
    }

    /** A control that is 1 while "enable EPT" is 0; whatever else needs EPT is 0. */
    private void needsEpt(String id, ControlBit control) {
        add(
                id,
                Shape.LONG,
                (v, r) -> {
                    long others = SecondaryProcessorBased.UNRESTRICTED_GUEST.mask
                            | SecondaryProcessorBased.ENABLE_PML.mask
                            | SecondaryProcessorBased.MODE_BASED_EXECUTE_CONTROL_FOR_EPT.mask
                            | SecondaryProcessorBased.SUB_PAGE_WRITE_PERMISSIONS_FOR_EPT.mask
                            | SecondaryProcessorBased.INTEL_PT_USES_GUEST_PHYSICAL_ADDRESSES.mask
                            | SecondaryProcessorBased.ENABLE_EPT.mask;
                    v.and(VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS, ~others);
                    v.put(VmcsField.TERTIARY_PROCESSOR_BASED_CONTROLS, 0);
                    v.put(VmcsField.VM_FUNCTION_CONTROLS, 0);
                    v.or(control.field(), control.mask());
                },
                control);
    }

    private void apicAndInterrupts() {
        ControlBit shadow = PrimaryProcessorBased.USE_TPR_SHADOW;
        address("virtual-apic-address", VmcsField.VIRTUAL_APIC_ADDRESS, 7, shadow);
        cases.computeIfPresent(
                "virtual-apic-address",
                (id, old) -> new Case(ANY, Shape.LONG, new ControlBit[] {shadow}, (v, r) -> {
                    v.put(VmcsField.TPR_THRESHOLD, 0);
                    old.damage().accept(v, r);
                }));
        BiConsumer<ValidVmcs, Random> noDelivery = (v, r) -> {
            v.and(
                    VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS,
                    ~(SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY.mask
                            | SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES.mask));
            v.and(VmcsField.PIN_BASED_CONTROLS, ~PinBased.PROCESS_POSTED_INTERRUPTS.mask);
        };
        add(
                "tpr-threshold-reserved",
                Shape.LONG,
                (v, r) -> {
                    noDelivery.accept(v, r);
                    v.or(VmcsField.TPR_THRESHOLD, 1L << (4 + r.nextInt(28)));
                },
                shadow);
        add(
                "tpr-threshold-vtpr",
                Shape.LONG,
                (v, r) -> {
                    noDelivery.accept(v, r);
                    v.put(VmcsField.TPR_THRESHOLD, 1 + r.nextInt(15));
                    v.memory.write(v.get(VmcsField.VIRTUAL_APIC_ADDRESS) + 0x80, 4, 0xf);
                },
                shadow);
        add(
                "virtual-nmis",
                Shape.LONG,
                (v, r) -> v.and(VmcsField.PIN_BASED_CONTROLS, ~PinBased.NMI_EXITING.mask),
                PinBased.VIRTUAL_NMIS);
        add(
                "nmi-window-exiting",
                Shape.LONG,
                (v, r) -> v.and(VmcsField.PIN_BASED_CONTROLS, ~PinBased.VIRTUAL_NMIS.mask),
                PrimaryProcessorBased.NMI_WINDOW_EXITING);
        address(
                "apic-access-address",
                VmcsField.APIC_ACCESS_ADDRESS,
                12,
                SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES);
        cases.computeIfPresent(
                "apic-access-address",
                (id, old) -> new Case(ANY, Shape.LONG, old.on(), (v, r) -> {
                    v.and(
                            VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS,
                            ~SecondaryProcessorBased.VIRTUALIZE_X2APIC_MODE.mask);
                    v.or(
                            VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS,
                            SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES.mask);
                    old.damage().accept(v, r);
                }));
        add(
                "apic-needs-tpr-shadow",
                Shape.LONG,
                (v, r) -> v.and(VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS, ~PrimaryProcessorBased.USE_TPR_SHADOW.mask),
                SecondaryProcessorBased.APIC_REGISTER_VIRTUALIZATION);
        add(
                "x2apic-or-apic-accesses",
                Shape.LONG,
                (v, r) -> v.or(
                        VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS,
                        SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES.mask),
                SecondaryProcessorBased.VIRTUALIZE_X2APIC_MODE);
        add(
                "virtual-interrupt-delivery",
                Shape.LONG,
                (v, r) -> v.and(VmcsField.PIN_BASED_CONTROLS, ~PinBased.EXTERNAL_INTERRUPT_EXITING.mask),
                SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY);
        ControlBit posted = PinBased.PROCESS_POSTED_INTERRUPTS;
        add(
                "posted-interrupts-delivery",
                Shape.LONG,
                (v, r) -> {
                    v.put(VmcsField.TPR_THRESHOLD, 0);
                    v.and(
                            VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS,
                            ~SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY.mask);
                },
                posted);
        add(
                "posted-interrupts-acknowledge",
                Shape.LONG,
                (v, r) -> v.and(VmcsField.PRIMARY_EXIT_CONTROLS, ~ExitControls.ACKNOWLEDGE_INTERRUPT_ON_EXIT.mask),
                posted);
        add(
                "posted-interrupts-vector",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.POSTED_INTERRUPT_NOTIFICATION_VECTOR, 0x100 << r.nextInt(8)),
                posted);
        address("posted-interrupts-descriptor", VmcsField.POSTED_INTERRUPT_DESCRIPTOR_ADDRESS, 6, posted);
    }

    private void exitAndEntryControls() {
        add("exit-controls", Shape.LONG, (v, r) -> v.and(VmcsField.PRIMARY_EXIT_CONTROLS, ~1L));
        add(
                "secondary-exit-controls",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.SECONDARY_EXIT_CONTROLS, 1L << (4 + r.nextInt(60))),
                SecondaryExitControls.PREMATURELY_BUSY_SHADOW_STACK);
        add(
                "save-preemption-timer",
                Shape.LONG,
                (v, r) -> v.and(VmcsField.PIN_BASED_CONTROLS, ~PinBased.ACTIVATE_VMX_PREEMPTION_TIMER.mask),
                ExitControls.SAVE_VMX_PREEMPTION_TIMER_VALUE);
        area("exit-msr-store", VmcsField.VM_EXIT_MSR_STORE_ADDRESS, VmcsField.VM_EXIT_MSR_STORE_COUNT);
        area("exit-msr-load", VmcsField.VM_EXIT_MSR_LOAD_ADDRESS, VmcsField.VM_EXIT_MSR_LOAD_COUNT);
        add("entry-controls", Shape.LONG, (v, r) -> v.or(VmcsField.ENTRY_CONTROLS, 1L << (25 + r.nextInt(7))));
        area("entry-msr-load", VmcsField.VM_ENTRY_MSR_LOAD_ADDRESS, VmcsField.VM_ENTRY_MSR_LOAD_COUNT);
        add(
                "entry-to-smm",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.ENTRY_CONTROLS, EntryControls.DEACTIVATE_DUAL_MONITOR_TREATMENT.mask));
    }

    private void area(String id, VmcsField address, VmcsField count) {
        add(id + "-address", Shape.LONG, (v, r) -> {
            v.put(count, 1 + r.nextInt(3));
            v.or(address, r.nextBoolean() ? BEYOND : 1L << r.nextInt(4));
        });
        add(id + "-end", Shape.LONG, (v, r) -> {
            v.put(count, 2 + r.nextInt(100));
            v.put(address, (1L << ValidVmcs.WIDTH) - 16);
        });
    }

    private void injection() {
        add("injection-type", Shape.LONG, inject(0x130));
        add(
                "injection-vector",
                Shape.LONG,
                (v, r) -> inject(r.nextBoolean() ? 0x203 : 0x330).accept(v, r));
        add(
                "injection-error-code-flag",
                STRICT,
                Shape.LONG,
                (v, r) -> inject(List.of(0x30dL, 0xb03L, 0xa02L, 0xc80L).get(r.nextInt(4)))
                        .accept(v, r));
        add(
                "injection-reserved",
                Shape.LONG,
                (v, r) -> inject(0x306 | (1L << (12 + r.nextInt(19)))).accept(v, r));
        add("injection-error-code", Shape.LONG, (v, r) -> {
            inject(0xb0d).accept(v, r);
            v.put(VmcsField.VM_ENTRY_EXCEPTION_ERROR_CODE, 1L << (16 + r.nextInt(16)));
        });
        add("injection-length", STRICT, Shape.LONG, (v, r) -> {
            inject(0x480).accept(v, r);
            v.put(VmcsField.VM_ENTRY_INSTRUCTION_LENGTH, r.nextBoolean() ? 0 : 16 + r.nextInt(100));
        });
    }
}
