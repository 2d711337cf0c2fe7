package org.thirdmode.pc.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.thirdmode.pc.bus.InterruptRouter;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.Oscillator;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.time.GuestClock;

/** The board's own ports, and those for tests and hosts. */
final class SystemControl implements ResetLines {
    private final GuestClock clock = new GuestClock();
    private final IoPorts ports = new IoPorts();
    private final Pit8254 pit = new Pit8254(clock, new Wire());
    private final A20Gate a20 = new A20Gate();
    private final SystemPorts system = new SystemPorts(clock, pit, a20, this);
    private final List<Object> seen = new ArrayList<>();

    @Override
    public void initProcessor() {
        seen.add("init");
    }

    @Override
    public void resetBoard() {
        seen.add("reset");
    }

    @BeforeEach
    void attach() {
        system.attach(ports);
        pit.attach(ports);
    }

    @Test
    void port61GatesTimer2AndShowsItsOutput() {
        ports.write(0x43, 1, 0xb0);
        ports.write(0x42, 1, 100);
        ports.write(0x42, 1, 0);
        assertEquals(0, ports.read(0x61, 1) & 0x23);
        Guest.runTo(clock, Oscillator.PIT.tickOf(1000));
        assertEquals(0, ports.read(0x61, 1) & 0x20, "the gate is low");
        ports.write(0x61, 1, 0x01);
        Guest.runTo(clock, Oscillator.PIT.tickOf(1200));
        assertEquals(0x21, ports.read(0x61, 1) & 0x23);
    }

    @Test
    void theRefreshBitToggles() {
        int first = ports.read(0x61, 1) & 0x10;
        Guest.run(clock, 15_085);
        assertEquals(first ^ 0x10, ports.read(0x61, 1) & 0x10);
    }

    @Test
    void port92Bit0InitializesOnItsRiseAndBit1IsA20() {
        a20.fromKeyboardController(false);
        ports.write(0x92, 1, 0x02);
        assertTrue(a20.enabled());
        ports.write(0x92, 1, 0x03);
        ports.write(0x92, 1, 0x03);
        assertEquals(List.of("init"), seen);
        assertEquals(0x03, ports.read(0x92, 1));
        ports.write(0x92, 1, 0x00);
        assertFalse(a20.enabled());
    }

    @Test
    void eitherSourceOfA20IsEnough() {
        a20.fromPort92(true);
        a20.fromKeyboardController(false);
        assertTrue(a20.enabled());
        a20.fromPort92(false);
        assertFalse(a20.enabled());
    }

    @Test
    void resetControlResetsOnTheRiseOfBit2HardWithBit1() {
        system.writeResetControl(0x00);
        system.writeResetControl(0x04);
        system.writeResetControl(0x02);
        system.writeResetControl(0x06);
        assertEquals(List.of("init", "reset"), seen);
        assertEquals(0x02, system.readResetControl());
    }

    @Test
    void theExitPortTakesAValueOfAnySize() {
        new ExitPort(seen::add).attach(ports);
        ports.write(0xf4, 1, 0x1ff);
        ports.write(0xf4, 4, 0x1234_5678);
        assertEquals(List.of(new StopCause.ExitWritten(0xff), new StopCause.ExitWritten(0x1234_5678)), seen);
    }

    @Test
    void theShutdownPortWantsTheWholeWord() {
        new ShutdownPort(seen::add).attach(ports);
        "ShutShutdow".chars().forEach(c -> ports.write(0x8900, 1, c));
        assertEquals(List.of(), seen);
        ports.write(0x8900, 1, 'n');
        assertEquals(List.of(new StopCause.ShutdownWritten()), seen);
    }

    @Test
    void theDebugConsoleReadsAsItsNumber() {
        StringBuilder text = new StringBuilder();
        new DebugConsole(0xe9, c -> text.append((char) c)).attach(ports, 0xe9);
        assertEquals(0xe9, ports.read(0xe9, 1));
        "hi".chars().forEach(c -> ports.write(0xe9, 1, c));
        assertEquals("hi", text.toString());
    }

    @Test
    void postCodesAreCounted() {
        PostPort post = new PostPort();
        post.attach(ports);
        ports.write(0x80, 1, 0x11);
        ports.write(0x80, 1, 0x22);
        assertEquals(2, post.writes());
        assertEquals(0x22, post.code());
    }

    @Test
    void theTestDeviceLatchesBytesWordsAndDoubleWords() {
        testDevice(new ArrayList<>());
        ports.write(0xe0, 4, 0x1234_5678);
        assertEquals(0x78, ports.read(0xe0, 1));
        assertEquals(0x1234, ports.read(0xe2, 2));
        ports.write(0xe1, 1, 0xaa);
        assertEquals(0x1234_aa78, ports.read(0xe0, 4));
    }

    @Test
    void theTestDeviceDrivesEveryLine() {
        List<String> lines = new ArrayList<>();
        testDevice(lines);
        ports.write(0x2000 + 14, 1, 1);
        ports.write(0x2000 + 14, 1, 0);
        ports.write(0x200b, 4, 1);
        assertEquals(List.of("14 true", "14 false", "11 true"), lines);
    }

    @Test
    void theTestDeviceHasMemoryOfItsOwn() {
        PhysicalMemory memory = testDevice(new ArrayList<>());
        memory.write(0xff00_0ff8L, 8, 0x1122_3344_5566_7788L);
        assertEquals(0x1122_3344_5566_7788L, memory.read(0xff00_0ff8L, 8));
        assertEquals(0x3344, memory.read(0xff00_0ffcL, 2));
        memory.write(0xff00_0fffL, 4, 0xaabb_ccdd);
        assertEquals(0xaabb_ccddL, memory.read(0xff00_0fffL, 4));
        assertEquals(0xff, memory.read(0xff01_0000L, 1));
    }

    private PhysicalMemory testDevice(List<String> lines) {
        PhysicalMemory memory = new PhysicalMemory(36);
        InterruptRouter router =
                new InterruptRouter((number, asserted) -> lines.add(number + " " + asserted), (number, asserted) -> {});
        new TestDevice(router).attach(ports, memory);
        return memory;
    }
}
