package org.thirdmode.x86.profile;

import java.nio.charset.StandardCharsets;

/**
 * The CPUID leaves of a profile, as far as they do not follow the processor's state: feature flags from the table that
 * {@link Feature} is, and the leaves that describe. SDM 2 "CPUID—CPU Identification"; APM 3 "Obtaining Processor
 * Information Via the CPUID Instruction".
 *
 * <p>Left to the instruction, since they follow the processor's state: OSXSAVE, OSPKE, the APIC flag and the sizes of the
 * enabled XSAVE components.
 */
public final class Cpuid {
    private static final int MAXIMUM_EXTENDED_LEAF = 0x8000_0008;
    private static final int EAX = 0;
    private static final int EBX = 1;
    private static final int ECX = 2;
    private static final int EDX = 3;

    /**
     * The crystal of leaf 15H, in hertz: the TSC frequency is a whole multiple of it. The local APIC's timer counts it too,
     * one count a tick.
     */
    private static final int CRYSTAL_HERTZ = 1_000_000_000;

    /** Rows of leaf 4: type and level (EAX 7:0), ways, line size, sets. SDM 2 "Deterministic Cache Parameters Leaf". */
    private static final int[][] CACHES = {
        {0x21, 8, 64, 64}, {0x22, 8, 64, 64}, {0x43, 4, 64, 1024}, {0x63, 16, 64, 8192},
    };

    private final CpuProfile profile;
    private final int physicalAddressWidth;

    /** The leaves of {@code profile} in a machine with physical addresses of that many bits. */
    public Cpuid(CpuProfile profile, int physicalAddressWidth) {
        this.profile = profile;
        this.physicalAddressWidth = physicalAddressWidth;
    }

    /** Answers one leaf: EAX, EBX, ECX and EDX into {@code out[0..3]}. */
    public void read(int leaf, int subleaf, int[] out) {
        out[EAX] = out[EBX] = out[ECX] = out[EDX] = 0;
        boolean extended = leaf < 0;
        int maximum = extended ? MAXIMUM_EXTENDED_LEAF : profile.maximumBasicLeaf();
        if (Integer.compareUnsigned(leaf, maximum) <= 0) {
            describe(leaf, subleaf, out);
            features(leaf, subleaf, out);
        } else if (profile.vendor() == CpuProfile.Vendor.INTEL) {
            // "INPUT EAX = value larger than the maximum": the data of the highest basic leaf.
            describe(profile.maximumBasicLeaf(), subleaf, out);
            features(profile.maximumBasicLeaf(), subleaf, out);
        }
    }

    private void features(int leaf, int subleaf, int[] out) {
        for (Feature feature : profile.features()) {
            if (feature.leaf == leaf && (feature.subleaf == subleaf || !hasSubleaves(leaf))) {
                out[feature.register.ordinal()] |= 1 << feature.bit;
            }
        }
        if (leaf == 0x8000_0001 && profile.vendor() == CpuProfile.Vendor.AMD) {
            // AMD repeats the flags of leaf 1 here, but for those whose places hold something newer.
            int[] first = new int[4];
            for (Feature feature : profile.features()) {
                if (feature.leaf == 1 && feature.subleaf == 0) {
                    first[feature.register.ordinal()] |= 1 << feature.bit;
                }
            }
            out[EDX] |= first[EDX] & 0x0183_f3ff;
        }
    }

    /** Whether ECX selects a part of a leaf with feature flags; elsewhere CPUID does not look at it. */
    private static boolean hasSubleaves(int leaf) {
        return leaf == 0x7 || leaf == 0xd;
    }

    private void describe(int leaf, int subleaf, int[] out) {
        boolean intel = profile.vendor() == CpuProfile.Vendor.INTEL;
        switch (leaf) {
            case 0x0 -> identification(profile.maximumBasicLeaf(), out);
            case 0x1 -> {
                out[EAX] = signature();
                out[EBX] = (1 << 16) | ((64 / 8) << 8);
            }
            case 0x2 -> {
                if (intel) {
                    out[EAX] = 0x7603_6301;
                    out[EBX] = 0x00f0_b5ff;
                    out[EDX] = 0x00c3_0000;
                }
            }
            case 0x4 -> {
                if (intel) {
                    cache(subleaf, out);
                }
            }
            case 0x5 -> {
                if (profile.has(Feature.MONITOR)) {
                    out[EAX] = 64;
                    out[EBX] = 64;
                    // Extensions are enumerated; interrupts are break events for MWAIT even when masked.
                    out[ECX] = 3;
                }
            }
            case 0xb -> topology(subleaf, out);
            case 0xd -> extendedState(subleaf, out);
            case 0x15 -> {
                if (intel) {
                    out[EAX] = 1;
                    out[EBX] = (int) (CpuProfile.TSC_HERTZ / CRYSTAL_HERTZ);
                    out[ECX] = CRYSTAL_HERTZ;
                }
            }
            case 0x16 -> {
                if (intel) {
                    out[EAX] = (int) (CpuProfile.TSC_HERTZ / 1_000_000);
                    out[EBX] = out[EAX];
                    out[ECX] = 100;
                }
            }
            case 0x8000_0000 -> {
                if (intel) {
                    out[EAX] = MAXIMUM_EXTENDED_LEAF;
                } else {
                    identification(MAXIMUM_EXTENDED_LEAF, out);
                }
            }
            case 0x8000_0001 -> out[EAX] = intel ? 0 : signature();
            case 0x8000_0002, 0x8000_0003, 0x8000_0004 -> brand(leaf - 0x8000_0002, out);
            case 0x8000_0005 -> {
                if (!intel) {
                    out[EAX] = 0xff20_ff20;
                    out[EBX] = 0xff20_ff20;
                    out[ECX] = 0x2008_0140;
                    out[EDX] = 0x2008_0140;
                }
            }
            case 0x8000_0006 -> out[ECX] = intel ? 0x0100_6040 : 0x0200_6140;
            case 0x8000_0008 -> out[EAX] = physicalAddressWidth | (profile.linearAddressWidth() << 8);
            default -> {}
        }
    }

    private void identification(int maximum, int[] out) {
        String text = profile.vendor().identification;
        out[EAX] = maximum;
        out[EBX] = characters(text, 0);
        out[EDX] = characters(text, 4);
        out[ECX] = characters(text, 8);
    }

    /** SDM 2 "Version Information": extended family and model only where the plain fields cannot hold them. */
    private int signature() {
        int family = Math.min(profile.family(), 15);
        int extendedFamily = profile.family() - family;
        int model = profile.model() & 0xf;
        int extendedModel = profile.model() >>> 4;
        return (extendedFamily << 20) | (extendedModel << 16) | (family << 8) | (model << 4) | profile.stepping();
    }

    private static void cache(int subleaf, int[] out) {
        if (subleaf < 0 || subleaf >= CACHES.length) {
            return;
        }
        int[] row = CACHES[subleaf];
        out[EAX] = row[0] | (1 << 8);
        out[EBX] = ((row[1] - 1) << 22) | (row[2] - 1);
        out[ECX] = row[3] - 1;
    }

    /** One core with one thread. */
    private void topology(int subleaf, int[] out) {
        out[ECX] = subleaf & 0xff;
        if (profile.has(Feature.X2APIC) && (subleaf == 0 || subleaf == 1)) {
            out[EBX] = 1;
            out[ECX] |= (subleaf + 1) << 8;
        }
    }

    private void extendedState(int subleaf, int[] out) {
        if (!profile.has(Feature.XSAVE)) {
            return;
        }
        long supported = supportedXcr0();
        if (subleaf == 0) {
            out[EAX] = (int) supported;
            out[EBX] = standardSize(supported);
            out[ECX] = standardSize(supported);
            out[EDX] = (int) (supported >>> 32);
        } else if (subleaf == PKRU_COMPONENT && (supported & PKRU) != 0) {
            out[EAX] = PKRU_SIZE;
            out[EBX] = PKRU_OFFSET;
        }
    }

    /** XCR0 bit of the x87 state. */
    public static final long X87 = 1;

    /** XCR0 bit of the SSE state. */
    public static final long SSE = 1 << 1;

    /** The protection-key state's component number, XCR0 bit, and place in a standard-format XSAVE area. */
    public static final int PKRU_COMPONENT = 9;

    public static final long PKRU = 1L << PKRU_COMPONENT;
    public static final int PKRU_OFFSET = 2688;
    public static final int PKRU_SIZE = 8;

    /** The bits that XCR0 may have. */
    public long supportedXcr0() {
        return X87
                | (profile.has(Feature.SSE) ? SSE : 0)
                | (profile.has(Feature.PKU) && profile.has(Feature.XSAVE) ? PKRU : 0);
    }

    /** Bytes of a standard-format XSAVE area with these components: legacy region, header, and what lies beyond. */
    public static int standardSize(long components) {
        return (components & PKRU) != 0 ? PKRU_OFFSET + PKRU_SIZE : 512 + 64;
    }

    private void brand(int part, int[] out) {
        for (int n = 0; n < 4; n++) {
            out[n] = characters(profile.brand(), part * 16 + n * 4);
        }
    }

    private static int characters(String text, int from) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        int value = 0;
        for (int n = 0; n < 4; n++) {
            int character = from + n < bytes.length ? bytes[from + n] : 0;
            value |= character << (n * 8);
        }
        return value;
    }
}
