package org.thirdmode.shadow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.thirdmode.shadow.GuestWorld.Mode;
import org.thirdmode.shadow.GuestWorld.Outcome;
import org.thirdmode.shadow.GuestWorld.Strategy;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.spec.PagingControls;
import org.thirdmode.x86.paging.spec.WalkResult;

/**
 * SDM 3A "Operations that Invalidate TLBs and Paging-Structure Caches": before the guest flushes what it changed, an access
 * may still use what an entry was at some time since the last flush, and nothing else; after it, only what is. A #PF is
 * always that of the tables as they are.
 */
@Tag("property")
class OperationsThatInvalidateTlbs {
    private static final int STEPS = 150;
    private static final int MOST_OUTCOMES = 4096;

    @Property(tries = 100)
    void boundHowOldATranslationOfTheNaiveMmuMayBe(@ForAll Mode mode, @ForAll HostFormat host, @ForAll long seed) {
        new Run(Strategy.NAIVE, mode, host, seed).run();
    }

    @Property(tries = 100)
    void boundHowOldATranslationOfTheUnsyncMmuMayBe(@ForAll Mode mode, @ForAll HostFormat host, @ForAll long seed) {
        new Run(Strategy.UNSYNC, mode, host, seed).run();
    }

    /** What an entry was until a time. */
    private record Was(long until, long value) {}

    /** What CR3 (and the PDPTE registers) were until a time. */
    private record Root(long until, PagingControls controls) {}

    private static final class Run {
        private final GuestWorld world;
        private final long seed;
        private final Map<Long, List<Was>> entries = new HashMap<>();
        private final List<Root> roots = new ArrayList<>();
        private final Map<Long, Long> pageFlushes = new HashMap<>();
        private long now;
        private long lastFlush;
        private long lastCr3Load;

        Run(Strategy strategy, Mode mode, HostFormat host, long seed) {
            Assume.that(mode != Mode.NONE && mode.ordinal() + 1 <= host.guestLevels);
            this.seed = seed;
            world = new GuestWorld(strategy, mode, host, seed);
        }

        void run() {
            for (int step = 0; step < STEPS; step++) {
                now++;
                String what = "step " + step + " of seed " + seed + ": ";
                switch (world.random.nextInt(24)) {
                    case 0, 1, 2, 3, 4, 5, 6, 7 -> writeEntry(what);
                    case 8 -> loadCr3();
                    case 9 -> {
                        if (world.changeRegisters()) {
                            lastFlush = now;
                        }
                    }
                    case 10 -> {
                        world.mmu.flushGuest();
                        lastFlush = now;
                    }
                    case 11, 12, 13 -> invlpg(world.randomLinear());
                    default -> access(what, world.randomLinear(), world.randomAccess());
                }
                assertEquals(List.of(), world.violations(), () -> what + world);
            }
            world.mmu.destroy();
            assertEquals(0, world.hostPagesOut);
        }

        private void loadCr3() {
            PagingControls before = world.controls();
            if (world.loadCr3()) {
                roots.add(new Root(now, before));
                lastCr3Load = now;
            }
        }

        private void invlpg(long linear) {
            world.invlpg(linear);
            pageFlushes.put(linear >>> 12, now);
        }

        private void writeEntry(String what) {
            int level = 1 + world.random.nextInt(world.levels());
            long address = world.randomEntryAddress(level);
            world.guest.state.cpl = 0;
            written(
                    address,
                    Access.WRITE,
                    world.access(address, Access.WRITE, world.entrySize(), world.randomEntry(level)),
                    what);
            if (world.random.nextInt(3) == 0) {
                access(what, world.randomLinear(), world.randomAccess());
            }
        }

        private void access(String what, long linear, int access) {
            Outcome outcome =
                    world.access(linear, access, world.entrySize(), world.randomEntry(Math.max(1, world.levels())));
            written(linear, access, outcome, what);
        }

        /** Judges an outcome by the tables as they were before it, then makes the bare machine's memory what it is now. */
        private void written(long linear, int access, Outcome outcome, String what) {
            String doing = what + world + String.format(", access %x to %x, last %s", access, linear, world.lastResult);
            byte[][] bytes = saveBare();
            if (world.overwritten >= 0) {
                world.bare.write(world.overwritten, world.entrySize(), world.overwrittenValue);
            }
            if (outcome instanceof Outcome.PageFault) {
                assertEquals(world.specified(linear, access), outcome, doing);
            } else {
                assertTrue(
                        possible(linear, access, outcome),
                        () -> doing + ": " + outcome + " cannot be, nor could it since the last flush");
            }
            restoreBare(bytes);
            if (world.overwritten >= 0
                    && world.guestRead(world.overwritten, world.entrySize()) != world.overwrittenValue) {
                entries.computeIfAbsent(world.overwritten, a -> new ArrayList<>())
                        .add(new Was(now, world.overwrittenValue));
            }
            world.copyToBare();
        }

        private byte[][] saveBare() {
            byte[][] bytes = new byte[GuestWorld.DATA][];
            for (int gfn = 0; gfn < bytes.length; gfn++) {
                bytes[gfn] = world.bare.frame((long) gfn << 12).bytes.clone();
            }
            return bytes;
        }

        private void restoreBare(byte[][] bytes) {
            for (int gfn = 0; gfn < bytes.length; gfn++) {
                Frame frame = world.bare.frame((long) gfn << 12);
                System.arraycopy(bytes[gfn], 0, frame.bytes, 0, Frame.SIZE);
            }
        }

        private boolean possible(long linear, int access, Outcome outcome) {
            long page = pageFlushes.getOrDefault(linear >>> 12, 0L);
            long global = Math.max(page, lastFlush);
            Set<WalkResult> results = new HashSet<>();
            explore(linear, access, world.controls(), Math.max(global, lastCr3Load), new HashMap<>(), results);
            if (results.stream().anyMatch(r -> GuestWorld.outcome(r).equals(outcome))) {
                return true;
            }
            results.clear();
            explore(linear, access, world.controls(), global, new HashMap<>(), results);
            for (Root root : roots) {
                if (root.until >= global) {
                    explore(linear, access, withRoot(root.controls), global, new HashMap<>(), results);
                }
            }
            return results.stream()
                    .anyMatch(r -> r instanceof WalkResult.Translated t
                            && t.global()
                            && GuestWorld.outcome(r).equals(outcome));
        }

        /** The registers as they are, but for the root. */
        private PagingControls withRoot(PagingControls old) {
            PagingControls c = world.controls();
            return new PagingControls(
                    c.pg(),
                    c.wp(),
                    c.pse(),
                    c.pae(),
                    c.pge(),
                    c.la57(),
                    c.smep(),
                    c.smap(),
                    c.pke(),
                    c.lma(),
                    c.nxe(),
                    c.ac(),
                    old.cr3(),
                    old.pdptes(),
                    c.pkru());
        }

        /** Every walk in which each entry is what it is or what it was at some time after {@code since}. */
        private void explore(
                long linear,
                int access,
                PagingControls controls,
                long since,
                Map<Long, Long> chosen,
                Set<WalkResult> results) {
            if (results.size() > MOST_OUTCOMES) {
                return;
            }
            Map<Long, Long> saved = new HashMap<>();
            chosen.forEach((address, value) -> {
                saved.put(address, world.bare.read(address, world.entrySize()));
                world.bare.write(address, world.entrySize(), value);
            });
            WalkResult result = world.reference.walk(controls, GuestWorld.specifiedAccess(linear, access));
            result.steps().forEach(s -> world.bare.write(s.address(), world.entrySize(), s.entry()));
            saved.forEach((address, value) -> world.bare.write(address, world.entrySize(), value));
            for (WalkResult.Step step : result.steps()) {
                List<Was> older = entries.getOrDefault(step.address(), List.of());
                if (chosen.containsKey(step.address()) || older.isEmpty() || older.getLast().until <= since) {
                    continue;
                }
                Set<Long> values = new HashSet<>(Set.of(step.entry()));
                older.stream().filter(w -> w.until > since).forEach(w -> values.add(w.value));
                for (long value : values) {
                    Map<Long, Long> more = new HashMap<>(chosen);
                    more.put(step.address(), value);
                    explore(linear, access, controls, since, more, results);
                }
                return;
            }
            results.add(result);
        }
    }
}
