package org.thirdmode.lab.trace;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.OutputStream;

/**
 * A time line: the guest runs in slices from entry to exit, and what happens besides stands on tracks below. A tick of the
 * guest's time is shown as a microsecond; exits take no guest time, so a slice begins where the one before ended.
 *
 * <p>The array form of the trace-event format: the viewers read it also where its end is missing.
 */
final class PerfettoTrace implements TraceWriter {
    private static final int PROCESS = 1;

    /** The tracks, from top to bottom. */
    private enum Track {
        GUEST("guest mode"),
        EXITS("exits"),
        EVENTS("injected events"),
        MMU("the hypervisor's MMU"),
        USER("user space"),
        INSTRUCTIONS("instructions");

        private final String title;

        Track(String title) {
            this.title = title;
        }
    }

    private final JsonGenerator json;
    private boolean inGuest;

    PerfettoTrace(OutputStream out) throws IOException {
        json = new JsonFactory().createGenerator(out);
        json.writeStartArray();
        for (Track track : Track.values()) {
            begin("M", "thread_name", track);
            json.writeObjectFieldStart("args");
            json.writeStringField("name", track.title);
            json.writeEndObject();
            json.writeEndObject();
        }
    }

    @Override
    public void write(TraceEvent event) throws IOException {
        switch (event.kind()) {
            case ENTRY -> {
                slice("B", event);
                inGuest = true;
            }
            case ENTRY_FAILURE, EXIT -> {
                if (inGuest) {
                    slice("E", event);
                }
                inGuest = false;
                instant(Track.EXITS, event);
            }
            case INJECTION, WARNING -> instant(Track.EVENTS, event);
            case FAULT, ENTRY_CHANGE, WALK -> instant(Track.MMU, event);
            case USER_SPACE -> instant(Track.USER, event);
            case INSTRUCTION -> instant(Track.INSTRUCTIONS, event);
        }
    }

    private void slice(String phase, TraceEvent event) throws IOException {
        begin(phase, "guest", Track.GUEST);
        end(event);
    }

    private void instant(Track track, TraceEvent event) throws IOException {
        begin("i", event.name(), track);
        json.writeStringField("s", "t");
        end(event);
    }

    private void begin(String phase, String name, Track track) throws IOException {
        json.writeStartObject();
        json.writeStringField("ph", phase);
        json.writeStringField("name", name);
        json.writeNumberField("pid", PROCESS);
        json.writeNumberField("tid", 1 + track.ordinal());
    }

    private void end(TraceEvent event) throws IOException {
        json.writeNumberField("ts", event.tick());
        json.writeObjectFieldStart("args");
        json.writeStringField("words", event.words());
        json.writeEndObject();
        json.writeEndObject();
        json.writeRaw('\n');
    }

    @Override
    public void close() throws IOException {
        json.writeEndArray();
        json.close();
    }
}
