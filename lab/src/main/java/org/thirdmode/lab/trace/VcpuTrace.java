package org.thirdmode.lab.trace;

import java.util.Locale;
import java.util.function.Consumer;
import org.thirdmode.kvm.KvmExit;
import org.thirdmode.kvm.Vcpu;
import org.thirdmode.kvm.VcpuObserver;
import org.thirdmode.shadow.EntryCause;
import org.thirdmode.shadow.FaultResult;
import org.thirdmode.x86.exec.GuestModeObserver;
import org.thirdmode.x86.paging.Access;

/** Turns what happens to a virtual CPU into events. */
public final class VcpuTrace implements VcpuObserver {
    private final Vcpu vcpu;
    private final Consumer<TraceEvent> out;

    /** Attach it by {@link Vcpu#observe}. */
    public VcpuTrace(Vcpu vcpu, Consumer<TraceEvent> out) {
        this.vcpu = vcpu;
        this.out = out;
    }

    private void event(TraceEvent.Kind kind, String name, String words) {
        out.accept(new TraceEvent(vcpu.ticks(), kind, name, words));
    }

    @Override
    public void guestMode(GuestModeObserver.Kind kind, String name, String words) {
        out.accept(TraceEvent.of(vcpu.ticks(), kind, name, words));
    }

    @Override
    public void pageFault(long address, int errorCode, FaultResult result) {
        String found = switch (result) {
            case FaultResult.Retry ignored -> "the tables have it now";
            case FaultResult.Inject(long linear, int code) ->
                "#PF is the guest's, CR2 " + hex(linear) + ", error code " + hex(code);
            case FaultResult.Emulate(long guestPhysical, FaultResult.Reason reason) ->
                "emulation, guest-physical " + hex(guestPhysical) + ": " + words(reason);
            case FaultResult.Mmio(long guestPhysical) -> "emulation, no memory at guest-physical " + hex(guestPhysical);
        };
        event(TraceEvent.Kind.FAULT, "fault", "fault at " + hex(address) + ", " + access(errorCode) + ": " + found);
    }

    private static String access(int errorCode) {
        return ((errorCode & Access.WRITE) != 0 ? "write" : (errorCode & Access.FETCH) != 0 ? "fetch" : "read")
                + ((errorCode & Access.USER) != 0 ? " by the user" : "");
    }

    @Override
    public void entryChanged(EntryCause cause, int level, long entryAddress, long gfn, long before, long after) {
        event(
                TraceEvent.Kind.ENTRY_CHANGE,
                words(cause),
                "entry, " + words(cause) + ": level " + level + ", at " + hex(entryAddress) + ", gfn " + hex(gfn) + ": "
                        + hex(before) + " -> " + hex(after));
    }

    @Override
    public void userSpace(KvmExit exit) {
        event(TraceEvent.Kind.USER_SPACE, exit.getClass().getSimpleName(), "user space: " + exit);
    }

    private static String words(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static String hex(long value) {
        return Long.toHexString(value).toUpperCase(Locale.ROOT) + "H";
    }
}
