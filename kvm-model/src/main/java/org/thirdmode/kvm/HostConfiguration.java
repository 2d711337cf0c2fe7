package org.thirdmode.kvm;

import com.google.common.collect.Sets;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.thirdmode.svm.SvmFeature;
import org.thirdmode.svm.SvmProfile;
import org.thirdmode.vmx.capability.Capability;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;

/**
 * What a host is made of.
 *
 * @param processor its processor, which has VMX or SVM
 * @param kernel what runs on it
 * @param processors how many of them it has
 * @param pages in which it gives virtual machines memory, as far as their memory has whole ones
 */
public record HostConfiguration(CpuProfile processor, HostKernel kernel, int processors, HostPageSize pages) {
    /** More processors than a virtual CPU can wander between in any reasonable run. */
    public static final int MOST_PROCESSORS = 64;

    private static final int NAMED = 5;

    /** What a processor has in long mode only. */
    private static final Set<Feature> LONG_MODE = EnumSet.of(Feature.LM, Feature.LA57, Feature.PCID);

    /** @throws IllegalArgumentException where the processor has neither VMX nor SVM, or there are too many */
    public HostConfiguration {
        Virt.of(processor);
        if (processors < 1 || processors > MOST_PROCESSORS) {
            throw new IllegalArgumentException(processors + " host processors: expected 1 to " + MOST_PROCESSORS);
        }
    }

    /** A 64-bit host with one processor. */
    public HostConfiguration(CpuProfile processor) {
        this(processor, HostKernel.X86_64, 1, HostPageSize.SMALL);
    }

    /** A host for a guest that is told of {@code guest}: with that processor where it has the extension, else with everything. */
    public static HostConfiguration of(Virt virt, CpuProfile guest) {
        return new HostConfiguration(virt.hostFor(guest));
    }

    public HostConfiguration withProcessor(CpuProfile other) {
        return new HostConfiguration(other, kernel, processors, pages);
    }

    public HostConfiguration withKernel(HostKernel other) {
        return new HostConfiguration(processor, other, processors, pages);
    }

    public HostConfiguration withProcessors(int count) {
        return new HostConfiguration(processor, kernel, count, pages);
    }

    public HostConfiguration withPages(HostPageSize size) {
        return new HostConfiguration(processor, kernel, processors, size);
    }

    /** The extension that its processor has. */
    public Virt virt() {
        return Virt.of(processor);
    }

    /** Whether its processor translates guest-physical addresses: EPT, nested paging. */
    public boolean hasSecondDimension() {
        return switch (virt()) {
            case VMX -> VmxCapabilities.of(processor).has(SecondaryProcessorBased.ENABLE_EPT);
            case SVM -> SvmProfile.of(processor.name()).has(SvmFeature.NP);
        };
    }

    /** Whether its processor, with what nobody has built added, can have agile paging, and its kernel has room in CR3 for the marks. */
    public boolean canHaveAgilePaging() {
        if (virt() != Virt.VMX || !kernel.is64Bit()) {
            return false;
        }
        VmxCapabilities vmx = VmxCapabilities.of(processor);
        return vmx.has(Capability.EPT_ACCESSED_AND_DIRTY)
                && vmx.has(SecondaryProcessorBased.UNRESTRICTED_GUEST)
                && vmx.has(SecondaryProcessorBased.ENABLE_VPID);
    }

    /** What a guest is told where it asks for {@code wanted}: on a 32-bit host there is no long mode. KVM: {@code F(LM)}. */
    public CpuProfile told(CpuProfile wanted) {
        return kernel.is64Bit() ? wanted : wanted.withFeatures(Sets.difference(wanted.features(), LONG_MODE));
    }

    /**
     * Checks that it can run a guest.
     *
     * @param guest the processor that the guest is told of
     * @param memory the guest's, in bytes
     * @throws IllegalArgumentException where not, with what it lacks
     */
    public void require(CpuProfile guest, long memory) {
        require(guest);
        if (memory > kernel.mostMemory()) {
            throw new IllegalArgumentException(String.format(
                    "an %s host gives a guest at most %d MiB of memory, not %d",
                    kernel.word, kernel.mostMemory() >>> 20, memory >>> 20));
        }
    }

    /** Checks that its processor executes whatever a guest expects of {@code guest}. */
    void require(CpuProfile guest) {
        Set<Feature> lacks = Sets.difference(guest.withoutVirtualization().features(), processor.features());
        if (!lacks.isEmpty()) {
            String named = lacks.stream().map(Enum::name).limit(NAMED).collect(Collectors.joining(", "));
            int more = lacks.size() - NAMED;
            throw new IllegalArgumentException(String.format(
                    "a guest that is told of processor %s needs more than the host's %s has: %s; tell it of %s",
                    guest.name(),
                    processor.name(),
                    more > 0 ? named + " and " + more + " more" : named,
                    processor.name()));
        }
    }
}
