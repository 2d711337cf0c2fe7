package org.thirdmode.pc;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.device.Guest;
import org.thirdmode.pc.disk.DiskInterface;
import org.thirdmode.pc.disk.MemoryDisk;
import org.thirdmode.pc.loader.ImageException;

/** Whatever a guest does to the board's ports, registers and MSRs, the board goes on. */
final class HostileGuests {
    private enum Kind {
        READ_PORT,
        WRITE_PORT,
        READ_MEMORY,
        WRITE_MEMORY,
        READ_MSR,
        WRITE_MSR,
        ACKNOWLEDGE,
        TASK_PRIORITY,
        TIME
    }

    /** One thing that a guest does. */
    record Act(Kind kind, int where, int size, long value) {}

    private static final long[] REGIONS = {0xfee0_0000L, 0xfec0_0000L, 0xff00_0000L, 0xa_0000, 0xf_f000, 0xffff_f000L, 0
    };

    @Provide
    Arbitrary<List<Act>> acts() {
        List<IoPorts.Range> ranges = board().ports().ranges();
        Arbitrary<Integer> known = Arbitraries.of(ranges)
                .flatMap(range -> Arbitraries.integers().between(range.first() - 1, range.last() + 1));
        Arbitrary<Integer> where = Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(8, known.map(port -> port & 0xffff)),
                net.jqwik.api.Tuple.of(1, Arbitraries.integers().between(0, 0xffff)));
        Arbitrary<Long> value = Arbitraries.oneOf(
                Arbitraries.longs(),
                Arbitraries.longs().between(0, 0xff),
                Arbitraries.of(0L, -1L, 0x11L, 0x20L, 0x8000_0058L, 0xfee0_0d00L, 0xfee0_0900L, 0x8900L, 0x3333_3333L));
        return Combinators.combine(Arbitraries.of(Kind.class), where, Arbitraries.of(1, 2, 4, 8), value)
                .as(Act::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(200);
    }

    @Property(tries = 1500)
    void noSequenceOfAccessesEndsInAnException(@ForAll("acts") List<Act> acts) {
        Board board = board();
        for (Act act : acts) {
            perform(board, act);
        }
    }

    private static void perform(Board board, Act act) {
        int portSize = Math.min(4, act.size);
        long address = REGIONS[act.where % REGIONS.length] + (act.where * 16L & 0xff0);
        int msr = act.where % 3 == 0 ? 0x1b : act.where % 3 == 1 ? 0x6e0 : 0x800 + act.where % 0x100;
        switch (act.kind) {
            case READ_PORT -> board.ports().read(act.where, portSize);
            case WRITE_PORT -> board.ports().write(act.where, portSize, (int) act.value);
            case READ_MEMORY -> board.memory().read(address + (act.value & 15), act.size);
            case WRITE_MEMORY -> board.memory().write(address + (act.value & 7), act.size, act.value);
            case READ_MSR -> board.localApic().readMsr(msr, new long[1]);
            case WRITE_MSR -> board.localApic().writeMsr(msr, act.value);
            case ACKNOWLEDGE -> {
                if (board.localApic().interruptPending()) {
                    board.localApic().acknowledgeInterrupt();
                }
            }
            case TASK_PRIORITY -> board.localApic().setTaskPriorityClass((int) act.value & 15);
            case TIME -> Guest.run(board.clock(), act.value & 0xfffff);
        }
    }

    private static Board board() {
        try {
            HostPorts host =
                    HostPorts.NONE.withDisk(new MemoryDisk(100)).withDisk(DiskInterface.VIRTIO, new MemoryDisk(100));
            return new Board(MachineConfiguration.DEFAULT.withMemory(16 << 20), host);
        } catch (ImageException e) {
            throw new AssertionError(e);
        }
    }
}
