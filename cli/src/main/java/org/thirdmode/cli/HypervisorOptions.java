package org.thirdmode.cli;

import java.util.Optional;
import org.thirdmode.kvm.HostConfiguration;
import org.thirdmode.kvm.Irqchip;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.lab.Host;
import org.thirdmode.x86.profile.CpuProfile;

/**
 * How a virtual machine is to be run.
 *
 * @param virt the extension of the host; empty for the one that the guest's processor has
 * @param mmu empty for {@code nested}, or that of a saved machine
 * @param irqchip where the interrupt controllers are; empty for user space, or where a saved machine had them
 * @param host what else is asked of the host
 */
record HypervisorOptions(Optional<Virt> virt, Optional<MmuKind> mmu, Optional<Irqchip> irqchip, Host host) {
    /** The host for a guest that is told of {@code guest}. */
    HostConfiguration hostFor(CpuProfile guest) {
        Virt with = virt.orElseGet(() -> Virt.of(host.processor().orElse(guest)));
        return checked(host.of(with, guest));
    }

    /** The host for a guest that is told of {@code guest} and ran on {@code saved}: that one, but for what is asked. */
    HostConfiguration hostFor(HostConfiguration saved, CpuProfile guest) {
        boolean another = virt.isPresent() && virt.get() != saved.virt();
        HostConfiguration usual = another ? saved.withProcessor(virt.get().hostFor(guest)) : saved;
        return checked(host.in(usual));
    }

    private HostConfiguration checked(HostConfiguration on) {
        if (virt.isPresent() && virt.get() != on.virt()) {
            throw new UserError(String.format(
                    "--virt %s: the processor of --host-cpu %s has %s",
                    Words.word(virt.get()), on.processor().name(), Words.word(on.virt())));
        }
        return on;
    }
}
