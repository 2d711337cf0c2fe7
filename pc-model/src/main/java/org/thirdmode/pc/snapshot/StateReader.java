package org.thirdmode.pc.snapshot;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.thirdmode.x86.snapshot.StateException;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/** Reads what {@link StateWriter} wrote: the same fields in the same order, or it is something else. */
final class StateReader implements StatePort {
    private final JsonParser in;

    StateReader(JsonParser in) {
        this.in = in;
    }

    private JsonToken next() {
        try {
            JsonToken token = in.nextToken();
            if (token == null) {
                throw new StateException("the state ends too early");
            }
            return token;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private StateException isNot(String name, String expected) {
        return new StateException("field " + name + ": " + expected + " was expected");
    }

    private JsonToken field(String name) {
        try {
            if (next() != JsonToken.FIELD_NAME || !in.currentName().equals(name)) {
                throw isNot(name, "this field");
            }
            return next();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void expect(String name, JsonToken token, JsonToken expected) {
        if (token != expected) {
            throw isNot(name, expected.name());
        }
    }

    @Override
    public boolean restoring() {
        return true;
    }

    private int integer(String name, JsonToken token) {
        long value = longInteger(name, token);
        if (value != (int) value) {
            throw isNot(name, "a number of 32 bits");
        }
        return (int) value;
    }

    private long longInteger(String name, JsonToken token) {
        expect(name, token, JsonToken.VALUE_NUMBER_INT);
        try {
            return in.getLongValue();
        } catch (IOException e) {
            throw isNot(name, "a number of 64 bits");
        }
    }

    @Override
    public int number(String name, int value) {
        return integer(name, field(name));
    }

    @Override
    public long number(String name, long value) {
        return longInteger(name, field(name));
    }

    @Override
    public boolean flag(String name, boolean value) {
        JsonToken token = field(name);
        if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE) {
            throw isNot(name, "true or false");
        }
        return token == JsonToken.VALUE_TRUE;
    }

    @Override
    public void numbers(String name, int[] values) {
        expect(name, field(name), JsonToken.START_ARRAY);
        for (int i = 0; i < values.length; i++) {
            values[i] = integer(name, next());
        }
        expect(name, next(), JsonToken.END_ARRAY);
    }

    @Override
    public void numbers(String name, long[] values) {
        expect(name, field(name), JsonToken.START_ARRAY);
        for (int i = 0; i < values.length; i++) {
            values[i] = longInteger(name, next());
        }
        expect(name, next(), JsonToken.END_ARRAY);
    }

    @Override
    public void bytes(String name, byte[] content) {
        byte[] read = content(name, content, content.length);
        if (read == null || read.length != content.length) {
            throw isNot(name, content.length + " bytes");
        }
        System.arraycopy(read, 0, content, 0, read.length);
    }

    @Override
    public byte[] content(String name, byte[] content, int most) {
        JsonToken token = field(name);
        if (token == JsonToken.VALUE_NULL) {
            return null;
        }
        expect(name, token, JsonToken.VALUE_EMBEDDED_OBJECT);
        try {
            byte[] read = in.getBinaryValue();
            if (read.length > most) {
                throw isNot(name, "at most " + most + " bytes");
            }
            return read;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String text(String name, String value) {
        expect(name, field(name), JsonToken.VALUE_STRING);
        try {
            return in.getText();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void part(String name, Stateful part) {
        expect(name, field(name), JsonToken.START_OBJECT);
        part.state(this);
        expect(name, next(), JsonToken.END_OBJECT);
    }
}
