package org.thirdmode.lab;

import java.util.Optional;
import java.util.OptionalInt;
import org.thirdmode.kvm.HostConfiguration;
import org.thirdmode.kvm.HostKernel;
import org.thirdmode.kvm.HostPageSize;
import org.thirdmode.kvm.Virt;
import org.thirdmode.x86.profile.CpuProfile;

/**
 * What is asked of the host of a virtual machine; what is left out is as it is usual.
 *
 * @param processor by default the guest's, or one with everything where that has no such extension
 * @param kernel by default a 64-bit one
 * @param processors how many, by default one
 * @param pages in which it gives memory, by default 4 KBytes
 */
public record Host(
        Optional<CpuProfile> processor,
        Optional<HostKernel> kernel,
        OptionalInt processors,
        Optional<HostPageSize> pages) {
    /** The usual one. */
    public static final Host USUAL =
            new Host(Optional.empty(), Optional.empty(), OptionalInt.empty(), Optional.empty());

    /** The host with {@code virt} for a guest that is told of {@code guest}. */
    public HostConfiguration of(Virt virt, CpuProfile guest) {
        return in(HostConfiguration.of(virt, guest));
    }

    /** {@code usual}, but for what is asked. */
    public HostConfiguration in(HostConfiguration usual) {
        return new HostConfiguration(
                processor.orElse(usual.processor()),
                kernel.orElse(usual.kernel()),
                processors.orElse(usual.processors()),
                pages.orElse(usual.pages()));
    }

    /**
     * What a guest is told of its processor, where it would be told of {@code usual} else: by all of its hosts the same, and it
     * is no host itself.
     */
    public CpuProfile tells(CpuProfile usual) {
        CpuProfile told = processor.orElse(usual);
        return of(processor.map(Virt::of).orElse(Virt.VMX), told).told(told).withoutVirtualization();
    }
}
