package org.thirdmode.vmx.exec;

import java.util.Locale;
import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.exec.EventInformation;
import org.thirdmode.x86.exec.GuestModeObserver;
import org.thirdmode.x86.exec.GuestModeObserver.Kind;

/** Tells an observer, where there is one, of entries, exits and injections. */
final class Observed {
    private static final String[] TYPES = {
        "external interrupt",
        "reserved",
        "non-maskable interrupt",
        "hardware exception",
        "software interrupt",
        "privileged software exception",
        "software exception",
        "other event"
    };

    private final Vmcs vmcs;
    private GuestModeObserver observer;

    Observed(Vmx vmx) {
        vmcs = vmx.vmcs;
    }

    void by(GuestModeObserver theObserver) {
        observer = theObserver;
    }

    void entered() {
        if (observer != null) {
            observer.event(Kind.ENTRY, "VM entry", "VM entry" + at() + place());
        }
    }

    void entryFailed(int reason) {
        if (observer != null) {
            observer.event(
                    Kind.ENTRY_FAILURE,
                    title(reason),
                    "VM-entry failure " + reason + at() + ": " + title(reason) + ", " + qualification());
        }
    }

    /** The guest is saved, the host not loaded yet. */
    void exited(int reason) {
        if (observer != null) {
            int interruption = (int) vmcs.read(VmcsField.VM_EXIT_INTERRUPTION_INFORMATION);
            int vectoring = (int) vmcs.read(VmcsField.IDT_VECTORING_INFORMATION);
            observer.event(
                    Kind.EXIT,
                    title(reason),
                    "VM exit " + reason + at() + ": " + title(reason) + ", " + qualification()
                            + guestPhysical(reason)
                            + event(", interruption information", interruption)
                            + event(", IDT-vectoring information", vectoring) + place());
        }
    }

    void injected(int information) {
        if (observer != null) {
            String name = event("", information).strip();
            observer.event(Kind.INJECTION, name, "event injection" + at() + ": " + name);
        }
    }

    private static String event(String name, int information) {
        return information >= 0
                ? ""
                : name + " " + TYPES[EventInformation.type(information)] + ", vector "
                        + EventInformation.vector(information);
    }

    private static String title(int reason) {
        ExitReason named = ExitReason.of(reason);
        return named == null ? "reserved" : named.title;
    }

    private String qualification() {
        return "exit qualification " + hex(vmcs.read(VmcsField.EXIT_QUALIFICATION));
    }

    private String guestPhysical(int reason) {
        return reason == ExitReason.EPT_VIOLATION.number || reason == ExitReason.EPT_MISCONFIGURATION.number
                ? ", guest-physical address " + hex(vmcs.read(VmcsField.GUEST_PHYSICAL_ADDRESS))
                : "";
    }

    private String at() {
        return " (VMCS " + hex(vmcs.address()) + ")";
    }

    private String place() {
        return ", guest RIP " + hex(vmcs.read(VmcsField.GUEST_RIP));
    }

    private static String hex(long value) {
        return Long.toHexString(value).toUpperCase(Locale.ROOT) + "H";
    }
}
