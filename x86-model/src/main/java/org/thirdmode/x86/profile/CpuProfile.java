package org.thirdmode.x86.profile;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.thirdmode.x86.time.GuestClock;
import org.thirdmode.x86.tlb.TlbGeometry;

/**
 * Which processor the model is.
 *
 * @param name the name a user types
 * @param vendor who makes it: where the two architectures differ, the model follows
 * @param family the display family of CPUID leaf 1 (extended family added in)
 * @param model the display model of CPUID leaf 1 (extended model in bits 7:4)
 * @param stepping the stepping of CPUID leaf 1
 * @param brand the processor brand string, at most 47 characters
 * @param maximumBasicLeaf the highest basic leaf of CPUID
 * @param features what it has
 */
public record CpuProfile(
        String name,
        Vendor vendor,
        int family,
        int model,
        int stepping,
        String brand,
        int maximumBasicLeaf,
        Set<Feature> features) {
    /** The vendors whose manuals the model follows. */
    public enum Vendor {
        INTEL("GenuineIntel"),
        AMD("AuthenticAMD");

        /** The twelve characters of CPUID leaf 0. */
        public final String identification;

        Vendor(String identification) {
            this.identification = identification;
        }
    }

    /** Frequency of the time-stamp counter: one count a tick of the guest's clock. */
    public static final long TSC_HERTZ = GuestClock.TICKS_PER_SECOND;

    private static final Set<Feature> PENTIUM_4 = Sets.immutableEnumSet(
            Feature.FPU,
            Feature.VME,
            Feature.DE,
            Feature.PSE,
            Feature.TSC,
            Feature.MSR,
            Feature.PAE,
            Feature.MCE,
            Feature.CX8,
            Feature.APIC,
            Feature.SEP,
            Feature.MTRR,
            Feature.PGE,
            Feature.MCA,
            Feature.CMOV,
            Feature.PAT,
            Feature.PSE36,
            Feature.CLFSH,
            Feature.MMX,
            Feature.FXSR,
            Feature.SSE,
            Feature.SSE2,
            Feature.SSE3,
            Feature.MONITOR,
            Feature.CX16,
            Feature.SYSCALL,
            Feature.NX,
            Feature.LM);

    private static final Set<Feature> MEROM = with(PENTIUM_4, Feature.VMX, Feature.SSSE3, Feature.LAHF);

    private static final Set<Feature> PENRYN = with(MEROM, Feature.SSE4_1);

    private static final Set<Feature> NEHALEM =
            with(PENRYN, Feature.SSE4_2, Feature.POPCNT, Feature.RDTSCP, Feature.INVARIANT_TSC);

    private static final Set<Feature> WESTMERE =
            with(NEHALEM, Feature.PCLMULQDQ, Feature.AES, Feature.PCID, Feature.PAGE1GB, Feature.ARAT);

    /** The client parts have no pages of 1 GByte. */
    private static final Set<Feature> SANDY_BRIDGE = Sets.immutableEnumSet(Sets.difference(
            with(WESTMERE, Feature.X2APIC, Feature.TSC_DEADLINE, Feature.XSAVE, Feature.XSAVEOPT),
            EnumSet.of(Feature.PAGE1GB)));

    private static final Set<Feature> HASWELL = with(
            SANDY_BRIDGE,
            Feature.PAGE1GB,
            Feature.MOVBE,
            Feature.RDRAND,
            Feature.FSGSBASE,
            Feature.TSC_ADJUST,
            Feature.BMI1,
            Feature.BMI2,
            Feature.LZCNT,
            Feature.SMEP,
            Feature.ERMS,
            Feature.INVPCID);

    private static final Set<Feature> SKYLAKE = with(
            HASWELL,
            Feature.RDSEED,
            Feature.ADX,
            Feature.SMAP,
            Feature.CLFLUSHOPT,
            Feature.PREFETCHW,
            Feature.XSAVEC,
            Feature.XGETBV1,
            Feature.XSAVES);

    private static final Set<Feature> BARCELONA = with(
            PENTIUM_4,
            Feature.SVM,
            Feature.POPCNT,
            Feature.LZCNT,
            Feature.LAHF,
            Feature.PREFETCHW,
            Feature.PAGE1GB,
            Feature.RDTSCP,
            Feature.INVARIANT_TSC);

    private static final Set<Feature> ZEN_2 = with(
            BARCELONA,
            Feature.PCLMULQDQ,
            Feature.SSSE3,
            Feature.SSE4_1,
            Feature.SSE4_2,
            Feature.AES,
            Feature.MOVBE,
            Feature.XSAVE,
            Feature.XSAVEOPT,
            Feature.XSAVEC,
            Feature.XGETBV1,
            Feature.XSAVES,
            Feature.RDRAND,
            Feature.FSGSBASE,
            Feature.BMI1,
            Feature.BMI2,
            Feature.SMEP,
            Feature.RDSEED,
            Feature.ADX,
            Feature.SMAP,
            Feature.CLFLUSHOPT,
            Feature.CLWB,
            Feature.UMIP,
            Feature.RDPID,
            Feature.ARAT);

    /** Everything the model implements, with Intel's VMX: the default. */
    public static final CpuProfile GENERIC =
            new CpuProfile("generic", Vendor.INTEL, 6, 0x5e, 3, "Thirdmode x86-64 processor", 0x16, all(Feature.SVM));

    /** Everything the model implements, with AMD's SVM. */
    public static final CpuProfile GENERIC_AMD =
            new CpuProfile("generic-amd", Vendor.AMD, 23, 0x31, 0, "Thirdmode AMD64 processor", 0x10, all(Feature.VMX));

    private static final Map<String, CpuProfile> NAMED = byName(
            GENERIC,
            GENERIC_AMD,
            new CpuProfile(
                    "prescott",
                    Vendor.INTEL,
                    15,
                    4,
                    3,
                    "Intel(R) Pentium(R) 4 CPU 3.80GHz",
                    0x5,
                    with(PENTIUM_4, Feature.VMX)),
            new CpuProfile(
                    "merom", Vendor.INTEL, 6, 0xf, 6, "Intel(R) Core(TM)2 CPU          6700  @ 2.66GHz", 0xa, MEROM),
            new CpuProfile(
                    "penryn", Vendor.INTEL, 6, 0x17, 6, "Intel(R) Core(TM)2 Duo CPU     E8400  @ 3.00GHz", 0xa, PENRYN),
            new CpuProfile(
                    "nehalem",
                    Vendor.INTEL,
                    6,
                    0x1a,
                    5,
                    "Intel(R) Xeon(R) CPU           X5570  @ 2.93GHz",
                    0xb,
                    NEHALEM),
            new CpuProfile(
                    "westmere",
                    Vendor.INTEL,
                    6,
                    0x2c,
                    2,
                    "Intel(R) Xeon(R) CPU           X5670  @ 2.93GHz",
                    0xb,
                    WESTMERE),
            new CpuProfile(
                    "sandybridge",
                    Vendor.INTEL,
                    6,
                    0x2a,
                    7,
                    "Intel(R) Core(TM) i7-2600K CPU @ 3.40GHz",
                    0xd,
                    SANDY_BRIDGE),
            new CpuProfile(
                    "haswell", Vendor.INTEL, 6, 0x3c, 3, "Intel(R) Core(TM) i7-4770 CPU @ 3.40GHz", 0xd, HASWELL),
            new CpuProfile(
                    "skylake", Vendor.INTEL, 6, 0x5e, 3, "Intel(R) Core(TM) i7-6700 CPU @ 3.40GHz", 0x16, SKYLAKE),
            new CpuProfile(
                    "barcelona", Vendor.AMD, 16, 2, 3, "Quad-Core AMD Opteron(tm) Processor 2356", 0x5, BARCELONA),
            new CpuProfile("zen2", Vendor.AMD, 23, 0x31, 0, "AMD EPYC 7742 64-Core Processor", 0x10, ZEN_2));

    public CpuProfile {
        features = Sets.immutableEnumSet(features);
        if (brand.length() > 47) {
            throw new IllegalArgumentException("brand string \"" + brand + "\": at most 47 characters");
        }
    }

    private static Set<Feature> all(Feature but) {
        return Sets.immutableEnumSet(EnumSet.complementOf(EnumSet.of(but)));
    }

    private static Set<Feature> with(Set<Feature> base, Feature... more) {
        return Sets.immutableEnumSet(Sets.union(base, ImmutableSet.copyOf(more)));
    }

    private static Map<String, CpuProfile> byName(CpuProfile... profiles) {
        ImmutableMap.Builder<String, CpuProfile> map = ImmutableMap.builder();
        for (CpuProfile profile : profiles) {
            map.put(profile.name(), profile);
        }
        return map.build();
    }

    /** The named profiles, in the order in which they are listed to a user. */
    public static Map<String, CpuProfile> named() {
        return NAMED;
    }

    /** The same processor with another set of features. */
    public CpuProfile withFeatures(Set<Feature> others) {
        return new CpuProfile(name, vendor, family, model, stepping, brand, maximumBasicLeaf, others);
    }

    /** The same processor with neither VMX nor SVM. */
    public CpuProfile withoutVirtualization() {
        return withFeatures(Sets.difference(features, EnumSet.of(Feature.VMX, Feature.SVM)));
    }

    public boolean has(Feature feature) {
        return features.contains(feature);
    }

    /** The TLBs and paging-structure caches that {@code detailed} fidelity models. */
    public TlbGeometry tlbs() {
        return TlbGeometry.of(name);
    }

    /** Width of linear addresses, in bits. */
    public int linearAddressWidth() {
        return has(Feature.LA57) ? 57 : has(Feature.LM) ? 48 : 32;
    }
}
