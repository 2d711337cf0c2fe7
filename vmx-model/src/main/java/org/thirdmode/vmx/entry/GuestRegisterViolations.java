package org.thirdmode.vmx.entry;

import java.util.List;
import org.thirdmode.vmx.entry.ValidVmcs.Shape;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Rflags;

/** The checks of the guest's registers. SDM 3C "Checks on Guest Control Registers, Debug Registers, and MSRs", "Checks on Guest Descriptor-Table Registers", "Checks on Guest RIP, RFLAGS, and SSP". */
final class GuestRegisterViolations extends ViolationRows {
    GuestRegisterViolations() {
        guestRegisters();
        tablesAndFlags();
    }

    private void guestRegisters() {
        add("guest-cr0", Shape.LONG, (v, r) -> v.and(VmcsField.GUEST_CR0, ~Cr0.NE));
        add(
                "guest-cr0-pg-pe",
                Shape.REAL,
                (v, r) -> v.or(VmcsField.GUEST_CR0, Cr0.PG).and(VmcsField.GUEST_IA32_EFER, ~Efer.LME));
        add("guest-cr4", Shape.LONG, (v, r) -> v.and(VmcsField.GUEST_CR4, ~Cr4.VMXE));
        add("guest-cet-wp", Shape.LONG, (v, r) -> {
            v.or(VmcsField.GUEST_CR4, Registers.CR4_CET);
            v.and(VmcsField.GUEST_CR0, ~Cr0.WP);
        });
        add(
                "guest-debugctl",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.GUEST_IA32_DEBUGCTL, 1L << (16 + r.nextInt(48))),
                EntryControls.LOAD_DEBUG_CONTROLS);
        add("guest-ia32e-paging", Shape.LONG, (v, r) -> v.and(VmcsField.GUEST_CR4, ~Cr4.PAE));
        add("guest-pcide", Shape.PROTECTED, (v, r) -> v.or(VmcsField.GUEST_CR4, Cr4.PCIDE));
        add("guest-cr3", Shape.LONG, (v, r) -> v.or(VmcsField.GUEST_CR3, 1L << (ValidVmcs.WIDTH + r.nextInt(24))));
        add(
                "guest-dr7",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.GUEST_DR7, 1L << (32 + r.nextInt(32))),
                EntryControls.LOAD_DEBUG_CONTROLS);
        notCanonical("guest-sysenter-esp", VmcsField.GUEST_IA32_SYSENTER_ESP);
        notCanonical("guest-sysenter-eip", VmcsField.GUEST_IA32_SYSENTER_EIP);
        add("guest-cet", Shape.LONG, (v, r) -> v.or(VmcsField.GUEST_IA32_S_CET, 0xc00), EntryControls.LOAD_CET_STATE);
        add(
                "guest-perf-global-ctrl",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.GUEST_IA32_PERF_GLOBAL_CTRL, 1L << 63),
                EntryControls.LOAD_IA32_PERF_GLOBAL_CTRL);
        add("guest-pat", Shape.LONG, (v, r) -> v.put(VmcsField.GUEST_IA32_PAT, badPat(r)), EntryControls.LOAD_IA32_PAT);
        add(
                "guest-efer",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.GUEST_IA32_EFER, 1L << (16 + r.nextInt(48))),
                EntryControls.LOAD_IA32_EFER);
        add(
                "guest-efer-lma",
                Shape.REAL,
                (v, r) -> v.or(VmcsField.GUEST_IA32_EFER, Efer.LMA),
                EntryControls.LOAD_IA32_EFER);
        add(
                "guest-efer-lme",
                Shape.LONG,
                (v, r) -> v.and(VmcsField.GUEST_IA32_EFER, ~Efer.LME),
                EntryControls.LOAD_IA32_EFER);
        add(
                "guest-bndcfgs",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.GUEST_IA32_BNDCFGS, 4L << r.nextInt(10)),
                EntryControls.LOAD_IA32_BNDCFGS);
        add(
                "guest-rtit-ctl",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.GUEST_IA32_RTIT_CTL, 1 << 18),
                EntryControls.LOAD_IA32_RTIT_CTL);
        add(
                "guest-lbr-ctl",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.GUEST_IA32_LBR_CTL, 0x10),
                EntryControls.LOAD_GUEST_IA32_LBR_CTL);
        add(
                "guest-pkrs",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.GUEST_IA32_PKRS, 1L << (32 + r.nextInt(32))),
                EntryControls.LOAD_PKRS);
        add("guest-uinv", Shape.LONG, (v, r) -> v.or(VmcsField.GUEST_UINV, 0x100), EntryControls.LOAD_UINV);
    }

    private void tablesAndFlags() {
        notCanonical("guest-gdtr-base", VmcsField.GUEST_GDTR_BASE);
        notCanonical("guest-idtr-base", VmcsField.GUEST_IDTR_BASE);
        add("guest-gdtr-limit", Shape.LONG, (v, r) -> v.or(VmcsField.GUEST_GDTR_LIMIT, 1L << (16 + r.nextInt(16))));
        add("guest-idtr-limit", Shape.LONG, (v, r) -> v.or(VmcsField.GUEST_IDTR_LIMIT, 1L << (16 + r.nextInt(16))));
        add("guest-rip-32", Shape.COMPATIBILITY, (v, r) -> v.or(VmcsField.GUEST_RIP, 1L << (32 + r.nextInt(32))));
        add(
                "guest-rip-64",
                Shape.LONG,
                (v, r) -> v.put(VmcsField.GUEST_RIP, v.get(VmcsField.GUEST_RIP) ^ NOT_CANONICAL));
        add(
                "guest-rflags-reserved",
                Shape.LONG,
                (v, r) -> v.put(
                        VmcsField.GUEST_RFLAGS,
                        v.get(VmcsField.GUEST_RFLAGS)
                                ^ (1L << List.of(1, 3, 5, 15, 22, 63).get(r.nextInt(6)))));
        add("guest-rflags-vm", Shape.LONG, (v, r) -> {
            v.or(VmcsField.GUEST_RFLAGS, Rflags.VM);
            for (String segment : CODE_AND_DATA) {
                v.put(field(segment, "SELECTOR"), 0x10);
                v.put(field(segment, "BASE"), 0x100);
                v.put(field(segment, "LIMIT"), 0xffff);
                v.put(field(segment, "ACCESS_RIGHTS"), 0xf3);
            }
            v.and(VmcsField.GUEST_RIP, 0xffff);
            v.put(VmcsField.GUEST_ACTIVITY_STATE, 0);
        });
        add("guest-rflags-if", Shape.LONG, (v, r) -> {
            inject(0x30).accept(v, r);
            v.and(VmcsField.GUEST_RFLAGS, ~(long) Rflags.IF);
        });
        add(
                "guest-ssp",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.GUEST_SSP, 1 + r.nextInt(3)),
                EntryControls.LOAD_CET_STATE);
    }
}
