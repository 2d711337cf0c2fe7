package org.thirdmode.vmx.dump;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What stands before the text of a log line: quotation marks of a mail, time, host, thread, the name of a module. */
final class LogPrefix {
    private static final Pattern[] PREFIXES = {
        Pattern.compile("^(?:>+ ?)+"),
        Pattern.compile("^<\\d+>"),
        // "Jun 24 17:25:51 host kernel: " and "2026-06-24T17:25:51.123+02:00 host kernel: "
        Pattern.compile("^[A-Z][a-z]{2} +\\d+ [\\d:]{8}(?:\\.\\d+)? \\S+ kernel: ?"),
        Pattern.compile("^\\d{4}-\\d\\d-\\d\\d[T ][\\d:.,+Z-]+ \\S+ kernel: ?"),
        Pattern.compile("^kernel: ?"),
        // "[  673.850218] ", "[28040.962363][T78789] ", "[Sat Nov 21 10:00:00 2026] "
        Pattern.compile("^\\[ *\\d+\\.\\d+\\](?:\\[ *[TC] *\\d+\\])? ?"),
        Pattern.compile("^\\[[A-Z][a-z]{2} [A-Z][a-z]{2} +\\d+ [\\d:]{8} \\d{4}\\] ?"),
        // "(XEN) [2019-11-02 14:09:46] "
        Pattern.compile("^\\(XEN\\) ?"),
        Pattern.compile("^\\[\\d{4}-\\d\\d-\\d\\d [\\d:.]+\\] ?"),
        Pattern.compile("^kvm(?:_intel)?: ?"),
    };

    private LogPrefix() {}

    /** The line without what stands before its text. */
    static String strip(String line) {
        String rest = line;
        boolean again = true;
        while (again) {
            again = false;
            for (Pattern prefix : PREFIXES) {
                Matcher matcher = prefix.matcher(rest);
                if (matcher.find() && matcher.end() > 0) {
                    rest = rest.substring(matcher.end());
                    again = true;
                }
            }
        }
        return rest;
    }
}
