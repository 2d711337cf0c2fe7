package org.thirdmode.kvm;

import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;

/** The extension by which a host's processor runs guests. */
public enum Virt {
    /** Intel's. */
    VMX(Feature.VMX, CpuProfile.GENERIC),
    /** AMD's. */
    SVM(Feature.SVM, CpuProfile.GENERIC_AMD);

    private final Feature feature;
    private final CpuProfile generic;

    Virt(Feature feature, CpuProfile generic) {
        this.feature = feature;
        this.generic = generic;
    }

    /**
     * The extension that a processor has.
     *
     * @throws IllegalArgumentException where it has none
     */
    public static Virt of(CpuProfile processor) {
        for (Virt virt : values()) {
            if (processor.has(virt.feature)) {
                return virt;
            }
        }
        throw new IllegalArgumentException("processor " + processor.name() + " has neither VMX nor SVM");
    }

    /** The processor of this extension that has everything: what a guest is told of its own is another matter. */
    public CpuProfile generic() {
        return generic;
    }

    /** The host's processor for a guest that is told of {@code processor}: the same where it has this extension. */
    public CpuProfile hostFor(CpuProfile processor) {
        return processor.has(feature) ? processor : generic;
    }
}
