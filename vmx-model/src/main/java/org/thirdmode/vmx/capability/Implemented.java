package org.thirdmode.vmx.capability;

import static org.thirdmode.vmx.capability.VmxFeature.of;

import com.google.common.collect.ImmutableSet;
import java.util.Set;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmFunctions;

/**
 * What the model does: no processor that it plays offers more, whatever the real one of that name offers. A control that is
 * not here is not allowed to be 1.
 */
final class Implemented {
    private static final Set<PrimaryProcessorBased> NO_PRIMARY =
            Set.of(PrimaryProcessorBased.ACTIVATE_TERTIARY_CONTROLS);

    private static final Set<SecondaryProcessorBased> SECONDARY = Set.of(
            SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES,
            SecondaryProcessorBased.ENABLE_EPT,
            SecondaryProcessorBased.DESCRIPTOR_TABLE_EXITING,
            SecondaryProcessorBased.ENABLE_RDTSCP,
            SecondaryProcessorBased.VIRTUALIZE_X2APIC_MODE,
            SecondaryProcessorBased.ENABLE_VPID,
            SecondaryProcessorBased.WBINVD_EXITING,
            SecondaryProcessorBased.UNRESTRICTED_GUEST,
            SecondaryProcessorBased.APIC_REGISTER_VIRTUALIZATION,
            SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY,
            SecondaryProcessorBased.PAUSE_LOOP_EXITING,
            SecondaryProcessorBased.RDRAND_EXITING,
            SecondaryProcessorBased.ENABLE_INVPCID,
            SecondaryProcessorBased.ENABLE_VM_FUNCTIONS,
            SecondaryProcessorBased.VMCS_SHADOWING,
            SecondaryProcessorBased.RDSEED_EXITING,
            SecondaryProcessorBased.ENABLE_PML,
            SecondaryProcessorBased.EPT_VIOLATION_VE,
            SecondaryProcessorBased.ENABLE_XSAVES,
            SecondaryProcessorBased.MODE_BASED_EXECUTE_CONTROL_FOR_EPT,
            SecondaryProcessorBased.USE_TSC_SCALING);

    private static final Set<ExitControls> EXIT = Set.of(
            ExitControls.SAVE_DEBUG_CONTROLS,
            ExitControls.HOST_ADDRESS_SPACE_SIZE,
            ExitControls.ACKNOWLEDGE_INTERRUPT_ON_EXIT,
            ExitControls.SAVE_IA32_PAT,
            ExitControls.LOAD_IA32_PAT,
            ExitControls.SAVE_IA32_EFER,
            ExitControls.LOAD_IA32_EFER,
            ExitControls.SAVE_VMX_PREEMPTION_TIMER_VALUE);

    private static final Set<EntryControls> ENTRY = Set.of(
            EntryControls.LOAD_DEBUG_CONTROLS,
            EntryControls.IA_32E_MODE_GUEST,
            EntryControls.LOAD_IA32_PAT,
            EntryControls.LOAD_IA32_EFER);

    private static final Set<Capability> NO_CAPABILITY = Set.of(Capability.EPT_SUPERVISOR_SHADOW_STACK);

    /** All of it. */
    static final Set<VmxFeature> FEATURES = features();

    private Implemented() {}

    private static Set<VmxFeature> features() {
        ImmutableSet.Builder<VmxFeature> all = ImmutableSet.builder();
        for (PinBased control : PinBased.values()) {
            all.add(of(control));
        }
        for (PrimaryProcessorBased control : PrimaryProcessorBased.values()) {
            if (!NO_PRIMARY.contains(control)) {
                all.add(of(control));
            }
        }
        SECONDARY.forEach(control -> all.add(of(control)));
        EXIT.forEach(control -> all.add(of(control)));
        ENTRY.forEach(control -> all.add(of(control)));
        all.add(of(VmFunctions.EPTP_SWITCHING));
        for (Capability capability : Capability.values()) {
            if (!NO_CAPABILITY.contains(capability)) {
                all.add(of(capability));
            }
        }
        return all.build();
    }
}
