package org.thirdmode.x86.tlb;

import static org.thirdmode.x86.tlb.PageSize.GBYTE_1;
import static org.thirdmode.x86.tlb.PageSize.KBYTE_4;
import static org.thirdmode.x86.tlb.PageSize.MBYTE_2;
import static org.thirdmode.x86.tlb.PageSize.MBYTE_4;
import static org.thirdmode.x86.tlb.TlbGeometry.Certainty.ASSUMED;
import static org.thirdmode.x86.tlb.TlbGeometry.Certainty.PRIMARY;
import static org.thirdmode.x86.tlb.TlbGeometry.Certainty.SECONDARY;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The translation caches of a processor, as data.
 *
 * @param name the name of the processor profile
 * @param dataL1 first-level data TLB; holds every page size
 * @param instructionL1 first-level instruction TLB; holds every page size
 * @param dataL2 second-level TLB for data, and for instructions too where {@code instructionL2} is empty
 * @param instructionL2 second-level TLB for instructions alone
 * @param structureCaches paging-structure caches: what they hold is named by the entry, from PDE up
 * @param nestedTlb nested TLB: guest-physical to host-physical addresses of the guest's tables, 4 KBytes each; empty for
 *     none. Bhargava et al., "Accelerating Two-Dimensional Page Walks for Virtualized Systems"
 * @param nestedStructureCaches paging-structure caches of the second dimension: by guest-physical address
 */
public record TlbGeometry(
        String name,
        List<Buffer> dataL1,
        List<Buffer> instructionL1,
        List<Buffer> dataL2,
        List<Buffer> instructionL2,
        List<StructureCache> structureCaches,
        List<Buffer> nestedTlb,
        List<StructureCache> nestedStructureCaches) {

    /** How sure a figure is. */
    public enum Certainty {
        /** Read in the manufacturer's manual or a paper's own text. */
        PRIMARY,
        /** Reported by others. */
        SECONDARY,
        /** Not found: what its relatives have. */
        ASSUMED
    }

    /**
     * One TLB.
     *
     * @param name for reports
     * @param entries translations that it holds
     * @param ways associativity; equal to {@code entries} where fully associative
     * @param sizes pages that it holds
     */
    public record Buffer(String name, int entries, int ways, Set<PageSize> sizes, Certainty certainty) {
        public Buffer {
            sizes = Set.copyOf(sizes);
            checkShape(name, entries, ways);
        }
    }

    /**
     * One paging-structure cache.
     *
     * @param name for reports
     * @param level of the entries that it holds: 2 PDEs, 3 PDPTEs, 4 PML4Es, 5 PML5Es
     * @param entries how many
     * @param ways associativity
     */
    public record StructureCache(String name, int level, int entries, int ways, Certainty certainty) {
        public StructureCache {
            checkShape(name, entries, ways);
        }
    }

    private static void checkShape(String name, int entries, int ways) {
        if (ways < 1 || entries % ways != 0 || Integer.bitCount(entries / ways) != 1) {
            throw new IllegalArgumentException(
                    name + ": " + entries + " entries in " + ways + " ways: expected a power of two of sets");
        }
    }

    private static final Set<PageSize> SMALL = EnumSet.of(KBYTE_4);
    private static final Set<PageSize> LARGE = EnumSet.of(MBYTE_2, MBYTE_4);
    private static final Set<PageSize> HUGE = EnumSet.of(GBYTE_1);
    private static final Set<PageSize> LARGE_AND_HUGE = EnumSet.of(MBYTE_2, MBYTE_4, GBYTE_1);
    private static final Set<PageSize> SMALL_AND_LARGE = EnumSet.of(KBYTE_4, MBYTE_2, MBYTE_4);
    private static final Set<PageSize> ANY = EnumSet.allOf(PageSize.class);

    /** Three caches of partial translations, one a level (Intel's way); their sizes are not published. */
    private static final List<StructureCache> INTEL_CACHES = List.of(
            new StructureCache("PDE cache", 2, 32, 4, ASSUMED),
            new StructureCache("PDPTE cache", 3, 4, 4, ASSUMED),
            new StructureCache("PML4E cache", 4, 2, 2, ASSUMED),
            new StructureCache("PML5E cache", 5, 2, 2, ASSUMED));

    /**
     * AMD's page-walk cache, as one cache a level. That it holds entries of L4 to L2 is primary for Barcelona, the number of
     * entries is not.
     */
    private static final List<StructureCache> AMD_CACHES = List.of(
            new StructureCache("PDE cache", 2, 24, 24, ASSUMED),
            new StructureCache("PDPTE cache", 3, 24, 24, ASSUMED),
            new StructureCache("PML4E cache", 4, 24, 24, ASSUMED),
            new StructureCache("PML5E cache", 5, 24, 24, ASSUMED));

    /** Guest-physical paging-structure caches: that there are some is in the manual, their sizes are not. */
    private static final List<StructureCache> INTEL_NESTED_CACHES = List.of(
            new StructureCache("EPT PDE cache", 2, 32, 4, ASSUMED),
            new StructureCache("EPT PDPTE cache", 3, 4, 4, ASSUMED),
            new StructureCache("EPT PML4E cache", 4, 2, 2, ASSUMED),
            new StructureCache("EPT PML5E cache", 5, 2, 2, ASSUMED));

    private static final List<Buffer> INTEL_NESTED_TLB = List.of(new Buffer("NTLB", 16, 16, SMALL, ASSUMED));

    /** The two-dimensional page-walk cache; as one cache a level again. */
    private static final List<StructureCache> AMD_NESTED_CACHES = List.of(
            new StructureCache("nested PDE cache", 2, 24, 24, ASSUMED),
            new StructureCache("nested PDPTE cache", 3, 24, 24, ASSUMED),
            new StructureCache("nested PML4E cache", 4, 24, 24, ASSUMED),
            new StructureCache("nested PML5E cache", 5, 24, 24, ASSUMED));

    /** As in Bhargava et al., who model an AMD Opteron. */
    private static final List<Buffer> AMD_NESTED_TLB = List.of(new Buffer("NTLB", 16, 16, SMALL, SECONDARY));

    private static final Map<String, TlbGeometry> NAMED = byName(
            new TlbGeometry(
                    "prescott",
                    List.of(new Buffer("L1D", 64, 64, ANY, ASSUMED)),
                    List.of(
                            new Buffer("L1I 4K", 128, 4, SMALL, ASSUMED),
                            new Buffer("L1I large", 8, 8, LARGE_AND_HUGE, ASSUMED)),
                    List.of(),
                    List.of(),
                    List.of()),
            core2("merom"),
            core2("penryn"),
            nehalem("nehalem"),
            nehalem("westmere"),
            new TlbGeometry(
                    "sandybridge",
                    List.of(
                            new Buffer("L1D 4K", 64, 4, SMALL, PRIMARY),
                            new Buffer("L1D 2M", 32, 4, LARGE, PRIMARY),
                            new Buffer("L1D 1G", 4, 4, HUGE, PRIMARY)),
                    List.of(
                            new Buffer("L1I 4K", 128, 4, SMALL, PRIMARY),
                            new Buffer("L1I large", 8, 8, LARGE_AND_HUGE, PRIMARY)),
                    List.of(new Buffer("L2 4K", 512, 4, SMALL, PRIMARY)),
                    List.of(),
                    INTEL_CACHES,
                    INTEL_NESTED_TLB,
                    INTEL_NESTED_CACHES),
            new TlbGeometry(
                    "haswell",
                    List.of(
                            new Buffer("L1D 4K", 64, 4, SMALL, SECONDARY),
                            new Buffer("L1D 2M", 32, 4, LARGE, SECONDARY),
                            new Buffer("L1D 1G", 4, 4, HUGE, SECONDARY)),
                    List.of(
                            new Buffer("L1I 4K", 128, 4, SMALL, ASSUMED),
                            new Buffer("L1I large", 8, 8, LARGE_AND_HUGE, ASSUMED)),
                    List.of(new Buffer("L2", 1024, 8, SMALL_AND_LARGE, ASSUMED)),
                    List.of(),
                    INTEL_CACHES,
                    INTEL_NESTED_TLB,
                    INTEL_NESTED_CACHES),
            skylake("skylake"),
            skylake("generic"),
            new TlbGeometry(
                    "barcelona",
                    List.of(new Buffer("L1D", 64, 64, ANY, PRIMARY)),
                    List.of(
                            new Buffer("L1I 4K", 32, 32, SMALL, PRIMARY),
                            new Buffer("L1I large", 16, 16, LARGE_AND_HUGE, PRIMARY)),
                    List.of(new Buffer("L2D 4K", 512, 4, SMALL, PRIMARY), new Buffer("L2D 2M", 128, 1, LARGE, PRIMARY)),
                    List.of(new Buffer("L2I 4K", 512, 4, SMALL, PRIMARY)),
                    AMD_CACHES,
                    AMD_NESTED_TLB,
                    AMD_NESTED_CACHES),
            zen2("zen2"),
            zen2("generic-amd"));

    /** One without caches of a second dimension. */
    public TlbGeometry(
            String name,
            List<Buffer> dataL1,
            List<Buffer> instructionL1,
            List<Buffer> dataL2,
            List<Buffer> instructionL2,
            List<StructureCache> structureCaches) {
        this(name, dataL1, instructionL1, dataL2, instructionL2, structureCaches, List.of(), List.of());
    }

    public TlbGeometry {
        dataL1 = List.copyOf(dataL1);
        instructionL1 = List.copyOf(instructionL1);
        dataL2 = List.copyOf(dataL2);
        instructionL2 = List.copyOf(instructionL2);
        structureCaches = List.copyOf(structureCaches);
        nestedTlb = List.copyOf(nestedTlb);
        nestedStructureCaches = List.copyOf(nestedStructureCaches);
        for (List<Buffer> first : List.of(dataL1, instructionL1)) {
            Set<PageSize> held = EnumSet.noneOf(PageSize.class);
            first.forEach(buffer -> held.addAll(buffer.sizes()));
            if (held.size() != PageSize.values().length) {
                throw new IllegalArgumentException(name + ": a first level must hold every page size, holds " + held);
            }
        }
    }

    /** No second dimension, and no guest's translation outlives an exit. */
    private static TlbGeometry core2(String name) {
        return new TlbGeometry(
                name,
                List.of(
                        new Buffer("L1D 4K", 16, 4, SMALL, SECONDARY),
                        new Buffer("L1D large", 16, 4, LARGE_AND_HUGE, SECONDARY)),
                List.of(
                        new Buffer("L1I 4K", 128, 4, SMALL, ASSUMED),
                        new Buffer("L1I large", 8, 8, LARGE_AND_HUGE, ASSUMED)),
                List.of(new Buffer("L2 4K", 256, 4, SMALL, SECONDARY), new Buffer("L2 large", 32, 4, LARGE, SECONDARY)),
                List.of(),
                INTEL_CACHES);
    }

    private static TlbGeometry nehalem(String name) {
        return new TlbGeometry(
                name,
                List.of(
                        new Buffer("L1D 4K", 64, 4, SMALL, SECONDARY),
                        new Buffer("L1D large", 32, 4, LARGE_AND_HUGE, SECONDARY)),
                List.of(
                        new Buffer("L1I 4K", 128, 4, SMALL, SECONDARY),
                        new Buffer("L1I large", 14, 14, LARGE_AND_HUGE, SECONDARY)),
                List.of(new Buffer("L2 4K", 512, 4, SMALL, SECONDARY)),
                List.of(),
                INTEL_CACHES,
                INTEL_NESTED_TLB,
                INTEL_NESTED_CACHES);
    }

    private static TlbGeometry skylake(String name) {
        return new TlbGeometry(
                name,
                List.of(
                        new Buffer("L1D 4K", 64, 4, SMALL, PRIMARY),
                        new Buffer("L1D 2M", 32, 4, LARGE, ASSUMED),
                        new Buffer("L1D 1G", 4, 4, HUGE, ASSUMED)),
                List.of(
                        new Buffer("L1I 4K", 128, 8, SMALL, PRIMARY),
                        new Buffer("L1I large", 8, 8, LARGE_AND_HUGE, ASSUMED)),
                List.of(
                        new Buffer("L2", 1536, 12, SMALL_AND_LARGE, PRIMARY),
                        new Buffer("L2 1G", 16, 4, HUGE, ASSUMED)),
                List.of(),
                INTEL_CACHES,
                INTEL_NESTED_TLB,
                INTEL_NESTED_CACHES);
    }

    private static TlbGeometry zen2(String name) {
        return new TlbGeometry(
                name,
                List.of(new Buffer("L1D", 64, 64, ANY, SECONDARY)),
                List.of(new Buffer("L1I", 64, 64, ANY, SECONDARY)),
                List.of(new Buffer("L2D", 2048, 16, SMALL_AND_LARGE, ASSUMED)),
                List.of(new Buffer("L2I", 512, 8, SMALL_AND_LARGE, SECONDARY)),
                AMD_CACHES,
                AMD_NESTED_TLB,
                AMD_NESTED_CACHES);
    }

    private static Map<String, TlbGeometry> byName(TlbGeometry... geometries) {
        Map<String, TlbGeometry> map = new TreeMap<>();
        for (TlbGeometry geometry : geometries) {
            map.put(geometry.name, geometry);
        }
        return map;
    }

    /**
     * The geometry of a processor profile.
     *
     * @throws IllegalArgumentException where there is none of that name
     */
    public static TlbGeometry of(String profile) {
        TlbGeometry geometry = NAMED.get(profile);
        if (geometry == null) {
            throw new IllegalArgumentException("TLB geometry of profile '" + profile + "': unknown; known are "
                    + String.join(", ", NAMED.keySet()));
        }
        return geometry;
    }

    /** The names that {@link #of} knows. */
    public static Set<String> names() {
        return NAMED.keySet();
    }

    /** Every TLB, for tables. */
    public List<Buffer> buffers() {
        List<Buffer> all = new ArrayList<>(dataL1);
        all.addAll(instructionL1);
        all.addAll(dataL2);
        all.addAll(instructionL2);
        all.addAll(nestedTlb);
        return all;
    }
}
