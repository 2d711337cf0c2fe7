package org.thirdmode.svm.exec;

import java.util.List;
import org.thirdmode.svm.SvmFeature;
import org.thirdmode.svm.check.CheckLimits;
import org.thirdmode.svm.check.RepeatedChecks;
import org.thirdmode.svm.check.VmrunCheck;
import org.thirdmode.svm.intercept.ExitTable;
import org.thirdmode.svm.intercept.InterceptTable;
import org.thirdmode.svm.vmcb.Vmcb;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.exec.EventInformation;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.system.DebugRegisters;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Vector;

/** From the host to the guest and back: APM 2 "VMRUN Instruction", "#VMEXIT". */
final class WorldSwitch {
    private static final long EVENT_VALID = 1L << 31;
    private static final int SOFTWARE_INTERRUPT = 4;
    private static final int EXCEPTION = 3;
    private static final long VALID_AND_ERROR_CODE = 0x8000_0000L;
    private static final long FETCH = Access.FETCH;

    private final Svm svm;
    private final Processor cpu;
    private final CpuState state;
    private final Vmcb vmcb;
    private final LoadedVmcb loaded;
    private final HostSaveArea host;
    private final InstructionBytes bytes;
    private final LastBranches lastBranches;
    private final boolean cleanBits;
    private final boolean nextRips;
    private final boolean decodeAssists;
    private final RepeatedChecks checks = new RepeatedChecks();
    private final CheckLimits pagingHost;
    private final CheckLimits flatHost;

    /** EVENTINJ of the VMRUN just executed; 0 where nothing waits to be injected. */
    private long injection;

    /** RFLAGS.IF of the host: with V_INTR_MASKING it governs physical interrupts. */
    private boolean hostInterruptsEnabled;

    /** The host's PAT while a guest with nested paging has its own. */
    private long hostPat;

    WorldSwitch(Svm svm) {
        this.svm = svm;
        cpu = svm.cpu;
        state = cpu.state;
        vmcb = svm.vmcb;
        loaded = svm.loaded;
        host = new HostSaveArea(cpu);
        bytes = new InstructionBytes(cpu);
        lastBranches = new LastBranches(cpu, svm.profile);
        cleanBits = svm.profile.has(SvmFeature.VMCB_CLEAN);
        nextRips = svm.profile.has(SvmFeature.NRIPS);
        decodeAssists = svm.profile.has(SvmFeature.DECODE_ASSISTS);
        pagingHost = CheckLimits.of(cpu.features, cpu.memory.addressWidth(), svm.profile);
        flatHost = pagingHost.withHostPaging(false);
    }

    boolean hostInterruptsEnabled() {
        return hostInterruptsEnabled;
    }

    /** What the checks depend on besides the VMCB, at this moment. */
    CheckLimits limits() {
        return state.paging() ? pagingHost : flatHost;
    }

    // ---- VMRUN ----

    /** VMRUN of the VMCB at a physical address; RIP is that of the instruction after it. */
    void vmrun(long address) {
        // A trap of the host's own TF comes after #VMEXIT.
        cpu.noSingleStep();
        host.save(svm.msrs.hostSaveArea());
        hostInterruptsEnabled = svm.registers.interruptsEnabled();
        vmcb.at(address);
        int clean = loaded.load(vmcb, cleanBits);
        svm.observeVmrun(clean);
        VmrunCheck failing = checks.firstFailing(loaded, limits());
        svm.lastFailing = failing;
        if (failing != null || !mapsPresent() || !pdptesLegal()) {
            svm.exit.event(ExitTable.INVALID, 0, 0);
            finish(0);
            return;
        }
        svm.controls.load(loaded, cpu.now());
        svm.virtual.load(loaded);
        svm.translations.prepare(svm.controls.nestedPaging, loaded.get(VmcbField.N_CR3));
        svm.registers.load();
        svm.translations.enter((int) loaded.get(VmcbField.GUEST_ASID), (int) loaded.get(VmcbField.TLB_CONTROL));
        if (svm.controls.nestedPaging) {
            hostPat = cpu.system.msrs.pat;
            cpu.system.msrs.pat = loaded.get(VmcbField.G_PAT);
        }
        lastBranches.enter(loaded);
        cpu.guestMode = true;
        cpu.globalInterruptFlag = true;
        cpu.intercepts = svm.controls.coreIntercepts(loaded, svm.virtual.masking(), svm.msrs.timeScaled());
        cpu.shadow = (loaded.get(VmcbField.INTERRUPT_SHADOW) & 1) != 0 ? Processor.SHADOW_STI : Processor.NO_SHADOW;
        cpu.pendingDebug = 0;
        injection = loaded.get(VmcbField.EVENTINJ);
        svm.exit.noted = false;
        svm.registers.loadedAll();
        cpu.wantAttention();
    }

    /** The MSR permission map that an intercept needs is nowhere: VMRUN cannot have it. */
    private boolean mapsPresent() {
        boolean needed = (loaded.get(VmcbField.INTERCEPT_MISC1) & InterceptTable.MSR_PROT) != 0;
        return !needed || svm.maps.present(loaded.get(VmcbField.MSRPM_BASE_PA) & -4096L);
    }

    /** Without nested paging VMRUN loads the PDPTEs of a guest in PAE mode; with it they are read in each walk. */
    private boolean pdptesLegal() {
        boolean nested = (loaded.get(VmcbField.NESTED_CONTROL) & 1) != 0 && svm.profile.has(SvmFeature.NP);
        boolean pae = (loaded.get(VmcbField.CR0) & Cr0.PG) != 0
                && (loaded.get(VmcbField.CR4) & Cr4.PAE) != 0
                && (loaded.get(VmcbField.EFER) & Efer.LME) == 0;
        return nested || !pae || cpu.walker.loadPdptes(loaded.get(VmcbField.CR3) & 0xffff_ffffL);
    }

    // ---- event injection ----

    /** Before the guest's first instruction: the event that EVENTINJ holds. APM 2 "Event Injection". */
    void inject() {
        long event = injection;
        if ((event & EVENT_VALID) == 0) {
            injection = 0;
            return;
        }
        injection = 0;
        int vector = (int) event & 0xff;
        int type = (int) (event >>> 8) & 7;
        boolean hasErrorCode = type == EXCEPTION && (event & EventInformation.ERROR_CODE) != 0;
        boolean trap = type == EXCEPTION && (vector == Vector.BP || vector == Vector.OF);
        int length =
                nextRips && (trap || type == SOFTWARE_INTERRUPT) ? (int) (loaded.get(VmcbField.NRIP) - state.rip) : 0;
        int coreType = trap ? EventInformation.PRIVILEGED_SOFTWARE_EXCEPTION : type;
        svm.observeInjection(event);
        long rip = state.rip;
        try {
            cpu.shadow = Processor.NO_SHADOW;
            cpu.events.inject(EventInformation.of(coreType, vector, hasErrorCode), (int) (event >>> 32), length);
        } catch (GuestExit exit) {
            state.rip = rip;
            throw exit;
        }
    }

    // ---- #VMEXIT ----

    /** Saves the guest, loads the host. */
    void leave() {
        ExitInformation exit = svm.exit;
        if (!exit.noted) {
            exit.event(ExitTable.NPF, svm.translations.fault().exitInfo1, svm.translations.fault().exitInfo2);
        }
        showBytes(exit);
        long interrupted = interrupted();
        injection = 0;
        svm.registers.save(vmcb);
        loaded.store(vmcb, VmcbField.INTERRUPT_SHADOW, cpu.shadow != Processor.NO_SHADOW ? 1 : 0);
        loaded.store(vmcb, VmcbField.INTERRUPT_CONTROL, svm.virtual.control());
        if (svm.controls.nestedPaging) {
            loaded.store(vmcb, VmcbField.G_PAT, cpu.system.msrs.pat);
            cpu.system.msrs.pat = hostPat;
        }
        lastBranches.save(vmcb, loaded);
        lastBranches.leave();
        if (nextRips) {
            vmcb.set(VmcbField.NRIP, exit.nextRip);
        }
        finish(interrupted);
    }

    /** EXITINTINFO: the event whose delivery was interrupted. */
    private long interrupted() {
        if ((injection & EVENT_VALID) != 0) {
            return injection;
        }
        int event = cpu.events.vectoring;
        if (event == 0) {
            return 0;
        }
        int type = EventInformation.type(event);
        if (type > SOFTWARE_INTERRUPT) {
            // INT1, INT3 and INTO are exceptions here.
            event = EventInformation.of(
                    EXCEPTION, EventInformation.vector(event), EventInformation.hasErrorCode(event));
        }
        long errorCode = EventInformation.hasErrorCode(event) ? (long) cpu.events.vectoringErrorCode << 32 : 0;
        return (event & 0xffff_ffffL) | errorCode;
    }

    private void showBytes(ExitInformation exit) {
        if (!decodeAssists) {
            return;
        }
        boolean shown = (exit.code == ExitTable.NPF || exit.code == ExitTable.EXCP0 + Vector.PF)
                && (exit.information1 & FETCH) == 0;
        if (shown) {
            bytes.store(vmcb);
        } else {
            vmcb.clearInstructionBytes();
        }
    }

    /** What an exit does after the guest's state is saved, and all that one for an illegal VMCB does. */
    private void finish(long interrupted) {
        ExitInformation exit = svm.exit;
        vmcb.set(VmcbField.EXITCODE, exit.code);
        vmcb.set(VmcbField.EXITINFO1, exit.information1);
        vmcb.set(VmcbField.EXITINFO2, exit.information2);
        if (exit.code != ExitTable.INVALID) {
            vmcb.set(VmcbField.EXITINTINFO, interrupted);
            vmcb.set(VmcbField.EVENTINJ, vmcb.get(VmcbField.EVENTINJ) & ~VALID_AND_ERROR_CODE);
        }
        boolean wasGuest = cpu.guestMode;
        cpu.guestMode = false;
        cpu.globalInterruptFlag = false;
        cpu.intercepts = 0;
        cpu.shadow = Processor.NO_SHADOW;
        cpu.pendingDebug = 0;
        cpu.activity = Processor.Activity.ACTIVE;
        svm.observeExit(interrupted);
        if (wasGuest) {
            svm.translations.leave();
        }
        if (!host.load(svm.msrs.hostSaveArea()) || !hostPdptes()) {
            cpu.activity = Processor.Activity.SHUTDOWN;
        }
        if (wasGuest) {
            svm.translations.toHost();
        }
        if ((state.systemFlags & Rflags.TF) != 0) {
            cpu.pendingDebug = DebugRegisters.BS;
        }
        svm.registers.loadedAll();
        cpu.wantAttention();
        svm.handOver();
    }

    private boolean hostPdptes() {
        boolean pae = state.paging() && !state.longModeActive() && (state.cr4 & Cr4.PAE) != 0;
        return !pae || cpu.walker.loadPdptes(state.cr3);
    }

    /** Guest mode ends without an exit: RESET, INIT or shutdown that nobody intercepts. */
    void abandon() {
        if (cpu.guestMode) {
            cpu.guestMode = false;
            cpu.intercepts = 0;
            injection = 0;
            lastBranches.leave();
            if (svm.controls.nestedPaging) {
                cpu.system.msrs.pat = hostPat;
            }
            svm.translations.leave();
            svm.translations.toHost();
        }
    }

    /** The fields whose clean bit hides what is in memory. */
    List<VmcbField> stale(int clean) {
        return loaded.stale(vmcb, clean);
    }
}
