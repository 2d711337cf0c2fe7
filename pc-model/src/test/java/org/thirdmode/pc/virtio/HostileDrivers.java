package org.thirdmode.pc.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.thirdmode.pc.device.Guest;

/** Whatever a driver writes to registers, rings and descriptors, the device goes on, and works again after a reset. */
class HostileDrivers {
    private static final long[] PLACES = {
        VirtioHost.RING,
        VirtioHost.HEADER,
        VirtioHost.DATA,
        VirtioHost.STATUS,
        VirtioHost.USED,
        0xfec0_0000L,
        0xfee0_0000L,
        0xa_0000,
        (16 << 20) - 8,
        -8,
        0
    };

    @Property(tries = 200)
    void getNoFurtherThanTheirOwnMemory(@ForAll long seed) {
        Random random = new Random(seed);
        VirtioHost host = new VirtioHost(1 + random.nextInt(100));
        for (int i = 0; i < 200; i++) {
            step(host, random);
        }
        host.disk.broken = false;
        host.configure(0x10, 0xc000);
        host.configure(4, 0x0007);
        host.start();
        host.request(0, 0, 512);
        assertTrue(host.run(0));
        assertEquals(0, host.status());
    }

    private static void step(VirtioHost host, Random random) {
        host.disk.broken = random.nextInt(50) == 0;
        switch (random.nextInt(9)) {
            case 0 -> host.out(random.nextInt(64), 1 << random.nextInt(3), random.nextInt());
            case 1 -> host.in(random.nextInt(64), 1 << random.nextInt(3));
            case 2, 3 ->
                host.descriptor(
                        random.nextInt(6),
                        place(random),
                        random.nextBoolean() ? random.nextInt(2000) : random.nextInt() & 0xffff_ffffL,
                        random.nextInt(8),
                        random.nextInt(8));
            case 4 -> host.request(random.nextInt(10), random.nextInt(120) - 4, 512L * random.nextInt(4));
            case 5 -> host.board.memory().write(VirtioHost.AVAILABLE + random.nextInt(16), 2, random.nextInt(200));
            case 6 -> host.configure(random.nextBoolean() ? 4 : 0x10, random.nextInt(0x1_0000));
            case 7 -> {
                if (random.nextInt(5) == 0) {
                    host.start();
                }
                host.run(random.nextInt(6));
            }
            default -> Guest.run(host.board.clock(), random.nextInt(5_000));
        }
    }

    private static long place(Random random) {
        return PLACES[random.nextInt(PLACES.length)] + random.nextInt(16) - 8;
    }
}
