package org.thirdmode.cli;

import java.util.Optional;
import org.thirdmode.kvm.HostPageSize;
import org.thirdmode.kvm.Irqchip;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;

/**
 * How a virtual machine is to be run.
 *
 * @param virt the extension of the host; empty for the one that the guest's processor has
 * @param mmu empty for {@code nested}, or that of a saved machine
 * @param irqchip where the interrupt controllers are; empty for user space, or where a saved machine had them
 * @param hostPages the pages in which the host gives it memory
 */
record HypervisorOptions(
        Optional<Virt> virt, Optional<MmuKind> mmu, Optional<Irqchip> irqchip, HostPageSize hostPages) {}
