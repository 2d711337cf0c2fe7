package org.thirdmode.vmx.entry;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.thirdmode.vmx.capability.Capability;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.vmcs.ControlBit;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryExitControls;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.TertiaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmFunctions;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Rflags;

/** A random VMCS in memory with which a VM entry succeeds, made by the rules of the manual: of every shape, every control. */
public final class ValidVmcs {
    /** What kind of guest it is. */
    public enum Shape {
        LONG,
        COMPATIBILITY,
        PROTECTED,
        PAE,
        VIRTUAL_8086,
        REAL
    }

    /** Width of physical addresses. */
    public static final int WIDTH = 40;

    private static final long REGION = 0x1000;
    private static final long VIRTUAL_APIC = 0x2000;
    private static final long PDPT = 0x3000;
    private static final long SHADOW = 0x4000;
    private static final long PAT = 0x0007_0406_0007_0406L;
    private static final long ACCESSED_CODE = 0x9b;
    private static final long ACCESSED_DATA = 0x93;
    private static final long UNUSABLE = 0x1_0000;

    private record Rule(ControlBit control, ControlBit needs, boolean setting) {}

    private static final List<Rule> RULES = rules();

    public final VmxCapabilities capabilities;
    public final PhysicalMemory memory = new PhysicalMemory(WIDTH);
    public final Vmcs vmcs = new Vmcs(memory);
    public final Shape shape;

    /** IA32_EFER.LMA at the VM entry. */
    public final boolean hostInLongMode;

    private final Random random;
    private final Set<ControlBit> forced;
    private long cpl;

    /** Makes one in which these controls are 1. */
    public ValidVmcs(Random random, VmxCapabilities capabilities, Shape shape, ControlBit... on) {
        this.random = random;
        this.capabilities = capabilities;
        this.shape = shape;
        forced = new HashSet<>(List.of(on));
        boolean lm = capabilities.has(EntryControls.IA_32E_MODE_GUEST);
        hostInLongMode =
                lm && (isLong() || forced.contains(ExitControls.HOST_ADDRESS_SPACE_SIZE) || random.nextInt(4) != 0);
        memory.mapRam(0, 1 << 20);
        vmcs.region(REGION);
        vmcs.header(Vmcs.REVISION);
        controls();
        addresses();
        host();
        guest();
        segments();
        nonRegister();
    }

    /** Shapes that the processor can run. */
    public static List<Shape> shapes(VmxCapabilities capabilities) {
        List<Shape> shapes = new ArrayList<>(List.of(Shape.PROTECTED, Shape.PAE, Shape.VIRTUAL_8086));
        if (capabilities.has(EntryControls.IA_32E_MODE_GUEST)) {
            shapes.add(Shape.LONG);
            shapes.add(Shape.COMPATIBILITY);
        }
        if (capabilities.has(SecondaryProcessorBased.UNRESTRICTED_GUEST)) {
            shapes.add(Shape.REAL);
        }
        return shapes;
    }

    /** What a processor looks at. */
    public Facts facts() {
        return new Facts(capabilities, memory).look(vmcs.region(REGION), hostInLongMode);
    }

    public long get(VmcsField field) {
        return vmcs.read(field);
    }

    public ValidVmcs put(VmcsField field, long value) {
        vmcs.write(field, value);
        return this;
    }

    public ValidVmcs or(VmcsField field, long bits) {
        return put(field, get(field) | bits);
    }

    public ValidVmcs and(VmcsField field, long bits) {
        return put(field, get(field) & bits);
    }

    private boolean isLong() {
        return shape == Shape.LONG || shape == Shape.COMPATIBILITY;
    }

    // ---- controls ----

    private static List<Rule> rules() {
        List<Rule> rules = new ArrayList<>();
        rules.add(new Rule(PinBased.VIRTUAL_NMIS, PinBased.NMI_EXITING, true));
        rules.add(new Rule(PrimaryProcessorBased.NMI_WINDOW_EXITING, PinBased.VIRTUAL_NMIS, true));
        for (ControlBit control : List.of(
                SecondaryProcessorBased.VIRTUALIZE_X2APIC_MODE,
                SecondaryProcessorBased.APIC_REGISTER_VIRTUALIZATION,
                SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY)) {
            rules.add(new Rule(control, PrimaryProcessorBased.USE_TPR_SHADOW, true));
        }
        rules.add(new Rule(
                SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES,
                SecondaryProcessorBased.VIRTUALIZE_X2APIC_MODE,
                false));
        rules.add(new Rule(
                SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY, PinBased.EXTERNAL_INTERRUPT_EXITING, true));
        rules.add(
                new Rule(PinBased.PROCESS_POSTED_INTERRUPTS, SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY, true));
        rules.add(new Rule(PinBased.PROCESS_POSTED_INTERRUPTS, ExitControls.ACKNOWLEDGE_INTERRUPT_ON_EXIT, true));
        for (ControlBit control : List.of(
                SecondaryProcessorBased.UNRESTRICTED_GUEST,
                SecondaryProcessorBased.ENABLE_PML,
                SecondaryProcessorBased.MODE_BASED_EXECUTE_CONTROL_FOR_EPT,
                SecondaryProcessorBased.SUB_PAGE_WRITE_PERMISSIONS_FOR_EPT,
                SecondaryProcessorBased.INTEL_PT_USES_GUEST_PHYSICAL_ADDRESSES,
                TertiaryProcessorBased.ENABLE_HLAT,
                TertiaryProcessorBased.EPT_PAGING_WRITE_CONTROL,
                TertiaryProcessorBased.GUEST_PAGING_VERIFICATION,
                VmFunctions.EPTP_SWITCHING)) {
            rules.add(new Rule(control, SecondaryProcessorBased.ENABLE_EPT, true));
        }
        rules.add(new Rule(
                SecondaryProcessorBased.INTEL_PT_USES_GUEST_PHYSICAL_ADDRESSES,
                EntryControls.LOAD_IA32_RTIT_CTL,
                true));
        rules.add(new Rule(
                SecondaryProcessorBased.INTEL_PT_USES_GUEST_PHYSICAL_ADDRESSES,
                ExitControls.CLEAR_IA32_RTIT_CTL,
                true));
        rules.add(new Rule(ExitControls.SAVE_VMX_PREEMPTION_TIMER_VALUE, PinBased.ACTIVATE_VMX_PREEMPTION_TIMER, true));
        return rules;
    }

    /** Whether a control is 1 and activated. */
    public boolean is(ControlBit control) {
        return (get(control.field()) & control.mask()) != 0 && isActivated(control);
    }

    private boolean isActivated(ControlBit control) {
        return switch (control) {
            case SecondaryProcessorBased ignored -> is(PrimaryProcessorBased.ACTIVATE_SECONDARY_CONTROLS);
            case TertiaryProcessorBased ignored -> is(PrimaryProcessorBased.ACTIVATE_TERTIARY_CONTROLS);
            case SecondaryExitControls ignored -> is(ExitControls.ACTIVATE_SECONDARY_CONTROLS);
            case VmFunctions ignored -> is(SecondaryProcessorBased.ENABLE_VM_FUNCTIONS);
            default -> true;
        };
    }

    private void set(ControlBit control, boolean value) {
        put(control.field(), value ? get(control.field()) | control.mask() : get(control.field()) & ~control.mask());
    }

    private void controls() {
        for (VmcsField field : List.of(
                VmcsField.PIN_BASED_CONTROLS,
                VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS,
                VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS,
                VmcsField.TERTIARY_PROCESSOR_BASED_CONTROLS,
                VmcsField.PRIMARY_EXIT_CONTROLS,
                VmcsField.SECONDARY_EXIT_CONTROLS,
                VmcsField.ENTRY_CONTROLS,
                VmcsField.VM_FUNCTION_CONTROLS)) {
            put(field, capabilities.mustBeOne(field) | (random.nextLong() & capabilities.mayBeOne(field)));
        }
        if (shape == Shape.REAL) {
            forced.add(SecondaryProcessorBased.UNRESTRICTED_GUEST);
        }
        for (ControlBit control : List.copyOf(forced)) {
            force(control);
        }
        set(EntryControls.IA_32E_MODE_GUEST, isLong());
        set(ExitControls.HOST_ADDRESS_SPACE_SIZE, hostInLongMode);
        set(EntryControls.ENTRY_TO_SMM, false);
        set(EntryControls.DEACTIVATE_DUAL_MONITOR_TREATMENT, false);
        for (int round = 0; round < 4; round++) {
            for (Rule rule : RULES) {
                if (is(rule.control) && is(rule.needs) != rule.setting) {
                    if (forced.contains(rule.control)) {
                        forced.add(rule.needs);
                        set(rule.needs, rule.setting);
                    } else {
                        set(rule.control, false);
                    }
                }
            }
        }
    }

    private void force(ControlBit control) {
        if (!isActivated(control)) {
            switch (control) {
                case SecondaryProcessorBased ignored -> force(PrimaryProcessorBased.ACTIVATE_SECONDARY_CONTROLS);
                case TertiaryProcessorBased ignored -> force(PrimaryProcessorBased.ACTIVATE_TERTIARY_CONTROLS);
                case SecondaryExitControls ignored -> force(ExitControls.ACTIVATE_SECONDARY_CONTROLS);
                case VmFunctions ignored -> force(SecondaryProcessorBased.ENABLE_VM_FUNCTIONS);
                default -> {}
            }
        }
        forced.add(control);
        set(control, true);
        for (Rule rule : RULES) {
            if (rule.control == control && rule.setting && !is(rule.needs)) {
                force(rule.needs);
            }
        }
    }

    private long page() {
        return random.nextLong() & 0xff_ffff_f000L;
    }

    private void addresses() {
        put(VmcsField.CR3_TARGET_COUNT, random.nextInt(capabilities.cr3Targets() + 1));
        for (VmcsField field : List.of(
                VmcsField.IO_BITMAP_A_ADDRESS,
                VmcsField.IO_BITMAP_B_ADDRESS,
                VmcsField.MSR_BITMAPS_ADDRESS,
                VmcsField.APIC_ACCESS_ADDRESS,
                VmcsField.PML_ADDRESS,
                VmcsField.EPTP_LIST_ADDRESS,
                VmcsField.VMREAD_BITMAP_ADDRESS,
                VmcsField.VMWRITE_BITMAP_ADDRESS,
                VmcsField.VIRTUALIZATION_EXCEPTION_INFORMATION_ADDRESS,
                VmcsField.SUB_PAGE_PERMISSION_TABLE_POINTER,
                VmcsField.LOW_PASID_DIRECTORY_ADDRESS,
                VmcsField.HIGH_PASID_DIRECTORY_ADDRESS,
                VmcsField.HLAT_POINTER,
                VmcsField.PID_POINTER_TABLE_ADDRESS)) {
            put(field, page());
        }
        put(VmcsField.POSTED_INTERRUPT_DESCRIPTOR_ADDRESS, page() | random.nextInt(64) << 6);
        put(VmcsField.POSTED_INTERRUPT_NOTIFICATION_VECTOR, random.nextInt(256));
        put(VmcsField.VIRTUAL_APIC_ADDRESS, VIRTUAL_APIC);
        long threshold = random.nextInt(16);
        put(VmcsField.TPR_THRESHOLD, threshold);
        memory.write(VIRTUAL_APIC + 0x80, 4, threshold << 4);
        put(VmcsField.VPID, 1 + random.nextInt(0xffff));
        put(VmcsField.EPT_POINTER, page() | (capabilities.has(Capability.EPT_ACCESSED_AND_DIRTY) ? 0x5e : 0x1e));
        for (VmcsField count : List.of(
                VmcsField.VM_EXIT_MSR_STORE_COUNT,
                VmcsField.VM_EXIT_MSR_LOAD_COUNT,
                VmcsField.VM_ENTRY_MSR_LOAD_COUNT)) {
            put(count, random.nextInt(4));
        }
        put(VmcsField.VM_EXIT_MSR_STORE_ADDRESS, page() & 0xff_ffff_ff0fL);
        put(VmcsField.VM_EXIT_MSR_LOAD_ADDRESS, page());
        put(VmcsField.VM_ENTRY_MSR_LOAD_ADDRESS, page());
    }

    // ---- host state ----

    private long canonical() {
        long low = random.nextLong();
        return capabilities.processor.linearAddressWidth() == 32 ? low & 0xffff_ffffL : (low << 17) >> 17;
    }

    private long cr4(boolean pcide) {
        long value = capabilities.cr4Fixed0 | (random.nextLong() & capabilities.cr4Fixed1);
        return pcide ? value : value & ~Cr4.PCIDE;
    }

    private long cr0() {
        return capabilities.cr0Fixed0 | Cr0.WP | (random.nextLong() & 0xe005_003fL);
    }

    private void host() {
        put(VmcsField.HOST_CR0, cr0());
        put(VmcsField.HOST_CR4, hostInLongMode ? cr4(true) | Cr4.PAE : cr4(false));
        put(VmcsField.HOST_CR3, page());
        for (VmcsField field : List.of(
                VmcsField.HOST_IA32_SYSENTER_ESP,
                VmcsField.HOST_IA32_SYSENTER_EIP,
                VmcsField.HOST_FS_BASE,
                VmcsField.HOST_GS_BASE,
                VmcsField.HOST_TR_BASE,
                VmcsField.HOST_GDTR_BASE,
                VmcsField.HOST_IDTR_BASE,
                VmcsField.HOST_IA32_INTERRUPT_SSP_TABLE_ADDR)) {
            put(field, canonical());
        }
        put(VmcsField.HOST_SSP, canonical() & ~3L);
        put(VmcsField.HOST_IA32_S_CET, canonical() & ~0xbc0L);
        put(VmcsField.HOST_RIP, hostInLongMode ? canonical() : canonical() & 0xffff_ffffL);
        put(VmcsField.HOST_RSP, random.nextLong());
        put(VmcsField.HOST_IA32_PAT, PAT);
        put(VmcsField.HOST_IA32_EFER, Efer.SCE | (hostInLongMode ? Efer.LMA | Efer.LME : 0));
        put(VmcsField.HOST_IA32_PERF_GLOBAL_CTRL, random.nextInt(4));
        put(VmcsField.HOST_IA32_PKRS, random.nextInt() & 0xffff_ffffL);
        for (VmcsField field : List.of(
                VmcsField.HOST_ES_SELECTOR,
                VmcsField.HOST_CS_SELECTOR,
                VmcsField.HOST_SS_SELECTOR,
                VmcsField.HOST_DS_SELECTOR,
                VmcsField.HOST_FS_SELECTOR,
                VmcsField.HOST_GS_SELECTOR,
                VmcsField.HOST_TR_SELECTOR)) {
            put(field, (1 + random.nextInt(0x1ffe)) << 3);
        }
    }

    // ---- guest state ----

    private void guest() {
        boolean paged = shape != Shape.REAL;
        put(VmcsField.GUEST_CR0, paged ? cr0() : cr0() & ~(Cr0.PG | Cr0.PE));
        boolean pae = isLong() || shape == Shape.PAE;
        put(VmcsField.GUEST_CR4, pae ? cr4(isLong()) | Cr4.PAE : cr4(false) & ~Cr4.PAE);
        put(VmcsField.GUEST_CR3, shape == Shape.PAE ? PDPT : page());
        for (int n = 0; n < 4; n++) {
            long entry = random.nextBoolean() ? page() | 1 : random.nextLong() & ~1L;
            put(VmcsField.byEncoding(VmcsField.GUEST_PDPTE0.encoding + 2 * n), entry);
            memory.write(PDPT + 8L * n, 8, entry);
        }
        put(VmcsField.GUEST_DR7, 0x400 | random.nextInt(256));
        put(VmcsField.GUEST_IA32_DEBUGCTL, random.nextInt(4));
        for (VmcsField field : List.of(
                VmcsField.GUEST_IA32_SYSENTER_ESP,
                VmcsField.GUEST_IA32_SYSENTER_EIP,
                VmcsField.GUEST_GDTR_BASE,
                VmcsField.GUEST_IDTR_BASE,
                VmcsField.GUEST_TR_BASE,
                VmcsField.GUEST_LDTR_BASE,
                VmcsField.GUEST_IA32_INTERRUPT_SSP_TABLE_ADDR)) {
            put(field, canonical());
        }
        put(VmcsField.GUEST_SSP, random.nextInt() & 0x7fff_fffcL);
        put(VmcsField.GUEST_IA32_S_CET, canonical() & ~0xbc0L);
        put(VmcsField.GUEST_GDTR_LIMIT, random.nextInt(0x1_0000));
        put(VmcsField.GUEST_IDTR_LIMIT, random.nextInt(0x1_0000));
        put(VmcsField.GUEST_IA32_PAT, PAT);
        long mode = isLong() ? Efer.LMA | Efer.LME : shape == Shape.REAL && random.nextBoolean() ? Efer.LME : 0;
        put(VmcsField.GUEST_IA32_EFER, mode | Efer.SCE);
        put(VmcsField.GUEST_IA32_PERF_GLOBAL_CTRL, random.nextInt(4));
        put(VmcsField.GUEST_IA32_BNDCFGS, canonical() & ~0xffcL);
        put(VmcsField.GUEST_IA32_RTIT_CTL, random.nextInt(0x1_0000));
        put(VmcsField.GUEST_IA32_LBR_CTL, random.nextInt(16));
        put(VmcsField.GUEST_IA32_PKRS, random.nextInt() & 0xffff_ffffL);
        put(VmcsField.GUEST_UINV, random.nextInt(256));
        put(VmcsField.GUEST_RIP, shape == Shape.LONG ? canonical() : random.nextInt() & 0xffff_ffffL);
        long flags = Rflags.FIXED
                | (random.nextInt() & 0xcd5)
                | (random.nextBoolean() ? Rflags.IF : 0)
                | (random.nextBoolean() ? Rflags.TF : 0);
        put(VmcsField.GUEST_RFLAGS, shape == Shape.VIRTUAL_8086 ? flags | Rflags.VM : flags);
    }

    private void segment(Segment s, long selector, long base, long limit, long rights) {
        put(s.selector, selector).put(s.base, base).put(s.limit, limit).put(s.rights, rights);
    }

    private void segments() {
        cpl = shape == Shape.VIRTUAL_8086 || shape == Shape.REAL ? 0 : random.nextBoolean() ? 0 : 3;
        for (Segment s : List.of(Segment.ES, Segment.CS, Segment.SS, Segment.DS, Segment.FS, Segment.GS)) {
            switch (shape) {
                case VIRTUAL_8086 -> realSegment(s, 0xf3);
                case REAL -> realSegment(s, s == Segment.CS && random.nextBoolean() ? ACCESSED_CODE : ACCESSED_DATA);
                default -> protectedSegment(s);
            }
        }
        segment(Segment.TR, random.nextInt(0x2000) << 3, canonical(), random.nextInt(0x10_0000), 0x8b);
        if (random.nextBoolean()) {
            segment(Segment.LDTR, random.nextInt(0x2000) << 3, canonical(), random.nextInt(0x10_0000), 0x82);
        } else {
            segment(Segment.LDTR, random.nextInt(0x1_0000), random.nextLong(), random.nextInt(), UNUSABLE);
        }
    }

    private void realSegment(Segment s, long rights) {
        long selector = random.nextInt(0x1_0000);
        segment(s, selector, selector << 4, 0xffff, rights);
    }

    private void protectedSegment(Segment s) {
        long selector = ((long) random.nextInt(0x2000) << 3) | cpl;
        boolean flat = random.nextBoolean();
        long limit = flat ? 0xffff_ffffL : random.nextInt(0x10_0000);
        long size = flat ? 0xc000 : 0x4000;
        long dpl = cpl << 5;
        boolean linear = s == Segment.FS || s == Segment.GS;
        long base = linear ? canonical() : random.nextInt() & 0xffff_ffffL;
        if (s == Segment.CS) {
            long mode = shape == Shape.LONG ? (size & ~0x4000L) | 0x2000 : size;
            segment(s, selector, base, limit, ACCESSED_CODE | dpl | mode);
        } else if (s == Segment.SS) {
            segment(s, selector, base, limit, ACCESSED_DATA | dpl | size);
        } else if (random.nextInt(4) == 0) {
            segment(s, random.nextInt(0x1_0000), linear ? canonical() : random.nextLong(), random.nextInt(), UNUSABLE);
        } else {
            segment(s, selector, base, limit, ACCESSED_DATA | dpl | size);
        }
    }

    private void nonRegister() {
        put(VmcsField.VMCS_LINK_POINTER, Vmcs.NO_VMCS);
        if (is(SecondaryProcessorBased.VMCS_SHADOWING) && random.nextBoolean()) {
            put(VmcsField.VMCS_LINK_POINTER, SHADOW);
            memory.write(SHADOW, 4, Vmcs.REVISION | Vmcs.SHADOW_INDICATOR);
        }
        boolean interrupts = (get(VmcsField.GUEST_RFLAGS) & Rflags.IF) != 0;
        long blocking = switch (random.nextInt(4)) {
            case 0 -> 2;
            case 1 -> interrupts ? 1 : 0;
            default -> 0;
        };
        boolean halted = blocking == 0
                && capabilities.has(Capability.ACTIVITY_HLT)
                && (get(VmcsField.GUEST_SS_ACCESS_RIGHTS) & 0x60) == 0
                && random.nextInt(4) == 0;
        put(VmcsField.GUEST_INTERRUPTIBILITY_STATE, blocking);
        put(VmcsField.GUEST_ACTIVITY_STATE, halted ? 1 : 0);
        pendingDebug();
        inject(interrupts, blocking, halted);
    }

    /** Makes the pending debug exceptions agree with what blocks, RFLAGS.TF and IA32_DEBUGCTL.BTF. */
    public ValidVmcs pendingDebug() {
        boolean step = (get(VmcsField.GUEST_RFLAGS) & Rflags.TF) != 0 && (get(VmcsField.GUEST_IA32_DEBUGCTL) & 2) == 0;
        return put(VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS, step ? 1 << 14 : 0);
    }

    private void inject(boolean interrupts, long blocking, boolean halted) {
        put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, 0);
        put(VmcsField.VM_ENTRY_EXCEPTION_ERROR_CODE, random.nextInt(0x1_0000));
        put(VmcsField.VM_ENTRY_INSTRUCTION_LENGTH, 1 + random.nextInt(15));
        long valid = 1L << 31;
        switch (random.nextInt(5)) {
            case 0 -> {
                if (interrupts && blocking == 0) {
                    put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, valid | (32 + random.nextInt(224)));
                }
            }
            case 1 -> {
                if (blocking == 0) {
                    put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, valid | 0x202);
                }
            }
            case 2 -> {
                if (!halted) {
                    boolean errorCode = shape != Shape.REAL;
                    put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, valid | (errorCode ? 0xb0d : 0x30d));
                }
            }
            case 3 -> {
                if (!halted) {
                    put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, valid | 0x480);
                }
            }
            default -> {}
        }
    }
}
