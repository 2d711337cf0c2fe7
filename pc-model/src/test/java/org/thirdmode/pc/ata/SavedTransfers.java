package org.thirdmode.pc.ata;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.thirdmode.pc.snapshot.StateFile;
import org.thirdmode.x86.snapshot.StateException;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/** A disk that is saved in the middle of a command goes on with it. */
class SavedTransfers {
    @TempDir
    private Path folder;

    private static Stateful all(AtaHost host) {
        return port -> {
            port.part("clock", host.clock);
            port.part("channel", host.channel);
        };
    }

    private AtaHost moved(AtaHost host, AtaHost to) throws IOException {
        Path file = folder.resolve("state");
        StateFile.write(file, all(host));
        return StateFile.read(file, (StatePort port) -> {
            all(to).state(port);
            return to;
        });
    }

    @Test
    void inTheMiddleOfABlock() throws IOException {
        AtaHost host = new AtaHost(64);
        host.command(0xc6, 2, 4);
        host.lba28(0xc4, 3, 8);
        host.readBlock(1);
        AtaHost other = moved(host, new AtaHost(64));
        assertArrayEquals(host.sectors(4, 3), other.readBlock(3));
        other.await();
        assertArrayEquals(host.sectors(7, 4), other.readBlock(4));
        assertEquals(0x50, other.in(7));
    }

    @Test
    void whileItIsBusy() throws IOException {
        AtaHost host = new AtaHost(64);
        host.out(6, 0xe0);
        host.out(2, 1);
        host.out(3, 9);
        host.out(7, 0x30);
        AtaHost other = moved(host, new AtaHost(64));
        assertEquals(0x80, other.alternateStatus());
        other.await();
        assertEquals(0x58, other.alternateStatus());
        other.writeBlock(new byte[512]);
        assertArrayEquals(new byte[512], other.sectors(9, 1));
        assertEquals(1, host.disk.flushes, "what the machine was saved with is on the medium");
    }

    @Test
    void notToADiskOfAnotherSize() {
        assertThrows(StateException.class, () -> moved(new AtaHost(64), new AtaHost(65)));
    }
}
