package org.thirdmode.kvm;

import com.google.common.collect.Sets;
import java.util.Set;
import java.util.stream.Collectors;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;

/**
 * What a host is made of.
 *
 * @param processor its processor, which has VMX or SVM
 * @param pages in which it gives virtual machines memory, as far as their memory has whole ones
 */
public record HostConfiguration(CpuProfile processor, HostPageSize pages) {
    /** @throws IllegalArgumentException where the processor has neither VMX nor SVM */
    public HostConfiguration {
        Virt.of(processor);
    }

    /** A host for a guest that is told of {@code guest}: with that processor where it has the extension, else with everything. */
    public static HostConfiguration of(Virt virt, CpuProfile guest) {
        return new HostConfiguration(virt.hostFor(guest), HostPageSize.SMALL);
    }

    public HostConfiguration withPages(HostPageSize size) {
        return new HostConfiguration(processor, size);
    }

    /** The extension that its processor has. */
    public Virt virt() {
        return Virt.of(processor);
    }

    /**
     * Checks that its processor executes whatever a guest expects of {@code guest}.
     *
     * @throws IllegalArgumentException where not, with what it lacks
     */
    void require(CpuProfile guest) {
        Set<Feature> lacks = Sets.difference(guest.withoutVirtualization().features(), processor.features());
        if (!lacks.isEmpty()) {
            throw new IllegalArgumentException(String.format(
                    "a guest that is told of processor %s needs more than the host's %s has: %s; tell it of %s",
                    guest.name(),
                    processor.name(),
                    lacks.stream().map(Enum::name).limit(5).collect(Collectors.joining(", "))
                            + (lacks.size() > 5 ? " and " + (lacks.size() - 5) + " more" : ""),
                    processor.name()));
        }
    }
}
