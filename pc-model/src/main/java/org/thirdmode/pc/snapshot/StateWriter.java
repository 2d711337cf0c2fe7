package org.thirdmode.pc.snapshot;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/** Writes the state of a machine: an object a part, a member a field. */
final class StateWriter implements StatePort {
    private final JsonGenerator out;

    StateWriter(JsonGenerator out) {
        this.out = out;
    }

    /** One step of writing. */
    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    private static void write(Step step) {
        try {
            step.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean restoring() {
        return false;
    }

    @Override
    public int number(String name, int value) {
        write(() -> out.writeNumberField(name, value));
        return value;
    }

    @Override
    public long number(String name, long value) {
        write(() -> out.writeNumberField(name, value));
        return value;
    }

    @Override
    public boolean flag(String name, boolean value) {
        write(() -> out.writeBooleanField(name, value));
        return value;
    }

    @Override
    public void numbers(String name, int[] values) {
        write(() -> {
            out.writeFieldName(name);
            out.writeArray(values, 0, values.length);
        });
    }

    @Override
    public void numbers(String name, long[] values) {
        write(() -> {
            out.writeFieldName(name);
            out.writeArray(values, 0, values.length);
        });
    }

    @Override
    public void bytes(String name, byte[] content) {
        write(() -> out.writeBinaryField(name, content));
    }

    @Override
    public byte[] content(String name, byte[] content, int most) {
        write(() -> {
            if (content == null) {
                out.writeNullField(name);
            } else {
                out.writeBinaryField(name, content);
            }
        });
        return content;
    }

    @Override
    public String text(String name, String value) {
        write(() -> out.writeStringField(name, value));
        return value;
    }

    @Override
    public void part(String name, Stateful part) {
        write(() -> out.writeObjectFieldStart(name));
        part.state(this);
        write(out::writeEndObject);
    }
}
