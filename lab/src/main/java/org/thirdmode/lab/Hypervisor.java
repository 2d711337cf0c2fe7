package org.thirdmode.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.thirdmode.kvm.HostConfiguration;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.x86.profile.CpuProfile;

/**
 * How a virtual machine is run.
 *
 * @param virt the extension of the host's processor
 * @param mmu how its memory is translated
 * @param host what else is asked of the host
 */
public record Hypervisor(Virt virt, MmuKind mmu, Host host) {
    /** @throws IllegalArgumentException where the processor that is asked for has not the extension */
    public Hypervisor {
        if (host.processor().isPresent() && Virt.of(host.processor().get()) != virt) {
            throw new IllegalArgumentException(
                    "processor " + host.processor().get().name() + " has no " + virt);
        }
    }

    /** On the usual host. */
    public Hypervisor(Virt virt, MmuKind mmu) {
        this(virt, mmu, Host.USUAL);
    }

    /** Every extension with every MMU. */
    public static List<Hypervisor> all() {
        return all(Host.USUAL);
    }

    /** Every extension with every MMU, as far as such a host has them, and somebody has built them. */
    public static List<Hypervisor> all(Host host) {
        return possible(host).stream().filter(each -> !each.mmu.hypothetical()).toList();
    }

    /** The same with those for hypothetical processors. */
    public static List<Hypervisor> possible(Host host) {
        List<Hypervisor> all = new ArrayList<>();
        for (Virt virt : Virt.values()) {
            CpuProfile processor = host.processor().orElse(virt.generic());
            for (MmuKind mmu : MmuKind.on(virt)) {
                HostConfiguration on = host.in(new HostConfiguration(processor));
                boolean there = mmu == MmuKind.AGILE
                        ? on.canHaveAgilePaging()
                        : mmu != MmuKind.NESTED || on.hasSecondDimension();
                if (Virt.of(processor) == virt && there) {
                    all.add(new Hypervisor(virt, mmu, host));
                }
            }
        }
        return all;
    }

    /** The host for a guest that is told of {@code guest}. */
    public HostConfiguration hostFor(CpuProfile guest) {
        return host.of(virt, guest);
    }

    /** As one says it: {@code vmx/nested}. */
    @Override
    public String toString() {
        return (virt + "/" + mmu).toLowerCase(Locale.ROOT);
    }
}
