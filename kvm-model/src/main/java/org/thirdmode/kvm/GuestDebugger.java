package org.thirdmode.kvm;

import java.util.Optional;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Segment;

/** Runs a guest as its debugger wants it: KVM_DEBUG_GUEST. */
final class GuestDebugger {
    private final GuestExecution execution;
    private final Backend backend;
    private final GuestProcessor guest;
    private final Placement place;

    /** What the debugger wants; null where there is none. */
    private DebugGuest wanted;

    /** The guest's time when {@link KvmExit.Debug} was given last. */
    private long lastStop = -1;

    GuestDebugger(GuestExecution execution, Backend backend, GuestProcessor guest, Placement place) {
        this.execution = execution;
        this.backend = backend;
        this.guest = guest;
        this.place = place;
    }

    void wants(Optional<DebugGuest> debug) {
        wanted = debug.orElse(null);
        lastStop = -1;
    }

    /**
     * As {@link GuestExecution#run}, and comes back where the debugger wants it. Each instruction gets a slice of time that
     * ends with it, so that nothing of the debugger is in the guest's registers. (KVM in 2006 set RFLAGS.TF and the debug
     * registers, where the guest could see them.)
     */
    KvmExit run(long deadline) {
        if (wanted == null) {
            return execution.run(deadline);
        }
        while (true) {
            long before = place.ticks();
            if (!execution.emulating
                    && !execution.halted
                    && before != lastStop
                    && wanted.breakpoints().contains(linearRip())) {
                return debugExit();
            }
            KvmExit exit = execution.run(Math.min(deadline, before + 1));
            if (!(exit instanceof KvmExit.Interrupted) || place.ticks() == before) {
                return exit;
            }
            if (wanted.singleStep()) {
                return debugExit();
            }
            if (place.ticks() >= deadline) {
                return exit;
            }
        }
    }

    /** Told once at an instruction: the next run executes it. */
    private KvmExit debugExit() {
        lastStop = place.ticks();
        return new KvmExit.Debug(linearRip());
    }

    private long linearRip() {
        backend.fetchRegisters();
        CpuState state = guest.cpu.state;
        return (state.segmentBase[Segment.CS] + state.rip) & state.linearMask;
    }
}
