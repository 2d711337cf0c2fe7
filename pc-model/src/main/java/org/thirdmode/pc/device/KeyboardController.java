package org.thirdmode.pc.device;

import java.util.ArrayDeque;
import java.util.Deque;
import org.thirdmode.pc.bus.InterruptLine;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.PortDevice;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * The 8042 keyboard controller at ports 60H and 64H, with a keyboard and no mouse. Commands take no time: the input buffer is
 * always empty.
 *
 * <p>Source: IBM "Personal System/2 Hardware Interface Technical Reference", "Keyboard and Auxiliary Device Controller"; the
 * A20 and reset lines in its output port from the PC/AT.
 */
public final class KeyboardController implements Stateful {
    private static final int STATUS_OUTPUT_FULL = 0x01;
    private static final int STATUS_SYSTEM = 0x04;
    private static final int STATUS_COMMAND = 0x08;
    private static final int STATUS_UNLOCKED = 0x10;
    private static final int STATUS_AUXILIARY = 0x20;
    private static final int STATUS_TIMEOUT = 0x40;

    // The controller command byte.
    private static final int BYTE_INTERRUPT = 0x01;
    private static final int BYTE_AUXILIARY_INTERRUPT = 0x02;
    private static final int BYTE_SYSTEM = 0x04;
    private static final int BYTE_KEYBOARD_OFF = 0x10;
    private static final int BYTE_AUXILIARY_OFF = 0x20;
    private static final int BYTE_TRANSLATE = 0x40;

    // The output port.
    private static final int PORT_RESET = 0x01;
    private static final int PORT_A20 = 0x02;
    private static final int PORT_OUTPUT_FULL = 0x10;
    private static final int PORT_AUXILIARY_FULL = 0x20;

    private static final int NO_DEVICE = 0xfe;

    /** Answers kept for a guest that does not read them. */
    private static final int UNREAD_ANSWERS = 16;

    private final InterruptLine irq1;
    private final InterruptLine irq12;
    private final A20Gate a20;
    private final ResetLines lines;
    private final Keyboard keyboard = new Keyboard();

    /** Answers of the controller itself, which come before the keyboard's bytes. */
    private final Deque<Output> answers = new ArrayDeque<>();

    private record Output(int value, int status) {}

    private final byte[] ram = new byte[32];
    private int outputPort;
    private int output;
    private int outputStatus;
    private boolean full;
    private boolean lastWasCommand;

    /** The command whose parameter the next write to 60H is, or -1. */
    private int parameterOf = -1;

    /** A controller with those interrupts and lines. */
    public KeyboardController(InterruptLine irq1, InterruptLine irq12, A20Gate a20, ResetLines lines) {
        this.irq1 = irq1;
        this.irq12 = irq12;
        this.a20 = a20;
        this.lines = lines;
        reset();
    }

    /** Puts the controller at its ports. */
    public void attach(IoPorts ports) {
        ports.register("8042 data", 0x60, 1, 1, new PortDevice() {
            @Override
            public int read(int offset, int size) {
                return readData();
            }

            @Override
            public void write(int offset, int size, int value) {
                writeData(value);
            }
        });
        ports.register("8042 command", 0x64, 1, 1, new PortDevice() {
            @Override
            public int read(int offset, int size) {
                return status();
            }

            @Override
            public void write(int offset, int size, int value) {
                lastWasCommand = true;
                command(value);
                advance();
            }
        });
    }

    /** To the state that firmware leaves: tested, translating, interrupts on, A20 passed on. */
    public void reset() {
        answers.clear();
        keyboard.reset();
        java.util.Arrays.fill(ram, (byte) 0);
        ram[0] = BYTE_INTERRUPT | BYTE_SYSTEM | BYTE_AUXILIARY_OFF | BYTE_TRANSLATE;
        outputPort = PORT_RESET | PORT_A20 | 0xcc;
        full = false;
        lastWasCommand = false;
        parameterOf = -1;
        a20.fromKeyboardController(true);
        advance();
    }

    /** The keyboard, for the one who types. */
    public Keyboard keyboard() {
        return keyboard;
    }

    /** Looks whether the keyboard has something new; to be called after typing. */
    public void advance() {
        if (!full) {
            fill();
        }
        boolean fromMouse = (outputStatus & STATUS_AUXILIARY) != 0;
        irq1.set(full && !fromMouse && (commandByte() & BYTE_INTERRUPT) != 0);
        irq12.set(full && fromMouse && (commandByte() & BYTE_AUXILIARY_INTERRUPT) != 0);
    }

    private void fill() {
        Output answer = answers.poll();
        if (answer != null) {
            output = answer.value;
            outputStatus = answer.status;
            full = true;
        } else if ((commandByte() & BYTE_KEYBOARD_OFF) == 0 && keyboard.hasOutput()) {
            int code = keyboard.nextOutput((commandByte() & BYTE_TRANSLATE) != 0);
            output = code;
            outputStatus = 0;
            full = true;
        }
    }

    private int commandByte() {
        return ram[0];
    }

    private int status() {
        return (full ? STATUS_OUTPUT_FULL | outputStatus : 0)
                | (commandByte() & STATUS_SYSTEM)
                | (lastWasCommand ? STATUS_COMMAND : 0)
                | STATUS_UNLOCKED;
    }

    private int readData() {
        if (full) {
            full = false;
            // The interrupt falls with the read, so that the next byte makes an edge.
            irq1.set(false);
            irq12.set(false);
            int value = output;
            advance();
            return value;
        }
        return output;
    }

    private void answer(int value) {
        answer(value & 0xff, 0);
    }

    private void answer(int value, int status) {
        if (answers.size() == UNREAD_ANSWERS) {
            answers.remove();
        }
        answers.add(new Output(value, status));
    }

    private void command(int command) {
        parameterOf = -1;
        if (command >= 0x20 && command <= 0x3f) {
            answer(ram[command & 0x1f]);
            return;
        }
        if (command >= 0x60 && command <= 0x7f) {
            parameterOf = command;
            return;
        }
        if (command >= 0xf0) {
            pulse(command & 0x0f);
            return;
        }
        switch (command) {
            case 0xa4 -> answer(0xf1); // no password
            case 0xa7 -> ram[0] |= BYTE_AUXILIARY_OFF;
            case 0xa8 -> ram[0] &= ~BYTE_AUXILIARY_OFF;
            case 0xa9 -> answer(0x00);
            case 0xaa -> {
                ram[0] |= BYTE_SYSTEM;
                answer(0x55);
            }
            case 0xab -> answer(0x00);
            case 0xad -> ram[0] |= BYTE_KEYBOARD_OFF;
            case 0xae -> ram[0] &= ~BYTE_KEYBOARD_OFF;
            case 0xc0 -> answer(0x80); // input port: keyboard not locked
            case 0xd0 ->
                answer(outputPort
                        | (full ? PORT_OUTPUT_FULL : 0)
                        | (full && (outputStatus & STATUS_AUXILIARY) != 0 ? PORT_AUXILIARY_FULL : 0));
            case 0xd1, 0xd2, 0xd3, 0xd4 -> parameterOf = command;
            case 0xdd -> writeOutputPort(outputPort & ~PORT_A20);
            case 0xdf -> writeOutputPort(outputPort | PORT_A20);
            case 0xe0 -> answer(0x00);
            default -> {} // not a command: the controller says nothing
        }
    }

    /** "Pulse output port": bits that are 0 pulse low for 6 microseconds; bit 0 resets the processor. */
    private void pulse(int bits) {
        if ((bits & PORT_RESET) == 0) {
            lines.initProcessor();
        }
    }

    private void writeOutputPort(int value) {
        outputPort = value & ~(PORT_OUTPUT_FULL | PORT_AUXILIARY_FULL);
        a20.fromKeyboardController((value & PORT_A20) != 0);
        if ((value & PORT_RESET) == 0) {
            // Held low a real processor would stay in INIT for ever; every model of it lets go again.
            outputPort |= PORT_RESET;
            lines.initProcessor();
        }
    }

    private void writeData(int value) {
        lastWasCommand = false;
        int command = parameterOf;
        parameterOf = -1;
        switch (command) {
            case -1 -> {
                // A byte for the keyboard turns it on.
                ram[0] &= ~BYTE_KEYBOARD_OFF;
                keyboard.receive(value);
            }
            case 0xd1 -> writeOutputPort(value);
            case 0xd2 -> answer(value, 0);
            case 0xd3 -> answer(value, STATUS_AUXILIARY);
            case 0xd4 -> answer(NO_DEVICE, STATUS_AUXILIARY | STATUS_TIMEOUT);
            default -> ram[command & 0x1f] = (byte) value;
        }
        advance();
    }

    @Override
    public void state(StatePort port) {
        port.part("keyboard", keyboard);
        Deque<Integer> waiting = new ArrayDeque<>();
        answers.forEach(answer -> waiting.add((answer.status << 8) | answer.value));
        port.queue("answers", waiting, UNREAD_ANSWERS);
        answers.clear();
        waiting.forEach(answer -> answers.add(new Output(answer & 0xff, answer >>> 8)));
        port.bytes("ram", ram);
        outputPort = port.number("output port", outputPort);
        output = port.number("output", output);
        outputStatus = port.number("output status", outputStatus);
        full = port.flag("full", full);
        lastWasCommand = port.flag("last was command", lastWasCommand);
        parameterOf = port.number("parameter of", parameterOf);
    }
}
