package org.thirdmode.lab.sweep;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.thirdmode.x86.tlb.PageSize;
import org.thirdmode.x86.tlb.TlbGeometry;
import org.thirdmode.x86.tlb.TlbGeometry.Buffer;
import org.thirdmode.x86.tlb.TlbGeometry.Certainty;
import org.thirdmode.x86.tlb.TlbGeometry.StructureCache;

/** A processor's TLBs with some of them larger or smaller: as many ways, or the least more that make whole sets. */
final class Geometries {
    private static final int PDE = 2;

    private Geometries() {}

    static TlbGeometry of(RunSpec run, String name) {
        TlbGeometry base = TlbGeometry.of(name);
        List<String> changes = new ArrayList<>(List.of(name));
        for (Parameter parameter : List.of(
                Parameters.TLB_L1,
                Parameters.TLB_L2,
                Parameters.WALK_CACHE,
                Parameters.NESTED_TLB,
                Parameters.NESTED_WALK_CACHE)) {
            run.number(parameter).ifPresent(entries -> changes.add(parameter.name() + " " + entries));
        }
        return new TlbGeometry(
                String.join(", ", changes),
                buffers(base.dataL1(), run.number(Parameters.TLB_L1)),
                base.instructionL1(),
                buffers(base.dataL2(), run.number(Parameters.TLB_L2)),
                buffers(base.instructionL2(), run.number(Parameters.TLB_L2)),
                caches(base.structureCaches(), run.number(Parameters.WALK_CACHE)),
                buffers(base.nestedTlb(), run.number(Parameters.NESTED_TLB)),
                caches(base.nestedStructureCaches(), run.number(Parameters.NESTED_WALK_CACHE)));
    }

    private static List<Buffer> buffers(List<Buffer> base, Optional<Integer> entries) {
        if (entries.isEmpty()) {
            return base;
        }
        List<Buffer> all = new ArrayList<>();
        for (Buffer buffer : base) {
            if (!buffer.sizes().contains(PageSize.KBYTE_4)) {
                all.add(buffer);
            } else if (entries.get() != 0) {
                all.add(new Buffer(
                        buffer.name(),
                        entries.get(),
                        ways(entries.get(), buffer.ways()),
                        buffer.sizes(),
                        Certainty.ASSUMED));
            }
        }
        return all;
    }

    private static List<StructureCache> caches(List<StructureCache> base, Optional<Integer> entries) {
        if (entries.isEmpty()) {
            return base;
        }
        List<StructureCache> all = new ArrayList<>();
        for (StructureCache cache : base) {
            if (entries.get() != 0) {
                boolean changed = cache.level() == PDE;
                all.add(new StructureCache(
                        cache.name(),
                        cache.level(),
                        changed ? entries.get() : cache.entries(),
                        changed ? ways(entries.get(), cache.ways()) : cache.ways(),
                        changed ? Certainty.ASSUMED : cache.certainty()));
            }
        }
        return all;
    }

    /** The least number of ways from {@code base} up that leaves a power of two of sets. */
    static int ways(int entries, int base) {
        for (int sets = Integer.lowestOneBit(entries); sets > 1; sets >>= 1) {
            if (entries / sets >= base) {
                return entries / sets;
            }
        }
        return entries;
    }
}
