package org.thirdmode.pc.apic;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.pc.device.PicPair;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.time.GuestClock;

/** A local APIC and an I/O APIC on a bench, after reset and with the spurious-vector register's enable bit set. */
class ApicBench {
    static final int WIDTH = 40;

    final GuestClock clock = new GuestClock();
    final PhysicalMemory memory = new PhysicalMemory(WIDTH);
    final Signals signals = new Signals();
    final List<Integer> ended = new ArrayList<>();
    final LocalApic apic;
    final PicPair pics;
    final IoApic ioApic;
    private LocalApic wired;

    ApicBench() {
        memory.mapRam(0, 1 << 20);
        pics = new PicPair(asserted -> {
            if (wired != null) {
                wired.lint0(asserted);
            }
        });
        apic = new LocalApic(clock, memory, pics, 0, true, true);
        ioApic = new IoApic(apic);
        ioApic.attach(memory);
        apic.connect(signals, vector -> {
            ended.add(vector);
            ioApic.endOfInterrupt(vector);
        });
        wired = apic;
        apic.reset();
        write(0xf0, 0x1ff);
    }

    int read(int offset) {
        return (int) memory.read(LocalApic.DEFAULT_BASE + offset, 4);
    }

    void write(int offset, int value) {
        memory.write(LocalApic.DEFAULT_BASE + offset, 4, value);
    }

    long msr(int number) {
        long[] result = new long[1];
        if (!apic.readMsr(number, result)) {
            throw new AssertionError("#GP");
        }
        return result[0];
    }

    boolean readable(int number) {
        return apic.readMsr(number, new long[1]);
    }

    void useX2apic() {
        if (!apic.writeMsr(0x1b, msr(0x1b) | 0xc00)) {
            throw new AssertionError("#GP");
        }
    }

    /** Takes every pending interrupt, with its end, and lists the vectors. */
    List<Integer> takeAll() {
        List<Integer> vectors = new ArrayList<>();
        while (apic.interruptPending() && vectors.size() < 300) {
            vectors.add(apic.acknowledgeInterrupt());
            write(0xb0, 0);
        }
        return vectors;
    }

    int ioRead(int register) {
        memory.write(IoApic.BASE, 4, register);
        return (int) memory.read(IoApic.BASE + 0x10, 4);
    }

    void ioWrite(int register, int value) {
        memory.write(IoApic.BASE, 4, register);
        memory.write(IoApic.BASE + 0x10, 4, value);
    }
}
