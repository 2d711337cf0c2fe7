package org.thirdmode.vmx.entry;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.BiConsumer;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.capability.VmxProfile;
import org.thirdmode.vmx.entry.ValidVmcs.Shape;
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
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Rflags;

/** For each check one way, or a random choice of ways, to violate it and no other. */
public final class Violations {
    private static final VmxCapabilities ANY =
            VmxProfile.manual(false).getFirst().capabilities();
    private static final VmxCapabilities STRICT =
            VmxProfile.manual(false).getLast().capabilities();
    private static final VmxCapabilities NEHALEM =
            VmxProfile.named().get("nehalem").capabilities();
    private static final VmxCapabilities GENERIC =
            VmxProfile.named().get("generic").modelled();

    private static final long VALID = 1L << 31;
    private static final long BEYOND = 1L << 51;
    private static final long NOT_CANONICAL = 1L << 55;
    private static final List<String> CODE_AND_DATA = List.of("cs", "ss", "ds", "es", "fs", "gs");

    private final Map<String, Case> cases = new LinkedHashMap<>();

    /** How one check is violated. */
    public record Case(VmxCapabilities processor, Shape shape, ControlBit[] on, BiConsumer<ValidVmcs, Random> damage) {
        /** A structure that violates the check. */
        public ValidVmcs make(Random random) {
            ValidVmcs vmcs = new ValidVmcs(random, processor, shape, on);
            damage.accept(vmcs, random);
            return vmcs;
        }
    }

    private Violations() {
        executionControls();
        apicAndInterrupts();
        exitAndEntryControls();
        injection();
        host();
        guestRegisters();
        segments();
        accessRights();
        systemSegments();
        tablesAndFlags();
        nonRegister();
    }

    /** By the id of the check. */
    public static Map<String, Case> byCheck() {
        return new Violations().cases;
    }

    private void add(String id, Shape shape, BiConsumer<ValidVmcs, Random> damage, ControlBit... on) {
        add(id, ANY, shape, damage, on);
    }

    private void add(
            String id, VmxCapabilities processor, Shape shape, BiConsumer<ValidVmcs, Random> damage, ControlBit... on) {
        if (cases.put(id, new Case(processor, shape, on, damage)) != null) {
            throw new IllegalStateException(id + " twice");
        }
    }

    private static VmcsField field(String segment, String part) {
        return VmcsField.valueOf("GUEST_" + segment.toUpperCase(Locale.ROOT) + "_" + part);
    }

    /** An address that is not aligned or lies beyond the width. */
    private void address(String id, VmcsField field, int alignment, ControlBit... on) {
        add(
                id,
                Shape.LONG,
                (v, r) -> v.or(
                        field, r.nextBoolean() ? 1L << (ValidVmcs.WIDTH + r.nextInt(12)) : 1L << r.nextInt(alignment)),
                on);
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
                    old.damage.accept(v, r);
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
                (id, old) -> new Case(ANY, Shape.LONG, old.on, (v, r) -> {
                    v.and(
                            VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS,
                            ~SecondaryProcessorBased.VIRTUALIZE_X2APIC_MODE.mask);
                    v.or(
                            VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS,
                            SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES.mask);
                    old.damage.accept(v, r);
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

    private static BiConsumer<ValidVmcs, Random> inject(long information) {
        return (v, r) -> {
            active(v);
            v.put(VmcsField.VM_ENTRY_EXCEPTION_ERROR_CODE, 0);
            v.put(VmcsField.VM_ENTRY_INSTRUCTION_LENGTH, 1);
            v.put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, VALID | information);
        };
    }

    /** Active, and nothing blocks. */
    private static void active(ValidVmcs v) {
        v.put(VmcsField.GUEST_ACTIVITY_STATE, 0);
        v.put(VmcsField.GUEST_INTERRUPTIBILITY_STATE, 0);
        v.put(VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS, 0);
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

    private void host() {
        add("host-cr0", Shape.LONG, (v, r) -> v.and(VmcsField.HOST_CR0, ~Cr0.NE));
        add("host-cr4", Shape.LONG, (v, r) -> v.and(VmcsField.HOST_CR4, ~Cr4.VMXE));
        add("host-cet-wp", Shape.LONG, (v, r) -> {
            v.or(VmcsField.HOST_CR4, Registers.CR4_CET);
            v.and(VmcsField.HOST_CR0, ~Cr0.WP);
        });
        add("host-cr3", Shape.LONG, (v, r) -> v.or(VmcsField.HOST_CR3, 1L << (ValidVmcs.WIDTH + r.nextInt(24))));
        notCanonical("host-sysenter-esp", VmcsField.HOST_IA32_SYSENTER_ESP);
        notCanonical("host-sysenter-eip", VmcsField.HOST_IA32_SYSENTER_EIP);
        add(
                "host-perf-global-ctrl",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.HOST_IA32_PERF_GLOBAL_CTRL, 1L << 63),
                ExitControls.LOAD_IA32_PERF_GLOBAL_CTRL);
        add("host-pat", Shape.LONG, (v, r) -> v.put(VmcsField.HOST_IA32_PAT, badPat(r)), ExitControls.LOAD_IA32_PAT);
        add(
                "host-efer",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.HOST_IA32_EFER, 1L << (16 + r.nextInt(48))),
                ExitControls.LOAD_IA32_EFER);
        add(
                "host-efer-lma",
                Shape.LONG,
                (v, r) -> v.and(VmcsField.HOST_IA32_EFER, r.nextBoolean() ? ~Efer.LMA : ~Efer.LME),
                ExitControls.LOAD_IA32_EFER);
        add(
                "host-cet",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.HOST_IA32_S_CET, 0x40 << r.nextInt(4)),
                ExitControls.LOAD_CET_STATE);
        add("host-ssp", Shape.LONG, (v, r) -> v.or(VmcsField.HOST_SSP, 1 + r.nextInt(3)), ExitControls.LOAD_CET_STATE);
        add(
                "host-pkrs",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.HOST_IA32_PKRS, 1L << (32 + r.nextInt(32))),
                ExitControls.LOAD_PKRS);
        for (String segment : List.of("es", "cs", "ss", "ds", "fs", "gs", "tr")) {
            VmcsField selector = VmcsField.valueOf("HOST_" + segment.toUpperCase(Locale.ROOT) + "_SELECTOR");
            add("host-" + segment, Shape.LONG, (v, r) -> v.or(selector, 1 << r.nextInt(3)));
        }
        add("host-cs-null", Shape.LONG, (v, r) -> v.put(VmcsField.HOST_CS_SELECTOR, 0));
        add("host-tr-null", Shape.LONG, (v, r) -> v.put(VmcsField.HOST_TR_SELECTOR, 0));
        for (String base : List.of("fs", "gs", "gdtr", "idtr", "tr")) {
            notCanonical(
                    "host-" + base + "-base", VmcsField.valueOf("HOST_" + base.toUpperCase(Locale.ROOT) + "_BASE"));
        }
        add("host-64-pae", Shape.LONG, (v, r) -> v.and(VmcsField.HOST_CR4, ~Cr4.PAE));
        notCanonical("host-64-rip", VmcsField.HOST_RIP);
    }

    private void notCanonical(String id, VmcsField field) {
        add(id, Shape.LONG, (v, r) -> v.put(field, v.get(field) ^ NOT_CANONICAL));
    }

    private static long badPat(Random r) {
        long type = List.of(2L, 3L, 8L, 0x80L).get(r.nextInt(4));
        int shift = 8 * r.nextInt(8);
        return (0x0606_0606_0606_0606L & ~(0xffL << shift)) | (type << shift);
    }

    private void guestRegisters() {
        add("guest-cr0", Shape.LONG, (v, r) -> v.and(VmcsField.GUEST_CR0, ~Cr0.NE));
        add(
                "guest-cr0-pg-pe",
                Shape.REAL,
                (v, r) -> v.or(VmcsField.GUEST_CR0, Cr0.PG).and(VmcsField.GUEST_IA32_EFER, ~Efer.LME));
        add("guest-cr4", Shape.LONG, (v, r) -> v.and(VmcsField.GUEST_CR4, ~Cr4.VMXE));
        add("guest-cet-wp", Shape.LONG, (v, r) -> {
            v.or(VmcsField.GUEST_CR4, Registers.CR4_CET);
            v.and(VmcsField.GUEST_CR0, ~Cr0.WP);
        });
        add(
                "guest-debugctl",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.GUEST_IA32_DEBUGCTL, 1L << (16 + r.nextInt(48))),
                EntryControls.LOAD_DEBUG_CONTROLS);
        add("guest-ia32e-paging", Shape.LONG, (v, r) -> v.and(VmcsField.GUEST_CR4, ~Cr4.PAE));
        add("guest-pcide", Shape.PROTECTED, (v, r) -> v.or(VmcsField.GUEST_CR4, Cr4.PCIDE));
        add("guest-cr3", Shape.LONG, (v, r) -> v.or(VmcsField.GUEST_CR3, 1L << (ValidVmcs.WIDTH + r.nextInt(24))));
        add(
                "guest-dr7",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.GUEST_DR7, 1L << (32 + r.nextInt(32))),
                EntryControls.LOAD_DEBUG_CONTROLS);
        notCanonical("guest-sysenter-esp", VmcsField.GUEST_IA32_SYSENTER_ESP);
        notCanonical("guest-sysenter-eip", VmcsField.GUEST_IA32_SYSENTER_EIP);
        add("guest-cet", Shape.LONG, (v, r) -> v.or(VmcsField.GUEST_IA32_S_CET, 0xc00), EntryControls.LOAD_CET_STATE);
        add(
                "guest-perf-global-ctrl",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.GUEST_IA32_PERF_GLOBAL_CTRL, 1L << 63),
                EntryControls.LOAD_IA32_PERF_GLOBAL_CTRL);
        add("guest-pat", Shape.LONG, (v, r) -> v.put(VmcsField.GUEST_IA32_PAT, badPat(r)), EntryControls.LOAD_IA32_PAT);
        add(
                "guest-efer",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.GUEST_IA32_EFER, 1L << (16 + r.nextInt(48))),
                EntryControls.LOAD_IA32_EFER);
        add(
                "guest-efer-lma",
                Shape.REAL,
                (v, r) -> v.or(VmcsField.GUEST_IA32_EFER, Efer.LMA),
                EntryControls.LOAD_IA32_EFER);
        add(
                "guest-efer-lme",
                Shape.LONG,
                (v, r) -> v.and(VmcsField.GUEST_IA32_EFER, ~Efer.LME),
                EntryControls.LOAD_IA32_EFER);
        add(
                "guest-bndcfgs",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.GUEST_IA32_BNDCFGS, 4L << r.nextInt(10)),
                EntryControls.LOAD_IA32_BNDCFGS);
        add(
                "guest-rtit-ctl",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.GUEST_IA32_RTIT_CTL, 1 << 18),
                EntryControls.LOAD_IA32_RTIT_CTL);
        add(
                "guest-lbr-ctl",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.GUEST_IA32_LBR_CTL, 0x10),
                EntryControls.LOAD_GUEST_IA32_LBR_CTL);
        add(
                "guest-pkrs",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.GUEST_IA32_PKRS, 1L << (32 + r.nextInt(32))),
                EntryControls.LOAD_PKRS);
        add("guest-uinv", Shape.LONG, (v, r) -> v.or(VmcsField.GUEST_UINV, 0x100), EntryControls.LOAD_UINV);
    }

    private void segments() {
        add("guest-tr-ti", Shape.LONG, (v, r) -> v.or(VmcsField.GUEST_TR_SELECTOR, 4));
        add("guest-ldtr-ti", Shape.LONG, (v, r) -> {
            usableLdtr(v);
            v.or(VmcsField.GUEST_LDTR_SELECTOR, 4);
        });
        add("guest-ss-rpl", Shape.PROTECTED, (v, r) -> {
            restricted(v);
            v.put(VmcsField.GUEST_CS_SELECTOR, v.get(VmcsField.GUEST_CS_SELECTOR) ^ 1);
        });
        for (String segment : CODE_AND_DATA) {
            add(
                    "guest-" + segment + "-base-v86",
                    Shape.VIRTUAL_8086,
                    (v, r) -> v.put(field(segment, "BASE"), v.get(field(segment, "BASE")) ^ (1L << r.nextInt(20))));
            add(
                    "guest-" + segment + "-limit-v86",
                    Shape.VIRTUAL_8086,
                    (v, r) -> v.put(field(segment, "LIMIT"), 0xffff ^ (1 << r.nextInt(32))));
            add(
                    "guest-" + segment + "-rights-v86",
                    Shape.VIRTUAL_8086,
                    (v, r) -> v.put(field(segment, "ACCESS_RIGHTS"), 0xf3 ^ (0x10 << r.nextInt(13))));
        }
        for (String segment : List.of("tr", "fs", "gs")) {
            notCanonical("guest-" + segment + "-base", field(segment, "BASE"));
        }
        add("guest-ldtr-base", Shape.LONG, (v, r) -> {
            usableLdtr(v);
            v.or(VmcsField.GUEST_LDTR_BASE, NOT_CANONICAL);
            v.and(VmcsField.GUEST_LDTR_BASE, Long.MAX_VALUE);
        });
        add("guest-cs-base", Shape.LONG, (v, r) -> v.or(VmcsField.GUEST_CS_BASE, 1L << (32 + r.nextInt(32))));
        for (String segment : List.of("ss", "ds", "es")) {
            add("guest-" + segment + "-base", Shape.LONG, (v, r) -> {
                usable(v, segment);
                v.put(field(segment, "BASE"), 1L << (32 + r.nextInt(32)));
            });
        }
    }

    /** Without "unrestricted guest". */
    private static void restricted(ValidVmcs v) {
        v.and(VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS, ~SecondaryProcessorBased.UNRESTRICTED_GUEST.mask);
    }

    /** A flat data segment of the guest's privilege level, where the register was unusable. */
    private static void usable(ValidVmcs v, String segment) {
        if (!segment.equals("cs") && (v.get(field(segment, "ACCESS_RIGHTS")) & 0x1_0000) != 0) {
            long dpl = v.get(VmcsField.GUEST_SS_ACCESS_RIGHTS) & 0x60;
            v.put(field(segment, "ACCESS_RIGHTS"), 0xc093 | dpl);
            v.put(field(segment, "LIMIT"), 0xffff_ffffL);
            v.put(field(segment, "BASE"), 0);
            v.put(field(segment, "SELECTOR"), 8 | (dpl >>> 5));
        }
    }

    private static void usableLdtr(ValidVmcs v) {
        v.put(VmcsField.GUEST_LDTR_SELECTOR, 0x28);
        v.put(VmcsField.GUEST_LDTR_BASE, 0x1000);
        v.put(VmcsField.GUEST_LDTR_LIMIT, 0xffff);
        v.put(VmcsField.GUEST_LDTR_ACCESS_RIGHTS, 0x82);
    }

    private void right(String segment, String id, BiConsumer<ValidVmcs, Random> damage) {
        add("guest-" + segment + "-" + id, Shape.PROTECTED, (v, r) -> {
            usable(v, segment);
            damage.accept(v, r);
        });
    }

    private void accessRights() {
        for (String segment : CODE_AND_DATA) {
            VmcsField rights = field(segment, "ACCESS_RIGHTS");
            VmcsField limit = field(segment, "LIMIT");
            right(segment, "s", (v, r) -> v.and(rights, ~0x10L));
            right(segment, "p", (v, r) -> v.and(rights, ~0x80L));
            right(segment, "reserved-low", (v, r) -> v.or(rights, 0x100 << r.nextInt(4)));
            right(segment, "reserved-high", (v, r) -> v.or(rights, 1L << (17 + r.nextInt(15))));
            right(segment, "g", (v, r) -> {
                boolean large = r.nextBoolean();
                v.and(rights, ~0x8000L).or(rights, large ? 0 : 0x8000);
                v.put(limit, large ? 0xffff_ffffL : 0xffff_fffeL);
            });
        }
        right("cs", "type", (v, r) -> v.and(VmcsField.GUEST_CS_ACCESS_RIGHTS, ~1L));
        right("ss", "type", (v, r) -> v.and(VmcsField.GUEST_SS_ACCESS_RIGHTS, ~2L));
        for (String segment : List.of("ds", "es", "fs", "gs")) {
            VmcsField rights = field(segment, "ACCESS_RIGHTS");
            // Not accessed, or execute-only.
            right(segment, "type", (v, r) -> v.and(rights, ~0xfL).or(rights, r.nextBoolean() ? 2 : 9));
            right(segment, "dpl", (v, r) -> {
                restricted(v);
                v.and(rights, ~0x60L);
                v.or(field(segment, "SELECTOR"), 3);
            });
        }
        right("cs", "dpl", (v, r) -> {
            // Non-conforming code of another privilege level than SS.
            long rights = v.get(VmcsField.GUEST_CS_ACCESS_RIGHTS) ^ 0x20;
            v.put(VmcsField.GUEST_CS_ACCESS_RIGHTS, rights);
            if (v.is(SecondaryProcessorBased.UNRESTRICTED_GUEST) && r.nextBoolean()) {
                // There the RPL is of no meaning; that it is the DPL helps nothing.
                v.put(VmcsField.GUEST_CS_SELECTOR, (v.get(VmcsField.GUEST_CS_SELECTOR) & ~3L) | (rights >>> 5 & 3));
            }
        });
        add("guest-cs-db", Shape.LONG, (v, r) -> v.or(VmcsField.GUEST_CS_ACCESS_RIGHTS, 0x4000));
        right("ss", "dpl", (v, r) -> {
            restricted(v);
            v.put(VmcsField.GUEST_SS_SELECTOR, v.get(VmcsField.GUEST_SS_SELECTOR) ^ 1);
            v.put(VmcsField.GUEST_CS_SELECTOR, v.get(VmcsField.GUEST_CS_SELECTOR) ^ 1);
        });
        add("guest-ss-dpl-zero", Shape.REAL, (v, r) -> {
            // Conforming code may be more privileged than SS.
            v.put(VmcsField.GUEST_CS_ACCESS_RIGHTS, 0x9f);
            v.or(VmcsField.GUEST_SS_ACCESS_RIGHTS, 0x60);
            v.put(VmcsField.GUEST_ACTIVITY_STATE, 0);
        });
    }

    private void systemSegments() {
        VmcsField tr = VmcsField.GUEST_TR_ACCESS_RIGHTS;
        add("guest-tr-type", Shape.LONG, (v, r) -> v.and(tr, ~0xfL).or(tr, r.nextBoolean() ? 9 : 3));
        add("guest-tr-s", Shape.LONG, (v, r) -> v.or(tr, 0x10));
        add("guest-tr-p", Shape.LONG, (v, r) -> v.and(tr, ~0x80L));
        add("guest-tr-reserved-low", Shape.LONG, (v, r) -> v.or(tr, 0x100 << r.nextInt(4)));
        add("guest-tr-g", Shape.LONG, (v, r) -> v.put(VmcsField.GUEST_TR_LIMIT, 0x10_0fff));
        add("guest-tr-usable", Shape.LONG, (v, r) -> v.or(tr, 0x1_0000));
        add("guest-tr-reserved-high", Shape.LONG, (v, r) -> v.or(tr, 1L << (17 + r.nextInt(15))));
        ldtr("type", (v, r) -> v.or(VmcsField.GUEST_LDTR_ACCESS_RIGHTS, 1));
        ldtr("s", (v, r) -> v.or(VmcsField.GUEST_LDTR_ACCESS_RIGHTS, 0x10));
        ldtr("p", (v, r) -> v.and(VmcsField.GUEST_LDTR_ACCESS_RIGHTS, ~0x80L));
        ldtr("reserved-low", (v, r) -> v.or(VmcsField.GUEST_LDTR_ACCESS_RIGHTS, 0x100 << r.nextInt(4)));
        ldtr("g", (v, r) -> v.put(VmcsField.GUEST_LDTR_LIMIT, 0x10_0fff));
        ldtr("reserved-high", (v, r) -> v.or(VmcsField.GUEST_LDTR_ACCESS_RIGHTS, 1L << (17 + r.nextInt(15))));
    }

    private void ldtr(String id, BiConsumer<ValidVmcs, Random> damage) {
        add("guest-ldtr-" + id, Shape.LONG, (v, r) -> {
            usableLdtr(v);
            damage.accept(v, r);
        });
    }

    private void tablesAndFlags() {
        notCanonical("guest-gdtr-base", VmcsField.GUEST_GDTR_BASE);
        notCanonical("guest-idtr-base", VmcsField.GUEST_IDTR_BASE);
        add("guest-gdtr-limit", Shape.LONG, (v, r) -> v.or(VmcsField.GUEST_GDTR_LIMIT, 1L << (16 + r.nextInt(16))));
        add("guest-idtr-limit", Shape.LONG, (v, r) -> v.or(VmcsField.GUEST_IDTR_LIMIT, 1L << (16 + r.nextInt(16))));
        add("guest-rip-32", Shape.COMPATIBILITY, (v, r) -> v.or(VmcsField.GUEST_RIP, 1L << (32 + r.nextInt(32))));
        add(
                "guest-rip-64",
                Shape.LONG,
                (v, r) -> v.put(VmcsField.GUEST_RIP, v.get(VmcsField.GUEST_RIP) ^ NOT_CANONICAL));
        add(
                "guest-rflags-reserved",
                Shape.LONG,
                (v, r) -> v.put(
                        VmcsField.GUEST_RFLAGS,
                        v.get(VmcsField.GUEST_RFLAGS)
                                ^ (1L << List.of(1, 3, 5, 15, 22, 63).get(r.nextInt(6)))));
        add("guest-rflags-vm", Shape.LONG, (v, r) -> {
            v.or(VmcsField.GUEST_RFLAGS, Rflags.VM);
            for (String segment : CODE_AND_DATA) {
                v.put(field(segment, "SELECTOR"), 0x10);
                v.put(field(segment, "BASE"), 0x100);
                v.put(field(segment, "LIMIT"), 0xffff);
                v.put(field(segment, "ACCESS_RIGHTS"), 0xf3);
            }
            v.and(VmcsField.GUEST_RIP, 0xffff);
            v.put(VmcsField.GUEST_ACTIVITY_STATE, 0);
        });
        add("guest-rflags-if", Shape.LONG, (v, r) -> {
            inject(0x30).accept(v, r);
            v.and(VmcsField.GUEST_RFLAGS, ~(long) Rflags.IF);
        });
        add(
                "guest-ssp",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.GUEST_SSP, 1 + r.nextInt(3)),
                EntryControls.LOAD_CET_STATE);
    }

    private void nonRegister() {
        VmcsField blocking = VmcsField.GUEST_INTERRUPTIBILITY_STATE;
        add("activity-state", Shape.LONG, (v, r) -> {
            active(v);
            v.put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, 0);
            v.put(VmcsField.GUEST_ACTIVITY_STATE, 4 + r.nextInt(100));
        });
        add("activity-hlt-dpl", Shape.PROTECTED, (v, r) -> {
            privilege3(v);
            v.put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, 0);
            v.put(blocking, 0);
            v.put(VmcsField.GUEST_ACTIVITY_STATE, 1);
            v.pendingDebug();
        });
        add("activity-blocking", Shape.LONG, (v, r) -> {
            v.put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, 0);
            v.put(blocking, 2);
            v.put(VmcsField.GUEST_ACTIVITY_STATE, 2 + r.nextInt(2));
            v.pendingDebug();
        });
        add("activity-injection", Shape.LONG, (v, r) -> {
            inject(List.of(0xb0dL, 0x480L, 0x306L).get(r.nextInt(3))).accept(v, r);
            v.put(VmcsField.GUEST_ACTIVITY_STATE, 2 + r.nextInt(2));
        });
        add("interruptibility-reserved", Shape.LONG, (v, r) -> v.or(blocking, 1L << (5 + r.nextInt(27))));
        add("interruptibility-both", Shape.LONG, (v, r) -> {
            active(v);
            v.put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, 0);
            v.or(VmcsField.GUEST_RFLAGS, Rflags.IF);
            v.put(blocking, 3);
            v.pendingDebug();
        });
        add("interruptibility-sti-if", Shape.LONG, (v, r) -> {
            active(v);
            v.put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, 0);
            v.and(VmcsField.GUEST_RFLAGS, ~(long) Rflags.IF);
            v.put(blocking, 1);
            v.pendingDebug();
        });
        blocked("interruptibility-external", 0x30, 2);
        blocked("interruptibility-nmi-mov-ss", 0x202, 2);
        blocked("interruptibility-nmi-sti", 0x202, 1);
        add("interruptibility-smi", Shape.LONG, (v, r) -> v.or(blocking, 4));
        add(
                "interruptibility-virtual-nmi",
                Shape.LONG,
                (v, r) -> {
                    inject(0x202).accept(v, r);
                    v.put(blocking, 8);
                },
                PinBased.VIRTUAL_NMIS);
        add("interruptibility-enclave", GENERIC, Shape.LONG, (v, r) -> v.or(blocking, 16));
        add(
                "pending-debug-reserved",
                Shape.LONG,
                (v, r) -> v.or(
                        VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS,
                        1L << List.of(4, 11, 13, 15, 17, 63).get(r.nextInt(6))));
        add("pending-debug-bs", Shape.LONG, (v, r) -> {
            active(v);
            v.put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, 0);
            v.put(blocking, 2);
            v.pendingDebug();
            v.put(
                    VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS,
                    v.get(VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS) ^ (1 << 14));
        });
        add("pending-debug-rtm", Shape.LONG, (v, r) -> v.or(VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS, 1 << 16));
        add(
                "link-pointer-address",
                Shape.LONG,
                (v, r) ->
                        v.put(VmcsField.VMCS_LINK_POINTER, 0x4000 | (r.nextBoolean() ? BEYOND : 1L << r.nextInt(12))));
        add("link-pointer-revision", Shape.LONG, (v, r) -> v.put(VmcsField.VMCS_LINK_POINTER, 0x8000));
        add("link-pointer-current", Shape.LONG, (v, r) -> {
            v.and(VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS, ~SecondaryProcessorBased.VMCS_SHADOWING.mask);
            v.put(VmcsField.VMCS_LINK_POINTER, v.vmcs.address());
        });
        for (int n = 0; n < 4; n++) {
            VmcsField pdpte = VmcsField.valueOf("GUEST_PDPTE" + n);
            int number = n;
            add("guest-pdpte" + n, Shape.PAE, (v, r) -> {
                long entry = 1
                        | (r.nextBoolean() ? BEYOND : 1L << List.of(1, 2, 5, 8).get(r.nextInt(4)));
                v.put(pdpte, entry);
                v.memory.write(v.get(VmcsField.GUEST_CR3) + 8L * number, 8, entry);
            });
        }
    }

    private void blocked(String id, long information, long state) {
        add(id, Shape.LONG, (v, r) -> {
            inject(information).accept(v, r);
            v.or(VmcsField.GUEST_RFLAGS, Rflags.IF);
            v.put(VmcsField.GUEST_INTERRUPTIBILITY_STATE, state);
            v.pendingDebug();
        });
    }

    /** Code, stack and data of privilege level 3. */
    private static void privilege3(ValidVmcs v) {
        for (String segment : CODE_AND_DATA) {
            v.or(field(segment, "SELECTOR"), 3);
            v.or(field(segment, "ACCESS_RIGHTS"), 0x60);
        }
    }
}
