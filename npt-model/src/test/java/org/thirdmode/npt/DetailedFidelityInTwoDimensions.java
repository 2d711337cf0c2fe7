package org.thirdmode.npt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterContainer;
import org.thirdmode.npt.ept.ExtendedPageTables;
import org.thirdmode.x86.paging.AddressSpaces;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.tlb.TlbGeometry;

/** The modelled caches of both dimensions against {@code fast} fidelity. */
@Tag("property")
class DetailedFidelityInTwoDimensions {
    private static final List<String> PROFILES = List.copyOf(CpuProfile.named().keySet());

    private static int reached;

    /** One of the two machines. */
    private record Side(RandomDimensions machine, Mmu mmu) {
        static Side of(long seed, TlbGeometry geometry) {
            RandomDimensions machine = new RandomDimensions(seed, true);
            Mmu mmu = new Mmu(machine.state, machine.memory, machine.walker, new GuestFault(), geometry);
            return new Side(machine, mmu);
        }

        void enter(int identifier) {
            if (machine.isEpt()) {
                mmu.addressSpaces.enterGuest(
                        identifier, ExtendedPageTables.eptrta(machine.eptControls.root()), machine.ept);
            } else {
                mmu.addressSpaces.enterGuestOfAsid(identifier, machine.npt);
            }
        }

        String translate(long linear, int access) {
            try {
                return Long.toHexString(mmu.translate(linear, access));
            } catch (GuestFault fault) {
                return "#PF " + fault.errorCode;
            } catch (GuestExit exit) {
                return machine.isEpt()
                        ? String.format(
                                "%s %x at %x",
                                machine.ept.exit.misconfiguration,
                                machine.ept.exit.qualification,
                                machine.ept.exit.guestPhysical)
                        : String.format("%x at %x", machine.npt.fault.exitInfo1, machine.npt.fault.exitInfo2);
            }
        }
    }

    @Property(tries = 600)
    void givesWhatFastGivesWhereAllInvalidateAsTheyMust(@ForAll long seed) {
        Random random = new Random(~seed);
        String profile = PROFILES.get(random.nextInt(PROFILES.size()));
        List<Side> sides = List.of(Side.of(seed, null), Side.of(seed, TlbGeometry.of(profile)));
        RandomDimensions fast = sides.get(0).machine;
        sides.forEach(side -> side.enter(1));
        long[] linears = new long[32];
        for (int i = 0; i < linears.length; i++) {
            linears[i] = i % 2 == 0 ? fast.linear(random) : linears[i - 1] ^ (random.nextInt(1 << 23) & -4096);
        }
        for (int step = 0; step < 300; step++) {
            String what = profile + ", " + fast + ", step " + step;
            int action = random.nextInt(40);
            long actionSeed = random.nextLong();
            sides.forEach(side -> act(side, action, new Random(actionSeed)));
            long linear = linears[random.nextInt(linears.length)];
            int access = RandomDimensions.access(random);
            String expected = sides.get(0).translate(linear, access);
            assertEquals(
                    expected,
                    sides.get(1).translate(linear, access),
                    () -> what + ", access " + access + " to " + Long.toHexString(linear));
            reached += expected.contains(" ") ? 0 : 1;
        }
        assertEquals(fast.fingerprint(), sides.get(1).machine.fingerprint(), "memory afterwards");
    }

    @AfterContainer
    static void someAccessesSucceed() {
        assertTrue(reached == 0 || reached > 20_000, () -> "only " + reached);
    }

    /** Something that the guest or its hypervisor does between accesses; mostly nothing. */
    private static void act(Side side, int action, Random random) {
        Mmu mmu = side.mmu;
        AddressSpaces spaces = mmu.addressSpaces;
        int identifier = 1 + random.nextInt(20);
        switch (action) {
            case 0 -> {
                side.machine.rewrite(random);
                spaces.leaveGuest();
                spaces.flushEveryAsid();
                side.enter(identifier);
            }
            case 1, 2 -> {
                spaces.leaveGuest();
                side.enter(identifier);
            }
            case 3 -> spaces.invvpidSingleContext(identifier);
            case 4 -> spaces.invvpidIndividualAddress(identifier, random.nextLong());
            case 5 -> spaces.invvpidSingleContextRetainingGlobals(identifier);
            case 6 -> spaces.inveptSingleContext(side.machine.eptControls.root());
            case 7 -> spaces.inveptAllContexts();
            case 8 -> mmu.flushAll();
            case 9 -> mmu.flushPage(random.nextLong());
            case 10 -> mmu.loadedCr3(false);
            case 11 -> {
                side.machine.state.cr0 ^= Cr0.WP;
                mmu.rightsChanged();
            }
            case 12 -> {
                side.machine.state.systemFlags ^= Rflags.AC;
                mmu.privilegeChanged();
            }
            case 13 -> {
                spaces.leaveGuest();
                side.machine.state.cr0 ^= Cr0.WP;
                side.enter(identifier);
            }
            case 14 -> {
                spaces.leaveGuest();
                if (side.machine.isEpt()) {
                    side.enter(0);
                }
                side.enter(identifier);
            }
            default -> {}
        }
    }
}
