package org.thirdmode.cli;

import java.util.Optional;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.GuestMode;
import org.thirdmode.kvm.HostConfiguration;
import org.thirdmode.kvm.HostKernel;
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
 * @param kernel the host's
 * @param hostCpus how many processors the host has
 * @param hostPages the pages in which the host gives it memory
 */
record HypervisorOptions(
        Optional<Virt> virt,
        Optional<MmuKind> mmu,
        Optional<Irqchip> irqchip,
        Optional<CpuProfile> hostCpu,
        HostKernel kernel,
        int hostCpus,
        HostPageSize hostPages) {
    /** KVM's first posting: "all combinations of host and guest but an x86_64 guest on an i386 host". */
    void require(String image) {
        boolean wide = GuestCatalogue.find(image)
                .filter(guest -> guest.mode() == GuestMode.LONG_4_LEVEL)
                .isPresent();
        if (wide && !kernel.is64Bit()) {
            throw new UserError("--host " + kernel.word + ": " + image
                    + " is an x86_64 guest, which an i386 host cannot run; take a 32-bit one such as mini32");
        }
    }

    /** The host for a guest that is told of {@code guest}. */
    HostConfiguration host(CpuProfile guest) {
        HostConfiguration host = (hostCpu.isPresent()
                        ? new HostConfiguration(hostCpu.get())
                        : HostConfiguration.of(virt.orElseGet(() -> Virt.of(guest)), guest))
                .withKernel(kernel)
                .withProcessors(hostCpus)
                .withPages(hostPages);
        if (virt.isPresent() && virt.get() != host.virt()) {
            throw new UserError(String.format(
                    "--virt %s: the processor of --host-cpu %s has %s",
                    Words.word(virt.get()), host.processor().name(), Words.word(host.virt())));
        }
        return host;
    }
}
