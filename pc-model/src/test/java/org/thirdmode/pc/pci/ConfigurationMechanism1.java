package org.thirdmode.pc.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.thirdmode.pc.Board;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.x86.memory.PhysicalMemory;

/** PCI Local Bus Specification 2.2, "Software Generation of Configuration Transactions", "Base Addresses". */
final class ConfigurationMechanism1 {
    private final List<Long> places = new ArrayList<>();
    private Board board;
    private IoPorts ports;

    @BeforeEach
    void build() throws ImageException {
        board = new Board(MachineConfiguration.DEFAULT, HostPorts.NONE);
        ports = board.ports();
    }

    private int read(int device, int function, int offset) {
        ports.write(0xcf8, 4, 0x8000_0000 | device << 11 | function << 8 | (offset & 0xfc));
        return ports.read(0xcfc, 4);
    }

    private void write(int device, int function, int offset, int value) {
        ports.write(0xcf8, 4, 0x8000_0000 | device << 11 | function << 8 | (offset & 0xfc));
        ports.write(0xcfc, 4, value);
    }

    @Test
    void theBoardIsAnI440FxWithAPiix() {
        assertEquals(0x1237_8086, read(0, 0, 0));
        assertEquals(0x7000_8086, read(1, 0, 0));
        assertEquals(0x7113_8086, read(1, 3, 0));
        assertEquals(0x0601_0000, read(1, 0, 8));
        assertEquals(0x80, read(1, 0, 0x0c) >>> 16 & 0xff, "the ISA bridge has more functions");
    }

    @Test
    void aFunctionThatIsNotThereReadsAsAllOnes() {
        assertEquals(-1, read(5, 0, 0));
        ports.write(0xcf8, 4, 0x8001_0000);
        assertEquals(-1, ports.read(0xcfc, 4), "bus 1");
        ports.write(0xcf8, 4, 0x0000_0000);
        assertEquals(-1, ports.read(0xcfc, 4), "the enable bit is clear");
    }

    @Test
    void theAddressRegisterTakesDoubleWordsAlone() {
        ports.write(0xcf8, 4, 0x8000_0804);
        ports.write(0xcf8, 1, 0x55);
        ports.write(0xcfa, 2, 0x5555);
        assertEquals(0x8000_0804, ports.read(0xcf8, 4));
    }

    @Test
    void bytesAndWordsAreReadInTheirPlaces() {
        ports.write(0xcf8, 4, 0x8000_0000);
        assertEquals(0x8086, ports.read(0xcfc, 2));
        assertEquals(0x1237, ports.read(0xcfe, 2));
        assertEquals(0x12, ports.read(0xcff, 1));
    }

    @Test
    void identificationIsReadOnly() {
        write(0, 0, 0, 0);
        assertEquals(0x1237_8086, read(0, 0, 0));
    }

    @Test
    void resetControlLiesWithinTheAddressRegister() {
        ports.write(0xcf9, 1, 0x02);
        assertEquals(0x02, ports.read(0xcf9, 1));
    }

    @Test
    void aBaseAddressRegisterTellsItsSizeAndMovesItsDevice() {
        PciFunction device = new PciFunction(0x1af4, 0x1000, 0, 0x02_0000) {
            {
                bar(0, 0x40, true, places::add);
                bar(1, 0x1000, false, places::add);
            }
        };
        PciBus bus = new PciBus(null);
        bus.add(3, 0, device);
        IoPorts own = new IoPorts();
        bus.attach(own);
        own.write(0xcf8, 4, 0x8000_1810);
        own.write(0xcfc, 4, -1);
        assertEquals(0xffff_ffc1, own.read(0xcfc, 4));
        own.write(0xcfc, 4, 0xc000);
        own.write(0xcf8, 4, 0x8000_1814);
        own.write(0xcfc, 4, -1);
        assertEquals(0xffff_f000, own.read(0xcfc, 4));
        own.write(0xcfc, 4, 0xe100_0000);
        assertEquals(List.of(), places, "nothing is decoded before the command register says so");
        own.write(0xcf8, 4, 0x8000_1804);
        own.write(0xcfc, 2, 0x0001);
        own.write(0xcfc, 2, 0x0003);
        own.write(0xcfc, 2, 0x0002);
        assertEquals(List.of(0xc000L, 0xe100_0000L, -1L), places);
        bus.reset();
        assertEquals(List.of(0xc000L, 0xe100_0000L, -1L, -1L), places);
    }

    @Test
    void pamTurnsRomIntoTheRamBeneathAndBack() {
        PhysicalMemory memory = board.memory();
        long jump = memory.read(0xffff0, 1);
        assertEquals(0xea, jump);
        memory.write(0xffff0, 1, 0x11);
        assertEquals(0xea, memory.read(0xffff0, 1), "ROM");
        write(0, 0, 0x58, 0x3000);
        memory.write(0xffff0, 1, 0x22);
        assertEquals(0x22, memory.read(0xffff0, 1), "RAM");
        write(0, 0, 0x58, 0x1000);
        memory.write(0xffff0, 1, 0x33);
        assertEquals(0x22, memory.read(0xffff0, 1), "RAM, read-only");
        write(0, 0, 0x58, 0x0000);
        assertEquals(0xea, memory.read(0xffff0, 1), "ROM again");
        write(0, 0, 0x58, 0x3000);
        assertEquals(0x22, memory.read(0xffff0, 1), "the RAM has kept its content");
        assertEquals(0xff, memory.read(0xc8000, 1), "C8000H is another piece");
        write(0, 0, 0x58, 0x3333_3000);
        memory.write(0xc8000, 1, 0x44);
        assertEquals(0x44, memory.read(0xc8000, 1));
    }

    @Test
    void thePowerManagementBaseMovesTheAcpiBlock() {
        write(1, 3, 0x40, 0xb000);
        assertEquals(0xb001, read(1, 3, 0x40));
        assertEquals(0, ports.read(0xb004, 2));
        assertEquals(0xffff, ports.read(0x604, 2));
    }
}
