package org.thirdmode.x86.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SDM 2 "CPUID—CPU Identification". */
class CpuIdentificationLeaves {
    private static int[] leaf(CpuProfile profile, int leaf, int subleaf) {
        int[] out = new int[4];
        new Cpuid(profile, 40).read(leaf, subleaf, out);
        return out;
    }

    private static CpuProfile named(String name) {
        return CpuProfile.named().get(name);
    }

    @Test
    void leaf0SpellsTheVendorInEbxEdxEcx() {
        int[] out = leaf(CpuProfile.GENERIC, 0, 0);
        assertEquals(0x756e_6547, out[1]);
        assertEquals(0x4965_6e69, out[3]);
        assertEquals(0x6c65_746e, out[2]);
        assertEquals(0x6874_7541, leaf(named("zen2"), 0, 0)[1]);
    }

    /** Signatures as the vendors' specification updates print them. */
    @ParameterizedTest
    @CsvSource({
        "nehalem, 000106A5",
        "westmere, 000206C2",
        "haswell, 000306C3",
        "skylake, 000506E3",
        "prescott, 00000F43",
        "barcelona, 00100F23",
        "zen2, 00830F10"
    })
    void leaf1HasTheProcessorsSignature(String name, String signature) {
        assertEquals(Integer.parseUnsignedInt(signature, 16), leaf(named(name), 1, 0)[0]);
    }

    @Test
    void noTwoFeaturesShareABit() {
        Set<String> places = new HashSet<>();
        for (Feature feature : Feature.values()) {
            assertTrue(
                    places.add(feature.leaf + "." + feature.subleaf + "." + feature.register + "." + feature.bit),
                    feature::name);
        }
    }

    @Test
    void noProfileHasBothVmxAndSvm() {
        for (CpuProfile profile : CpuProfile.named().values()) {
            assertFalse(profile.has(Feature.VMX) && profile.has(Feature.SVM), profile.name());
        }
    }

    @Test
    void theFeatureLeavesIgnoreEcxButForTwo() {
        assertEquals(leaf(CpuProfile.GENERIC, 1, 0)[2], leaf(CpuProfile.GENERIC, 1, 0x1234)[2]);
        assertEquals(0, leaf(CpuProfile.GENERIC, 7, 1)[1]);
    }

    @Test
    void aLeafBeyondTheHighestAnswersAsTheHighestOnIntelAndWithZerosOnAmd() {
        int[] highest = leaf(CpuProfile.GENERIC, 0x16, 0);
        assertEquals(highest[0], leaf(CpuProfile.GENERIC, 0x4000_0000, 0)[0]);
        assertEquals(0, leaf(named("zen2"), 0x4000_0000, 0)[0]);
    }

    @Test
    void theBrandStringSpansThreeLeaves() {
        ByteBuffer text = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
        for (int n = 0; n < 3; n++) {
            for (int part : leaf(CpuProfile.GENERIC, 0x8000_0002 + n, 0)) {
                text.putInt(part);
            }
        }
        String brand = new String(text.array(), StandardCharsets.US_ASCII);
        assertEquals(CpuProfile.GENERIC.brand(), brand.substring(0, brand.indexOf(0)));
    }

    @Test
    void theAddressWidthsAreThoseOfMachineAndPagingModes() {
        assertEquals(40 | (57 << 8), leaf(CpuProfile.GENERIC, 0x8000_0008, 0)[0]);
        assertEquals(40 | (48 << 8), leaf(named("haswell"), 0x8000_0008, 0)[0]);
    }

    @Test
    void theXsaveAreaHoldsEveryComponentOfXcr0() {
        int[] out = leaf(CpuProfile.GENERIC, 0xd, 0);
        assertEquals(0x203, out[0]);
        assertEquals(2696, out[2]);
        assertEquals(8, leaf(CpuProfile.GENERIC, 0xd, 9)[0]);
        assertEquals(2688, leaf(CpuProfile.GENERIC, 0xd, 9)[1]);
        assertEquals(576, leaf(named("skylake"), 0xd, 0)[2]);
    }
}
