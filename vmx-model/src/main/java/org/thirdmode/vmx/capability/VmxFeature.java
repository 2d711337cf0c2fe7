package org.thirdmode.vmx.capability;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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

/**
 * Anything of VMX that a processor may have or lack: the 1-setting of a control, or another {@link Capability}.
 *
 * @param name the constant's name; for a control whose name two tables share, with its field before it
 * @param title the manual's words
 * @param msr where a processor tells it
 * @param bit the bit of that MSR that is 1 on a processor that has it
 */
public record VmxFeature(String name, String title, CapabilityMsr msr, int bit) {
    private static final List<VmxFeature> ALL = list();

    /** Every one, in the order of the manual's tables. */
    public static List<VmxFeature> all() {
        return ALL;
    }

    private static List<VmxFeature> list() {
        ImmutableList.Builder<VmxFeature> all = ImmutableList.builder();
        controls().forEach(control -> all.add(of(control)));
        for (Capability capability : Capability.values()) {
            all.add(of(capability));
        }
        return all.build();
    }

    private static List<ControlBit> controls() {
        List<ControlBit> controls = new ArrayList<>();
        controls.addAll(List.of(PinBased.values()));
        controls.addAll(List.of(PrimaryProcessorBased.values()));
        controls.addAll(List.of(SecondaryProcessorBased.values()));
        controls.addAll(List.of(TertiaryProcessorBased.values()));
        controls.addAll(List.of(ExitControls.values()));
        controls.addAll(List.of(SecondaryExitControls.values()));
        controls.addAll(List.of(EntryControls.values()));
        controls.addAll(List.of(VmFunctions.values()));
        return controls;
    }

    /** The 1-setting of a control. */
    public static VmxFeature of(ControlBit control) {
        CapabilityMsr msr = msrOf(control);
        int bit = msr.controls == null ? control.bit() : Integer.SIZE + control.bit();
        return new VmxFeature(qualified(control), "\"" + control.title() + "\"", msr, bit);
    }

    /** A capability that is not a control. */
    public static VmxFeature of(Capability capability) {
        return new VmxFeature(capability.name(), capability.title, capability.msr, capability.bit);
    }

    private static CapabilityMsr msrOf(ControlBit control) {
        return switch (control) {
            case PinBased ignored -> CapabilityMsr.IA32_VMX_PINBASED_CTLS;
            case PrimaryProcessorBased ignored -> CapabilityMsr.IA32_VMX_PROCBASED_CTLS;
            case SecondaryProcessorBased ignored -> CapabilityMsr.IA32_VMX_PROCBASED_CTLS2;
            case TertiaryProcessorBased ignored -> CapabilityMsr.IA32_VMX_PROCBASED_CTLS3;
            case ExitControls ignored -> CapabilityMsr.IA32_VMX_EXIT_CTLS;
            case SecondaryExitControls ignored -> CapabilityMsr.IA32_VMX_EXIT_CTLS2;
            case EntryControls ignored -> CapabilityMsr.IA32_VMX_ENTRY_CTLS;
            case VmFunctions ignored -> CapabilityMsr.IA32_VMX_VMFUNC;
        };
    }

    private static String qualified(ControlBit control) {
        long same = controls().stream()
                .filter(other -> other.name().equals(control.name()))
                .count();
        return same == 1 ? control.name() : prefix(control.field()) + "_" + control.name();
    }

    private static String prefix(VmcsField field) {
        return switch (field) {
            case ENTRY_CONTROLS -> "ENTRY";
            case PRIMARY_EXIT_CONTROLS -> "EXIT";
            case SECONDARY_EXIT_CONTROLS -> "SECONDARY_EXIT";
            default -> "EXECUTION";
        };
    }

    /** The feature that a user names: by constant or by the manual's words, whatever the case and punctuation; or null. */
    public static VmxFeature named(String text) {
        String wanted = plain(text);
        for (VmxFeature feature : ALL) {
            if (plain(feature.name).equals(wanted)) {
                return feature;
            }
        }
        List<VmxFeature> titled = ALL.stream()
                .filter(feature -> plain(feature.title).equals(wanted))
                .toList();
        return titled.size() == 1 ? titled.getFirst() : null;
    }

    private static String plain(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }
}
