package org.thirdmode.vmx.entry;

import static org.thirdmode.vmx.entry.EntryCheck.row;
import static org.thirdmode.vmx.entry.EntryCheck.rows;
import static org.thirdmode.vmx.vmcs.VmcsField.ENTRY_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CR0;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_ENTRY_EXCEPTION_ERROR_CODE;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_ENTRY_INSTRUCTION_LENGTH;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_ENTRY_MSR_LOAD_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_ENTRY_MSR_LOAD_COUNT;

import java.util.List;
import org.thirdmode.vmx.capability.Capability;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.x86.state.Cr0;

/** "Checks on VMX Controls", VM-entry control fields. */
final class EntryControlChecks {
    static final long VALID = 1L << 31;
    static final int EXTERNAL_INTERRUPT = 0;
    static final int NMI = 2;
    static final int HARDWARE_EXCEPTION = 3;
    static final int SOFTWARE_INTERRUPT = 4;
    static final int PRIVILEGED_SOFTWARE_EXCEPTION = 5;
    static final int SOFTWARE_EXCEPTION = 6;
    static final int OTHER_EVENT = 7;

    private static final long VECTOR = 0xff;
    private static final long TYPE = 0x700;
    private static final long DELIVER_ERROR_CODE = 0x800;
    private static final long RESERVED = 0x7fff_f000L;

    /** The exceptions that deliver an error code: #DF, #TS, #NP, #SS, #GP, #PF, #AC. */
    private static final int WITH_ERROR_CODE = (1 << 8) | (0x1f << 10) | (1 << 17);

    static final List<EntryCheck> ROWS = rows(
            Section.ENTRY_CONTROLS,
            row(
                            "entry-controls",
                            "Reserved bits of the VM-entry controls",
                            "each control has a setting that IA32_VMX_(TRUE_)ENTRY_CTLS allows",
                            EntryControlChecks::controls)
                    .on(ENTRY_CONTROLS)
                    .remedy(ENTRY_CONTROLS, f -> ExecutionControlChecks.allowed(f, ENTRY_CONTROLS)),
            row(
                            "injection-type",
                            "Event injection: interruption type",
                            "if the valid bit is 1, bits 10:8 are not 1, and not 7 on a processor without the monitor trap"
                                    + " flag",
                            EntryControlChecks::type)
                    .on(VM_ENTRY_INTERRUPTION_INFORMATION, VALID | TYPE),
            row(
                            "injection-vector",
                            "Event injection: vector",
                            "if the valid bit is 1, bits 7:0 are 2 for an NMI, at most 31 for a hardware exception, and 0"
                                    + " for another event",
                            EntryControlChecks::vector)
                    .on(VM_ENTRY_INTERRUPTION_INFORMATION, VALID | TYPE | VECTOR)
                    .remedy(
                            VM_ENTRY_INTERRUPTION_INFORMATION,
                            f -> (f.get(VM_ENTRY_INTERRUPTION_INFORMATION) & ~VECTOR)
                                    | (typeOf(f.get(VM_ENTRY_INTERRUPTION_INFORMATION)) == NMI ? 2 : 0)),
            row(
                            "injection-error-code-flag",
                            "Event injection: deliver error code",
                            "if the valid bit is 1, bit 11 is 1 exactly for a hardware exception with vector 8, 10 to 14 or"
                                    + " 17 into a guest with CR0.PE = 1 (for any vector where IA32_VMX_BASIC[56] is 1)",
                            EntryControlChecks::deliverErrorCode)
                    .on(VM_ENTRY_INTERRUPTION_INFORMATION, VALID | TYPE | VECTOR | DELIVER_ERROR_CODE)
                    .on(GUEST_CR0, Cr0.PE)
                    .on(SecondaryProcessorBased.UNRESTRICTED_GUEST)
                    .remedy(
                            VM_ENTRY_INTERRUPTION_INFORMATION,
                            f -> f.get(VM_ENTRY_INTERRUPTION_INFORMATION) ^ DELIVER_ERROR_CODE),
            row(
                            "injection-reserved",
                            "Event injection: reserved bits",
                            "if the valid bit is 1, bits 30:12 are 0",
                            EntryControlChecks::reserved)
                    .on(VM_ENTRY_INTERRUPTION_INFORMATION, VALID | RESERVED)
                    .remedy(
                            VM_ENTRY_INTERRUPTION_INFORMATION,
                            f -> f.get(VM_ENTRY_INTERRUPTION_INFORMATION) & ~RESERVED),
            row(
                            "injection-error-code",
                            "Event injection: error code",
                            "if the valid bit and \"deliver error code\" are 1, bits 31:16 of the error code are 0",
                            EntryControlChecks::errorCode)
                    .on(VM_ENTRY_EXCEPTION_ERROR_CODE, 0xffff_0000L)
                    .on(VM_ENTRY_INTERRUPTION_INFORMATION, VALID | DELIVER_ERROR_CODE)
                    .remedy(VM_ENTRY_EXCEPTION_ERROR_CODE, f -> f.get(VM_ENTRY_EXCEPTION_ERROR_CODE) & 0xffff),
            row(
                            "injection-length",
                            "Event injection: instruction length",
                            "if the valid bit is 1 and the type is a software interrupt or software exception, the length is"
                                    + " 1 to 15, or 0 where IA32_VMX_MISC[30] is 1",
                            EntryControlChecks::length)
                    .on(VM_ENTRY_INSTRUCTION_LENGTH)
                    .on(VM_ENTRY_INTERRUPTION_INFORMATION, VALID | TYPE)
                    .remedy(VM_ENTRY_INSTRUCTION_LENGTH, f -> 1),
            row(
                            "entry-msr-load-address",
                            "VM-entry MSR-load address",
                            "if the VM-entry MSR-load count is not 0, bits 3:0 are 0 and no bit is beyond the"
                                    + " physical-address width",
                            EntryControlChecks::loadAddress)
                    .on(VM_ENTRY_MSR_LOAD_ADDRESS, VM_ENTRY_MSR_LOAD_COUNT)
                    .remedy(VM_ENTRY_MSR_LOAD_ADDRESS, f -> f.physical(VM_ENTRY_MSR_LOAD_ADDRESS, 0xf)),
            row(
                            "entry-msr-load-end",
                            "End of the VM-entry MSR-load area",
                            "the address of its last byte has no bit beyond the physical-address width",
                            EntryControlChecks::loadEnd)
                    .on(VM_ENTRY_MSR_LOAD_COUNT, VM_ENTRY_MSR_LOAD_ADDRESS)
                    .remedy(VM_ENTRY_MSR_LOAD_COUNT, f -> 0),
            row(
                            "entry-to-smm",
                            "Entry to SMM and dual-monitor treatment",
                            "outside SMM, \"entry to SMM\" and \"deactivate dual-monitor treatment\" are 0",
                            EntryControlChecks::smm)
                    .on(EntryControls.ENTRY_TO_SMM, EntryControls.DEACTIVATE_DUAL_MONITOR_TREATMENT)
                    .remedy(
                            ENTRY_CONTROLS,
                            f -> f.entry()
                                    & ~(EntryControls.ENTRY_TO_SMM.mask
                                            | EntryControls.DEACTIVATE_DUAL_MONITOR_TREATMENT.mask)));

    private EntryControlChecks() {}

    static boolean hold(Facts f) {
        return controls(f) && loadAddress(f) && loadEnd(f) && smm(f);
    }

    /** Those of the event to be injected. */
    static boolean injectionHolds(Facts f) {
        return (f.get(VM_ENTRY_INTERRUPTION_INFORMATION) & VALID) == 0
                || (type(f) && vector(f) && deliverErrorCode(f) && reserved(f) && errorCode(f) && length(f));
    }

    private static boolean controls(Facts f) {
        return ExecutionControlChecks.isAllowed(f.entry(), f.capabilities.entryMustBeOne, f.capabilities.entryMayBeOne);
    }

    static int typeOf(long information) {
        return (int) (information & TYPE) >>> 8;
    }

    static int vectorOf(long information) {
        return (int) (information & VECTOR);
    }

    private static boolean type(Facts f) {
        long information = f.get(VM_ENTRY_INTERRUPTION_INFORMATION);
        if ((information & VALID) == 0) {
            return true;
        }
        int type = typeOf(information);
        return type != 1
                && (type != OTHER_EVENT
                        || (f.capabilities.primaryMayBeOne & PrimaryProcessorBased.MONITOR_TRAP_FLAG.mask) != 0);
    }

    private static boolean vector(Facts f) {
        long information = f.get(VM_ENTRY_INTERRUPTION_INFORMATION);
        if ((information & VALID) == 0) {
            return true;
        }
        int vector = vectorOf(information);
        return switch (typeOf(information)) {
            case NMI -> vector == 2;
            case HARDWARE_EXCEPTION -> vector <= 31;
            case OTHER_EVENT -> vector == 0;
            default -> true;
        };
    }

    private static boolean deliverErrorCode(Facts f) {
        long information = f.get(VM_ENTRY_INTERRUPTION_INFORMATION);
        if ((information & VALID) == 0) {
            return true;
        }
        boolean deliver = (information & DELIVER_ERROR_CODE) != 0;
        if (typeOf(information) != HARDWARE_EXCEPTION) {
            return !deliver;
        }
        boolean protectedMode = !f.is(SecondaryProcessorBased.UNRESTRICTED_GUEST) || (f.get(GUEST_CR0) & Cr0.PE) != 0;
        if (!protectedMode) {
            return !deliver;
        }
        if ((f.capabilities.basic & Capability.OPTIONAL_ERROR_CODE.mask()) != 0) {
            return true;
        }
        int vector = vectorOf(information);
        return deliver == (vector <= 31 && ((WITH_ERROR_CODE >>> vector) & 1) != 0);
    }

    private static boolean reserved(Facts f) {
        long information = f.get(VM_ENTRY_INTERRUPTION_INFORMATION);
        return (information & VALID) == 0 || (information & RESERVED) == 0;
    }

    private static boolean errorCode(Facts f) {
        long both = VALID | DELIVER_ERROR_CODE;
        return (f.get(VM_ENTRY_INTERRUPTION_INFORMATION) & both) != both
                || f.get(VM_ENTRY_EXCEPTION_ERROR_CODE) <= 0xffff;
    }

    private static boolean length(Facts f) {
        long information = f.get(VM_ENTRY_INTERRUPTION_INFORMATION);
        if ((information & VALID) == 0) {
            return true;
        }
        int type = typeOf(information);
        if (type != SOFTWARE_INTERRUPT && type != PRIVILEGED_SOFTWARE_EXCEPTION && type != SOFTWARE_EXCEPTION) {
            return true;
        }
        long length = f.get(VM_ENTRY_INSTRUCTION_LENGTH);
        return length == 0 ? (f.capabilities.misc & Capability.INJECTION_WITH_LENGTH_0.mask()) != 0 : length <= 15;
    }

    private static boolean loadAddress(Facts f) {
        return ExitControlChecks.msrAreaAddress(f, VM_ENTRY_MSR_LOAD_COUNT, VM_ENTRY_MSR_LOAD_ADDRESS);
    }

    private static boolean loadEnd(Facts f) {
        return ExitControlChecks.msrAreaEnd(f, VM_ENTRY_MSR_LOAD_COUNT, VM_ENTRY_MSR_LOAD_ADDRESS);
    }

    private static boolean smm(Facts f) {
        return (f.entry() & (EntryControls.ENTRY_TO_SMM.mask | EntryControls.DEACTIVATE_DUAL_MONITOR_TREATMENT.mask))
                == 0;
    }
}
