package org.thirdmode.cli.operator;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
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

    /** The last bytes that the guest has sent, as many as the prompt has. */
    private final byte[] last;

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
        last = new byte[this.prompt.length];
    }

    @Override
    public void at(Board machine) {
        board = machine;
    }

    @Override
    public void received(int value) {
        System.arraycopy(last, 1, last, 0, last.length - 1);
        last[last.length - 1] = (byte) value;
        if (!Arrays.equals(last, prompt)) {
            return;
        }
        // Each prompt is for one line.
        Arrays.fill(last, (byte) 0);
        byte[] line = lines.poll();
        if (line != null) {
            for (byte each : line) {
                board.com1().send(each & 0xff);
            }
        }
    }
}
