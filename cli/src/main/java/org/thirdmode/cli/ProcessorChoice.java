package org.thirdmode.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.svm.exec.Svm;
import org.thirdmode.vmx.capability.ProfileFile;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.capability.VmxProfile;
import org.thirdmode.vmx.exec.Vmx;
import org.thirdmode.x86.exec.Extension;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;

/**
 * The processor that a user names: a profile, or the file of an imaginary one; with its VMX or SVM.
 *
 * @param profile what it is
 * @param extension makes its VMX or SVM; empty where it has neither
 */
record ProcessorChoice(CpuProfile profile, Optional<Function<Processor, Extension>> extension) {
    private static final int LARGEST_FILE = 1 << 20;

    /** Everything the model implements. */
    static final ProcessorChoice GENERIC = of(CpuProfile.GENERIC);

    private static ProcessorChoice of(CpuProfile profile) {
        if (profile.has(Feature.VMX)) {
            return withVmx(VmxProfile.of(profile));
        }
        if (profile.has(Feature.SVM)) {
            return new ProcessorChoice(profile, Optional.of(Svm::new));
        }
        return new ProcessorChoice(profile, Optional.empty());
    }

    private static ProcessorChoice withVmx(VmxProfile vmx) {
        VmxCapabilities capabilities = vmx.modelled();
        return new ProcessorChoice(vmx.processor(), Optional.of(cpu -> new Vmx(cpu, capabilities)));
    }

    /** The processor of {@code --cpu NAME|FILE}. */
    static ProcessorChoice named(String name) {
        CpuProfile profile = CpuProfile.named().get(name);
        if (profile != null) {
            return of(profile);
        }
        Path file = Path.of(name);
        if (!Files.isRegularFile(file)) {
            throw new UserError("--cpu " + name + ": is unknown; valid are "
                    + String.join(", ", CpuProfile.named().keySet()) + ", or a file that describes a processor");
        }
        String text = new String(
                Input.file(file, "the description of a processor", LARGEST_FILE).bytes(), StandardCharsets.UTF_8);
        try {
            return withVmx(ProfileFile.read(text));
        } catch (IllegalArgumentException e) {
            throw new UserError("--cpu " + name + ": " + e.getMessage());
        }
    }

    /** The VMX or SVM of a processor that was named, not described. */
    static Optional<Function<Processor, Extension>> extensionOf(CpuProfile profile) {
        return profile.equals(CpuProfile.named().get(profile.name())) ? of(profile).extension : Optional.empty();
    }

    /** A machine with this processor. */
    MachineConfiguration in(MachineConfiguration configuration) {
        MachineConfiguration with = configuration.withProfile(profile);
        return extension.map(with::withExtension).orElse(with);
    }
}
