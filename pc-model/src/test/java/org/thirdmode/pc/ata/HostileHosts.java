package org.thirdmode.pc.ata;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.thirdmode.pc.device.Guest;

/** Whatever is written to the channel's ports, it answers, and is ready again after a soft reset. */
class HostileHosts {
    private static final int[] CODES = {
        0x20, 0x24, 0x29, 0x30, 0x34, 0x39, 0x40, 0x42, 0xc4, 0xc5, 0xc6, 0xec, 0xef, 0xe7, 0x90, 0x91, 0xf8, 0x27,
        0x10, 0x70, 0xc8, 0x25, 0xca, 0x35
    };

    @Property(tries = 300)
    void theChannelAnswers(@ForAll long seed) {
        Random random = new Random(seed);
        AtaHost host = new AtaHost(1 + random.nextInt(300));
        host.enableBusMaster();
        for (int i = 0; i < 400; i++) {
            step(host, random);
        }
        host.control(0x04);
        host.control(0x00);
        host.await();
        host.out(6, 0xe0);
        assertTrue(host.in(7) == 0x50, "ready");
    }

    private static void step(AtaHost host, Random random) {
        host.disk.broken = random.nextInt(50) == 0;
        switch (random.nextInt(12)) {
            case 0, 1 -> host.out(7, random.nextBoolean() ? CODES[random.nextInt(CODES.length)] : random.nextInt(256));
            case 2 -> host.control(random.nextInt(20) == 0 ? random.nextInt(256) : 0);
            case 3, 4 -> host.out(1 + random.nextInt(6), random.nextInt(random.nextBoolean() ? 4 : 256));
            case 10 -> {
                for (int at = 0; at < 64; at += 4) {
                    host.memory.write(0x1000 + at, 4, random.nextInt(1 << 21) - 64);
                }
                host.ports.write(AtaHost.BUS_MASTER + 4, 4, random.nextInt(4) == 0 ? random.nextInt() : 0x1000);
                host.ports.write(AtaHost.BUS_MASTER, 1, random.nextInt(16));
            }
            case 11 ->
                host.ports.write(AtaHost.BUS_MASTER + random.nextInt(16), 1 << random.nextInt(3), random.nextInt());
            case 5 -> host.ports.write(AtaHost.DATA + random.nextInt(8), 1 << random.nextInt(3), random.nextInt());
            case 6 -> host.ports.read(AtaHost.DATA + random.nextInt(8), 1 << random.nextInt(3));
            case 7 -> Guest.run(host.clock, random.nextInt(2000));
            case 8 -> {
                for (int i = random.nextInt(5000); i > 0; i--) {
                    host.ports.read(AtaHost.DATA, 2);
                }
            }
            default -> {
                for (int i = random.nextInt(5000); i > 0; i--) {
                    host.ports.write(AtaHost.DATA, 4, i);
                }
            }
        }
    }
}
