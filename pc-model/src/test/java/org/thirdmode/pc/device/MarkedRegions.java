package org.thirdmode.pc.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.LoadOptions;

/** Ports 540H and 544H. */
final class MarkedRegions {
    private static final int BEGIN = 0x540;
    private static final int END = 0x544;

    private final IoPorts ports = new IoPorts();
    private final RegionsOfInterest regions = new RegionsOfInterest();
    private long work;

    @BeforeEach
    void attach() {
        regions.count(() -> Map.of("work", work));
        regions.attach(ports);
    }

    private void begin(int region) {
        ports.write(BEGIN, 4, region);
    }

    private void end(int region) {
        ports.write(END, 4, region);
    }

    private long worked(int region) {
        return regions.counts().get("region " + region + ": work");
    }

    @Test
    void whatIsCountedInsideIsSummedUp() {
        begin(1);
        work += 5;
        end(1);
        work += 100;
        begin(1);
        work += 7;
        end(1);
        assertEquals(12, worked(1));
        assertEquals(2L, regions.counts().get("region 1: entered"));
    }

    @Test
    void regionsOverlap() {
        begin(0);
        work += 1;
        begin(15);
        work += 2;
        end(0);
        work += 4;
        end(15);
        assertEquals(3, worked(0));
        assertEquals(6, worked(15));
    }

    @Test
    void aRegionThatIsStillOpenCountsSoFar() {
        begin(2);
        work += 3;
        assertEquals(3, worked(2));
        work += 3;
        assertEquals(6, worked(2));
    }

    @Test
    void beginningTwiceAndEndingWhatIsNotOpenDoNothing() {
        end(3);
        begin(3);
        work += 1;
        begin(3);
        work += 1;
        end(3);
        end(3);
        assertEquals(2, worked(3));
    }

    @Test
    void otherNumbersAndPortsDoNothing() {
        begin(16);
        begin(-1);
        ports.write(0x541, 1, 1);
        ports.write(0x545, 1, 1);
        assertTrue(regions.counts().isEmpty());
    }

    @Test
    void aGuestCanTellThatTheDeviceIsThere() {
        assertEquals(RegionsOfInterest.PRESENT, ports.read(BEGIN, 4));
        assertEquals('O', ports.read(BEGIN + 1, 1));
        assertEquals(0, ports.read(END, 4));
    }

    /** The instruction that ends a region belongs to it, the one that begins it does not. */
    @Test
    void theMachineCountsItsInstructionsExactly() throws ImageException {
        int[] code = {
            0xb0,
            0x01, // mov al, 1
            0xba,
            0x40,
            0x05, // mov dx, 540h
            0xee, // out dx, al
            0xb2,
            0x44, // mov dl, 44h
            0x90,
            0x90,
            0x90, // three NOPs
            0xee, // out dx, al
            0xe6,
            0xf4 // out f4h, al
        };
        byte[] sector = new byte[512];
        for (int i = 0; i < code.length; i++) {
            sector[i] = (byte) code[i];
        }
        sector[510] = 0x55;
        sector[511] = (byte) 0xaa;
        Image image = new Image("sector", sector);
        Machine machine =
                new Machine(MachineConfiguration.DEFAULT, Optional.of(image), LoadOptions.DEFAULT, HostPorts.NONE);
        machine.run(1000);
        assertEquals(5L, machine.counts().get("region 1: instructions"));
        assertEquals(1L, machine.counts().get("region 1: port writes"));
        assertEquals(7 + 2, machine.counts().get("instructions"));
    }
}
