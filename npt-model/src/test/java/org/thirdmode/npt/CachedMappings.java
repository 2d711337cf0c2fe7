package org.thirdmode.npt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.thirdmode.npt.TwoDimensions.A;
import static org.thirdmode.npt.TwoDimensions.D;
import static org.thirdmode.npt.TwoDimensions.G;
import static org.thirdmode.npt.TwoDimensions.OFFSET;
import static org.thirdmode.npt.TwoDimensions.P;
import static org.thirdmode.npt.TwoDimensions.R;
import static org.thirdmode.npt.TwoDimensions.RW;
import static org.thirdmode.npt.TwoDimensions.US;
import static org.thirdmode.npt.TwoDimensions.W;
import static org.thirdmode.npt.TwoDimensions.WB;
import static org.thirdmode.npt.TwoDimensions.X;

import java.util.List;
import java.util.function.Consumer;
import net.jqwik.api.Example;
import org.thirdmode.npt.ept.ExtendedPageTables;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.AddressSpaces;
import org.thirdmode.x86.paging.SecondStage;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.tlb.TlbGeometry;

/**
 * SDM 3C "Caching Translation Information": what is kept across entries and exits, and what takes it away. A stale
 * translation shows which tag it was kept under.
 */
class CachedMappings {
    private static final long LINEAR = 0x40_1000;
    private static final long OLD = 0x60_0000;
    private static final long NEW = 0x60_5000;
    private static final long HOST_OLD = OLD + OFFSET;
    private static final long HOST_NEW = NEW + OFFSET;

    private static final int VPID = 5;
    private static final int OTHER = 6;

    /** Both fidelities. */
    private static void everywhere(Consumer<TwoDimensions> test) {
        for (String fidelity : List.of("fast", "skylake", "prescott")) {
            test.accept(TwoDimensions.ept(4, 4, geometry(fidelity)));
        }
    }

    private static void everywhereOnAmd(Consumer<TwoDimensions> test) {
        for (String fidelity : List.of("fast", "zen2", "barcelona")) {
            test.accept(TwoDimensions.npt(4, 4, geometry(fidelity)));
        }
    }

    private static TlbGeometry geometry(String fidelity) {
        return fidelity.equals("fast") ? null : TlbGeometry.of(fidelity);
    }

    private static long reached(TwoDimensions m) {
        return m.physical(LINEAR, Access.READ);
    }

    /** In guest mode: a translation is cached, then the guest's entry changes without a flush. */
    private static void makeStale(TwoDimensions m, int identifier, long flags) {
        m.map(LINEAR, OLD | P | RW | US | A | D | flags);
        m.nestedMap(NEW, 1);
        m.enter(identifier);
        assertEquals(HOST_OLD, reached(m));
        m.setGuestEntry(LINEAR, NEW | P | RW | US | A | D | flags);
        assertEquals(HOST_OLD, reached(m), "cached");
    }

    /** In guest mode: a translation is cached, then the second stage's entry changes without a flush. */
    private static void makeStaleBelow(TwoDimensions m, int identifier) {
        m.map(LINEAR, OLD | P | RW | US | A | D);
        m.enter(identifier);
        assertEquals(HOST_OLD, reached(m));
        m.setNestedEntry(OLD, 1, HOST_NEW | R | W | X | WB);
        assertEquals(HOST_OLD, reached(m), "cached");
    }

    private static void assertStale(TwoDimensions m, int identifier) {
        m.enter(identifier);
        assertEquals(HOST_OLD, reached(m), "it stays until the manual's invalidation");
        m.leave();
    }

    private static void assertGone(TwoDimensions m, int identifier) {
        m.enter(identifier);
        assertEquals(HOST_NEW, reached(m), "it is invalidated");
    }

    @Example
    void withAVpidEntriesAndExitsInvalidateNothing() {
        everywhere(m -> {
            makeStale(m, VPID, 0);
            m.leave();
            assertStale(m, VPID);
        });
    }

    @Example
    void withoutAVpidEntriesAndExitsInvalidateAll() {
        everywhere(m -> {
            makeStale(m, 0, 0);
            m.leave();
            assertGone(m, 0);
        });
        everywhere(m -> {
            makeStale(m, 0, G);
            m.state.cr4 |= Cr4.PGE;
            m.enter(0);
            assertEquals(HOST_NEW, reached(m));
        });
    }

    @Example
    void theHostsTranslationsSurviveAGuestWithAVpidAndNotOneWithout() {
        everywhere(m -> {
            m.leave();
            // The host runs on the guest's tables as if they were its own: an address of the guest is its physical one.
            long table = m.state.cr3;
            m.memory.write(table, 8, 0x20_0000 | P | RW | A | TwoDimensions.US);
            m.memory.write(0x20_0000, 8, P | RW | A | D | TwoDimensions.PS);
            assertEquals(LINEAR, reached(m));
            m.memory.write(0x20_0000, 8, OFFSET | P | RW | A | D | TwoDimensions.PS);
            m.enter(VPID);
            m.leave();
            assertEquals(LINEAR, reached(m));
            m.enter(0);
            m.leave();
            assertEquals(LINEAR + OFFSET, reached(m));
        });
    }

    @Example
    void translationsOfOneVpidAreNotUsedUnderAnother() {
        everywhere(m -> {
            makeStale(m, VPID, G);
            m.leave();
            assertGone(m, OTHER);
            m.leave();
            assertStale(m, VPID);
        });
    }

    @Example
    void combinedMappingsOfOneEptrtaAreNotUsedUnderAnother() {
        everywhere(m -> {
            makeStale(m, VPID, 0);
            m.leave();
            long copy = m.newNestedTable();
            for (int i = 0; i < 512; i++) {
                m.memory.write(copy + (8L * i), 8, m.memory.read(m.nestedRoot() + (8L * i), 8));
            }
            m.ept.configure(copy | 0x1e, false);
            m.mmu.addressSpaces.enterGuest(VPID, copy, m.ept);
            assertEquals(HOST_NEW, reached(m));
            m.leave();
            m.ept.configure(m.eptp(), false);
            assertStale(m, VPID);
        });
    }

    /** What an invalidation in root operation does to a stale translation of {@link #VPID}. */
    private static void invalidation(Consumer<AddressSpaces> operation, boolean goes) {
        everywhere(m -> {
            makeStale(m, VPID, 0);
            m.leave();
            operation.accept(m.mmu.addressSpaces);
            if (goes) {
                assertGone(m, VPID);
            } else {
                assertStale(m, VPID);
            }
        });
    }

    @Example
    void invvpidOfAnAddressDropsThatAddressOfThatVpid() {
        invalidation(spaces -> spaces.invvpidIndividualAddress(VPID, LINEAR | 0x123), true);
        invalidation(spaces -> spaces.invvpidIndividualAddress(OTHER, LINEAR), false);
        invalidation(spaces -> spaces.invvpidIndividualAddress(VPID, LINEAR + 0x1000), false);
    }

    @Example
    void invvpidOfAContextDropsThatVpid() {
        invalidation(spaces -> spaces.invvpidSingleContext(VPID), true);
        invalidation(spaces -> spaces.invvpidSingleContext(OTHER), false);
    }

    @Example
    void invvpidOfAllContextsDropsEveryVpid() {
        invalidation(AddressSpaces::invvpidAllContexts, true);
    }

    @Example
    void invvpidRetainingGlobalsKeepsGlobalTranslations() {
        invalidation(spaces -> spaces.invvpidSingleContextRetainingGlobals(VPID), true);
        invalidation(spaces -> spaces.invvpidSingleContextRetainingGlobals(OTHER), false);
        everywhere(m -> {
            m.state.cr4 |= Cr4.PGE;
            m.mmu.flushAll();
            makeStale(m, VPID, G);
            m.leave();
            m.mmu.addressSpaces.invvpidSingleContextRetainingGlobals(VPID);
            assertStale(m, VPID);
            m.mmu.addressSpaces.invvpidIndividualAddress(VPID, LINEAR);
            assertGone(m, VPID);
        });
    }

    @Example
    void inveptOfAContextDropsWhatWasMadeWithThatEptrta() {
        for (int identifier : new int[] {VPID, OTHER}) {
            everywhere(m -> {
                makeStaleBelow(m, identifier);
                m.leave();
                m.mmu.addressSpaces.inveptSingleContext(m.eptrta() + 0x1000);
                assertStale(m, identifier);
                m.mmu.addressSpaces.inveptSingleContext(m.eptrta());
                assertGone(m, identifier);
            });
        }
    }

    @Example
    void inveptOfAllContextsDropsWhatWasMadeWithAnyEptrta() {
        everywhere(m -> {
            makeStaleBelow(m, VPID);
            m.leave();
            m.mmu.addressSpaces.inveptAllContexts();
            assertGone(m, VPID);
        });
    }

    @Example
    void inveptKeepsLinearMappings() {
        everywhere(m -> {
            m.leave();
            m.memory.write(m.state.cr3, 8, 0x20_0000 | P | RW | A);
            m.memory.write(0x20_0000, 8, P | RW | A | D | TwoDimensions.PS);
            m.mmu.addressSpaces.enterGuest(VPID, AddressSpaces.NO_ROOT, SecondStage.NONE);
            assertEquals(LINEAR, reached(m));
            m.memory.write(0x20_0000, 8, OFFSET | P | RW | A | D | TwoDimensions.PS);
            m.leave();
            m.mmu.addressSpaces.inveptAllContexts();
            m.mmu.addressSpaces.enterGuest(VPID, AddressSpaces.NO_ROOT, SecondStage.NONE);
            assertEquals(LINEAR, reached(m));
            m.leave();
            m.mmu.addressSpaces.invvpidSingleContext(VPID);
            m.mmu.addressSpaces.enterGuest(VPID, AddressSpaces.NO_ROOT, SecondStage.NONE);
            assertEquals(LINEAR + OFFSET, reached(m));
        });
    }

    @Example
    void aGuestsOwnFlushIsOfItsVpidAlone() {
        for (Consumer<TwoDimensions> flush : List.<Consumer<TwoDimensions>>of(
                m -> m.mmu.flushAll(),
                m -> m.mmu.flushPage(LINEAR),
                m -> m.mmu.loadedCr3(false),
                m -> m.mmu.flushNonGlobal())) {
            everywhere(m -> {
                makeStale(m, VPID, 0);
                m.leave();
                flush.accept(m);
                m.enter(OTHER);
                flush.accept(m);
                m.leave();
                assertStale(m, VPID);
                m.enter(VPID);
                flush.accept(m);
                assertEquals(HOST_NEW, reached(m));
            });
        }
    }

    @Example
    void anEptViolationDropsTheTranslationsOfItsAddress() {
        everywhere(m -> {
            m.map(LINEAR, OLD | P | RW | US | A | D);
            m.setNestedEntry(OLD, 1, HOST_OLD | R | WB);
            m.enter(VPID);
            assertEquals(HOST_OLD, reached(m));
            m.exits(LINEAR, Access.WRITE);
            m.leave();
            m.setNestedEntry(OLD, 1, HOST_NEW | R | W | X | WB);
            assertGone(m, VPID);
            assertEquals(HOST_NEW, m.physical(LINEAR, Access.WRITE));
        });
    }

    @Example
    void controlBitsThatTheHypervisorChangesTakeEffectAtTheNextEntry() {
        everywhere(m -> {
            m.map(LINEAR, OLD | P | US | A | D);
            m.state.cr0 &= ~Cr0.WP;
            m.enter(VPID);
            assertEquals(HOST_OLD, m.physical(LINEAR, Access.WRITE));
            m.leave();
            m.state.cr0 |= Cr0.WP;
            m.enter(VPID);
            assertEquals(0b011, pageFault(m));
        });
    }

    private static int pageFault(TwoDimensions m) {
        try {
            m.mmu.translate(LINEAR, Access.WRITE);
            return -1;
        } catch (org.thirdmode.x86.state.GuestFault fault) {
            return fault.errorCode;
        }
    }

    @Example
    void manyVpidsNeverMeetEachOthersTranslations() {
        everywhere(m -> {
            for (int round = 0; round < 3; round++) {
                for (int vpid = 1; vpid <= 40; vpid++) {
                    long page = 0x80_0000 + (0x1000L * vpid);
                    m.map(LINEAR, page | P | RW | US | A | D);
                    m.mmu.addressSpaces.invvpidSingleContext(vpid);
                    m.enter(vpid);
                    assertEquals(page + OFFSET, reached(m));
                    m.leave();
                }
            }
        });
    }

    // ---- SVM ----

    @Example
    void anAsidKeepsItsTranslationsAcrossVmrunAndVmexit() {
        everywhereOnAmd(m -> {
            makeStale(m, VPID, 0);
            m.leave();
            assertStale(m, VPID);
            assertGone(m, OTHER);
        });
    }

    @Example
    void tlbControlAndInvlpgaDropWhatTheySay() {
        asid(AddressSpaces::flushEveryAsid, true);
        asid(spaces -> spaces.flushAsid(VPID), true);
        asid(spaces -> spaces.flushAsid(OTHER), false);
        asid(spaces -> spaces.flushAsidNonGlobal(VPID), true);
        asid(spaces -> spaces.flushAsidNonGlobal(OTHER), false);
        asid(spaces -> spaces.invlpga(LINEAR, VPID), true);
        asid(spaces -> spaces.invlpga(LINEAR, OTHER), false);
        asid(spaces -> spaces.invlpga(LINEAR, 0), false);
    }

    private static void asid(Consumer<AddressSpaces> operation, boolean goes) {
        everywhereOnAmd(m -> {
            makeStale(m, VPID, 0);
            m.leave();
            operation.accept(m.mmu.addressSpaces);
            if (goes) {
                assertGone(m, VPID);
            } else {
                assertStale(m, VPID);
            }
        });
    }

    @Example
    void anotherNestedRootUnderTheSameAsidNeedsAFlush() {
        everywhereOnAmd(m -> {
            makeStale(m, VPID, 0);
            m.leave();
            long copy = m.newNestedTable();
            for (int i = 0; i < 512; i++) {
                m.memory.write(copy + (8L * i), 8, m.memory.read(m.nestedRoot() + (8L * i), 8));
            }
            m.npt.configure(copy, m.state.cr4, m.state.efer);
            assertStale(m, VPID);
        });
    }

    @Example
    void theEptrtaOfAnEptpIsItsBits51To12() {
        assertEquals(0x000f_ffff_ffff_f000L, ExtendedPageTables.eptrta(-1L));
    }
}
