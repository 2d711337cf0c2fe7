package org.thirdmode.pc.device;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.PortDevice;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * Where a guest says which part of its run is of interest: a number from 0 to 15 written to port 540H begins that region, to
 * port 544H it ends it. For each region the device sums up how far the machine's counts went inside it, however often it is
 * entered. Regions may overlap; to begin one that is open, or to end one that is not, does nothing, as does any other number.
 *
 * <p>Reading port 540H gives {@link #PRESENT}. A PC has nothing at these ports, so a guest may write to them on any machine.
 */
public final class RegionsOfInterest implements PortDevice, Stateful {
    /** The port that begins a region; the port that ends it is four ports on. */
    public static final int PORT = 0x540;

    /** What the first port reads as: "ROI" and a zero. */
    public static final int PRESENT = 0x0049_4f52;

    /** Regions that can be told apart. */
    public static final int REGIONS = 16;

    private static final int END = 4;

    /** Counts of a machine that a saved state may name. */
    private static final int MOST_COUNTS = 1 << 12;

    private final Map<Integer, Region> regions = new TreeMap<>();
    private Supplier<Map<String, Long>> counts = Map::of;

    private static final class Region {
        private final Map<String, Long> sums = new LinkedHashMap<>();
        private Map<String, Long> atBegin; // null while the region is not open
        private long entered;
    }

    /** Takes the counts of the machine from {@code supplier}: each of them only ever grows. */
    public void count(Supplier<Map<String, Long>> supplier) {
        counts = supplier;
    }

    /** Puts the device at 540H-547H. */
    public void attach(IoPorts ports) {
        ports.register("regions of interest", PORT, 8, 4, this);
    }

    @Override
    public int read(int offset, int size) {
        return offset < END ? PRESENT >>> (offset * 8) : 0;
    }

    @Override
    public void write(int offset, int size, int value) {
        if (Integer.compareUnsigned(value, REGIONS) >= 0) {
            return;
        }
        if (offset == 0) {
            begin(regions.computeIfAbsent(value, _ -> new Region()));
        } else if (offset == END && regions.containsKey(value)) {
            end(regions.get(value));
        }
    }

    private void begin(Region region) {
        if (region.atBegin == null) {
            region.entered++;
            region.atBegin = counts.get();
        }
    }

    private void end(Region region) {
        if (region.atBegin != null) {
            add(region.sums, region);
            region.atBegin = null;
        }
    }

    private void add(Map<String, Long> sums, Region region) {
        counts.get()
                .forEach((name, count) -> sums.merge(
                        name, count - region.atBegin.getOrDefault(name, 0L), (before, more) -> before + more));
    }

    /** What was counted in each region so far, one that is still open included: {@code region 1: instructions} and so on. */
    public Map<String, Long> counts() {
        Map<String, Long> all = new LinkedHashMap<>();
        regions.forEach((number, region) -> {
            all.put("region " + number + ": entered", region.entered);
            Map<String, Long> sums = new LinkedHashMap<>(region.sums);
            if (region.atBegin != null) {
                add(sums, region);
            }
            sums.forEach((name, sum) -> all.put("region " + number + ": " + name, sum));
        });
        return all;
    }

    @Override
    public void state(StatePort port) {
        int count = port.within("regions", regions.size(), 0, REGIONS);
        Iterator<Integer> numbers = List.copyOf(regions.keySet()).iterator();
        for (int i = 0; i < count; i++) {
            int number = port.within("region", port.restoring() ? 0 : numbers.next(), 0, REGIONS - 1);
            Region region = regions.computeIfAbsent(number, _ -> new Region());
            region.entered = port.number("entered", region.entered);
            port.part("sums", sums -> counts(sums, region.sums));
            boolean open = port.flag("open", region.atBegin != null);
            if (open && region.atBegin == null) {
                region.atBegin = new LinkedHashMap<>();
            }
            if (open) {
                port.part("at begin", begin -> counts(begin, region.atBegin));
            }
        }
    }

    private static void counts(StatePort port, Map<String, Long> counts) {
        int size = port.within("size", counts.size(), 0, MOST_COUNTS);
        Iterator<String> names = List.copyOf(counts.keySet()).iterator();
        for (int i = 0; i < size; i++) {
            String name = port.text("name", port.restoring() ? "" : names.next());
            counts.put(name, port.number("count", counts.getOrDefault(name, 0L)));
        }
    }
}
