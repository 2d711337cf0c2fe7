package org.thirdmode.svm;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.Map;
import java.util.Set;

/**
 * What one processor has of SVM: CPUID Fn8000_000A.
 *
 * @param name the processor's name, as in {@code org.thirdmode.x86.profile.CpuProfile}
 * @param asids the number of address-space identifiers, the host's 0 among them (EBX)
 * @param features what it has; {@link #shown} is what of it the model has too
 */
public record SvmProfile(String name, int asids, Set<SvmFeature> features) {
    /** SVM revision (EAX bits 7:0). */
    public static final int REVISION = 1;

    private static final Set<SvmFeature> BARCELONA =
            Sets.immutableEnumSet(SvmFeature.NP, SvmFeature.LBR_VIRT, SvmFeature.SVML, SvmFeature.NRIPS);

    private static final Set<SvmFeature> ZEN_2 = Sets.immutableEnumSet(
            SvmFeature.NP,
            SvmFeature.LBR_VIRT,
            SvmFeature.SVML,
            SvmFeature.NRIPS,
            SvmFeature.TSC_RATE_MSR,
            SvmFeature.VMCB_CLEAN,
            SvmFeature.FLUSH_BY_ASID,
            SvmFeature.DECODE_ASSISTS,
            SvmFeature.PAUSE_FILTER,
            SvmFeature.PAUSE_FILTER_THRESHOLD,
            SvmFeature.AVIC,
            SvmFeature.V_VMSAVE_VMLOAD,
            SvmFeature.VGIF,
            SvmFeature.GMET,
            SvmFeature.SPEC_CTRL);

    /** Everything that the model has. */
    public static final SvmProfile GENERIC = new SvmProfile("generic-amd", 0x8000, Set.of(SvmFeature.values()));

    private static final Map<String, SvmProfile> NAMED = ImmutableMap.of(
            "barcelona", new SvmProfile("barcelona", 64, BARCELONA),
            "zen2", new SvmProfile("zen2", 0x8000, ZEN_2),
            "generic-amd", GENERIC);

    public SvmProfile {
        features = ImmutableSet.copyOf(features);
    }

    /** The profile of a processor by its name; {@link #GENERIC} for one that no row names. */
    public static SvmProfile of(String processor) {
        return NAMED.getOrDefault(processor, GENERIC);
    }

    /** The rows, by name. */
    public static Map<String, SvmProfile> named() {
        return NAMED;
    }

    public boolean has(SvmFeature feature) {
        return feature.modelled && features.contains(feature);
    }

    /** EDX of CPUID Fn8000_000A. */
    public int shown() {
        int edx = 0;
        for (SvmFeature feature : features) {
            if (feature.modelled) {
                edx |= 1 << feature.bit;
            }
        }
        return edx;
    }
}
