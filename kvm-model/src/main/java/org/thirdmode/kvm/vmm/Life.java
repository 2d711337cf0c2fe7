package org.thirdmode.kvm.vmm;

import org.thirdmode.kvm.KvmException;

/** Which thread runs a machine, and what others have asked of it: as the kernel keeps it of a process. */
final class Life {
    private final Runnable kick;
    private final Runnable release;
    private Thread runner;
    private boolean killed;
    private boolean released;
    private volatile boolean interrupted;

    /**
     * A machine that nobody runs.
     *
     * @param kick makes a run look whether it was interrupted
     * @param release gives back what the machine has
     */
    Life(Runnable kick, Runnable release) {
        this.kick = kick;
        this.release = release;
    }

    /** The calling thread runs the machine until {@link #end}. */
    synchronized void begin() {
        if (killed) {
            throw new KvmException.VmDestroyed();
        }
        if (runner != null) {
            throw new KvmException.VcpuBusy(runner);
        }
        runner = Thread.currentThread();
    }

    synchronized void end() {
        runner = null;
        releaseIfKilled();
    }

    /** Whether the run is to end; asked once an interruption. */
    boolean interrupted() {
        if (!interrupted) {
            return false;
        }
        interrupted = false;
        return true;
    }

    synchronized void interrupt() {
        interrupted = true;
        kick.run();
    }

    synchronized void kill() {
        killed = true;
        interrupt();
        releaseIfKilled();
    }

    synchronized void close() {
        if (runner != null && runner != Thread.currentThread()) {
            throw new KvmException.VcpuBusy(runner);
        }
        killed = true;
        releaseIfKilled();
    }

    private void releaseIfKilled() {
        if (killed && runner == null && !released) {
            released = true;
            release.run();
        }
    }
}
