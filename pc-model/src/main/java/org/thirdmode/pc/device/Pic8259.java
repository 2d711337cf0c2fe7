package org.thirdmode.pc.device;

import org.thirdmode.pc.bus.InterruptLine;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * One 8259A programmable interrupt controller.
 *
 * <p>Source: Intel 8259A datasheet (order number 231468), sections "Interrupt Sequence", "Initialization Command Words",
 * "Operation Command Words", "Fully Nested Mode" to "Cascade Mode"; the edge/level control register (ELCR) from the
 * 82371SB (PIIX3) datasheet. With an ELCR the level-trigger bit of ICW1 has no effect.
 *
 * <p>Left out: the 8080/8085 mode (a CALL instead of a vector) and buffered mode, which drives no pin here.
 */
public final class Pic8259 implements Stateful {
    /** Which read of address 0 follows, and what the next write to address 1 is. */
    private enum Expect {
        ICW2,
        ICW3,
        ICW4,
        OCW1
    }

    private static final int ICW1 = 0x10;
    private static final int ICW1_NEEDS_ICW4 = 0x01;
    private static final int ICW1_SINGLE = 0x02;
    private static final int ICW4_AUTO_EOI = 0x02;
    private static final int ICW4_SPECIAL_FULLY_NESTED = 0x10;
    private static final int OCW3 = 0x08;
    private static final int SPURIOUS = 7;

    private final boolean master;
    private final int elcrWritable;
    private final InterruptLine output;

    private int inputs;
    private int request;
    private int mask;
    private int inService;
    private int edgeLevelControl;
    private int vectorBase;
    private int cascade;
    private int lowestPriority = 7;
    private Expect expect = Expect.OCW1;
    private boolean needsIcw4;
    private boolean single;
    private boolean autoEoi;
    private boolean rotateInAutoEoi;
    private boolean specialFullyNested;
    private boolean specialMask;
    private boolean readInService;
    private boolean poll;

    /**
     * A controller whose INT pin drives {@code output}.
     *
     * @param elcrWritable the inputs whose trigger mode the ELCR can change
     */
    public Pic8259(boolean master, int elcrWritable, InterruptLine output) {
        this.master = master;
        this.elcrWritable = elcrWritable;
        this.output = output;
    }

    /** To the state after power-up: as after ICW1 to ICW4 of zero, nothing masked off but nothing requested either. */
    public void reset() {
        request = 0;
        mask = 0;
        inService = 0;
        edgeLevelControl = 0;
        vectorBase = 0;
        cascade = 0;
        lowestPriority = 7;
        expect = Expect.OCW1;
        needsIcw4 = false;
        single = false;
        autoEoi = false;
        rotateInAutoEoi = false;
        specialFullyNested = false;
        specialMask = false;
        readInService = false;
        poll = false;
        updateOutput();
    }

    /** Drives input {@code number} (0..7). */
    public void input(int number, boolean asserted) {
        int bit = 1 << number;
        boolean was = (inputs & bit) != 0;
        if (asserted) {
            inputs |= bit;
            if (!was) {
                request |= bit;
            }
        } else {
            // An input that falls before it is acknowledged takes its request along: the source of "default IR7".
            inputs &= ~bit;
            request &= ~bit;
        }
        updateOutput();
    }

    /** Whether the INT pin is high. */
    public boolean interrupting() {
        return highestRequest() >= 0;
    }

    /**
     * The interrupt-acknowledge sequence (both INTA pulses).
     *
     * @return the input acknowledged, or -1 where the request has gone: then {@link #spuriousVector()} is what the
     *     controller puts on the bus and no in-service bit is set
     */
    public int acknowledge() {
        int number = highestRequest();
        if (number < 0) {
            return -1;
        }
        int bit = 1 << number;
        if ((edgeLevelControl & bit) == 0) {
            request &= ~bit;
        }
        if (autoEoi) {
            if (rotateInAutoEoi) {
                lowestPriority = number;
            }
        } else {
            inService |= bit;
        }
        // INT falls with the acknowledge cycle even where another request raises it at once: the master sees an edge.
        output.set(false);
        updateOutput();
        return number;
    }

    /** The vector of input {@code number}. */
    public int vector(int number) {
        return vectorBase | number;
    }

    /** The vector of "default IR7". */
    public int spuriousVector() {
        return vectorBase | SPURIOUS;
    }

    /** Reads address 0 (poll word, IRR or ISR) or 1 (poll word, or IMR). */
    public int read(int address) {
        if (poll) {
            poll = false;
            int number = acknowledge();
            return number < 0 ? 0 : 0x80 | number;
        }
        if (address == 1) {
            return mask;
        }
        return readInService ? inService : request;
    }

    /** Writes address 0 (ICW1, OCW2, OCW3) or 1 (ICW2 to ICW4, OCW1). */
    public void write(int address, int value) {
        if (address == 1) {
            writeHigh(value);
        } else if ((value & ICW1) != 0) {
            initialize(value);
        } else if ((value & OCW3) != 0) {
            writeOcw3(value);
        } else {
            writeOcw2(value);
        }
        updateOutput();
    }

    private void initialize(int icw1) {
        // "The edge sense circuit is reset": an input must make a new low-to-high transition.
        request &= edgeLevelControl;
        request |= inputs & edgeLevelControl;
        mask = 0;
        inService = 0;
        lowestPriority = 7;
        cascade = 7;
        specialMask = false;
        readInService = false;
        poll = false;
        rotateInAutoEoi = false;
        autoEoi = false;
        specialFullyNested = false;
        needsIcw4 = (icw1 & ICW1_NEEDS_ICW4) != 0;
        single = (icw1 & ICW1_SINGLE) != 0;
        expect = Expect.ICW2;
    }

    private void writeHigh(int value) {
        switch (expect) {
            case ICW2 -> {
                vectorBase = value & 0xf8;
                expect = single ? afterIcw3() : Expect.ICW3;
            }
            case ICW3 -> {
                cascade = value;
                expect = afterIcw3();
            }
            case ICW4 -> {
                autoEoi = (value & ICW4_AUTO_EOI) != 0;
                specialFullyNested = (value & ICW4_SPECIAL_FULLY_NESTED) != 0;
                expect = Expect.OCW1;
            }
            case OCW1 -> mask = value;
        }
    }

    private Expect afterIcw3() {
        return needsIcw4 ? Expect.ICW4 : Expect.OCW1;
    }

    private void writeOcw3(int value) {
        if ((value & 0x40) != 0) {
            specialMask = (value & 0x20) != 0;
        }
        if ((value & 0x04) != 0) {
            poll = true;
        }
        if ((value & 0x02) != 0) {
            readInService = (value & 0x01) != 0;
        }
    }

    private void writeOcw2(int value) {
        int level = value & 7;
        switch (value >>> 5) {
            case 0b000 -> rotateInAutoEoi = false;
            case 0b001 -> endOfInterrupt(highestInService());
            case 0b010 -> {} // no operation
            case 0b011 -> endOfInterrupt(level);
            case 0b100 -> rotateInAutoEoi = true;
            case 0b101 -> {
                int ended = highestInService();
                endOfInterrupt(ended);
                if (ended >= 0) {
                    lowestPriority = ended;
                }
            }
            case 0b110 -> lowestPriority = level;
            default -> {
                endOfInterrupt(level);
                lowestPriority = level;
            }
        }
    }

    private void endOfInterrupt(int number) {
        if (number >= 0) {
            inService &= ~(1 << number);
        }
    }

    /** What a non-specific EOI ends; "an IS bit that is masked by an IMR bit" in special mask mode is not. */
    private int highestInService() {
        return highest(specialMask ? inService & ~mask : inService);
    }

    /** The input whose request may interrupt now, or -1. */
    private int highestRequest() {
        int requested = highest(request & ~mask);
        if (requested < 0) {
            return -1;
        }
        int blocking = specialMask ? inService & ~mask : inService;
        if (specialFullyNested && master) {
            // Further requests of a slave in service are not locked out.
            blocking &= ~cascade;
        }
        int serving = highest(blocking);
        return serving < 0 || rank(requested) < rank(serving) ? requested : -1;
    }

    private int highest(int bits) {
        if (bits == 0) {
            return -1;
        }
        int first = (lowestPriority + 1) & 7;
        int turned = (bits >>> first | bits << (8 - first)) & 0xff;
        return (Integer.numberOfTrailingZeros(turned) + first) & 7;
    }

    /** 0 for the highest priority, 7 for the lowest. */
    private int rank(int number) {
        return (number - lowestPriority - 1) & 7;
    }

    /** The edge/level control register: a bit that is 1 makes the input level triggered. */
    public int edgeLevelControl() {
        return edgeLevelControl;
    }

    /** Writes the edge/level control register. */
    public void setEdgeLevelControl(int value) {
        edgeLevelControl = value & elcrWritable;
        request = (request & ~edgeLevelControl) | (inputs & edgeLevelControl);
        updateOutput();
    }

    private void updateOutput() {
        output.set(interrupting());
    }

    @Override
    public void state(StatePort port) {
        inputs = port.number("inputs", inputs);
        request = port.number("request", request);
        mask = port.number("mask", mask);
        inService = port.number("in service", inService);
        edgeLevelControl = port.number("edge level control", edgeLevelControl);
        vectorBase = port.number("vector base", vectorBase);
        cascade = port.number("cascade", cascade);
        lowestPriority = port.within("lowest priority", lowestPriority, 0, 7);
        expect = port.choice("expect", expect);
        needsIcw4 = port.flag("needs icw 4", needsIcw4);
        single = port.flag("single", single);
        autoEoi = port.flag("auto eoi", autoEoi);
        rotateInAutoEoi = port.flag("rotate in auto eoi", rotateInAutoEoi);
        specialFullyNested = port.flag("special fully nested", specialFullyNested);
        specialMask = port.flag("special mask", specialMask);
        readInService = port.flag("read in service", readInService);
        poll = port.flag("poll", poll);
    }
}
