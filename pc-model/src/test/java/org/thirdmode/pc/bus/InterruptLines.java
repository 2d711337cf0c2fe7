package org.thirdmode.pc.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The wiring of interrupt lines on a PC. */
final class InterruptLines {
    private final List<String> seen = new ArrayList<>();
    private final InterruptRouter router = new InterruptRouter(
            (number, asserted) -> seen.add("pic " + number + " " + asserted),
            (number, asserted) -> seen.add("apic " + number + " " + asserted));

    @Test
    void anIsaLineReachesThePicAndTheSamePinOfTheIoApic() {
        router.connect(4).set(true);
        assertEquals(List.of("pic 4 true", "apic 4 true"), seen);
    }

    @Test
    void irq0ReachesPin2() {
        router.connect(0).set(true);
        assertEquals(List.of("pic 0 true", "apic 2 true"), seen);
    }

    @Test
    void line2IsTheCascadeAndReachesNoInputOfThePic() {
        router.connect(2).set(true);
        assertEquals(List.of("apic 2 true"), seen);
    }

    @Test
    void linesFrom16OnReachTheIoApicAlone() {
        router.connect(23).set(true);
        assertEquals(List.of("apic 23 true"), seen);
    }

    @Test
    void aSharedLineIsHighWhileAnyDeviceDrivesIt() {
        InterruptLine one = router.connect(9);
        InterruptLine other = router.connect(9);
        one.set(true);
        other.set(true);
        seen.clear();
        one.set(false);
        assertEquals(List.of("pic 9 true", "apic 9 true"), seen);
        seen.clear();
        other.set(false);
        assertEquals(List.of("pic 9 false", "apic 9 false"), seen);
    }

    @Test
    void drivingTheLevelThatIsThereDoesNothing() {
        InterruptLine line = router.connect(5);
        line.set(true);
        seen.clear();
        line.set(true);
        assertEquals(List.of(), seen);
    }
}
