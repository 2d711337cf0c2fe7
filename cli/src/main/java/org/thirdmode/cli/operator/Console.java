package org.thirdmode.cli.operator;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.NonBlockingInputStream;
import org.thirdmode.pc.Board;
import org.thirdmode.x86.time.GuestClock;

/**
 * The user at a terminal. Each key goes to the guest, Ctrl-C too: over its serial line, or by the keyboard of a machine whose
 * screen is shown. Ctrl-A is ours: Ctrl-A x leaves, Ctrl-A Ctrl-A types Ctrl-A.
 *
 * <p>A guest that sleeps does so in the user's time, a second a second; one that works takes as long as it takes.
 */
public final class Console implements Operator {
    /** No terminal is there to sit at. */
    public static final class NoTerminal extends Exception {
        private static final long serialVersionUID = 1;

        NoTerminal(Exception cause) {
            super("standard input is not a terminal", cause);
        }
    }

    /** Instructions between two looks at the terminal: a few hundredths of a second of a busy guest. */
    private static final long PATIENCE = 1 << 22;

    private static final int ESCAPE_KEY = 'A' - '@';
    private static final long NANOS_A_TICK = TimeUnit.SECONDS.toNanos(1) / GuestClock.TICKS_PER_SECOND;

    /** How long one waits for a key at a machine that nothing else wakes: the terminal may go away. */
    private static final int LONG_WAIT_MILLIS = 1000;

    private final Terminal terminal;
    private final Attributes before;
    private final NonBlockingInputStream keys;
    private final boolean atScreen;
    private ScreenView view;
    private Board board;
    private boolean afterEscape;
    private boolean left;

    /** Sleep of the guest that is yet to pass here. */
    private long owedNanos;

    private Console(Terminal terminal, boolean atScreen) {
        this.terminal = terminal;
        this.atScreen = atScreen;
        before = terminal.enterRawMode();
        Attributes raw = new Attributes(terminal.getAttributes());
        // Ctrl-C, Ctrl-Z and Ctrl-\ are keys as any other.
        raw.setLocalFlag(LocalFlag.ISIG, false);
        terminal.setAttributes(raw);
        keys = (NonBlockingInputStream) terminal.input();
    }

    /**
     * Sits down at the terminal.
     *
     * @param atScreen whether the machine's text screen is shown, and its keyboard typed on; else its serial line
     */
    public static Console open(boolean atScreen) throws NoTerminal {
        try {
            TerminalBuilder builder = TerminalBuilder.builder().system(true).dumb(false);
            if (atScreen) {
                builder.systemOutput(TerminalBuilder.SystemOutput.ForcedSysErr);
            } else {
                builder.systemOutput(TerminalBuilder.SystemOutput.SysOutOrSysErr);
            }
            return new Console(builder.build(), atScreen);
        } catch (IOException | IllegalStateException e) {
            throw new NoTerminal(e);
        }
    }

    @Override
    public void at(Board machine) {
        board = machine;
        view = atScreen ? new ScreenView(terminal, machine.vga()) : null;
    }

    @Override
    public long patience() {
        return PATIENCE;
    }

    @Override
    public boolean look(long slept) {
        if (view != null) {
            view.draw();
        }
        owedNanos += slept * NANOS_A_TICK;
        long millis = TimeUnit.NANOSECONDS.toMillis(owedNanos);
        long since = System.nanoTime();
        take(Math.max(1, (int) millis));
        owedNanos = millis == 0 ? owedNanos : Math.max(0, owedNanos - (System.nanoTime() - since));
        return !left;
    }

    @Override
    public boolean wake() {
        while (!left && !Thread.currentThread().isInterrupted()) {
            if (view != null) {
                view.draw();
            }
            if (take(LONG_WAIT_MILLIS)) {
                return !left;
            }
        }
        return false;
    }

    /** Takes what has been typed; waits for the first key. Whether the guest got any. */
    private boolean take(int millis) {
        boolean some = false;
        try {
            int key = keys.read((long) millis);
            while (key >= 0 && !left) {
                some |= typed(key);
                key = keys.read(1L);
            }
            left |= key == NonBlockingInputStream.EOF;
        } catch (IOException e) {
            left = true;
        }
        return some;
    }

    private boolean typed(int key) {
        if (!afterEscape && key == ESCAPE_KEY) {
            afterEscape = true;
            return false;
        }
        boolean command = afterEscape && key != ESCAPE_KEY;
        afterEscape = false;
        if (command) {
            left = key == 'x' || key == 'X';
            return false;
        }
        if (view == null) {
            board.com1().send(key);
        } else {
            view.type(key, board);
        }
        return true;
    }

    @Override
    public void close() {
        if (view != null) {
            view.leave();
        }
        terminal.setAttributes(before);
        try {
            terminal.close();
        } catch (IOException e) {
            // It is gone; so is what was to be put back.
        }
    }
}
