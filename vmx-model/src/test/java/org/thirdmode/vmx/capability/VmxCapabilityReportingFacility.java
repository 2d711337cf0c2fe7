package org.thirdmode.vmx.capability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;

class VmxCapabilityReportingFacility {
    /**
     * Read from a Core i5 M 520: the comment in Bochs' cpudb/intel/corei5_arrandale_m520.cc. But for IA32_VMX_VMCS_ENUM: there
     * the part reports 2AH though its preemption-timer value has index 17H, a known erratum of several generations.
     */
    @ParameterizedTest
    @CsvSource({
        "0x481, 0000007F00000016",
        "0x482, FFF9FFFE0401E172",
        "0x483, 007FFFFF00036DFF",
        "0x484, 0000FFFF000011FF",
        "0x485, 00000000000401E5",
        "0x486, 0000000080000021",
        "0x487, 00000000FFFFFFFF",
        "0x488, 0000000000002000",
        "0x48b, 000000FF00000000",
        "0x48c, 00000F0106114141",
        "0x48d, 0000007F00000016",
        "0x48e, FFF9FFFE04006172",
        "0x48f, 007FFFFF00036DFB",
        "0x490, 0000FFFF000011FB"
    })
    void westmereReportsWhatARealOneDoes(String index, String value) {
        VmxCapabilities westmere = VmxProfile.named().get("westmere").capabilities();
        int msr = Integer.decode(index);
        assertTrue(westmere.hasMsr(msr));
        assertEquals(value, String.format("%016X", westmere.msr(msr)));
    }

    @Test
    void theFirstGenerationHasNeitherEptNorVpidNorSecondaryControls() {
        VmxCapabilities prescott = VmxCapabilities.of(CpuProfile.named().get("prescott"));
        assertFalse(prescott.has(PrimaryProcessorBased.ACTIVATE_SECONDARY_CONTROLS));
        assertFalse(prescott.hasMsr(CapabilityMsr.IA32_VMX_PROCBASED_CTLS2.index));
        assertFalse(prescott.hasMsr(CapabilityMsr.IA32_VMX_TRUE_PROCBASED_CTLS.index));
        assertFalse(prescott.exists(VmcsField.VPID));
        assertFalse(prescott.exists(VmcsField.EPT_POINTER));
        assertFalse(prescott.exists(VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS));
        assertTrue(prescott.exists(VmcsField.TPR_THRESHOLD));
        assertTrue(CpuProfile.named().get("prescott").has(Feature.VMX));
    }

    @Test
    void nehalemHasEptButNoUnrestrictedGuestAndNoDirtyFlags() {
        VmxCapabilities nehalem = VmxCapabilities.of(CpuProfile.named().get("nehalem"));
        assertTrue(nehalem.has(SecondaryProcessorBased.ENABLE_EPT));
        assertTrue(nehalem.has(SecondaryProcessorBased.ENABLE_VPID));
        assertFalse(nehalem.has(SecondaryProcessorBased.UNRESTRICTED_GUEST));
        assertFalse(nehalem.has(Capability.EPT_ACCESSED_AND_DIRTY));
    }

    static String[] names() {
        return VmxProfile.named().keySet().toArray(new String[0]);
    }

    @ParameterizedTest
    @MethodSource("names")
    void noProcessorContradictsItselfAndNoModelOffersMoreThanItIs(String name) {
        VmxProfile profile = VmxProfile.named().get(name);
        VmxCapabilities modelled = profile.modelled();
        VmxProfile nothing = new VmxProfile(profile.processor(), Set.of(), 5, 0, "");
        assertNull(new VmxProfile(profile.processor(), modelled.features(), 5, 0, "").contradiction(nothing));
        assertTrue(profile.features().containsAll(modelled.features()));
        assertTrue(Implemented.FEATURES.containsAll(modelled.features()));
    }

    @ParameterizedTest
    @MethodSource("names")
    void whatMustBeOneMayBeOne(String name) {
        VmxCapabilities c = VmxProfile.named().get(name).modelled();
        for (VmcsField field : VmcsField.all()) {
            assertEquals(c.mustBeOne(field), c.mustBeOne(field) & c.mayBeOne(field), field.name());
        }
        assertEquals(0x16, c.pinBasedMustBeOne & PinBased.DEFAULT1);
    }

    @Test
    void everyFeatureIsFoundByItsNameAndNoTwoShareOne() {
        assertEquals(
                VmxFeature.all().size(),
                VmxFeature.all().stream().map(VmxFeature::name).distinct().count());
        for (VmxFeature feature : VmxFeature.all()) {
            assertEquals(feature, VmxFeature.named(feature.name()));
        }
    }
}
