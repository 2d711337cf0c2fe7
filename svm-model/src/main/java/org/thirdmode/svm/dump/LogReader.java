package org.thirdmode.svm.dump;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.svm.vmcb.VmcbImage;
import org.thirdmode.x86.dump.DumpError;

/**
 * What the logs of hypervisors have in common: names and values anywhere in a line, so that what stands before them (time,
 * host, module, the quotation marks of a mail) needs no knowledge; a line that a mail has wrapped is joined; the first VMCB
 * of several counts.
 */
abstract class LogReader {
    /** A name that has lost its value to the next line. */
    private static final Pattern WRAPPED = Pattern.compile("[a-zA-Z_0-9]+\\s*[:=]\\s*$");

    private static final Pattern PREFIX = Pattern.compile("^(?:>+ ?)*\\s*");
    private static final Pattern HEX = Pattern.compile("(?:0[xX])?([0-9a-fA-F]{1,16})");

    /** A pointer that the kernel does not show. */
    private static final Pattern HIDDEN = Pattern.compile("\\(.*|\\?+|x+");

    final VmcbImage vmcb = new VmcbImage();

    /** Takes what a line tells. */
    abstract void take(String line, int number);

    /** Whether a VMCB begins with this line. */
    abstract boolean begins(String line);

    abstract VmcbDump.Format format();

    final VmcbDump read(List<String> lines) {
        int count = 0;
        for (int n = 0; n < lines.size(); n++) {
            String line = lines.get(n);
            if (begins(line)) {
                count++;
            }
            if (count == 1) {
                boolean wrapped = WRAPPED.matcher(line).find() && n + 1 < lines.size() && !begins(line);
                take(wrapped ? line + " " + PREFIX.matcher(lines.get(n + 1)).replaceFirst("") : line, n + 1);
            }
        }
        return new VmcbDump(format(), vmcb, count);
    }

    /** Sets a field from a hexadecimal text; a hidden value leaves it unknown. */
    final void setHex(VmcbField field, String text, int line) {
        if (!HIDDEN.matcher(text).matches()) {
            set(field, hex(text, 8 * field.bytes, line), line, text);
        }
    }

    /** Sets a field from a decimal text. */
    final void setDecimal(VmcbField field, String text, int line) {
        try {
            set(field, Long.parseLong(text), line, text);
        } catch (NumberFormatException e) {
            throw new DumpError(line, text, "a decimal value of " + (8 * field.bytes) + " bits");
        }
    }

    private void set(VmcbField field, long value, int line, String text) {
        if ((value & ~field.mask()) != 0) {
            throw new DumpError(line, text, "a value of " + (8 * field.bytes) + " bits for " + field);
        }
        vmcb.set(field, value);
    }

    /** A hexadecimal value. */
    final long hex(String text, int bits, int line) {
        Matcher digits = HEX.matcher(text);
        if (!digits.matches()) {
            throw new DumpError(line, text, "a hexadecimal value of " + bits + " bits");
        }
        return Long.parseUnsignedLong(digits.group(1), 16);
    }

    /** A segment register: selector, attributes, limit and base. */
    final void segment(VmcbField selector, Matcher parts, int first, int line) {
        for (int n = 0; n < 4; n++) {
            setHex(selector.next(n), parts.group(first + n), line);
        }
    }
}
