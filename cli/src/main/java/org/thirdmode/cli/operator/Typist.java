package org.thirdmode.cli.operator;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.thirdmode.pc.Board;

/**
 * Types lines on the serial port, each as soon as the guest has prompted for it. What he does depends on nothing but what the
 * guest sends, so that a run with him repeats to the bit.
 */
public final class Typist implements Operator {
    private final Deque<byte[]> lines = new ArrayDeque<>();
    private final byte[] prompt;

    /** How much of the prompt the last bytes are. */
    private int matched;

    private Board board;

    /**
     * Who types.
     *
     * @param prompt what the guest sends when it waits for a line; at least a character
     */
    public Typist(List<String> lines, String prompt) {
        for (String line : lines) {
            this.lines.add((line + "\n").getBytes(StandardCharsets.UTF_8));
        }
        this.prompt = prompt.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void at(Board machine) {
        board = machine;
    }

    @Override
    public void received(int value) {
        // A prompt is short, and hardly ever begins within itself: to begin anew at a byte that does not fit is enough.
        matched = prompt[matched] == (byte) value ? matched + 1 : prompt[0] == (byte) value ? 1 : 0;
        if (matched < prompt.length) {
            return;
        }
        matched = 0;
        byte[] line = lines.poll();
        if (line != null) {
            for (byte each : line) {
                board.com1().send(each & 0xff);
            }
        }
    }
}
