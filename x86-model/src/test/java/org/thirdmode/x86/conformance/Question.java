package org.thirdmode.x86.conformance;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.thirdmode.x86.state.Rflags;

/** The two structures of conformance.c. */
final class Question {
    static final int SIZE = 24 + 16 * 8 + 8 + Machine.WINDOW_SIZE;
    static final int ANSWER_SIZE = 8 + 16 * 8 + 8 + 8 + Machine.WINDOW_SIZE;

    private static final int SINGLE_STEP = 1;

    private Question() {}

    static void write(Form form, Inputs inputs, ByteBuffer out) {
        out.order(ByteOrder.LITTLE_ENDIAN);
        out.put((byte) form.mode());
        out.put((byte) form.code().length);
        out.put((byte) (form.repeats() ? 1 : 0));
        out.put(new byte[5]);
        out.put(java.util.Arrays.copyOf(form.code(), 16));
        for (long value : inputs.gpr) {
            out.putLong(value);
        }
        out.putLong(inputs.rflags | Rflags.TF);
        out.put(inputs.memory);
    }

    static Outcome readAnswer(ByteBuffer in) {
        in.order(ByteOrder.LITTLE_ENDIAN);
        int vector = in.getInt();
        int errorCode = in.getInt();
        long[] gpr = new long[16];
        for (int n = 0; n < gpr.length; n++) {
            gpr[n] = in.getLong();
        }
        long rip = in.getLong();
        int rflags = (int) in.getLong();
        byte[] memory = new byte[Machine.WINDOW_SIZE];
        in.get(memory);
        return new Outcome(vector == SINGLE_STEP ? Outcome.COMPLETED : vector, errorCode, gpr, rip, rflags, memory);
    }
}
