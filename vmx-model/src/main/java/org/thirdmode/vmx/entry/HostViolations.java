package org.thirdmode.vmx.entry;

import java.util.List;
import java.util.Locale;
import org.thirdmode.vmx.entry.ValidVmcs.Shape;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/** The checks of the host-state area. SDM 3C "Checks on Host Control Registers, MSRs, and SSP" and what follows it. */
final class HostViolations extends ViolationRows {
    HostViolations() {
        host();
    }

    private void host() {
        add("host-cr0", Shape.LONG, (v, r) -> v.and(VmcsField.HOST_CR0, ~Cr0.NE));
        add("host-cr4", Shape.LONG, (v, r) -> v.and(VmcsField.HOST_CR4, ~Cr4.VMXE));
        add("host-cet-wp", Shape.LONG, (v, r) -> {
            v.or(VmcsField.HOST_CR4, Registers.CR4_CET);
            v.and(VmcsField.HOST_CR0, ~Cr0.WP);
        });
        add("host-cr3", Shape.LONG, (v, r) -> v.or(VmcsField.HOST_CR3, 1L << (ValidVmcs.WIDTH + r.nextInt(24))));
        notCanonical("host-sysenter-esp", VmcsField.HOST_IA32_SYSENTER_ESP);
        notCanonical("host-sysenter-eip", VmcsField.HOST_IA32_SYSENTER_EIP);
        add(
                "host-perf-global-ctrl",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.HOST_IA32_PERF_GLOBAL_CTRL, 1L << 63),
                ExitControls.LOAD_IA32_PERF_GLOBAL_CTRL);
        add("host-pat", Shape.LONG, (v, r) -> v.put(VmcsField.HOST_IA32_PAT, badPat(r)), ExitControls.LOAD_IA32_PAT);
        add(
                "host-efer",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.HOST_IA32_EFER, 1L << (16 + r.nextInt(48))),
                ExitControls.LOAD_IA32_EFER);
        add(
                "host-efer-lma",
                Shape.LONG,
                (v, r) -> v.and(VmcsField.HOST_IA32_EFER, r.nextBoolean() ? ~Efer.LMA : ~Efer.LME),
                ExitControls.LOAD_IA32_EFER);
        add(
                "host-cet",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.HOST_IA32_S_CET, 0x40 << r.nextInt(4)),
                ExitControls.LOAD_CET_STATE);
        add("host-ssp", Shape.LONG, (v, r) -> v.or(VmcsField.HOST_SSP, 1 + r.nextInt(3)), ExitControls.LOAD_CET_STATE);
        add(
                "host-pkrs",
                Shape.LONG,
                (v, r) -> v.or(VmcsField.HOST_IA32_PKRS, 1L << (32 + r.nextInt(32))),
                ExitControls.LOAD_PKRS);
        for (String segment : List.of("es", "cs", "ss", "ds", "fs", "gs", "tr")) {
            VmcsField selector = VmcsField.valueOf("HOST_" + segment.toUpperCase(Locale.ROOT) + "_SELECTOR");
            add("host-" + segment, Shape.LONG, (v, r) -> v.or(selector, 1 << r.nextInt(3)));
        }
        add("host-cs-null", Shape.LONG, (v, r) -> v.put(VmcsField.HOST_CS_SELECTOR, 0));
        add("host-tr-null", Shape.LONG, (v, r) -> v.put(VmcsField.HOST_TR_SELECTOR, 0));
        for (String base : List.of("fs", "gs", "gdtr", "idtr", "tr")) {
            notCanonical(
                    "host-" + base + "-base", VmcsField.valueOf("HOST_" + base.toUpperCase(Locale.ROOT) + "_BASE"));
        }
        add("host-64-pae", Shape.LONG, (v, r) -> v.and(VmcsField.HOST_CR4, ~Cr4.PAE));
        notCanonical("host-64-rip", VmcsField.HOST_RIP);
    }
}
