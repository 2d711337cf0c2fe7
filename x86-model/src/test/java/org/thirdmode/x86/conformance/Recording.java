package org.thirdmode.x86.conformance;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * What a real processor did: forms, and the outcome of each of their cases as the difference to its {@link Inputs}.
 *
 * @param processor which one, as its maker names it
 */
record Recording(String processor, List<Recorded> forms) {
    /** The resource that holds it. */
    static final String RESOURCE = "recording.bin.gz";

    /** One form with the outcomes of its cases. */
    record Recorded(Form form, List<Outcome> outcomes) {}

    void write(OutputStream stream) throws IOException {
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(new GZIPOutputStream(stream)))) {
            out.writeUTF(processor);
            out.writeInt(forms.size());
            for (int n = 0; n < forms.size(); n++) {
                Recorded recorded = forms.get(n);
                writeForm(recorded.form(), out);
                for (int c = 0; c < recorded.outcomes().size(); c++) {
                    write(recorded.outcomes().get(c), recorded.form(), new Inputs(recorded.form(), n, c), out);
                }
            }
        }
    }

    static Recording read(InputStream stream) throws IOException {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(new GZIPInputStream(stream)))) {
            String processor = in.readUTF();
            int count = in.readInt();
            List<Recorded> forms = new ArrayList<>(count);
            for (int n = 0; n < count; n++) {
                Form form = readForm(in);
                List<Outcome> outcomes = new ArrayList<>(form.cases());
                for (int c = 0; c < form.cases(); c++) {
                    outcomes.add(read(form, new Inputs(form, n, c), in));
                }
                forms.add(new Recorded(form, outcomes));
            }
            return new Recording(processor, forms);
        }
    }

    private static void writeForm(Form form, DataOutputStream out) throws IOException {
        out.writeByte(form.mode());
        out.writeByte(form.code().length);
        out.write(form.code());
        out.writeByte(form.profile().ordinal());
        out.writeBoolean(form.repeats());
        out.writeByte(form.pins().size());
        for (Form.Pin pin : form.pins()) {
            out.writeByte(pin.register());
            out.writeByte(pin.size());
            out.writeLong(pin.base());
            out.writeShort(pin.span());
        }
        out.writeByte(form.cases());
    }

    private static Form readForm(DataInputStream in) throws IOException {
        int mode = in.readByte();
        byte[] code = new byte[in.readByte()];
        in.readFully(code);
        Form.Profile profile = Form.Profile.values()[in.readByte()];
        boolean repeats = in.readBoolean();
        List<Form.Pin> pins = new ArrayList<>();
        for (int left = in.readByte(); left > 0; left--) {
            pins.add(new Form.Pin(in.readByte(), in.readByte(), in.readLong(), in.readShort()));
        }
        return new Form(mode, code, profile, repeats, pins, in.readByte());
    }

    private static void write(Outcome outcome, Form form, Inputs inputs, DataOutputStream out) throws IOException {
        out.writeByte(outcome.vector());
        if (outcome.vector() != Outcome.COMPLETED) {
            out.writeShort(outcome.errorCode());
        }
        writeSigned(outcome.rip() - Machine.startRip(form.mode()), out);
        writeSigned(outcome.rflags(), out);
        int changed = 0;
        for (int n = 0; n < 16; n++) {
            if (outcome.gpr()[n] != before(form, inputs, n)) {
                changed |= 1 << n;
            }
        }
        out.writeShort(changed);
        for (int n = 0; n < 16; n++) {
            if ((changed & (1 << n)) != 0) {
                writeSigned(outcome.gpr()[n], out);
            }
        }
        int first = 0;
        int end = inputs.memory.length;
        while (first < end && outcome.memory()[first] == inputs.memory[first]) {
            first++;
        }
        while (end > first && outcome.memory()[end - 1] == inputs.memory[end - 1]) {
            end--;
        }
        out.writeByte(end - first);
        if (end > first) {
            out.writeShort(first);
            out.write(outcome.memory(), first, end - first);
        }
    }

    private static Outcome read(Form form, Inputs inputs, DataInputStream in) throws IOException {
        int vector = in.readByte();
        int errorCode = vector == Outcome.COMPLETED ? 0 : in.readUnsignedShort();
        long rip = Machine.startRip(form.mode()) + readSigned(in);
        int rflags = (int) readSigned(in);
        int changed = in.readUnsignedShort();
        long[] gpr = new long[16];
        for (int n = 0; n < 16; n++) {
            gpr[n] = (changed & (1 << n)) != 0 ? readSigned(in) : before(form, inputs, n);
        }
        byte[] memory = inputs.memory.clone();
        int length = in.readUnsignedByte();
        if (length > 0) {
            int first = in.readUnsignedShort();
            in.readFully(memory, first, length);
        }
        return new Outcome(vector, errorCode, gpr, rip, rflags, memory);
    }

    private static long before(Form form, Inputs inputs, int register) {
        return form.mode() == 64 ? inputs.gpr[register] : inputs.gpr[register] & 0xffff_ffffL;
    }

    /** Seven bits a byte, the sign in the lowest bit of all. */
    private static void writeSigned(long value, DataOutputStream out) throws IOException {
        long left = (value << 1) ^ (value >> 63);
        while ((left & ~0x7fL) != 0) {
            out.writeByte((int) (left & 0x7f) | 0x80);
            left >>>= 7;
        }
        out.writeByte((int) left);
    }

    private static long readSigned(DataInputStream in) throws IOException {
        long value = 0;
        int shift = 0;
        long next;
        do {
            next = in.readUnsignedByte();
            value |= (next & 0x7f) << shift;
            shift += 7;
        } while ((next & 0x80) != 0);
        return (value >>> 1) ^ -(value & 1);
    }
}
