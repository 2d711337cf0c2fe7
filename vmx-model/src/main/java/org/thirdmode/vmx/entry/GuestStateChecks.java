package org.thirdmode.vmx.entry;

import static org.thirdmode.vmx.entry.EntryCheck.row;
import static org.thirdmode.vmx.entry.EntryCheck.rows;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_ACTIVITY_STATE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CR0;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CR3;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CR4;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_GDTR_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_GDTR_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_DEBUGCTL;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IDTR_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IDTR_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_INTERRUPTIBILITY_STATE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_PDPTE0;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_PDPTE1;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_PDPTE2;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_PDPTE3;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_RFLAGS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_RIP;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_SSP;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_SS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.VMCS_LINK_POINTER;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION;

import java.util.List;
import org.thirdmode.vmx.capability.Capability;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Rflags;

/** "Checks on Guest Descriptor-Table Registers" to "Checks on Guest Page-Directory-Pointer-Table Entries". */
final class GuestStateChecks {
    private static final long LOW = 0xffff_ffffL;
    private static final long RFLAGS_RESERVED = ~0x3f_ffffL | 0x8028;

    // Interruptibility state. SDM 3C "Guest Non-Register State".
    private static final long STI = 1;
    private static final long MOV_SS = 2;
    private static final long SMI = 4;
    private static final long NMI = 8;
    private static final long ENCLAVE = 16;

    // Activity state.
    private static final long ACTIVE = 0;
    private static final long HLT = 1;
    private static final long SHUTDOWN = 2;
    private static final long WAIT_FOR_SIPI = 3;

    // Pending debug exceptions.
    private static final long SINGLE_STEP = 1 << 14;
    private static final long RTM = 1 << 16;
    private static final long ENABLED_BREAKPOINT = 1 << 12;
    private static final long PENDING_RESERVED = ~0x1_500fL;

    private static final long BTF = 2;
    private static final long PDPTE_PRESENT = 1;
    private static final long PDPTE_RESERVED = 0x1e6;

    private static final int QUALIFICATION_PDPTE = 2;
    private static final int QUALIFICATION_NMI = 3;
    private static final int QUALIFICATION_LINK_POINTER = 4;

    static final List<EntryCheck> DESCRIPTOR_TABLES = rows(
            Section.GUEST_DESCRIPTOR_TABLES,
            canonical("guest-gdtr-base", "Guest GDTR base", GUEST_GDTR_BASE),
            canonical("guest-idtr-base", "Guest IDTR base", GUEST_IDTR_BASE),
            limit("guest-gdtr-limit", "Guest GDTR limit", GUEST_GDTR_LIMIT),
            limit("guest-idtr-limit", "Guest IDTR limit", GUEST_IDTR_LIMIT));

    static final List<EntryCheck> RIP_RFLAGS = rows(
            Section.GUEST_RIP_RFLAGS,
            row(
                            "guest-rip-32",
                            "Guest RIP outside 64-bit mode",
                            "if \"IA-32e mode guest\" or CS.L is 0, bits 63:32 are 0",
                            GuestStateChecks::rip32)
                    .on(GUEST_RIP)
                    .on(GUEST_CS_ACCESS_RIGHTS, Segment.L)
                    .on(EntryControls.IA_32E_MODE_GUEST)
                    .remedy(GUEST_RIP, f -> f.get(GUEST_RIP) & LOW),
            row(
                            "guest-rip-64",
                            "Guest RIP in 64-bit mode",
                            "if \"IA-32e mode guest\" and CS.L are 1, the bits beyond the linear-address width are identical",
                            GuestStateChecks::rip64)
                    .on(GUEST_RIP)
                    .on(GUEST_CS_ACCESS_RIGHTS, Segment.L)
                    .on(EntryControls.IA_32E_MODE_GUEST)
                    .remedy(GUEST_RIP, f -> f.canonical(f.get(GUEST_RIP))),
            row(
                            "guest-rflags-reserved",
                            "Guest RFLAGS: reserved bits",
                            "bits 63:22, 15, 5 and 3 are 0, bit 1 is 1",
                            GuestStateChecks::rflagsReserved)
                    .on(GUEST_RFLAGS, RFLAGS_RESERVED | Rflags.FIXED)
                    .remedy(GUEST_RFLAGS, f -> (f.get(GUEST_RFLAGS) & ~RFLAGS_RESERVED) | Rflags.FIXED),
            row(
                            "guest-rflags-vm",
                            "Guest RFLAGS.VM",
                            "if \"IA-32e mode guest\" is 1 or CR0.PE is 0, VM (bit 17) is 0",
                            GuestStateChecks::rflagsVm)
                    .on(GUEST_RFLAGS, Rflags.VM)
                    .on(GUEST_CR0, Cr0.PE)
                    .on(EntryControls.IA_32E_MODE_GUEST),
            row(
                            "guest-rflags-if",
                            "Guest RFLAGS.IF",
                            "if an external interrupt is injected, IF (bit 9) is 1",
                            GuestStateChecks::rflagsIf)
                    .on(GUEST_RFLAGS, Rflags.IF)
                    .on(VM_ENTRY_INTERRUPTION_INFORMATION, 0x8000_0700L),
            row(
                            "guest-ssp",
                            "Guest SSP",
                            "if \"load CET state\" (entry) is 1, bits 1:0 are 0, bits 63:32 too outside 64-bit mode, and the"
                                    + " bits beyond the linear-address width are identical",
                            GuestStateChecks::ssp)
                    .on(GUEST_SSP)
                    .on(GUEST_CS_ACCESS_RIGHTS, Segment.L)
                    .on(EntryControls.LOAD_CET_STATE, EntryControls.IA_32E_MODE_GUEST)
                    .remedy(GUEST_SSP, f -> 0));

    static final List<EntryCheck> NON_REGISTER = rows(
            Section.GUEST_NON_REGISTER,
            row(
                            "activity-state",
                            "Activity state",
                            "it is 0 (active), or 1 (HLT), 2 (shutdown) or 3 (wait-for-SIPI) where IA32_VMX_MISC[8:6] lists"
                                    + " that",
                            GuestStateChecks::activity)
                    .on(GUEST_ACTIVITY_STATE)
                    .remedy(GUEST_ACTIVITY_STATE, f -> 0),
            row(
                            "activity-hlt-dpl",
                            "Activity state HLT",
                            "if the activity state is HLT, DPL of SS is 0",
                            GuestStateChecks::haltPrivilege)
                    .on(GUEST_ACTIVITY_STATE)
                    .on(GUEST_SS_ACCESS_RIGHTS, Segment.DPL),
            row(
                            "activity-blocking",
                            "Activity state and blocking by STI or MOV SS",
                            "if bit 0 or bit 1 of the interruptibility state is 1, the activity state is active",
                            GuestStateChecks::activityBlocking)
                    .on(GUEST_ACTIVITY_STATE)
                    .on(GUEST_INTERRUPTIBILITY_STATE, STI | MOV_SS)
                    .remedy(GUEST_ACTIVITY_STATE, f -> 0),
            row(
                            "activity-injection",
                            "Activity state and event injection",
                            "if an event is injected, HLT takes external interrupts, NMIs, #DB, #MC and pending MTF, shutdown"
                                    + " takes NMIs and #MC, wait-for-SIPI takes none",
                            GuestStateChecks::activityInjection)
                    .on(GUEST_ACTIVITY_STATE)
                    .on(VM_ENTRY_INTERRUPTION_INFORMATION, 0x8000_07ffL)
                    .remedy(GUEST_ACTIVITY_STATE, f -> 0),
            row(
                            "activity-smm",
                            "Activity state and entry to SMM",
                            "if \"entry to SMM\" is 1, the activity state is not wait-for-SIPI",
                            GuestStateChecks::activitySmm)
                    .on(GUEST_ACTIVITY_STATE)
                    .on(EntryControls.ENTRY_TO_SMM),
            row(
                            "interruptibility-reserved",
                            "Interruptibility state: reserved bits",
                            "bits 31:5 are 0",
                            GuestStateChecks::interruptibilityReserved)
                    .on(GUEST_INTERRUPTIBILITY_STATE, 0xffff_ffe0L)
                    .remedy(GUEST_INTERRUPTIBILITY_STATE, f -> f.get(GUEST_INTERRUPTIBILITY_STATE) & 0x1f),
            row(
                            "interruptibility-both",
                            "Blocking by STI and by MOV SS",
                            "bits 0 and 1 are not both 1",
                            GuestStateChecks::notBoth)
                    .on(GUEST_INTERRUPTIBILITY_STATE, STI | MOV_SS),
            row(
                            "interruptibility-sti-if",
                            "Blocking by STI",
                            "if RFLAGS.IF is 0, bit 0 is 0",
                            GuestStateChecks::stiNeedsIf)
                    .on(GUEST_INTERRUPTIBILITY_STATE, STI)
                    .on(GUEST_RFLAGS, Rflags.IF),
            row(
                            "interruptibility-external",
                            "Injecting an external interrupt",
                            "if an external interrupt is injected, bits 0 and 1 are 0",
                            GuestStateChecks::externalInterrupt)
                    .on(GUEST_INTERRUPTIBILITY_STATE, STI | MOV_SS)
                    .on(VM_ENTRY_INTERRUPTION_INFORMATION, 0x8000_0700L),
            row(
                            "interruptibility-nmi-mov-ss",
                            "Injecting an NMI while MOV SS blocks",
                            "if an NMI is injected, bit 1 is 0",
                            GuestStateChecks::nmiMovSs)
                    .on(GUEST_INTERRUPTIBILITY_STATE, MOV_SS)
                    .on(VM_ENTRY_INTERRUPTION_INFORMATION, 0x8000_0700L),
            row(
                            "interruptibility-smi",
                            "Blocking by SMI",
                            "outside SMM bit 2 is 0; if \"entry to SMM\" is 1 it is 1",
                            GuestStateChecks::smi)
                    .on(GUEST_INTERRUPTIBILITY_STATE, SMI)
                    .on(EntryControls.ENTRY_TO_SMM),
            row(
                            "interruptibility-nmi-sti",
                            "Injecting an NMI while STI blocks",
                            "if an NMI is injected, bit 0 is 0 (a processor may not require it; this one does)",
                            GuestStateChecks::nmiSti)
                    .on(GUEST_INTERRUPTIBILITY_STATE, STI)
                    .on(VM_ENTRY_INTERRUPTION_INFORMATION, 0x8000_0700L)
                    .qualification(QUALIFICATION_NMI),
            row(
                            "interruptibility-virtual-nmi",
                            "Injecting an NMI while virtual NMIs are blocked",
                            "if \"virtual NMIs\" is 1 and an NMI is injected, bit 3 is 0",
                            GuestStateChecks::virtualNmi)
                    .on(GUEST_INTERRUPTIBILITY_STATE, NMI)
                    .on(VM_ENTRY_INTERRUPTION_INFORMATION, 0x8000_0700L)
                    .on(PinBased.VIRTUAL_NMIS),
            row(
                            "interruptibility-enclave",
                            "Enclave interruption",
                            "bit 4 is 0 on a processor without SGX; if it is 1, bit 1 is 0",
                            GuestStateChecks::enclave)
                    .on(GUEST_INTERRUPTIBILITY_STATE, ENCLAVE | MOV_SS),
            row(
                            "pending-debug-reserved",
                            "Pending debug exceptions: reserved bits",
                            "bits 11:4, 13, 15 and 63:17 are 0",
                            GuestStateChecks::pendingReserved)
                    .on(GUEST_PENDING_DEBUG_EXCEPTIONS, PENDING_RESERVED)
                    .remedy(
                            GUEST_PENDING_DEBUG_EXCEPTIONS,
                            f -> f.get(GUEST_PENDING_DEBUG_EXCEPTIONS) & ~PENDING_RESERVED),
            row(
                            "pending-debug-bs",
                            "Pending debug exceptions: single step",
                            "if STI or MOV SS blocks or the activity state is HLT, BS (bit 14) is 1 exactly if RFLAGS.TF is 1"
                                    + " and IA32_DEBUGCTL.BTF is 0",
                            GuestStateChecks::pendingSingleStep)
                    .on(GUEST_PENDING_DEBUG_EXCEPTIONS, SINGLE_STEP)
                    .on(GUEST_RFLAGS, Rflags.TF)
                    .on(GUEST_IA32_DEBUGCTL, BTF)
                    .on(GUEST_INTERRUPTIBILITY_STATE, STI | MOV_SS)
                    .on(GUEST_ACTIVITY_STATE),
            row(
                            "pending-debug-rtm",
                            "Pending debug exceptions: RTM",
                            "if bit 16 is 1, the processor has RTM, bits 11:0, 15:13 and 63:17 are 0, bit 12 is 1, and MOV SS"
                                    + " does not block",
                            GuestStateChecks::pendingRtm)
                    .on(GUEST_PENDING_DEBUG_EXCEPTIONS)
                    .on(GUEST_INTERRUPTIBILITY_STATE, MOV_SS)
                    .remedy(GUEST_PENDING_DEBUG_EXCEPTIONS, f -> f.get(GUEST_PENDING_DEBUG_EXCEPTIONS) & ~RTM),
            row(
                            "link-pointer-address",
                            "VMCS link pointer: address",
                            "if it is not FFFFFFFF_FFFFFFFFH, bits 11:0 are 0 and no bit is beyond the physical-address width",
                            GuestStateChecks::linkAddress)
                    .on(VMCS_LINK_POINTER)
                    .qualification(QUALIFICATION_LINK_POINTER)
                    .remedy(VMCS_LINK_POINTER, f -> f.physical(VMCS_LINK_POINTER, 0xfff))
                    .remedy(VMCS_LINK_POINTER, f -> -1),
            row(
                            "link-pointer-revision",
                            "VMCS link pointer: the VMCS that it names",
                            "if it is not FFFFFFFF_FFFFFFFFH, the four bytes there are the VMCS revision identifier, with"
                                    + " bit 31 (shadow-VMCS indicator) that of \"VMCS shadowing\"",
                            GuestStateChecks::linkRevision)
                    .on(VMCS_LINK_POINTER)
                    .on(SecondaryProcessorBased.VMCS_SHADOWING)
                    .qualification(QUALIFICATION_LINK_POINTER)
                    .remedy(VMCS_LINK_POINTER, f -> -1),
            row(
                            "link-pointer-current",
                            "VMCS link pointer and the current VMCS",
                            "if it is not FFFFFFFF_FFFFFFFFH, it is not the address of the current VMCS",
                            GuestStateChecks::linkNotCurrent)
                    .on(VMCS_LINK_POINTER)
                    .qualification(QUALIFICATION_LINK_POINTER)
                    .remedy(VMCS_LINK_POINTER, f -> -1));

    static final List<EntryCheck> PDPTES = rows(
            Section.GUEST_PDPTES,
            pdpte(0, GUEST_PDPTE0),
            pdpte(1, GUEST_PDPTE1),
            pdpte(2, GUEST_PDPTE2),
            pdpte(3, GUEST_PDPTE3));

    private GuestStateChecks() {}

    private static EntryCheck.Row canonical(String id, String title, VmcsField field) {
        return row(id, title, "it is a canonical address", f -> f.isCanonical(f.get(field)))
                .on(field)
                .remedy(field, f -> f.canonical(f.get(field)));
    }

    private static EntryCheck.Row limit(String id, String title, VmcsField field) {
        return row(id, title, "bits 31:16 are 0", f -> f.get(field) <= 0xffff)
                .on(field)
                .remedy(field, f -> f.get(field) & 0xffff);
    }

    private static EntryCheck.Row pdpte(int number, VmcsField field) {
        return row(
                        "guest-pdpte" + number,
                        "Guest PDPTE" + number,
                        "if the guest uses PAE paging (CR0.PG = CR4.PAE = 1, \"IA-32e mode guest\" 0) and P is 1, bits 2:1,"
                                + " 8:5 and those beyond the physical-address width are 0; the field is looked at if \"enable"
                                + " EPT\" is 1, else the table at CR3",
                        f -> pdpte(f, number, field))
                .on(field, PDPTE_PRESENT | PDPTE_RESERVED | (-1L << 32))
                .on(GUEST_CR3, 0xffff_ffe0L)
                .on(GUEST_CR0, Cr0.PG)
                .on(GUEST_CR4, 1 << 5)
                .on(EntryControls.IA_32E_MODE_GUEST)
                .on(SecondaryProcessorBased.ENABLE_EPT)
                .qualification(QUALIFICATION_PDPTE)
                .remedy(field, f -> f.physical(field, PDPTE_RESERVED));
    }

    static boolean descriptorTablesHold(Facts f) {
        return f.isCanonical(f.get(GUEST_GDTR_BASE))
                && f.isCanonical(f.get(GUEST_IDTR_BASE))
                && f.get(GUEST_GDTR_LIMIT) <= 0xffff
                && f.get(GUEST_IDTR_LIMIT) <= 0xffff;
    }

    static boolean ripAndRflagsHold(Facts f) {
        return rip32(f) && rip64(f) && rflagsReserved(f) && rflagsVm(f) && rflagsIf(f) && ssp(f);
    }

    static boolean nonRegisterHolds(Facts f) {
        return activityHolds(f) && interruptibilityHolds(f) && pendingHolds(f) && linkHolds(f);
    }

    private static boolean activityHolds(Facts f) {
        return activity(f) && haltPrivilege(f) && activityBlocking(f) && activityInjection(f) && activitySmm(f);
    }

    private static boolean interruptibilityHolds(Facts f) {
        return interruptibilityReserved(f)
                && notBoth(f)
                && stiNeedsIf(f)
                && externalInterrupt(f)
                && nmiMovSs(f)
                && smi(f)
                && nmiSti(f)
                && virtualNmi(f)
                && enclave(f);
    }

    private static boolean pendingHolds(Facts f) {
        return pendingReserved(f) && pendingSingleStep(f) && pendingRtm(f);
    }

    private static boolean linkHolds(Facts f) {
        return linkAddress(f) && linkRevision(f) && linkNotCurrent(f);
    }

    static boolean pdptesHold(Facts f) {
        return !usesPdptes(f)
                || (pdpte(f, 0, GUEST_PDPTE0)
                        && pdpte(f, 1, GUEST_PDPTE1)
                        && pdpte(f, 2, GUEST_PDPTE2)
                        && pdpte(f, 3, GUEST_PDPTE3));
    }

    // ---- RIP and RFLAGS ----

    private static boolean codeIs64Bit(Facts f) {
        return f.is(EntryControls.IA_32E_MODE_GUEST) && (f.get(GUEST_CS_ACCESS_RIGHTS) & Segment.L) != 0;
    }

    private static boolean rip32(Facts f) {
        return codeIs64Bit(f) || f.get(GUEST_RIP) >>> 32 == 0;
    }

    private static boolean rip64(Facts f) {
        return !codeIs64Bit(f) || beyondLinear(f, f.get(GUEST_RIP));
    }

    /** Whether the bits that no linear address has are all 0 or all 1: less than being canonical. */
    private static boolean beyondLinear(Facts f, long address) {
        long beyond = address >> f.linearWidth;
        return beyond == 0 || beyond == -1;
    }

    private static boolean rflagsReserved(Facts f) {
        return (f.get(GUEST_RFLAGS) & (RFLAGS_RESERVED | Rflags.FIXED)) == Rflags.FIXED;
    }

    private static boolean rflagsVm(Facts f) {
        return (f.get(GUEST_RFLAGS) & Rflags.VM) == 0
                || (!f.is(EntryControls.IA_32E_MODE_GUEST) && (f.get(GUEST_CR0) & Cr0.PE) != 0);
    }

    private static boolean injects(Facts f, int type) {
        long information = f.get(VM_ENTRY_INTERRUPTION_INFORMATION);
        return (information & EntryControlChecks.VALID) != 0 && EntryControlChecks.typeOf(information) == type;
    }

    private static boolean rflagsIf(Facts f) {
        return !injects(f, EntryControlChecks.EXTERNAL_INTERRUPT) || (f.get(GUEST_RFLAGS) & Rflags.IF) != 0;
    }

    private static boolean ssp(Facts f) {
        if (!f.is(EntryControls.LOAD_CET_STATE)) {
            return true;
        }
        long ssp = f.get(GUEST_SSP);
        return (ssp & 3) == 0 && (codeIs64Bit(f) ? beyondLinear(f, ssp) : ssp >>> 32 == 0);
    }

    // ---- activity state ----

    private static boolean activity(Facts f) {
        long state = f.get(GUEST_ACTIVITY_STATE);
        return state == ACTIVE
                || (state <= WAIT_FOR_SIPI
                        && (f.capabilities.misc & (Capability.ACTIVITY_HLT.mask() << (state - 1))) != 0);
    }

    private static boolean haltPrivilege(Facts f) {
        return f.get(GUEST_ACTIVITY_STATE) != HLT || (f.get(GUEST_SS_ACCESS_RIGHTS) & Segment.DPL) == 0;
    }

    private static boolean activityBlocking(Facts f) {
        return f.get(GUEST_ACTIVITY_STATE) == ACTIVE || (f.get(GUEST_INTERRUPTIBILITY_STATE) & (STI | MOV_SS)) == 0;
    }

    private static boolean activityInjection(Facts f) {
        long information = f.get(VM_ENTRY_INTERRUPTION_INFORMATION);
        if ((information & EntryControlChecks.VALID) == 0) {
            return true;
        }
        int type = EntryControlChecks.typeOf(information);
        int vector = EntryControlChecks.vectorOf(information);
        boolean exception = type == EntryControlChecks.HARDWARE_EXCEPTION;
        long state = f.get(GUEST_ACTIVITY_STATE);
        if (state == HLT) {
            return type == EntryControlChecks.EXTERNAL_INTERRUPT
                    || type == EntryControlChecks.NMI
                    || type == EntryControlChecks.OTHER_EVENT
                    || (exception && (vector == 1 || vector == 18));
        }
        if (state == SHUTDOWN) {
            return type == EntryControlChecks.NMI || (exception && vector == 18);
        }
        return state != WAIT_FOR_SIPI;
    }

    private static boolean activitySmm(Facts f) {
        return !f.is(EntryControls.ENTRY_TO_SMM) || f.get(GUEST_ACTIVITY_STATE) != WAIT_FOR_SIPI;
    }

    // ---- interruptibility state ----

    private static boolean blocks(Facts f, long bits) {
        return (f.get(GUEST_INTERRUPTIBILITY_STATE) & bits) != 0;
    }

    private static boolean interruptibilityReserved(Facts f) {
        return f.get(GUEST_INTERRUPTIBILITY_STATE) <= 0x1f;
    }

    private static boolean notBoth(Facts f) {
        return (f.get(GUEST_INTERRUPTIBILITY_STATE) & (STI | MOV_SS)) != (STI | MOV_SS);
    }

    private static boolean stiNeedsIf(Facts f) {
        return !blocks(f, STI) || (f.get(GUEST_RFLAGS) & Rflags.IF) != 0;
    }

    private static boolean externalInterrupt(Facts f) {
        return !injects(f, EntryControlChecks.EXTERNAL_INTERRUPT) || !blocks(f, STI | MOV_SS);
    }

    private static boolean nmiMovSs(Facts f) {
        return !injects(f, EntryControlChecks.NMI) || !blocks(f, MOV_SS);
    }

    private static boolean smi(Facts f) {
        return blocks(f, SMI) == f.is(EntryControls.ENTRY_TO_SMM);
    }

    private static boolean nmiSti(Facts f) {
        return !injects(f, EntryControlChecks.NMI) || !blocks(f, STI);
    }

    private static boolean virtualNmi(Facts f) {
        return !f.is(PinBased.VIRTUAL_NMIS) || !injects(f, EntryControlChecks.NMI) || !blocks(f, NMI);
    }

    /** The processors of this model have no SGX; one whose VMCS has ENCLS-exiting has. */
    private static boolean enclave(Facts f) {
        return !blocks(f, ENCLAVE)
                || ((f.capabilities.secondaryMayBeOne & SecondaryProcessorBased.ENABLE_ENCLS_EXITING.mask) != 0
                        && !blocks(f, MOV_SS));
    }

    // ---- pending debug exceptions ----

    private static boolean pendingReserved(Facts f) {
        return (f.get(GUEST_PENDING_DEBUG_EXCEPTIONS) & PENDING_RESERVED) == 0;
    }

    private static boolean pendingSingleStep(Facts f) {
        if (!blocks(f, STI | MOV_SS) && f.get(GUEST_ACTIVITY_STATE) != HLT) {
            return true;
        }
        boolean step = (f.get(GUEST_RFLAGS) & Rflags.TF) != 0 && (f.get(GUEST_IA32_DEBUGCTL) & BTF) == 0;
        return ((f.get(GUEST_PENDING_DEBUG_EXCEPTIONS) & SINGLE_STEP) != 0) == step;
    }

    /** None of the processors of this model has RTM. */
    private static boolean pendingRtm(Facts f) {
        long pending = f.get(GUEST_PENDING_DEBUG_EXCEPTIONS);
        return (pending & RTM) == 0 || (pending == (RTM | ENABLED_BREAKPOINT) && !blocks(f, MOV_SS));
    }

    // ---- VMCS link pointer ----

    private static boolean linkAddress(Facts f) {
        return f.get(VMCS_LINK_POINTER) == Vmcs.NO_VMCS || f.isPhysical(VMCS_LINK_POINTER, 0xfff);
    }

    private static boolean linkRevision(Facts f) {
        long link = f.get(VMCS_LINK_POINTER);
        if (link == Vmcs.NO_VMCS || !linkAddress(f)) {
            return true;
        }
        int shadow = f.is(SecondaryProcessorBased.VMCS_SHADOWING) ? Vmcs.SHADOW_INDICATOR : 0;
        return (int) f.memory(link, Integer.BYTES, "the VMCS at VMCS_LINK_POINTER") == (Vmcs.REVISION | shadow);
    }

    private static boolean linkNotCurrent(Facts f) {
        long link = f.get(VMCS_LINK_POINTER);
        return link == Vmcs.NO_VMCS || link != f.currentVmcs();
    }

    // ---- PDPTEs ----

    private static boolean usesPdptes(Facts f) {
        return !f.is(EntryControls.IA_32E_MODE_GUEST)
                && Registers.paging(f.get(GUEST_CR0))
                && Registers.pae(f.get(GUEST_CR4));
    }

    private static boolean pdpte(Facts f, int number, VmcsField field) {
        if (!usesPdptes(f)) {
            return true;
        }
        long entry = f.is(SecondaryProcessorBased.ENABLE_EPT)
                ? f.get(field)
                : f.memory((f.get(GUEST_CR3) & 0xffff_ffe0L) + number * 8L, Long.BYTES, "the PDPTEs at GUEST_CR3");
        return (entry & PDPTE_PRESENT) == 0 || (entry & (PDPTE_RESERVED | f.beyondPhysical)) == 0;
    }
}
