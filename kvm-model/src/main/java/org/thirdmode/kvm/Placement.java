package org.thirdmode.kvm;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.thirdmode.x86.exec.Processor;

/**
 * Which of the host's processors a virtual CPU runs on, what time it is there for its guest, and what it takes to switch
 * between the guest and the rest of the host.
 *
 * <p>While exits stay in the kernel the processor keeps the guest's MSRs of SYSCALL, FS, GS, LDTR and FPU; on the way to user
 * space the host's are loaded. KVM: {@code host_state_reload}, {@code fpu_reload}.
 */
final class Placement {
    /** How often the virtual CPU enters the kernel before the scheduler moves it on, where there is more than one processor. */
    private static final int RUNS_ON_A_PROCESSOR = 8;

    private final List<HostProcessor> processors;
    private final Backend backend;
    private HostProcessor on;

    /** What the guest's time is ahead of the processor's. */
    private long tickOffset;

    /** Calls of KVM_RUN, and moves to another processor between them. */
    private long runs;

    private long migrations;

    /** The processor has the guest's lazily switched state. */
    private boolean entered;

    private long hostStateReloads;
    private long fpuReloads;

    Placement(List<HostProcessor> processors, Backend backend) {
        this.processors = processors;
        this.backend = backend;
        on = processors.getFirst();
    }

    /** The processor itself. */
    Processor processor() {
        return on.cpu;
    }

    // ---- the scheduler ----

    /** Every so often a thread that comes back from user space finds itself on the next processor. */
    void schedule() {
        int several = processors.size();
        if (several > 1 && ++runs % RUNS_ON_A_PROCESSOR == 0) {
            load(processors.get((int) (runs / RUNS_ON_A_PROCESSOR % several)));
        }
    }

    /** Goes on on another processor. KVM: {@code kvm_arch_vcpu_load}. */
    private void load(HostProcessor next) {
        backend.load(next);
        tickOffset += on.cpu.now() - next.cpu.now();
        next.cpu.system.random.goOnFrom(on.cpu.system.random);
        on = next;
        migrations++;
    }

    // ---- time ----

    /** The guest's time in ticks. */
    long ticks() {
        return on.cpu.now() + tickOffset;
    }

    /** The guest's time becomes this, and its processor has done nothing for it. */
    void setTicks(long ticks) {
        tickOffset = ticks - on.cpu.now();
    }

    /** Counts an instruction of the guest that the hypervisor has done in its place. */
    void countInstruction() {
        on.cpu.countIterations(1);
    }

    /** The host's timer ends guest mode at this time of the guest. */
    void armTimer(long ticks) {
        on.armTimer(ticks - tickOffset);
    }

    /** The host's interrupt handler: the interrupt that ended guest mode is dealt with. */
    void acknowledgeTimer() {
        on.acknowledgeTimer();
    }

    // ---- switches ----

    /** The guest is entered. */
    void entered() {
        entered = true;
    }

    /** Back to user space: the host's own state is loaded, where the guest's was. */
    void toUserSpace() {
        if (entered) {
            entered = false;
            hostStateReloads++;
            fpuReloads += backend.fpuActive() ? 1 : 0;
        }
    }

    /** Counts by name. */
    Map<String, Long> switches() {
        Map<String, Long> counts = new LinkedHashMap<>();
        counts.put(Vcpu.HOST_STATE_RELOADS, hostStateReloads);
        counts.put("FPU reloads", fpuReloads);
        if (processors.size() > 1) {
            counts.put("migrations between processors", migrations);
            counts.putAll(backend.loads());
        }
        return counts;
    }
}
