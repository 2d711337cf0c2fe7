package org.thirdmode.vmx.exec;

import org.thirdmode.npt.agile.AgileSecondStage;
import org.thirdmode.npt.ept.DirtyListener;
import org.thirdmode.npt.ept.ExtendedPageTables;
import org.thirdmode.vmx.capability.Capability;
import org.thirdmode.vmx.exec.VmExits.ResumeFlag;
import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.exec.EventInformation;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.paging.AddressSpaces;
import org.thirdmode.x86.paging.GuestPhysicalMappings;
import org.thirdmode.x86.paging.SecondStage;
import org.thirdmode.x86.paging.Translation;
import org.thirdmode.x86.state.GuestExit;

/**
 * Guest-physical addresses of the guest that runs: EPT where it is enabled, the APIC-access page, and what is cached of both.
 * SDM 3C "The Extended Page Table Mechanism (EPT)", "Caching Translation Information", "Virtualizing Memory-Mapped APIC
 * Accesses".
 */
final class Translations implements SecondStage {
    /** Vector of the virtualization exception. */
    private static final int VE = 20;

    private static final long INVEPT_SINGLE_CONTEXT = 1;
    private static final long INVEPT_ALL_CONTEXTS = 2;
    private static final int INVVPID_TYPES = 4;
    private static final int INVVPID_ALL_CONTEXTS = 2;

    private static final int PML_ENTRIES = 512;
    private static final long PAGE = -4096L;

    // The virtualization-exception information area.
    private static final int VE_BUSY = 4;
    private static final int VE_QUALIFICATION = 8;
    private static final int VE_LINEAR = 16;
    private static final int VE_PHYSICAL = 24;
    private static final int VE_EPTP_INDEX = 32;
    private static final long VE_IN_USE = 0xffff_ffffL;

    private final Vmx vmx;
    private final Processor cpu;
    private final Vmcs vmcs;
    private final Controls controls;
    private final ExtendedPageTables ept;
    private final AddressSpaces spaces;

    /** What stands in front of EPT: EPT itself, or a hypothetical stage. */
    private SecondStage stage;

    private final DirtyListener log = this::logDirty;
    private boolean eptEnabled;

    /** The EPTP in use. */
    private long pointer;

    /** The APIC-access page; -1 for none. */
    private long apicAccess = -1;

    private boolean logFull;

    Translations(Vmx vmx, ExtendedPageTables ept) {
        this.vmx = vmx;
        this.ept = ept;
        stage = ept;
        cpu = vmx.cpu;
        spaces = cpu.mmu.addressSpaces;
        vmcs = vmx.vmcs;
        controls = vmx.controls;
    }

    /** From now on the processor is a hypothetical one. */
    void agilePaging() {
        stage = new AgileSecondStage(ept, cpu.memory);
    }

    // ---- entering and leaving ----

    /** VM entry, once the guest's registers are loaded. */
    void enter() {
        eptEnabled = controls.is(SecondaryProcessorBased.ENABLE_EPT);
        apicAccess = controls.is(SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES)
                ? vmcs.read(VmcsField.APIC_ACCESS_ADDRESS) & PAGE
                : -1;
        if (eptEnabled) {
            configure(vmcs.read(VmcsField.EPT_POINTER));
        }
        useGuestSpace();
    }

    private void useGuestSpace() {
        int vpid = controls.is(SecondaryProcessorBased.ENABLE_VPID) ? (int) vmcs.read(VmcsField.VPID) : 0;
        spaces.enterGuest(
                vpid,
                eptEnabled ? ExtendedPageTables.eptrta(pointer) : AddressSpaces.NO_ROOT,
                eptEnabled || apicAccess != -1 ? this : SecondStage.NONE);
    }

    private void configure(long eptPointer) {
        pointer = eptPointer;
        ept.configure(pointer, controls.is(SecondaryProcessorBased.MODE_BASED_EXECUTE_CONTROL_FOR_EPT));
        ept.dirtyListener(controls.is(SecondaryProcessorBased.ENABLE_PML) ? log : DirtyListener.NONE);
    }

    /** VM exit, before the host's registers are loaded. */
    void leave() {
        cpu.walker.secondStage(SecondStage.NONE);
    }

    /** VM exit, once the host's registers are loaded. */
    void toHost() {
        spaces.leaveGuest();
    }

    /** EPTP switching: false where a VM entry with the pointer would fail. */
    boolean switchTo(long eptPointer) {
        if (!ept.allows(eptPointer)) {
            return false;
        }
        configure(eptPointer);
        useGuestSpace();
        return true;
    }

    // ---- translating ----

    @Override
    public long translate(long guestPhysical, Reason reason, long linear, int access, Translation translation) {
        long physical = eptEnabled ? throughEpt(guestPhysical, reason, linear, access, translation) : guestPhysical;
        if ((physical & PAGE) == apicAccess) {
            GuestPhysicalMappings kept = cpu.walker.guestPhysicalMappings();
            if (kept != null) {
                // Each access is to come here.
                kept.drop(guestPhysical);
            }
            return vmx.virtualApic.access(physical, reason, access);
        }
        return physical;
    }

    @Override
    public void tellPlainPages(GuestPhysicalMappings kept) {
        if (eptEnabled) {
            ept.tellPlainPages(kept, apicAccess);
        } else {
            kept.nothingPlain();
        }
    }

    @Override
    public long peek(long guestPhysical) {
        return eptEnabled ? stage.peek(guestPhysical) : guestPhysical;
    }

    @Override
    public long hostBit() {
        return eptEnabled ? stage.hostBit() : 0;
    }

    private long throughEpt(long guestPhysical, Reason reason, long linear, int access, Translation translation) {
        logFull = false;
        try {
            return stage.translate(guestPhysical, reason, linear, access, translation);
        } catch (GuestExit e) {
            if (!logFull) {
                noteEptExit();
            }
            throw e;
        }
    }

    private void noteEptExit() {
        if (ept.exit.misconfiguration) {
            vmx.exits.access(ExitReason.EPT_MISCONFIGURATION, 0).guestPhysical(ept.exit.guestPhysical);
            return;
        }
        if (convertible()) {
            throw virtualizationException();
        }
        vmx.exits
                .access(ExitReason.EPT_VIOLATION, ept.exit.qualification | nmiUnblocking())
                .guestPhysical(ept.exit.guestPhysical);
        if (ept.exit.linearValid()) {
            vmx.exits.linear(ept.exit.linear);
        }
    }

    /** Bit 12 of the qualification: the access is one of an IRET that has ended blocking by NMI. */
    private long nmiUnblocking() {
        boolean unblocked = vmx.nmiUnblockedAt >= 0 && vmx.nmiUnblockedAt == cpu.now() && cpu.events.vectoring == 0;
        return unblocked ? EventInformation.NMI_UNBLOCKING : 0;
    }

    // ---- virtualization exceptions ----

    /** SDM 3C "Virtualization Exceptions": "Convertible EPT Violations". */
    private boolean convertible() {
        return controls.is(SecondaryProcessorBased.EPT_VIOLATION_VE)
                && ept.exit.convertible()
                && cpu.state.protectedMode()
                && cpu.events.vectoring == 0
                && cpu.memory.read(area() + VE_BUSY, 4) == 0;
    }

    private long area() {
        return vmcs.read(VmcsField.VIRTUALIZATION_EXCEPTION_INFORMATION_ADDRESS);
    }

    private RuntimeException virtualizationException() {
        long area = area();
        cpu.memory.write(area, 4, ExitReason.EPT_VIOLATION.number);
        cpu.memory.write(area + VE_BUSY, 4, VE_IN_USE);
        cpu.memory.write(area + VE_QUALIFICATION, 8, ept.exit.qualification | nmiUnblocking());
        cpu.memory.write(area + VE_LINEAR, 8, ept.exit.linear);
        cpu.memory.write(area + VE_PHYSICAL, 8, ept.exit.guestPhysical);
        cpu.memory.write(area + VE_EPTP_INDEX, 2, vmcs.read(VmcsField.EPTP_INDEX));
        return cpu.fault(VE);
    }

    // ---- page-modification logging ----

    /** SDM 3C "Page-Modification Logging". */
    private void logDirty(long guestPhysical) {
        long index = vmcs.read(VmcsField.PML_INDEX);
        if (index >= PML_ENTRIES) {
            logFull = true;
            vmx.exits
                    .note(ExitReason.PAGE_MODIFICATION_LOG_FULL, nmiUnblocking())
                    .resumeFlag(ResumeFlag.SET);
            throw vmx.exits.exit();
        }
        cpu.memory.write(vmcs.read(VmcsField.PML_ADDRESS) + 8 * index, 8, guestPhysical & PAGE);
        vmcs.write(VmcsField.PML_INDEX, index - 1);
    }

    // ---- invalidation ----

    boolean inveptExists() {
        return has(Capability.INVEPT);
    }

    boolean invvpidExists() {
        return has(Capability.INVVPID);
    }

    /** INVEPT; false for an invalid operand. */
    boolean invept(long type, long eptPointer) {
        if (type == INVEPT_SINGLE_CONTEXT && has(Capability.INVEPT_SINGLE_CONTEXT) && ept.allows(eptPointer)) {
            spaces.inveptSingleContext(ExtendedPageTables.eptrta(eptPointer));
            return true;
        }
        if (type == INVEPT_ALL_CONTEXTS && has(Capability.INVEPT_ALL_CONTEXTS)) {
            spaces.inveptAllContexts();
            return true;
        }
        return false;
    }

    /** INVVPID; false for an invalid operand. */
    boolean invvpid(long type, long descriptor, long linear) {
        boolean exists = type >= 0
                && type < INVVPID_TYPES
                && (vmx.capabilities.eptVpid & (Capability.INVVPID_INDIVIDUAL_ADDRESS.mask() << type)) != 0;
        boolean allContexts = type == INVVPID_ALL_CONTEXTS;
        if (!exists || (descriptor >>> 16) != 0 || (descriptor == 0 && !allContexts)) {
            return false;
        }
        if (type == 0 && !canonical(linear)) {
            return false;
        }
        int vpid = (int) descriptor;
        switch ((int) type) {
            case 0 -> spaces.invvpidIndividualAddress(vpid, linear);
            case 1 -> spaces.invvpidSingleContext(vpid);
            case 2 -> spaces.invvpidAllContexts();
            default -> spaces.invvpidSingleContextRetainingGlobals(vpid);
        }
        return true;
    }

    private boolean has(Capability capability) {
        return (vmx.capabilities.eptVpid & capability.mask()) != 0;
    }

    private boolean canonical(long linear) {
        return cpu.system.controlRegisters.canonicalForLoad(linear);
    }
}
