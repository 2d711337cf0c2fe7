package org.thirdmode.x86.paging;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.thirdmode.x86.paging.spec.LinearAccess;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.tlb.TlbCount;
import org.thirdmode.x86.tlb.TlbGeometry;

/** The modelled TLBs against {@code fast} fidelity, and against a TLB so plain that it cannot be wrong. */
@Tag("property")
class DetailedFidelity {
    private static final List<String> PROFILES = List.copyOf(CpuProfile.named().keySet());

    // ---- the same architecture ----

    /** One of the two machines. */
    record Side(RandomPaging paging, Mmu mmu, PageWalker walker) {
        static Side of(long seed, TlbGeometry geometry) {
            RandomPaging paging = new RandomPaging(seed);
            GuestFault fault = new GuestFault();
            PageWalker walker = new PageWalker(paging.state, paging.memory, fault, paging.features);
            return new Side(paging, new Mmu(paging.state, paging.memory, walker, fault, geometry), walker);
        }

        /** Physical address, or the error code below zero. */
        long translate(long linear, int access) {
            try {
                return mmu.translate(linear, access);
            } catch (GuestFault fault) {
                return -1L - fault.errorCode;
            }
        }
    }

    @Property(tries = 1000)
    void givesWhatFastGivesToAGuestThatFlushesAsItMust(@ForAll long seed) {
        Random random = new Random(~seed);
        String profile = PROFILES.get(random.nextInt(PROFILES.size()));
        List<Side> sides = List.of(Side.of(seed, null), Side.of(seed, TlbGeometry.of(profile)));
        RandomPaging fast = sides.get(0).paging;
        boolean pcids = (fast.state.efer & Efer.LMA) != 0 && random.nextBoolean();
        for (Side side : sides) {
            side.paging.loadCr3(0);
            side.paging.state.cr4 |= pcids ? Cr4.PCIDE : 0;
            side.mmu.flushAll();
        }
        long[] linears = new long[40];
        for (int i = 0; i < linears.length; i++) {
            linears[i] = i % 2 == 0 ? fast.linear(random) : linears[i - 1] ^ (random.nextInt(1 << 23) & -4096);
        }
        for (int step = 0; step < 400; step++) {
            String what = profile + ", " + fast + ", step " + step;
            int action = random.nextInt(40);
            long actionSeed = random.nextLong();
            sides.forEach(side -> act(side, action, pcids, new Random(actionSeed)));
            long linear = linears[random.nextInt(linears.length)];
            int access = RandomPaging.access(random);
            LinearAccess specified = LinearAccess.of(linear, access);
            assertEquals(
                    sides.get(0).translate(linear, access),
                    sides.get(1).translate(linear, access),
                    () -> what + ", " + specified);
        }
        assertEquals(fast.memoryFingerprint(), sides.get(1).paging.memoryFingerprint(), "memory afterwards");
    }

    /** Something that a guest does between its accesses; mostly nothing. */
    static void act(Side side, int action, boolean pcids, Random random) {
        RandomPaging paging = side.paging;
        Mmu mmu = side.mmu;
        switch (action) {
            case 0 -> {
                paging.rewrite(paging.entryAddress(random), random);
                mmu.flushAll();
            }
            case 1 -> {
                long address = paging.entryAddress(random);
                if (!paging.present(address)) {
                    paging.rewrite(address, random);
                }
            }
            case 2 -> {
                paging.state.cr0 ^= Cr0.WP;
                mmu.rightsChanged();
            }
            case 3 -> {
                paging.state.pkru = random.nextInt() & random.nextInt();
                mmu.rightsChanged();
            }
            case 4 -> {
                paging.state.systemFlags ^= Rflags.AC;
                mmu.privilegeChanged();
            }
            case 5 -> {
                if (pcids) {
                    paging.loadCr3(random.nextInt(5));
                }
                mmu.loadedCr3(pcids && random.nextBoolean());
            }
            case 6 -> mmu.flushPage(random.nextLong());
            case 7 -> mmu.flushPage(random.nextLong(), random.nextInt(5));
            case 8 -> mmu.flushPcid(random.nextInt(5));
            case 9 -> mmu.flushNonGlobal();
            default -> {}
        }
    }

    // ---- the counts ----

    /** A set-associative LRU as one would explain it: each set a list, most recently used first. */
    private static final class PlainLru {
        private final List<Deque<Long>> sets = new ArrayList<>();
        private final int ways;
        long lookups;
        long hits;

        PlainLru(int entries, int ways) {
            this.ways = ways;
            for (int set = 0; set < entries / ways; set++) {
                sets.add(new LinkedList<>());
            }
        }

        private Deque<Long> set(long number) {
            return sets.get((int) (number % sets.size()));
        }

        boolean lookUp(long number) {
            lookups++;
            boolean hit = set(number).remove(number);
            if (hit) {
                hits++;
                set(number).addFirst(number);
            }
            return hit;
        }

        void insert(long number) {
            Deque<Long> set = set(number);
            if (set.size() == ways) {
                set.removeLast();
            }
            set.addFirst(number);
        }

        void drop(long number) {
            set(number).remove(number);
        }

        void dropAll() {
            sets.forEach(Deque::clear);
        }
    }

    @Property(tries = 200)
    void countsAsPlainListsWould(@ForAll long seed) {
        Random random = new Random(seed);
        TlbGeometry geometry = TlbGeometry.of("skylake");
        PagedMachine m = PagedMachine.fourLevel("skylake");
        PlainLru l1 = new PlainLru(64, 4);
        PlainLru l2 = new PlainLru(1536, 12);
        PlainLru pde = new PlainLru(geometry.structureCaches().get(0).entries(), 4);
        long walks = 0;
        int pages = 1 << random.nextInt(3, 12);
        // One page table for every 32 pages: their page-directory entries are more than the PDE cache holds.
        int spread = random.nextBoolean() ? 512 : 32;
        for (int step = 0; step < 3000; step++) {
            long number = random.nextInt(random.nextBoolean() ? pages : Math.min(pages, 8));
            number = (number / spread * 512) + (number % spread);
            long linear = number << 12;
            if ((m.entry(linear, 1) & PagedMachine.P) == 0) {
                m.map(linear, 1, 0x80_0000 | PagedMachine.P | PagedMachine.RW | PagedMachine.D);
            }
            switch (random.nextInt(100)) {
                case 0 -> {
                    m.mmu.flushPage(linear);
                    l1.drop(number);
                    l2.drop(number);
                    pde.dropAll();
                }
                case 1 -> {
                    if (random.nextInt(10) == 0) {
                        m.mmu.loadedCr3(false);
                        l1.dropAll();
                        l2.dropAll();
                        pde.dropAll();
                    }
                }
                case 2 -> m.mmu.rightsChanged();
                default -> {}
            }
            if (random.nextBoolean()) {
                m.mmu.read(linear + 8, 8);
            } else {
                m.mmu.write(linear + 16, 4, step);
            }
            if (!l1.lookUp(number)) {
                if (!l2.lookUp(number)) {
                    walks++;
                    if (!pde.lookUp(number >> 9)) {
                        pde.insert(number >> 9);
                    }
                    l2.insert(number);
                }
                l1.insert(number);
            }
        }
        Map<String, TlbCount> counts =
                m.mmu.tlbCounts().stream().collect(Collectors.toMap(TlbCount::structure, count -> count));
        assertCounted(l1, counts.get("L1D"));
        assertCounted(l2, counts.get("L2"));
        assertCounted(pde, counts.get("PDE cache"));
        assertEquals(walks, m.walker.counters.walks);
        assertEquals(walks, m.walker.counters.tableReferences[1]);
        assertEquals(pde.lookups - pde.hits, m.walker.counters.tableReferences[2]);
    }

    private static void assertCounted(PlainLru expected, TlbCount counted) {
        assertEquals(expected.lookups, counted.lookups(), counted.structure() + " lookups");
        assertEquals(expected.hits, counted.hits(), counted.structure() + " hits");
    }

    @Example
    void everyInvlpgEmptiesThePagingStructureCaches() {
        PagedMachine m = PagedMachine.fourLevel("skylake");
        m.map(0x1000, 1, 0x5000 | PagedMachine.P);
        int times = 40_000;
        for (int i = 0; i < times; i++) {
            m.mmu.flushPage(0x1000);
            m.mmu.read(0x1000, 8);
        }
        assertEquals(4L * times, m.walker.counters.allTableReferences());
    }

    @Example
    void aWalkBeginsAtTheLowestCachedEntry() {
        PagedMachine m = PagedMachine.fiveLevel("skylake");
        long[] linears = {0, 0x1000, 0x20_0000, 0x4000_0000L, 0x80_0000_0000L, 0x1_0000_0000_0000L};
        int[] references = {5, 1, 2, 3, 4, 5};
        for (int i = 0; i < linears.length; i++) {
            m.map(linears[i], 1, 0x5000 | PagedMachine.P);
        }
        for (int i = 0; i < linears.length; i++) {
            long before = m.walker.counters.allTableReferences();
            m.mmu.read(linears[i], 8);
            assertEquals(references[i], m.walker.counters.allTableReferences() - before, "address " + i);
        }
    }
}
