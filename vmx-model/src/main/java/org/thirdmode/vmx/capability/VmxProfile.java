package org.thirdmode.vmx.capability;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.thirdmode.vmx.capability.Dependency.Subject;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;

/**
 * Which of VMX a named processor has, beside what its CPUID tells.
 *
 * @param processor the processor
 * @param features what of VMX the real processor has, whether the model implements it or not
 * @param timerShift IA32_VMX_MISC[4:0]: the preemption timer counts when this bit of the time-stamp counter changes
 * @param cr4Bits the bits of CR4 that the real processor has
 * @param source where the figures are from
 */
public record VmxProfile(CpuProfile processor, Set<VmxFeature> features, int timerShift, long cr4Bits, String source) {
    /** Bits of CR4 that the manual defines. SDM 3A "Control Registers". */
    static final long CR4_DEFINED = 0x1_1bff_7fffL;

    /**
     * One row a processor: the upper halves of the MSRs that tell controls (allowed 1-settings), then IA32_VMX_BASIC[63:32],
     * IA32_VMX_MISC, IA32_VMX_EPT_VPID_CAP, IA32_VMX_VMFUNC, IA32_VMX_CR4_FIXED1.
     */
    private record Row(
            String name,
            long pinBased,
            long primary,
            long secondary,
            long exit,
            long entry,
            long basic,
            long misc,
            long eptVpid,
            long vmFunctions,
            long cr4,
            String source) {}

    private static final List<Row> ROWS = List.of(
            new Row(
                    "prescott",
                    0x1f,
                    0x77b9_fffeL,
                    0,
                    0x3_efff,
                    0x1fff,
                    0x0018_0000,
                    0x4_01c0,
                    0,
                    0,
                    0x27ff,
                    "Pentium 4 662/672 (Prescott 2M, November 2005). Derived: the MSRs of a Core Duo T2600 of January 2006"
                            + " (VirtualBox, CPU database), with the controls that need Intel 64 architecture added"),
            new Row(
                    "merom",
                    0x1f,
                    0x77b9_fffeL,
                    0,
                    0x3_efff,
                    0x1fff,
                    0x0018_0000,
                    0x4_01c0,
                    0,
                    0,
                    0x27ff,
                    "the MSRs of a Core 2 X6800 (VirtualBox, CPU database)"),
            new Row(
                    "penryn",
                    0x3f,
                    0xf7f9_fffeL,
                    0x41,
                    0x3_ffff,
                    0x3fff,
                    0x0058_0000,
                    0x4_01c0,
                    0,
                    0,
                    0x27ff,
                    "the MSRs of a Xeon X5482 (VirtualBox, CPU database)"),
            new Row(
                    "nehalem",
                    0x7f,
                    0xfff9_fffeL,
                    0x7f,
                    0x7f_ffff,
                    0xffff,
                    0x00d8_0000,
                    0x4_01c5,
                    0xf01_0611_4141L,
                    0,
                    0x67ff,
                    "Xeon X5570. Derived: the MSRs of a Core i5 M 520 without unrestricted guest; the extensions that Bochs'"
                            + " CPU database lists for a Core i5 750"),
            new Row(
                    "westmere",
                    0x7f,
                    0xfff9_fffeL,
                    0xff,
                    0x7f_ffff,
                    0xffff,
                    0x00d8_0000,
                    0x4_01e5,
                    0xf01_0611_4141L,
                    0,
                    0x2_67ff,
                    "the MSRs of a Core i5 M 520 (Bochs, CPU database)"),
            new Row(
                    "sandybridge",
                    0x7f,
                    0xfff9_fffeL,
                    0xff,
                    0x7f_ffff,
                    0xffff,
                    0x00d8_0000,
                    0x1004_01e5,
                    0xf01_0611_4141L,
                    0,
                    0x6_27ff,
                    "the MSRs of a Core i7-2635QM (VirtualBox, CPU database)"),
            new Row(
                    "haswell",
                    0xff,
                    0xfff9_fffeL,
                    0x7fff,
                    0x7f_ffff,
                    0xffff,
                    0x00d8_0000,
                    0x3004_81e5,
                    0xf01_0633_4141L,
                    1,
                    0x17_67ff,
                    "Xeon E5-2600 v3: with APIC-register virtualization, virtual-interrupt delivery and posted interrupts,"
                            + " which the desktop parts lack. Derived: the MSRs of a Core i7-5600U (VirtualBox, CPU database)"
                            + " without what Broadwell added, and the list of a Xeon E5-2683 v4 (KVM mailing list, 10 July 2019)"),
            new Row(
                    "skylake",
                    0xff,
                    0xfff9_fffeL,
                    0x025f_7fff,
                    0x1ff_ffff,
                    0x3_ffff,
                    0x00d8_0000,
                    0x7004_c1e7L,
                    0xf01_0673_4141L,
                    1,
                    0x77_67ff,
                    "a server of the Skylake generation (Xeon Scalable). Derived: the MSRs of a Core i7-7800X (Bochs, CPU"
                            + " database) with page-modification logging and VMCS shadowing, which that record hides; other"
                            + " figures as in a log of a Core i7-8850H (KVM mailing list, 10 July 2019)"));

    private static final Map<String, VmxProfile> NAMED = byName();

    private static Map<String, VmxProfile> byName() {
        ImmutableMap.Builder<String, VmxProfile> map = ImmutableMap.builder();
        map.put(
                "generic",
                everything(CpuProfile.GENERIC, "everything that the model implements", Implemented.FEATURES));
        for (Row row : ROWS) {
            map.put(row.name, of(row));
        }
        return map.build();
    }

    private static VmxProfile everything(CpuProfile processor, String source, Set<VmxFeature> features) {
        // A processor of its own kind: its VMX-preemption timer counts what its time-stamp counter counts.
        return new VmxProfile(processor, features, 0, CR4_DEFINED, source);
    }

    /**
     * What a processor may be of which nothing is known: one that has whatever the manual names, and one that differs in what
     * makes an event injection valid or not.
     *
     * @param linearAddresses57 whether linear addresses have 57 bits, else 48
     */
    public static List<VmxProfile> manual(boolean linearAddresses57) {
        Set<Feature> flags = EnumSet.copyOf(CpuProfile.GENERIC.features());
        if (!linearAddresses57) {
            flags.remove(Feature.LA57);
        }
        CpuProfile processor = CpuProfile.GENERIC.withFeatures(flags);
        Set<VmxFeature> all = ImmutableSet.copyOf(VmxFeature.all());
        Set<VmxFeature> strict = Sets.difference(
                all,
                Set.of(
                        VmxFeature.of(Capability.OPTIONAL_ERROR_CODE),
                        VmxFeature.of(Capability.INJECTION_WITH_LENGTH_0)));
        String source = "every control that the manual names";
        return List.of(everything(processor, source, all), everything(processor, source, Set.copyOf(strict)));
    }

    private static VmxProfile of(Row row) {
        long[] words = new long[CapabilityMsr.values().length];
        words[CapabilityMsr.IA32_VMX_PINBASED_CTLS.ordinal()] = row.pinBased << 32;
        words[CapabilityMsr.IA32_VMX_PROCBASED_CTLS.ordinal()] = row.primary << 32;
        words[CapabilityMsr.IA32_VMX_PROCBASED_CTLS2.ordinal()] = row.secondary << 32;
        words[CapabilityMsr.IA32_VMX_EXIT_CTLS.ordinal()] = row.exit << 32;
        words[CapabilityMsr.IA32_VMX_ENTRY_CTLS.ordinal()] = row.entry << 32;
        words[CapabilityMsr.IA32_VMX_BASIC.ordinal()] = row.basic << 32;
        words[CapabilityMsr.IA32_VMX_MISC.ordinal()] = row.misc;
        words[CapabilityMsr.IA32_VMX_EPT_VPID_CAP.ordinal()] = row.eptVpid;
        words[CapabilityMsr.IA32_VMX_VMFUNC.ordinal()] = row.vmFunctions;
        ImmutableSet.Builder<VmxFeature> features = ImmutableSet.builder();
        for (VmxFeature feature : VmxFeature.all()) {
            if (((words[feature.msr().ordinal()] >>> feature.bit()) & 1) != 0) {
                features.add(feature);
            }
        }
        return new VmxProfile(
                CpuProfile.named().get(row.name), features.build(), (int) row.misc & 0x1f, row.cr4, row.source);
    }

    /** The profiles that have VMX, by the names of {@link CpuProfile#named}. */
    public static Map<String, VmxProfile> named() {
        return NAMED;
    }

    /**
     * The VMX of a processor: by its name, or all that the model implements where the name is of no VMX processor. What the
     * processor's CPUID rules out is taken away.
     */
    public static VmxProfile of(CpuProfile processor) {
        VmxProfile named = NAMED.getOrDefault(processor.name(), NAMED.get("generic"));
        return new VmxProfile(processor, named.features, named.timerShift, named.cr4Bits, named.source);
    }

    /** The capabilities of the real processor. */
    public VmxCapabilities capabilities() {
        return new VmxCapabilities(processor, features, timerShift, cr4Bits);
    }

    /** The capabilities that the model of the processor has: nothing that it does not do. */
    public VmxCapabilities modelled() {
        Set<VmxFeature> kept = new HashSet<>(Sets.intersection(features, Implemented.FEATURES));
        boolean again = true;
        while (again) {
            Subject subject = new Subject(processor, Set.copyOf(kept));
            again = kept.removeIf(feature ->
                    Dependency.ALL.stream().anyMatch(row -> row.feature().equals(feature) && row.isBrokenBy(subject)));
        }
        return new VmxCapabilities(processor, kept, timerShift, VmxCapabilities.cr4Bits(processor));
    }

    /** What the processor has that the model does not do, by name. */
    public List<String> notModelled() {
        return Sets.difference(features, Implemented.FEATURES).stream()
                .map(VmxFeature::title)
                .sorted()
                .toList();
    }

    /**
     * The first contradiction in it, in words; or null.
     *
     * @param base what it was made from: the profile of a real processor lists only flags of CPUID that the model has, so
     *     that what the base already has without its flag is none
     */
    String contradiction(VmxProfile base) {
        Subject subject = new Subject(processor, features);
        Subject before = new Subject(base.processor, base.features);
        return Dependency.ALL.stream()
                .filter(row -> row.isBrokenBy(subject) && !row.isBrokenBy(before))
                .findFirst()
                .map(row -> "it has " + row.feature().title() + " and lacks " + row.needs()
                        + ", without which that cannot be")
                .orElse(null);
    }

    /** The names of the profiles, as a list for a message. */
    public static String names() {
        return String.join(", ", NAMED.keySet());
    }
}
