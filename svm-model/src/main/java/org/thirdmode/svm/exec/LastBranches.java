package org.thirdmode.svm.exec;

import org.thirdmode.svm.SvmFeature;
import org.thirdmode.svm.SvmProfile;
import org.thirdmode.svm.vmcb.Vmcb;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.system.ModelSpecificRegisters;

/**
 * The last-branch registers: with LBR virtualization a guest has its own, else it shares them with the host. APM 2 "LBR
 * Virtualization". The host's are kept in the processor, not in the host save area.
 */
final class LastBranches {
    private static final VmcbField[] FIELDS = {
        VmcbField.BR_FROM, VmcbField.BR_TO, VmcbField.LASTEXCPFROM, VmcbField.LASTEXCPTO
    };

    private static final long DEBUG_CONTROL_DEFINED = 3;

    private final Processor cpu;
    private final boolean has;
    private final long[] host = new long[FIELDS.length];
    private long hostDebugControl;
    private boolean virtualized;

    LastBranches(Processor cpu, SvmProfile profile) {
        this.cpu = cpu;
        has = profile.has(SvmFeature.LBR_VIRT);
    }

    /** VMRUN. */
    void enter(LoadedVmcb loaded) {
        virtualized = has && (loaded.get(VmcbField.VIRTUAL_EXTENSIONS) & 1) != 0;
        if (virtualized) {
            ModelSpecificRegisters msrs = cpu.system.msrs;
            hostDebugControl = msrs.debugControl;
            msrs.debugControl = loaded.get(VmcbField.DBGCTL) & DEBUG_CONTROL_DEFINED;
            for (int n = 0; n < FIELDS.length; n++) {
                host[n] = msrs.lastBranch[n];
                msrs.lastBranch[n] = loaded.get(FIELDS[n]);
            }
        }
    }

    /** #VMEXIT: saves the guest's. */
    void save(Vmcb vmcb, LoadedVmcb loaded) {
        if (virtualized) {
            loaded.store(vmcb, VmcbField.DBGCTL, cpu.system.msrs.debugControl);
            for (int n = 0; n < FIELDS.length; n++) {
                loaded.store(vmcb, FIELDS[n], cpu.system.msrs.lastBranch[n]);
            }
        }
    }

    /** Back to the host's. */
    void leave() {
        if (virtualized) {
            virtualized = false;
            cpu.system.msrs.debugControl = hostDebugControl;
            System.arraycopy(host, 0, cpu.system.msrs.lastBranch, 0, host.length);
        }
    }
}
