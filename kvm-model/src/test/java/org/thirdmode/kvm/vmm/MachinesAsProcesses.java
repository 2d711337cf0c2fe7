package org.thirdmode.kvm.vmm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.thirdmode.kvm.KvmException;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.pc.MachineOutcome;

/** A virtual machine is a process, its virtual CPU a thread: others stop it, let it go on, end it. */
class MachinesAsProcesses {
    private static final String LONG = "preempt processes=2";

    @Test
    void fourOnFourThreadsPrintWhatEachPrintsAlone() throws Exception {
        List<String> kernels = List.of("mini64", "mini32", "minipae", "mini64");
        List<MmuKind> mmus = List.of(MmuKind.NESTED, MmuKind.NAIVE, MmuKind.CACHED, MmuKind.UNSYNC);
        List<Future<Guests.Run>> runs = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 4; i++) {
                int n = i;
                runs.add(threads.submit(
                        () -> Guests.alone(kernels.get(n), "fork processes=3 rounds=2 pages=3", mmus.get(n))));
            }
        }
        for (int i = 0; i < 4; i++) {
            assertEquals(
                    Guests.alone(kernels.get(i), "fork processes=3 rounds=2 pages=3", mmus.get(i)),
                    runs.get(i).get());
        }
    }

    @Test
    void interruptedTimeAndAgainNothingIsLost() throws Exception {
        Guests.Run expected = Guests.alone("mini32", LONG, MmuKind.CACHED);
        ByteArrayOutputStream serial = new ByteArrayOutputStream();
        try (VirtualMachine machine = Guests.machine("mini32", LONG, MmuKind.CACHED, serial)) {
            Thread other = Thread.ofPlatform().start(() -> {
                while (!Thread.interrupted()) {
                    machine.interrupt();
                    Thread.onSpinWait();
                }
            });
            long interruptions = 0;
            while (machine.instructions() < expected.ticks() / 2) {
                if (machine.run(Guests.BUDGET) instanceof MachineOutcome.Interrupted) {
                    interruptions++;
                }
            }
            other.interrupt();
            other.join();
            assertEquals(true, interruptions > 0);
            while (machine.run(0) instanceof MachineOutcome.Interrupted) {
                interruptions++;
            }
            assertEquals(expected, Guests.finish(machine, serial));
        }
    }

    @Test
    void interruptedBeforeItRunsComesBackAtOnce() {
        try (VirtualMachine machine = Guests.machine("hello32", "", MmuKind.NESTED, new ByteArrayOutputStream())) {
            machine.interrupt();
            assertEquals(new MachineOutcome.Interrupted(), machine.run(1_000));
            assertEquals(0, machine.instructions());
            assertEquals(new MachineOutcome.BudgetReached(), machine.run(10));
        }
    }

    @ParameterizedTest
    @EnumSource(MmuKind.class)
    void killedItLeavesNothingBehind(MmuKind mmu) throws Exception {
        VirtualMachine machine = Guests.machine("mini64", "idle rounds=100000", mmu, new ByteArrayOutputStream());
        Thread runner = Thread.ofPlatform().start(() -> machine.run(Long.MAX_VALUE));
        Thread.sleep(100);
        machine.kill();
        runner.join();
        assertEquals(0, machine.hostPages());
        machine.kill();
        assertThrows(KvmException.VmDestroyed.class, () -> machine.run(1));
    }

    @ParameterizedTest
    @EnumSource(MmuKind.class)
    void closedItLeavesNothingBehind(MmuKind mmu) {
        for (Virt virt : Virt.values()) {
            if (mmu.runsOn(virt)) {
                closed(virt, mmu);
            }
        }
    }

    private static void closed(Virt virt, MmuKind mmu) {
        VirtualMachine machine =
                Guests.machine("mini64", "fork processes=3 rounds=2 pages=3", virt, mmu, new ByteArrayOutputStream());
        machine.run(300_000);
        machine.close();
        assertEquals(0, machine.hostPages());
        machine.close();
        assertThrows(KvmException.VmDestroyed.class, () -> machine.run(1));
    }

    @Test
    void usedByAnotherThreadWhileItRunsIsRefused() throws Exception {
        VirtualMachine machine =
                Guests.machine("mini64", "idle rounds=100000", MmuKind.NESTED, new ByteArrayOutputStream());
        Thread runner = Thread.ofPlatform().start(() -> machine.run(Long.MAX_VALUE));
        while (machine.vcpu().userSpaceExits() == 0) {
            Thread.sleep(1);
        }
        assertThrows(KvmException.VcpuBusy.class, () -> machine.run(1));
        assertThrows(KvmException.VcpuBusy.class, machine::close);
        machine.kill();
        runner.join();
    }
}
