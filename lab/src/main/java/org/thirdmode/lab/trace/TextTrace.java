package org.thirdmode.lab.trace;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;

/** A line an event: the tick, a tab, the words. */
final class TextTrace implements TraceWriter {
    private final BufferedWriter out;

    TextTrace(OutputStream out) {
        this.out = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
    }

    @Override
    public void write(TraceEvent event) throws IOException {
        out.append(Long.toString(event.tick()))
                .append('\t')
                .append(event.words())
                .append('\n');
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
