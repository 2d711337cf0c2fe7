package org.thirdmode.cost;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.thirdmode.x86.paging.DataRecorder;
import org.thirdmode.x86.paging.WalkRecorder;

/**
 * The cache hierarchy of a profile, as a processor's references go through it: where each one hits is counted. Tables of both
 * dimensions and the program's data share it, so each drives out the other's lines.
 *
 * <p>Every level is set-associative with an exact LRU order. A reference takes its line into all levels above the one where it
 * hits; what leaves a level leaves no other.
 *
 * <p>Left out: instruction fetches, what the hypervisor itself touches, writing back, prefetching, other processors.
 */
public final class ModelledCaches implements WalkRecorder, DataRecorder {
    /** Where a reference can hit: three levels, and memory. */
    private static final int PLACES = 4;

    private static final Quantity[] DATA = {Quantity.DATA_L1, Quantity.DATA_L2, Quantity.DATA_L3, Quantity.DATA_MEMORY};
    private static final Quantity[] TABLE = {
        Quantity.TABLE_L1, Quantity.TABLE_L2, Quantity.TABLE_L3, Quantity.TABLE_MEMORY
    };
    private static final Quantity[] NESTED = {
        Quantity.NESTED_L1, Quantity.NESTED_L2, Quantity.NESTED_L3, Quantity.NESTED_MEMORY
    };

    private final Level[] levels;
    private final int lineShift;
    private final long[] data = new long[PLACES];
    private final long[] table = new long[PLACES];
    private final long[] nested = new long[PLACES];

    /** One level: of each set the lines, the one used last first. */
    private static final class Level {
        private static final long EMPTY = -1;

        private final int sets;
        private final int ways;
        private final long[] lines;

        Level(CacheLevel cache) {
            sets = cache.sets();
            ways = cache.ways();
            lines = new long[sets * ways];
            java.util.Arrays.fill(lines, EMPTY);
        }

        /** Whether it has a line; it has it afterwards, as the one used last. */
        boolean take(long line) {
            int first = (int) (line % sets) * ways;
            if (lines[first] == line) {
                return true;
            }
            int at = first + 1;
            int end = first + ways;
            while (at < end && lines[at] != line) {
                at++;
            }
            boolean found = at < end;
            System.arraycopy(lines, first, lines, first + 1, (found ? at : end - 1) - first);
            lines[first] = line;
            return found;
        }
    }

    /**
     * Empty caches.
     *
     * @throws IllegalArgumentException where the lines of the levels differ, or there is no level
     */
    public ModelledCaches(List<CacheLevel> caches) {
        if (caches.isEmpty() || caches.size() >= PLACES) {
            throw new IllegalArgumentException("expected one to three levels of cache, found " + caches.size());
        }
        int line = caches.getFirst().line();
        if (Integer.bitCount(line) != 1 || caches.stream().anyMatch(cache -> cache.line() != line)) {
            throw new IllegalArgumentException("expected lines of one size in all levels, a power of two");
        }
        lineShift = Integer.numberOfTrailingZeros(line);
        levels = caches.stream().map(Level::new).toArray(Level[]::new);
    }

    private void reference(long physical, long[] counts) {
        long line = physical >>> lineShift;
        for (int n = 0; n < levels.length; n++) {
            if (levels[n].take(line)) {
                counts[n]++;
                return;
            }
        }
        counts[PLACES - 1]++;
    }

    @Override
    public void accessed(long physical, int size, boolean write) {
        reference(physical, data);
        long last = physical + size - 1;
        if ((physical >>> lineShift) != (last >>> lineShift)) {
            reference(last, data);
        }
    }

    @Override
    public void tableReference(int level, long guestPhysical, long hostPhysical, long entry) {
        reference(hostPhysical, table);
    }

    @Override
    public void nestedReference(int guestLevel, int level, long hostPhysical, long entry) {
        reference(hostPhysical, nested);
    }

    /** Adds where references hit so far. */
    public void addTo(Map<Quantity, Long> quantities) {
        for (int n = 0; n < PLACES; n++) {
            quantities.merge(DATA[n], data[n], Long::sum);
            quantities.merge(TABLE[n], table[n], Long::sum);
            quantities.merge(NESTED[n], nested[n], Long::sum);
        }
    }

    /** The counts of a run whose processors had these caches. */
    public static Counts added(Counts counts, String profile, List<ModelledCaches> caches) {
        Map<Quantity, Long> quantities = new EnumMap<>(Quantity.class);
        quantities.putAll(counts.quantities());
        caches.forEach(each -> each.addTo(quantities));
        Counts.Conditions how = counts.conditions();
        return new Counts(
                counts.workload(),
                counts.on(),
                new Counts.Conditions(how.extension(), how.nested(), how.tlbs(), profile),
                quantities,
                counts.exits());
    }
}
