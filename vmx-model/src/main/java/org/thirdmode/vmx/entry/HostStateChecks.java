package org.thirdmode.vmx.entry;

import static org.thirdmode.vmx.entry.EntryCheck.row;
import static org.thirdmode.vmx.entry.EntryCheck.rows;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_CR0;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_CR3;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_CR4;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_CS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_DS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_ES_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_FS_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_FS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_GDTR_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_GS_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_GS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IA32_EFER;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IA32_INTERRUPT_SSP_TABLE_ADDR;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IA32_PAT;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IA32_PERF_GLOBAL_CTRL;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IA32_PKRS;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IA32_SYSENTER_EIP;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IA32_SYSENTER_ESP;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IA32_S_CET;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IDTR_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_RIP;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_SSP;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_SS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_TR_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_TR_SELECTOR;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/** "Checks on Host Control Registers, MSRs, and SSP" to "Checks Related to Address-Space Size". */
final class HostStateChecks {
    private static final long RPL_AND_TI = 7;
    private static final long LOW = 0xffff_ffffL;

    static final List<EntryCheck> ROWS = all();

    private HostStateChecks() {}

    private static List<EntryCheck> all() {
        List<EntryCheck> rows = new ArrayList<>(registers());
        rows.addAll(segments());
        rows.addAll(addressSpaceSize());
        return List.copyOf(rows);
    }

    private static List<EntryCheck> registers() {
        return rows(
                Section.HOST_REGISTERS,
                row(
                                "host-cr0",
                                "Host CR0",
                                "each bit has a value that VMX operation supports (IA32_VMX_CR0_FIXED0 and FIXED1), CD and"
                                        + " NW apart",
                                HostStateChecks::cr0)
                        .on(HOST_CR0)
                        .remedy(HOST_CR0, f -> Registers.allowedCr0(f, f.get(HOST_CR0), 0)),
                row(
                                "host-cr4",
                                "Host CR4",
                                "each bit has a value that VMX operation supports (IA32_VMX_CR4_FIXED0 and FIXED1)",
                                HostStateChecks::cr4)
                        .on(HOST_CR4)
                        .remedy(HOST_CR4, f -> Registers.allowedCr4(f, f.get(HOST_CR4))),
                row("host-cet-wp", "Host CR4.CET and CR0.WP", "if CR4.CET is 1, CR0.WP is 1", HostStateChecks::cet)
                        .on(HOST_CR4, Registers.CR4_CET)
                        .on(HOST_CR0, 1 << 16),
                row("host-cr3", "Host CR3", "no bit is beyond the physical-address width", HostStateChecks::cr3)
                        .on(HOST_CR3)
                        .remedy(HOST_CR3, f -> f.get(HOST_CR3) & ~f.beyondPhysical),
                canonical("host-sysenter-esp", "Host IA32_SYSENTER_ESP", HOST_IA32_SYSENTER_ESP),
                canonical("host-sysenter-eip", "Host IA32_SYSENTER_EIP", HOST_IA32_SYSENTER_EIP),
                row(
                                "host-perf-global-ctrl",
                                "Host IA32_PERF_GLOBAL_CTRL",
                                "if \"load IA32_PERF_GLOBAL_CTRL\" (exit) is 1, reserved bits are 0",
                                HostStateChecks::perfGlobalCtrl)
                        .on(HOST_IA32_PERF_GLOBAL_CTRL)
                        .on(ExitControls.LOAD_IA32_PERF_GLOBAL_CTRL)
                        .remedy(
                                HOST_IA32_PERF_GLOBAL_CTRL,
                                f -> Registers.allowedPerfGlobalCtrl(f.get(HOST_IA32_PERF_GLOBAL_CTRL))),
                row(
                                "host-pat",
                                "Host IA32_PAT",
                                "if \"load IA32_PAT\" (exit) is 1, each byte is 0 (UC), 1 (WC), 4 (WT), 5 (WP), 6 (WB) or 7"
                                        + " (UC-)",
                                HostStateChecks::pat)
                        .on(HOST_IA32_PAT)
                        .on(ExitControls.LOAD_IA32_PAT),
                row(
                                "host-efer",
                                "Host IA32_EFER: reserved bits",
                                "if \"load IA32_EFER\" (exit) is 1, reserved bits are 0",
                                HostStateChecks::efer)
                        .on(HOST_IA32_EFER)
                        .on(ExitControls.LOAD_IA32_EFER)
                        .remedy(HOST_IA32_EFER, f -> f.get(HOST_IA32_EFER) & f.eferBits),
                row(
                                "host-efer-lma",
                                "Host IA32_EFER: LMA and LME",
                                "if \"load IA32_EFER\" (exit) is 1, LMA and LME are each that of \"host address-space"
                                        + " size\"",
                                HostStateChecks::eferMode)
                        .on(HOST_IA32_EFER, Efer.LMA | Efer.LME)
                        .on(ExitControls.LOAD_IA32_EFER, ExitControls.HOST_ADDRESS_SPACE_SIZE)
                        .remedy(
                                HOST_IA32_EFER,
                                f -> (f.get(HOST_IA32_EFER) & ~(Efer.LMA | Efer.LME))
                                        | (f.is(ExitControls.HOST_ADDRESS_SPACE_SIZE) ? Efer.LMA | Efer.LME : 0)),
                row(
                                "host-cet",
                                "Host CET state",
                                "if \"load CET state\" (exit) is 1, IA32_S_CET and IA32_INTERRUPT_SSP_TABLE_ADDR are"
                                        + " canonical, bits 9:6 of IA32_S_CET are 0 and its bits 11:10 not both 1",
                                HostStateChecks::cetState)
                        .on(HOST_IA32_S_CET, HOST_IA32_INTERRUPT_SSP_TABLE_ADDR)
                        .on(ExitControls.LOAD_CET_STATE),
                row(
                                "host-ssp",
                                "Host SSP",
                                "if \"load CET state\" (exit) is 1, it is canonical and bits 1:0 are 0",
                                HostStateChecks::ssp)
                        .on(HOST_SSP)
                        .on(ExitControls.LOAD_CET_STATE),
                row(
                                "host-pkrs",
                                "Host IA32_PKRS",
                                "if \"load PKRS\" (exit) is 1, bits 63:32 are 0",
                                HostStateChecks::pkrs)
                        .on(HOST_IA32_PKRS)
                        .on(ExitControls.LOAD_PKRS)
                        .remedy(HOST_IA32_PKRS, f -> f.get(HOST_IA32_PKRS) & LOW));
    }

    private static EntryCheck.Row canonical(String id, String title, VmcsField field) {
        return row(id, title, "it is a canonical address", f -> f.isCanonical(f.get(field)))
                .on(field)
                .remedy(field, f -> f.canonical(f.get(field)));
    }

    private static EntryCheck.Row selector(String id, String title, VmcsField field) {
        return row(id, title, "RPL (bits 1:0) and TI (bit 2) are 0", f -> (f.get(field) & RPL_AND_TI) == 0)
                .on(field)
                .remedy(field, f -> f.get(field) & ~RPL_AND_TI);
    }

    private static List<EntryCheck> segments() {
        return rows(
                Section.HOST_SEGMENTS,
                selector("host-es", "Host ES selector", HOST_ES_SELECTOR),
                selector("host-cs", "Host CS selector", HOST_CS_SELECTOR),
                selector("host-ss", "Host SS selector", HOST_SS_SELECTOR),
                selector("host-ds", "Host DS selector", HOST_DS_SELECTOR),
                selector("host-fs", "Host FS selector", HOST_FS_SELECTOR),
                selector("host-gs", "Host GS selector", HOST_GS_SELECTOR),
                selector("host-tr", "Host TR selector", HOST_TR_SELECTOR),
                row("host-cs-null", "Host CS selector", "it is not 0000H", HostStateChecks::csNotNull)
                        .on(HOST_CS_SELECTOR),
                row("host-tr-null", "Host TR selector", "it is not 0000H", HostStateChecks::trNotNull)
                        .on(HOST_TR_SELECTOR),
                row(
                                "host-ss-null",
                                "Host SS selector",
                                "if \"host address-space size\" is 0, it is not 0000H",
                                HostStateChecks::ssNotNull)
                        .on(HOST_SS_SELECTOR)
                        .on(ExitControls.HOST_ADDRESS_SPACE_SIZE),
                canonical("host-fs-base", "Host FS base", HOST_FS_BASE),
                canonical("host-gs-base", "Host GS base", HOST_GS_BASE),
                canonical("host-gdtr-base", "Host GDTR base", HOST_GDTR_BASE),
                canonical("host-idtr-base", "Host IDTR base", HOST_IDTR_BASE),
                canonical("host-tr-base", "Host TR base", HOST_TR_BASE));
    }

    private static List<EntryCheck> addressSpaceSize() {
        return rows(
                Section.ADDRESS_SPACE_SIZE,
                row(
                                "mode-outside-ia32e",
                                "Entry from outside IA-32e mode",
                                "if IA32_EFER.LMA is 0 at VM entry, \"IA-32e mode guest\" and \"host address-space size\""
                                        + " are 0",
                                HostStateChecks::outsideLongMode)
                        .on(ExitControls.HOST_ADDRESS_SPACE_SIZE, EntryControls.IA_32E_MODE_GUEST),
                row(
                                "mode-inside-ia32e",
                                "Entry from IA-32e mode",
                                "if IA32_EFER.LMA is 1 at VM entry, \"host address-space size\" is 1",
                                HostStateChecks::insideLongMode)
                        .on(ExitControls.HOST_ADDRESS_SPACE_SIZE),
                row(
                                "host-32-guest",
                                "32-bit host and IA-32e mode guest",
                                "if \"host address-space size\" is 0, \"IA-32e mode guest\" is 0",
                                HostStateChecks::guestMode)
                        .on(EntryControls.IA_32E_MODE_GUEST, ExitControls.HOST_ADDRESS_SPACE_SIZE),
                row(
                                "host-32-pcide",
                                "32-bit host and CR4.PCIDE",
                                "if \"host address-space size\" is 0, CR4.PCIDE is 0",
                                HostStateChecks::pcide)
                        .on(HOST_CR4, Cr4.PCIDE)
                        .on(ExitControls.HOST_ADDRESS_SPACE_SIZE),
                row(
                                "host-32-rip",
                                "RIP of a 32-bit host",
                                "if \"host address-space size\" is 0, bits 63:32 are 0",
                                HostStateChecks::rip32)
                        .on(HOST_RIP)
                        .on(ExitControls.HOST_ADDRESS_SPACE_SIZE)
                        .remedy(HOST_RIP, f -> f.get(HOST_RIP) & LOW),
                row(
                                "host-64-pae",
                                "64-bit host and CR4.PAE",
                                "if \"host address-space size\" is 1, CR4.PAE is 1",
                                HostStateChecks::pae)
                        .on(HOST_CR4, Cr4.PAE)
                        .on(ExitControls.HOST_ADDRESS_SPACE_SIZE),
                row(
                                "host-64-rip",
                                "RIP of a 64-bit host",
                                "if \"host address-space size\" is 1, it is a canonical address",
                                HostStateChecks::rip64)
                        .on(HOST_RIP)
                        .on(ExitControls.HOST_ADDRESS_SPACE_SIZE)
                        .remedy(HOST_RIP, f -> f.canonical(f.get(HOST_RIP))));
    }

    static boolean hold(Facts f) {
        return registersHold(f) && selectorsHold(f) && basesHold(f) && sizeHolds(f);
    }

    private static boolean registersHold(Facts f) {
        return cr0(f)
                && cr4(f)
                && cet(f)
                && cr3(f)
                && f.isCanonical(f.get(HOST_IA32_SYSENTER_ESP))
                && f.isCanonical(f.get(HOST_IA32_SYSENTER_EIP))
                && perfGlobalCtrl(f)
                && pat(f)
                && efer(f)
                && eferMode(f)
                && cetState(f)
                && ssp(f)
                && pkrs(f);
    }

    private static boolean selectorsHold(Facts f) {
        long all = f.get(HOST_ES_SELECTOR)
                | f.get(HOST_CS_SELECTOR)
                | f.get(HOST_SS_SELECTOR)
                | f.get(HOST_DS_SELECTOR)
                | f.get(HOST_FS_SELECTOR)
                | f.get(HOST_GS_SELECTOR)
                | f.get(HOST_TR_SELECTOR);
        return (all & RPL_AND_TI) == 0 && csNotNull(f) && trNotNull(f) && ssNotNull(f);
    }

    private static boolean basesHold(Facts f) {
        return f.isCanonical(f.get(HOST_FS_BASE))
                && f.isCanonical(f.get(HOST_GS_BASE))
                && f.isCanonical(f.get(HOST_GDTR_BASE))
                && f.isCanonical(f.get(HOST_IDTR_BASE))
                && f.isCanonical(f.get(HOST_TR_BASE));
    }

    private static boolean sizeHolds(Facts f) {
        return outsideLongMode(f) && insideLongMode(f) && guestMode(f) && pcide(f) && rip32(f) && pae(f) && rip64(f);
    }

    private static boolean cr0(Facts f) {
        return Registers.cr0(f, f.get(HOST_CR0), 0);
    }

    private static boolean cr4(Facts f) {
        return Registers.cr4(f, f.get(HOST_CR4));
    }

    private static boolean cet(Facts f) {
        return (f.get(HOST_CR4) & Registers.CR4_CET) == 0 || Registers.cet(f.get(HOST_CR0), f.get(HOST_CR4));
    }

    private static boolean cr3(Facts f) {
        return (f.get(HOST_CR3) & f.beyondPhysical) == 0;
    }

    private static boolean perfGlobalCtrl(Facts f) {
        return !f.is(ExitControls.LOAD_IA32_PERF_GLOBAL_CTRL)
                || Registers.perfGlobalCtrl(f.get(HOST_IA32_PERF_GLOBAL_CTRL));
    }

    private static boolean pat(Facts f) {
        return !f.is(ExitControls.LOAD_IA32_PAT) || Registers.pat(f.get(HOST_IA32_PAT));
    }

    private static boolean efer(Facts f) {
        return !f.is(ExitControls.LOAD_IA32_EFER) || (f.get(HOST_IA32_EFER) & ~f.eferBits) == 0;
    }

    private static boolean eferMode(Facts f) {
        if (!f.is(ExitControls.LOAD_IA32_EFER)) {
            return true;
        }
        long mode = f.get(HOST_IA32_EFER) & (Efer.LMA | Efer.LME);
        return mode == (f.is(ExitControls.HOST_ADDRESS_SPACE_SIZE) ? Efer.LMA | Efer.LME : 0);
    }

    private static boolean cetState(Facts f) {
        return !f.is(ExitControls.LOAD_CET_STATE)
                || Registers.cetState(f, f.get(HOST_IA32_S_CET), f.get(HOST_IA32_INTERRUPT_SSP_TABLE_ADDR));
    }

    private static boolean ssp(Facts f) {
        return !f.is(ExitControls.LOAD_CET_STATE) || Registers.ssp(f, f.get(HOST_SSP));
    }

    private static boolean pkrs(Facts f) {
        return !f.is(ExitControls.LOAD_PKRS) || f.get(HOST_IA32_PKRS) >>> 32 == 0;
    }

    private static boolean csNotNull(Facts f) {
        return f.get(HOST_CS_SELECTOR) != 0;
    }

    private static boolean trNotNull(Facts f) {
        return f.get(HOST_TR_SELECTOR) != 0;
    }

    private static boolean ssNotNull(Facts f) {
        return f.is(ExitControls.HOST_ADDRESS_SPACE_SIZE) || f.get(HOST_SS_SELECTOR) != 0;
    }

    private static boolean outsideLongMode(Facts f) {
        return (!f.is(EntryControls.IA_32E_MODE_GUEST) && !f.is(ExitControls.HOST_ADDRESS_SPACE_SIZE))
                || f.hostInLongMode();
    }

    private static boolean insideLongMode(Facts f) {
        return f.is(ExitControls.HOST_ADDRESS_SPACE_SIZE) || !f.hostInLongMode();
    }

    private static boolean guestMode(Facts f) {
        return f.is(ExitControls.HOST_ADDRESS_SPACE_SIZE) || !f.is(EntryControls.IA_32E_MODE_GUEST);
    }

    private static boolean pcide(Facts f) {
        return f.is(ExitControls.HOST_ADDRESS_SPACE_SIZE) || (f.get(HOST_CR4) & Cr4.PCIDE) == 0;
    }

    private static boolean rip32(Facts f) {
        return f.is(ExitControls.HOST_ADDRESS_SPACE_SIZE) || f.get(HOST_RIP) >>> 32 == 0;
    }

    private static boolean pae(Facts f) {
        return !f.is(ExitControls.HOST_ADDRESS_SPACE_SIZE) || (f.get(HOST_CR4) & Cr4.PAE) != 0;
    }

    private static boolean rip64(Facts f) {
        return !f.is(ExitControls.HOST_ADDRESS_SPACE_SIZE) || f.isCanonical(f.get(HOST_RIP));
    }
}
