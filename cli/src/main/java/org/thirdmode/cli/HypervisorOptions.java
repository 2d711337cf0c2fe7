package org.thirdmode.cli;

import java.util.Optional;
import org.thirdmode.kvm.HostConfiguration;
import org.thirdmode.kvm.HostPageSize;
import org.thirdmode.kvm.Irqchip;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.x86.profile.CpuProfile;

/**
 * How a virtual machine is to be run.
 *
 * @param virt the extension of the host; empty for the one that the guest's processor has
 * @param mmu empty for {@code nested}, or that of a saved machine
 * @param irqchip where the interrupt controllers are; empty for user space, or where a saved machine had them
 * @param hostCpu the host's processor; empty for the guest's, or one with everything where that has no such extension
 * @param hostPages the pages in which the host gives it memory
 */
record HypervisorOptions(
        Optional<Virt> virt,
        Optional<MmuKind> mmu,
        Optional<Irqchip> irqchip,
        Optional<CpuProfile> hostCpu,
        HostPageSize hostPages) {
    /** The host for a guest that is told of {@code guest}. */
    HostConfiguration host(CpuProfile guest) {
        HostConfiguration host = hostCpu.isPresent()
                ? new HostConfiguration(hostCpu.get(), hostPages)
                : HostConfiguration.of(virt.orElseGet(() -> Virt.of(guest)), guest)
                        .withPages(hostPages);
        if (virt.isPresent() && virt.get() != host.virt()) {
            throw new UserError(String.format(
                    "--virt %s: the processor of --host-cpu %s has %s",
                    Words.word(virt.get()), host.processor().name(), Words.word(host.virt())));
        }
        return host;
    }
}
