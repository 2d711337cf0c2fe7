package org.thirdmode.kvm.vmm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.kvm.HostConfiguration;
import org.thirdmode.kvm.HostKernel;
import org.thirdmode.kvm.HostMachine;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Vcpu;
import org.thirdmode.kvm.mmu.AgileMmu;
import org.thirdmode.npt.agile.AgileSecondStage;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;

/** Gandhi, Hill, Swift, "Agile Paging", ISCA 2016, section III-C; and guests that are none of its own. */
class AgilePagingOfAGuest {
    private static VirtualMachine machine(String kernel, String workload) {
        return Guests.machine(kernel, workload, MmuKind.AGILE, new ByteArrayOutputStream());
    }

    private static AgileMmu mmu(VirtualMachine machine) {
        return (AgileMmu) machine.vcpu().mmu();
    }

    /** It fills its tables, then for many intervals it only reads and writes what they map. */
    @Test
    void tablesGoOverToNestedModeWhileTheyAreFilledAndComeBackOnceTheyAreNot() {
        try (VirtualMachine machine = machine("mini64", "gups pages=256 updates=200000")) {
            AgileMmu mmu = mmu(machine);
            while (mmu.shadow().nestedTables() == 0) {
                assertEquals(new MachineOutcome.BudgetReached(), machine.run(1_000));
            }
            assertEquals(0, mmu.shadow().returns());
            long interval = AgileMmu.INTERVAL;
            long filled = machine.vcpu().ticks();
            machine.run(interval);
            assertTrue(mmu.shadow().switches() > 0);
            machine.run(3 * interval);
            assertTrue(mmu.shadow().returns() > 0, "after " + (machine.vcpu().ticks() - filled));
            assertEquals(0, mmu.shadow().nestedTables());
            long nested = machine.walks().allNestedReferences();
            machine.run(interval / 2);
            assertEquals(nested, machine.walks().allNestedReferences(), "walks are of shadow tables again");
            assertEquals(new MachineOutcome.Exited(0), machine.run(Guests.BUDGET));
        }
    }

    /** With four levels shadowed every write to a table exits; in nested mode none does. */
    @Test
    void writesToATableInNestedModeDoNotExit() {
        String workload = "mmap pages=64 rounds=50";
        try (VirtualMachine agile = machine("mini64", workload);
                VirtualMachine cached =
                        Guests.machine("mini64", workload, MmuKind.CACHED, new ByteArrayOutputStream())) {
            assertEquals(new MachineOutcome.Exited(0), agile.run(Guests.BUDGET));
            assertEquals(new MachineOutcome.Exited(0), cached.run(Guests.BUDGET));
            assertEquals(cached.instructions(), agile.instructions());
            long all = cached.vcpu().mmu().counters().emulatedWrites;
            assertTrue(all > 50 * 64, "at least one a page: " + all);
            assertTrue(mmu(agile).counters().emulatedWrites < all / 50);
            assertTrue(mmu(agile).shadow().counters().guestFaults < 100, "the guest gets its page faults itself");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"hello16", "hello32", "hellopae"})
    void aGuestWithoutFourLevelPagingIsNestedWhole(String kernel) {
        try (VirtualMachine machine = machine(kernel, "")) {
            assertEquals(new MachineOutcome.Exited(0), machine.run(Guests.BUDGET));
            assertTrue(mmu(machine).isWhole());
            assertEquals(0, mmu(machine).shadow().counters().faults);
        }
    }

    /** While CR0.WP is clear the entries of the guest's own tables need another register than shadow entries do. */
    @Test
    void aGuestThatClearsWriteProtectionIsNestedWholeMeanwhile() {
        try (VirtualMachine machine = machine("mini64", "wp rounds=200")) {
            boolean whole = false;
            boolean shadowed = false;
            MachineOutcome outcome;
            do {
                outcome = machine.run(503);
                boolean protects = (machine.vcpu().registers().state.cr0 & Cr0.WP) != 0;
                if (protects) {
                    shadowed |= !mmu(machine).isWhole();
                } else {
                    whole |= mmu(machine).isWhole();
                }
            } while (outcome instanceof MachineOutcome.BudgetReached);
            assertEquals(new MachineOutcome.Exited(0), outcome);
            assertTrue(whole && shadowed);
        }
    }

    /** The bits of an address that the guest's processor has not are reserved in its CR3, whoever executes the instruction. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noGuestReachesHostMemoryByItsCr3(boolean whole) {
        try (VirtualMachine machine = machine("mini64", "idle rounds=100000")) {
            machine.run(100_000);
            Vcpu vcpu = machine.vcpu();
            CpuState state = vcpu.registers().state;
            assertTrue(state.longModeActive());
            int width = machine.board().memory().addressWidth();
            byte[] movCr3Rax = {0x0f, 0x22, (byte) 0xd8, (byte) 0xf4};
            for (int n = 0; n < movCr3Rax.length; n++) {
                machine.board().memory().write(vcpu.translate(state.rip).physical() + n, 1, movCr3Rax[n]);
            }
            state.r[CpuState.RAX] = AgileSecondStage.hostBit(width) | (state.cr3 & -4096L);
            state.cpl = 0;
            state.idtrLimit = 0;
            if (whole) {
                state.cr0 &= ~Cr0.WP;
            }
            vcpu.setRegisters();
            assertEquals(new MachineOutcome.TripleFault(), machine.run(10));
            assertEquals(whole, mmu(machine).isWhole());
            assertFalse((vcpu.registers().state.cr3 & AgileSecondStage.hostBit(width)) != 0);
        }
    }

    /** EPT without flags; a kernel whose CR3 has 32 bits. */
    @Test
    void hostsThatCannotHaveItAreRefused() {
        HostConfiguration haswell = new HostConfiguration(CpuProfile.named().get("haswell"));
        assertTrue(haswell.canHaveAgilePaging());
        for (HostConfiguration without : List.of(
                new HostConfiguration(CpuProfile.named().get("nehalem")),
                new HostConfiguration(CpuProfile.GENERIC_AMD),
                haswell.withKernel(HostKernel.I386_PAE))) {
            assertFalse(without.canHaveAgilePaging());
            assertThrows(IllegalArgumentException.class, () -> new HostMachine(without, 40, null, true));
        }
    }
}
