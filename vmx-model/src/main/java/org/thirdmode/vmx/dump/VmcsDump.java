package org.thirdmode.vmx.dump;

import java.util.List;
import org.thirdmode.vmx.entry.VmcsView;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.dump.DumpError;
import org.thirdmode.x86.state.Cr4;

/**
 * A VMCS read from a text.
 *
 * @param format what the text is
 * @param vmcs what it tells; the rest is unknown
 * @param count how many VMCSs the text holds; the first is the one that was read
 */
public record VmcsDump(Format format, VmcsView vmcs, int count) {
    /** What a VMCS is read from. */
    public enum Format {
        FIELDS("lines `FIELD = value`"),
        LOG("a hypervisor's log");

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
    public static VmcsDump read(String text) {
        List<String> lines = text.lines().map(LogPrefix::strip).toList();
        boolean log = lines.stream().anyMatch(LogDump::isHeading);
        VmcsDump dump = log ? LogDump.read(lines) : FieldDump.read(text.lines().toList());
        if (dump.vmcs.size() == 0) {
            throw new DumpError("no VMCS in it: expected lines `FIELD = value`, or the log of a hypervisor with a line"
                    + " *** Guest State ***");
        }
        return dump;
    }

    /**
     * Whether the processor was in IA-32e mode at the VM entry, as far as the VMCS tells: a hypervisor returns to the mode it
     * came from, and an address beyond 4 GBytes in the host state is that of a 64-bit one.
     *
     * @return null where nothing tells
     */
    public Boolean hostInLongMode() {
        for (VmcsField field :
                List.of(VmcsField.HOST_RIP, VmcsField.HOST_RSP, VmcsField.HOST_GDTR_BASE, VmcsField.HOST_IDTR_BASE)) {
            if (vmcs.knows(field) && vmcs.get(field) >>> 32 != 0) {
                return true;
            }
        }
        boolean efer = vmcs.knows(VmcsField.PRIMARY_EXIT_CONTROLS)
                && ExitControls.LOAD_IA32_EFER.in(vmcs.get(VmcsField.PRIMARY_EXIT_CONTROLS))
                && vmcs.knows(VmcsField.HOST_IA32_EFER);
        return efer ? (vmcs.get(VmcsField.HOST_IA32_EFER) & 0x400) != 0 : null;
    }

    /** Whether linear addresses have 57 bits, as far as the VMCS tells: CR4.LA57 is 1 in the host or the guest. */
    public boolean linearAddresses57() {
        return ((vmcs.get(VmcsField.HOST_CR4) | vmcs.get(VmcsField.GUEST_CR4)) & Cr4.LA57) != 0;
    }
}
