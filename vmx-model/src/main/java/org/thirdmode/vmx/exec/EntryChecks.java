package org.thirdmode.vmx.exec;

/** The checks of a VM entry, with what they report. */
final class EntryChecks {
    /** Exit qualification of an entry failure: loading the PDPTEs failed. */
    static final long QUALIFICATION_PDPTE = 2;

    private final Vmx vmx;

    EntryChecks(Vmx vmx) {
        this.vmx = vmx;
    }

    /** 0, or the VM-instruction error number. */
    int controlsAndHostState() {
        return vmx == null ? 7 : 0;
    }

    /** -1, or the exit qualification of an entry failure due to invalid guest state. */
    long guestState() {
        return -1;
    }
}
