package org.thirdmode.svm.dump;

import java.util.List;
import org.thirdmode.svm.vmcb.VmcbImage;
import org.thirdmode.x86.dump.DumpError;

/**
 * A VMCB read from a text.
 *
 * @param format what the text is
 * @param vmcb what it tells; the rest is unknown
 * @param count how many VMCBs the text holds; the first is the one that was read
 */
public record VmcbDump(Format format, VmcbImage vmcb, int count) {
    /** What a VMCB is read from. */
    public enum Format {
        FIELDS("lines `FIELD = value`"),
        KVM("a log of Linux KVM"),
        XEN("a log of Xen");

        /** In words. */
        public final String title;

        Format(String title) {
            this.title = title;
        }
    }

    /**
     * Reads a text: the log of Linux KVM or Xen where it has one of their headings, else {@code FIELD = value} lines.
     *
     * @throws DumpError where it is neither
     */
    public static VmcbDump read(String text) {
        List<String> lines = text.lines().toList();
        VmcbDump dump;
        if (lines.stream().anyMatch(KvmLog::isHeading)) {
            dump = new KvmLog().read(lines);
        } else if (lines.stream().anyMatch(XenLog::isHeading)) {
            dump = new XenLog().read(lines);
        } else {
            dump = FieldDump.read(lines);
        }
        if (dump.vmcb.known().isEmpty()) {
            throw new DumpError("no VMCB in it: expected lines `FIELD = value`, or the log of a hypervisor with a line"
                    + " VMCB Control Area:");
        }
        return dump;
    }
}
