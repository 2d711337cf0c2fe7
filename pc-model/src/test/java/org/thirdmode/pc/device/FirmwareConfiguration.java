package org.thirdmode.pc.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.thirdmode.pc.bus.IoPorts;

/** QEMU documentation "QEMU Firmware Configuration (fw_cfg) Device". */
final class FirmwareConfiguration {
    private final IoPorts ports = new IoPorts();
    private final FwCfg fwCfg = new FwCfg(0x1_8000_0000L, 1);

    @BeforeEach
    void attach() {
        fwCfg.attach(ports);
    }

    private long item(int key, int size) {
        ports.write(0x510, 2, key);
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (long) ports.read(0x511, 1) << (i * 8);
        }
        return value;
    }

    @Test
    void theSignatureIsQemu() {
        assertEquals(0x554d_4551, item(0, 4));
        assertEquals(1, item(1, 4), "the traditional interface alone");
    }

    @Test
    void ramSizeAndProcessorCountAreLittleEndian() {
        assertEquals(0x1_8000_0000L, item(3, 8));
        assertEquals(1, item(5, 2));
    }

    @Test
    void anItemThatDoesNotExistAndWhatIsPastTheEndReadAsZero() {
        assertEquals(0, item(0x11, 8));
        assertEquals(0x0001, item(5, 8));
    }

    @Test
    void theDirectoryListsFilesInBigEndian() {
        fwCfg.addFile("opt/test", new byte[] {1, 2, 3});
        assertEquals(0x01, item(0x19, 4) >>> 24);
        ports.write(0x510, 2, 0x19);
        byte[] directory = new byte[68];
        for (int i = 0; i < directory.length; i++) {
            directory[i] = (byte) ports.read(0x511, 1);
        }
        assertEquals(3, directory[7]);
        assertEquals(0x20, directory[9]);
        assertEquals("opt/test", new String(directory, 12, 8, java.nio.charset.StandardCharsets.US_ASCII));
        assertEquals(0x030201, item(0x20, 4));
    }
}
