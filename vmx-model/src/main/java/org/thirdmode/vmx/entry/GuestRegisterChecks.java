package org.thirdmode.vmx.entry;

import static org.thirdmode.vmx.entry.EntryCheck.row;
import static org.thirdmode.vmx.entry.EntryCheck.rows;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CR0;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CR3;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CR4;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_DR7;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_BNDCFGS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_DEBUGCTL;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_EFER;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_INTERRUPT_SSP_TABLE_ADDR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_LBR_CTL;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_PAT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_PERF_GLOBAL_CTRL;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_PKRS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_RTIT_CTL;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_SYSENTER_EIP;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_SYSENTER_ESP;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_S_CET;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_UINV;

import java.util.List;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/** "Checks on Guest Control Registers, Debug Registers, and MSRs". */
final class GuestRegisterChecks {
    private static final long LOW = 0xffff_ffffL;

    /** Bits of IA32_DEBUGCTL that are reserved on every processor. SDM 3B "IA32_DEBUGCTL MSR". */
    private static final long DEBUGCTL_RESERVED = ~0xffc7L;

    private static final long BNDCFGS_RESERVED = 0xffc;

    /** Bits of IA32_RTIT_CTL that no edition of the manual defines. SDM 3C "IA32_RTIT_CTL MSR". */
    private static final long RTIT_CTL_RESERVED = 0xfe7f_0000_7084_0000L;

    private static final long LBR_CTL_RESERVED = ~0x7f_000fL;

    static final List<EntryCheck> ROWS = rows(
            Section.GUEST_REGISTERS,
            row(
                            "guest-cr0",
                            "Guest CR0",
                            "each bit has a value that VMX operation supports (IA32_VMX_CR0_FIXED0 and FIXED1), CD and NW"
                                    + " apart, and PE and PG if \"unrestricted guest\" is 1",
                            GuestRegisterChecks::cr0)
                    .on(GUEST_CR0)
                    .on(SecondaryProcessorBased.UNRESTRICTED_GUEST)
                    .remedy(GUEST_CR0, f -> Registers.allowedCr0(f, f.get(GUEST_CR0), exempt(f))),
            row(
                            "guest-cr0-pg-pe",
                            "Guest CR0.PG and CR0.PE",
                            "if PG is 1, PE is 1",
                            GuestRegisterChecks::protectedPaging)
                    .on(GUEST_CR0, Cr0.PE | Cr0.PG),
            row(
                            "guest-cr4",
                            "Guest CR4",
                            "each bit has a value that VMX operation supports (IA32_VMX_CR4_FIXED0 and FIXED1)",
                            GuestRegisterChecks::cr4)
                    .on(GUEST_CR4)
                    .remedy(GUEST_CR4, f -> Registers.allowedCr4(f, f.get(GUEST_CR4))),
            row("guest-cet-wp", "Guest CR4.CET and CR0.WP", "if CR4.CET is 1, CR0.WP is 1", GuestRegisterChecks::cet)
                    .on(GUEST_CR4, Registers.CR4_CET)
                    .on(GUEST_CR0, Cr0.WP),
            row(
                            "guest-debugctl",
                            "Guest IA32_DEBUGCTL",
                            "if \"load debug controls\" is 1, reserved bits are 0",
                            GuestRegisterChecks::debugctl)
                    .on(GUEST_IA32_DEBUGCTL)
                    .on(EntryControls.LOAD_DEBUG_CONTROLS)
                    .remedy(GUEST_IA32_DEBUGCTL, f -> f.get(GUEST_IA32_DEBUGCTL) & ~DEBUGCTL_RESERVED),
            row(
                            "guest-ia32e-paging",
                            "IA-32e mode guest: CR0.PG and CR4.PAE",
                            "if \"IA-32e mode guest\" is 1, CR0.PG and CR4.PAE are 1",
                            GuestRegisterChecks::longModePaging)
                    .on(GUEST_CR0, Cr0.PG)
                    .on(GUEST_CR4, Cr4.PAE)
                    .on(EntryControls.IA_32E_MODE_GUEST),
            row("guest-pcide", "Guest CR4.PCIDE", "if \"IA-32e mode guest\" is 0, it is 0", GuestRegisterChecks::pcide)
                    .on(GUEST_CR4, Cr4.PCIDE)
                    .on(EntryControls.IA_32E_MODE_GUEST),
            row("guest-cr3", "Guest CR3", "no bit is beyond the physical-address width", GuestRegisterChecks::cr3)
                    .on(GUEST_CR3)
                    .remedy(GUEST_CR3, f -> f.get(GUEST_CR3) & ~f.beyondPhysical),
            row("guest-dr7", "Guest DR7", "if \"load debug controls\" is 1, bits 63:32 are 0", GuestRegisterChecks::dr7)
                    .on(GUEST_DR7)
                    .on(EntryControls.LOAD_DEBUG_CONTROLS)
                    .remedy(GUEST_DR7, f -> f.get(GUEST_DR7) & LOW),
            canonical("guest-sysenter-esp", "Guest IA32_SYSENTER_ESP", GUEST_IA32_SYSENTER_ESP),
            canonical("guest-sysenter-eip", "Guest IA32_SYSENTER_EIP", GUEST_IA32_SYSENTER_EIP),
            row(
                            "guest-cet",
                            "Guest CET state",
                            "if \"load CET state\" (entry) is 1, IA32_S_CET and IA32_INTERRUPT_SSP_TABLE_ADDR are canonical,"
                                    + " bits 9:6 of IA32_S_CET are 0 and its bits 11:10 not both 1",
                            GuestRegisterChecks::cetState)
                    .on(GUEST_IA32_S_CET, GUEST_IA32_INTERRUPT_SSP_TABLE_ADDR)
                    .on(EntryControls.LOAD_CET_STATE),
            row(
                            "guest-perf-global-ctrl",
                            "Guest IA32_PERF_GLOBAL_CTRL",
                            "if \"load IA32_PERF_GLOBAL_CTRL\" (entry) is 1, reserved bits are 0",
                            GuestRegisterChecks::perfGlobalCtrl)
                    .on(GUEST_IA32_PERF_GLOBAL_CTRL)
                    .on(EntryControls.LOAD_IA32_PERF_GLOBAL_CTRL)
                    .remedy(
                            GUEST_IA32_PERF_GLOBAL_CTRL,
                            f -> Registers.allowedPerfGlobalCtrl(f.get(GUEST_IA32_PERF_GLOBAL_CTRL))),
            row(
                            "guest-pat",
                            "Guest IA32_PAT",
                            "if \"load IA32_PAT\" (entry) is 1, each byte is 0 (UC), 1 (WC), 4 (WT), 5 (WP), 6 (WB) or 7"
                                    + " (UC-)",
                            GuestRegisterChecks::pat)
                    .on(GUEST_IA32_PAT)
                    .on(EntryControls.LOAD_IA32_PAT),
            row(
                            "guest-efer",
                            "Guest IA32_EFER: reserved bits",
                            "if \"load IA32_EFER\" (entry) is 1, reserved bits are 0",
                            GuestRegisterChecks::efer)
                    .on(GUEST_IA32_EFER)
                    .on(EntryControls.LOAD_IA32_EFER)
                    .remedy(GUEST_IA32_EFER, f -> f.get(GUEST_IA32_EFER) & f.eferBits),
            row(
                            "guest-efer-lma",
                            "Guest IA32_EFER: LMA",
                            "if \"load IA32_EFER\" (entry) is 1, LMA is that of \"IA-32e mode guest\"",
                            GuestRegisterChecks::eferLma)
                    .on(GUEST_IA32_EFER, Efer.LMA)
                    .on(EntryControls.LOAD_IA32_EFER, EntryControls.IA_32E_MODE_GUEST),
            row(
                            "guest-efer-lme",
                            "Guest IA32_EFER: LME",
                            "if \"load IA32_EFER\" (entry) and CR0.PG are 1, LME is that of LMA",
                            GuestRegisterChecks::eferLme)
                    .on(GUEST_IA32_EFER, Efer.LMA | Efer.LME)
                    .on(GUEST_CR0, Cr0.PG)
                    .on(EntryControls.LOAD_IA32_EFER),
            row(
                            "guest-bndcfgs",
                            "Guest IA32_BNDCFGS",
                            "if \"load IA32_BNDCFGS\" is 1, bits 11:2 are 0 and bits 63:12 are those of a canonical address",
                            GuestRegisterChecks::bndcfgs)
                    .on(GUEST_IA32_BNDCFGS)
                    .on(EntryControls.LOAD_IA32_BNDCFGS)
                    .remedy(GUEST_IA32_BNDCFGS, f -> f.canonical(f.get(GUEST_IA32_BNDCFGS) & ~BNDCFGS_RESERVED)),
            row(
                            "guest-rtit-ctl",
                            "Guest IA32_RTIT_CTL",
                            "if \"load IA32_RTIT_CTL\" is 1, reserved bits are 0",
                            GuestRegisterChecks::rtitCtl)
                    .on(GUEST_IA32_RTIT_CTL)
                    .on(EntryControls.LOAD_IA32_RTIT_CTL)
                    .remedy(GUEST_IA32_RTIT_CTL, f -> f.get(GUEST_IA32_RTIT_CTL) & ~RTIT_CTL_RESERVED),
            row(
                            "guest-lbr-ctl",
                            "Guest IA32_LBR_CTL",
                            "if \"load guest IA32_LBR_CTL\" is 1, reserved bits are 0",
                            GuestRegisterChecks::lbrCtl)
                    .on(GUEST_IA32_LBR_CTL)
                    .on(EntryControls.LOAD_GUEST_IA32_LBR_CTL)
                    .remedy(GUEST_IA32_LBR_CTL, f -> f.get(GUEST_IA32_LBR_CTL) & ~LBR_CTL_RESERVED),
            row(
                            "guest-pkrs",
                            "Guest IA32_PKRS",
                            "if \"load PKRS\" (entry) is 1, bits 63:32 are 0",
                            GuestRegisterChecks::pkrs)
                    .on(GUEST_IA32_PKRS)
                    .on(EntryControls.LOAD_PKRS)
                    .remedy(GUEST_IA32_PKRS, f -> f.get(GUEST_IA32_PKRS) & LOW),
            row("guest-uinv", "Guest UINV", "if \"load UINV\" is 1, bits 15:8 are 0", GuestRegisterChecks::uinv)
                    .on(GUEST_UINV)
                    .on(EntryControls.LOAD_UINV)
                    .remedy(GUEST_UINV, f -> f.get(GUEST_UINV) & 0xff));

    private GuestRegisterChecks() {}

    private static EntryCheck.Row canonical(String id, String title, VmcsField field) {
        return row(id, title, "it is a canonical address", f -> f.isCanonical(f.get(field)))
                .on(field)
                .remedy(field, f -> f.canonical(f.get(field)));
    }

    static boolean hold(Facts f) {
        return controlRegisters(f) && msrs(f) && newerMsrs(f);
    }

    private static boolean controlRegisters(Facts f) {
        return cr0(f)
                && protectedPaging(f)
                && cr4(f)
                && cet(f)
                && debugctl(f)
                && longModePaging(f)
                && pcide(f)
                && dr7(f);
    }

    private static boolean msrs(Facts f) {
        return f.isCanonical(f.get(GUEST_IA32_SYSENTER_ESP))
                && f.isCanonical(f.get(GUEST_IA32_SYSENTER_EIP))
                && perfGlobalCtrl(f)
                && pat(f)
                && efer(f)
                && eferLma(f)
                && eferLme(f);
    }

    private static boolean newerMsrs(Facts f) {
        return cetState(f) && bndcfgs(f) && rtitCtl(f) && lbrCtl(f) && pkrs(f) && uinv(f);
    }

    private static long exempt(Facts f) {
        return f.is(SecondaryProcessorBased.UNRESTRICTED_GUEST) ? Cr0.PE | Cr0.PG : 0;
    }

    private static boolean cr0(Facts f) {
        return Registers.cr0(f, f.get(GUEST_CR0), exempt(f));
    }

    private static boolean protectedPaging(Facts f) {
        return (f.get(GUEST_CR0) & (Cr0.PG | Cr0.PE)) != Cr0.PG;
    }

    private static boolean cr4(Facts f) {
        return Registers.cr4(f, f.get(GUEST_CR4));
    }

    private static boolean cet(Facts f) {
        return (f.get(GUEST_CR4) & Registers.CR4_CET) == 0 || Registers.cet(f.get(GUEST_CR0), f.get(GUEST_CR4));
    }

    private static boolean debugctl(Facts f) {
        return !f.is(EntryControls.LOAD_DEBUG_CONTROLS) || (f.get(GUEST_IA32_DEBUGCTL) & DEBUGCTL_RESERVED) == 0;
    }

    private static boolean longModePaging(Facts f) {
        return !f.is(EntryControls.IA_32E_MODE_GUEST)
                || (Registers.paging(f.get(GUEST_CR0)) && Registers.pae(f.get(GUEST_CR4)));
    }

    private static boolean pcide(Facts f) {
        return f.is(EntryControls.IA_32E_MODE_GUEST) || (f.get(GUEST_CR4) & Cr4.PCIDE) == 0;
    }

    static boolean cr3(Facts f) {
        return (f.get(GUEST_CR3) & f.beyondPhysical) == 0;
    }

    private static boolean dr7(Facts f) {
        return !f.is(EntryControls.LOAD_DEBUG_CONTROLS) || f.get(GUEST_DR7) >>> 32 == 0;
    }

    private static boolean cetState(Facts f) {
        return !f.is(EntryControls.LOAD_CET_STATE)
                || Registers.cetState(f, f.get(GUEST_IA32_S_CET), f.get(GUEST_IA32_INTERRUPT_SSP_TABLE_ADDR));
    }

    private static boolean perfGlobalCtrl(Facts f) {
        return !f.is(EntryControls.LOAD_IA32_PERF_GLOBAL_CTRL)
                || Registers.perfGlobalCtrl(f.get(GUEST_IA32_PERF_GLOBAL_CTRL));
    }

    private static boolean pat(Facts f) {
        return !f.is(EntryControls.LOAD_IA32_PAT) || Registers.pat(f.get(GUEST_IA32_PAT));
    }

    private static boolean efer(Facts f) {
        return !f.is(EntryControls.LOAD_IA32_EFER) || (f.get(GUEST_IA32_EFER) & ~f.eferBits) == 0;
    }

    private static boolean eferLma(Facts f) {
        return !f.is(EntryControls.LOAD_IA32_EFER)
                || ((f.get(GUEST_IA32_EFER) & Efer.LMA) != 0) == f.is(EntryControls.IA_32E_MODE_GUEST);
    }

    private static boolean eferLme(Facts f) {
        if (!f.is(EntryControls.LOAD_IA32_EFER) || !Registers.paging(f.get(GUEST_CR0))) {
            return true;
        }
        long mode = f.get(GUEST_IA32_EFER) & (Efer.LMA | Efer.LME);
        return mode == 0 || mode == (Efer.LMA | Efer.LME);
    }

    private static boolean bndcfgs(Facts f) {
        return !f.is(EntryControls.LOAD_IA32_BNDCFGS)
                || ((f.get(GUEST_IA32_BNDCFGS) & BNDCFGS_RESERVED) == 0
                        && f.isCanonical(f.get(GUEST_IA32_BNDCFGS) & ~0xfffL));
    }

    private static boolean rtitCtl(Facts f) {
        return !f.is(EntryControls.LOAD_IA32_RTIT_CTL) || (f.get(GUEST_IA32_RTIT_CTL) & RTIT_CTL_RESERVED) == 0;
    }

    private static boolean lbrCtl(Facts f) {
        return !f.is(EntryControls.LOAD_GUEST_IA32_LBR_CTL) || (f.get(GUEST_IA32_LBR_CTL) & LBR_CTL_RESERVED) == 0;
    }

    private static boolean pkrs(Facts f) {
        return !f.is(EntryControls.LOAD_PKRS) || f.get(GUEST_IA32_PKRS) >>> 32 == 0;
    }

    private static boolean uinv(Facts f) {
        return !f.is(EntryControls.LOAD_UINV) || f.get(GUEST_UINV) <= 0xff;
    }
}
