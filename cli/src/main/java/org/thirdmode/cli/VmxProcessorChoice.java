package org.thirdmode.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.thirdmode.vmx.capability.ProfileFile;
import org.thirdmode.vmx.capability.VmxProfile;

/** The processor with VMX that a user names, as the real one is: with what the model does not do. */
final class VmxProcessorChoice {
    private static final int LARGEST_FILE = 1 << 20;

    private VmxProcessorChoice() {}

    /** The processor of {@code --cpu NAME|FILE}. */
    static VmxProfile named(String name) {
        VmxProfile profile = VmxProfile.named().get(name);
        if (profile != null) {
            return profile;
        }
        Path file = Path.of(name);
        if (!Files.isRegularFile(file)) {
            throw new UserError("--cpu " + name + ": is no processor with VMX; valid are " + VmxProfile.names()
                    + ", or a file that describes one");
        }
        String text = new String(
                Input.file(file, "the description of a processor", LARGEST_FILE).bytes(), StandardCharsets.UTF_8);
        try {
            return ProfileFile.read(text);
        } catch (IllegalArgumentException e) {
            throw new UserError("--cpu " + name + ": " + e.getMessage());
        }
    }
}
