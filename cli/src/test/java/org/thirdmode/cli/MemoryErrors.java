package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.guests.GuestCatalogue;

/** {@code run --flip ADDRESS:BIT@N}. */
class MemoryErrors {
    /** The message of hello32 begins with "Hello": its H, flipped in bit 0, is an I. */
    private static final int MESSAGE = message();

    private static int message() {
        byte[] image = GuestCatalogue.find("hello32").orElseThrow().bytes();
        String text = new String(image, StandardCharsets.ISO_8859_1);
        return text.indexOf("Hello from");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--on bare",
                "--mmu naive",
                "--mmu cached",
                "--mmu unsync",
                "--mmu nested",
                "--virt svm --mmu cached"
            })
    void theGuestReadsTheFlippedBit(String on) {
        assertTrue(MESSAGE > 0x1000, "in a segment of the ELF file that begins at 1000H, address 100000H");
        String address = "0x" + Integer.toHexString(MESSAGE - 0x1000 + 0x10_0000);
        String line = "run hello32 --flip " + address + ":0@10 " + on;
        CommandLineCase run = CommandLineCase.of(new BareMachine(), line.split(" "));
        assertTrue(run.out().startsWith("Iello from"), run.out() + run.err());
        assertNotEquals(-1, run.out().indexOf("All is well"));
        assertEquals(0, run.status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"bare", "kvm"})
    void whereIsNoRamNothingCanErr(String on) {
        CommandLineCase run =
                CommandLineCase.of(new BareMachine(), "run", "hello32", "--flip", "0xf0000000:0@10", "--on", on);
        assertEquals(2, run.status());
        assertEquals("thirdmode: --flip 0xf0000000:0@10: there is no RAM\n", run.err());
    }
}
