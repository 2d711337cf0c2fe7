package org.thirdmode.lab.trace;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;

/** An object a line: {@code tick}, {@code kind}, {@code name}, {@code words}. */
final class JsonTrace implements TraceWriter {
    private final JsonGenerator json;

    JsonTrace(OutputStream out) throws IOException {
        json = new JsonFactory().createGenerator(out).setPrettyPrinter(new MinimalPrettyPrinter("\n"));
    }

    @Override
    public void write(TraceEvent event) throws IOException {
        json.writeStartObject();
        json.writeNumberField("tick", event.tick());
        json.writeStringField("kind", event.kind().name().toLowerCase(Locale.ROOT));
        json.writeStringField("name", event.name());
        json.writeStringField("words", event.words());
        json.writeEndObject();
    }

    @Override
    public void close() throws IOException {
        json.writeRaw('\n');
        json.close();
    }
}
