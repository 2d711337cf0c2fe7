package org.thirdmode.vmx.capability;

import static org.thirdmode.vmx.capability.Capability.EPT_1_GBYTE_PAGES;
import static org.thirdmode.vmx.capability.Capability.EPT_2_MBYTE_PAGES;
import static org.thirdmode.vmx.capability.Capability.EPT_ACCESSED_AND_DIRTY;
import static org.thirdmode.vmx.capability.Capability.EPT_ADVANCED_INFORMATION;
import static org.thirdmode.vmx.capability.Capability.EPT_EXECUTE_ONLY;
import static org.thirdmode.vmx.capability.Capability.EPT_SUPERVISOR_SHADOW_STACK;
import static org.thirdmode.vmx.capability.Capability.EPT_UNCACHEABLE;
import static org.thirdmode.vmx.capability.Capability.EPT_WALK_LENGTH_4;
import static org.thirdmode.vmx.capability.Capability.EPT_WALK_LENGTH_5;
import static org.thirdmode.vmx.capability.Capability.EPT_WRITE_BACK;
import static org.thirdmode.vmx.capability.Capability.INVEPT;
import static org.thirdmode.vmx.capability.Capability.INVEPT_ALL_CONTEXTS;
import static org.thirdmode.vmx.capability.Capability.INVEPT_SINGLE_CONTEXT;
import static org.thirdmode.vmx.capability.Capability.INVVPID;
import static org.thirdmode.vmx.capability.Capability.INVVPID_ALL_CONTEXTS;
import static org.thirdmode.vmx.capability.Capability.INVVPID_INDIVIDUAL_ADDRESS;
import static org.thirdmode.vmx.capability.Capability.INVVPID_RETAINING_GLOBALS;
import static org.thirdmode.vmx.capability.Capability.INVVPID_SINGLE_CONTEXT;
import static org.thirdmode.vmx.capability.Capability.STORE_EFER_LMA;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.thirdmode.vmx.vmcs.ControlBit;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.TertiaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmFunctions;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;

/**
 * What cannot be without something else: one row each. Where the manual lets no VM entry use the one without the other, a
 * processor with only the one is a contradiction. SDM 3C "Checks on VMX Controls"; the flags of CPUID from the definitions
 * of the controls.
 *
 * @param feature what needs
 * @param needs in words, what it needs
 * @param met whether a processor has it
 */
record Dependency(VmxFeature feature, String needs, Predicate<Subject> met) {
    /** What is looked at: the processor, and what of VMX it has. */
    record Subject(CpuProfile processor, Set<VmxFeature> features) {}

    /** The rows. */
    static final List<Dependency> ALL = rows();

    boolean isBrokenBy(Subject subject) {
        return subject.features.contains(feature) && !met.test(subject);
    }

    private static Dependency on(VmxFeature feature, VmxFeature needed) {
        return new Dependency(
                feature, needed.title(), subject -> subject.features().contains(needed));
    }

    private static Dependency on(ControlBit feature, ControlBit needed) {
        return on(VmxFeature.of(feature), VmxFeature.of(needed));
    }

    private static Dependency on(Capability feature, ControlBit needed) {
        return on(VmxFeature.of(feature), VmxFeature.of(needed));
    }

    private static Dependency on(Capability feature, Capability needed) {
        return on(VmxFeature.of(feature), VmxFeature.of(needed));
    }

    private static Dependency on(ControlBit feature, Capability needed) {
        return on(VmxFeature.of(feature), VmxFeature.of(needed));
    }

    private static Dependency on(ControlBit feature, Feature needed) {
        return new Dependency(
                VmxFeature.of(feature),
                "the CPUID feature " + needed.name(),
                subject -> subject.processor().has(needed));
    }

    private static List<Dependency> rows() {
        return ImmutableList.<Dependency>builder()
                .addAll(activation())
                .addAll(events())
                .addAll(translation())
                .addAll(instructions())
                .build();
    }

    private static List<Dependency> activation() {
        ImmutableList.Builder<Dependency> rows = ImmutableList.builder();
        for (SecondaryProcessorBased control : SecondaryProcessorBased.values()) {
            rows.add(on(control, PrimaryProcessorBased.ACTIVATE_SECONDARY_CONTROLS));
        }
        for (TertiaryProcessorBased control : TertiaryProcessorBased.values()) {
            rows.add(on(control, PrimaryProcessorBased.ACTIVATE_TERTIARY_CONTROLS));
        }
        rows.add(on(VmFunctions.EPTP_SWITCHING, SecondaryProcessorBased.ENABLE_VM_FUNCTIONS));
        rows.add(on(VmFunctions.EPTP_SWITCHING, SecondaryProcessorBased.ENABLE_EPT));
        return rows.build();
    }

    private static List<Dependency> events() {
        return List.of(
                on(PinBased.VIRTUAL_NMIS, PinBased.NMI_EXITING),
                on(PrimaryProcessorBased.NMI_WINDOW_EXITING, PinBased.VIRTUAL_NMIS),
                on(ExitControls.SAVE_VMX_PREEMPTION_TIMER_VALUE, PinBased.ACTIVATE_VMX_PREEMPTION_TIMER),
                on(PinBased.PROCESS_POSTED_INTERRUPTS, SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY),
                on(PinBased.PROCESS_POSTED_INTERRUPTS, ExitControls.ACKNOWLEDGE_INTERRUPT_ON_EXIT),
                on(SecondaryProcessorBased.VIRTUALIZE_X2APIC_MODE, PrimaryProcessorBased.USE_TPR_SHADOW),
                on(SecondaryProcessorBased.APIC_REGISTER_VIRTUALIZATION, PrimaryProcessorBased.USE_TPR_SHADOW),
                on(SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY, PrimaryProcessorBased.USE_TPR_SHADOW),
                on(SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY, PinBased.EXTERNAL_INTERRUPT_EXITING),
                on(PrimaryProcessorBased.USE_TPR_SHADOW, Feature.LM),
                on(PrimaryProcessorBased.CR8_LOAD_EXITING, Feature.LM),
                on(PrimaryProcessorBased.CR8_STORE_EXITING, Feature.LM),
                on(SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES, Feature.APIC));
    }

    private static List<Dependency> translation() {
        ImmutableList.Builder<Dependency> rows = ImmutableList.builder();
        for (SecondaryProcessorBased control : List.of(
                SecondaryProcessorBased.UNRESTRICTED_GUEST,
                SecondaryProcessorBased.ENABLE_PML,
                SecondaryProcessorBased.EPT_VIOLATION_VE,
                SecondaryProcessorBased.MODE_BASED_EXECUTE_CONTROL_FOR_EPT,
                SecondaryProcessorBased.SUB_PAGE_WRITE_PERMISSIONS_FOR_EPT,
                SecondaryProcessorBased.INTEL_PT_USES_GUEST_PHYSICAL_ADDRESSES)) {
            rows.add(on(control, SecondaryProcessorBased.ENABLE_EPT));
        }
        for (Capability capability : List.of(
                EPT_EXECUTE_ONLY,
                EPT_WALK_LENGTH_4,
                EPT_WALK_LENGTH_5,
                EPT_UNCACHEABLE,
                EPT_WRITE_BACK,
                EPT_2_MBYTE_PAGES,
                EPT_1_GBYTE_PAGES,
                INVEPT,
                EPT_ACCESSED_AND_DIRTY,
                EPT_ADVANCED_INFORMATION,
                EPT_SUPERVISOR_SHADOW_STACK)) {
            rows.add(on(capability, SecondaryProcessorBased.ENABLE_EPT));
        }
        rows.add(either(SecondaryProcessorBased.ENABLE_EPT, EPT_WALK_LENGTH_4, EPT_WALK_LENGTH_5));
        rows.add(either(SecondaryProcessorBased.ENABLE_EPT, EPT_UNCACHEABLE, EPT_WRITE_BACK));
        rows.add(on(SecondaryProcessorBased.ENABLE_PML, EPT_ACCESSED_AND_DIRTY));
        rows.add(on(INVEPT_SINGLE_CONTEXT, INVEPT));
        rows.add(on(INVEPT_ALL_CONTEXTS, INVEPT));
        rows.add(on(INVVPID, SecondaryProcessorBased.ENABLE_VPID));
        for (Capability capability : List.of(
                INVVPID_INDIVIDUAL_ADDRESS, INVVPID_SINGLE_CONTEXT, INVVPID_ALL_CONTEXTS, INVVPID_RETAINING_GLOBALS)) {
            rows.add(on(capability, INVVPID));
        }
        rows.add(on(SecondaryProcessorBased.UNRESTRICTED_GUEST, STORE_EFER_LMA));
        return rows.build();
    }

    private static Dependency either(ControlBit feature, Capability one, Capability other) {
        return new Dependency(
                VmxFeature.of(feature),
                one.title + " or " + other.title,
                subject -> subject.features().contains(VmxFeature.of(one))
                        || subject.features().contains(VmxFeature.of(other)));
    }

    private static List<Dependency> instructions() {
        return List.of(
                on(EntryControls.IA_32E_MODE_GUEST, Feature.LM),
                on(ExitControls.HOST_ADDRESS_SPACE_SIZE, Feature.LM),
                on(EntryControls.LOAD_IA32_PAT, Feature.PAT),
                on(ExitControls.SAVE_IA32_PAT, Feature.PAT),
                on(ExitControls.LOAD_IA32_PAT, Feature.PAT),
                on(PrimaryProcessorBased.MWAIT_EXITING, Feature.MONITOR),
                on(PrimaryProcessorBased.MONITOR_EXITING, Feature.MONITOR),
                on(SecondaryProcessorBased.ENABLE_RDTSCP, Feature.RDTSCP),
                on(SecondaryProcessorBased.VIRTUALIZE_X2APIC_MODE, Feature.X2APIC),
                on(SecondaryProcessorBased.RDRAND_EXITING, Feature.RDRAND),
                on(SecondaryProcessorBased.RDSEED_EXITING, Feature.RDSEED),
                on(SecondaryProcessorBased.ENABLE_INVPCID, Feature.INVPCID),
                on(SecondaryProcessorBased.ENABLE_XSAVES, Feature.XSAVES));
    }
}
