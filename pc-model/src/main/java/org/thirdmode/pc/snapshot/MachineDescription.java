package org.thirdmode.pc.snapshot;

import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageKind;
import org.thirdmode.pc.loader.LoadOptions;
import org.thirdmode.pc.memory.MemoryLayout;
import org.thirdmode.x86.exec.Extension;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.snapshot.StateException;
import org.thirdmode.x86.snapshot.StatePort;

/**
 * What a machine was made of, as far as its file has to tell: all of its configuration but the processor's extension, and the
 * image, which a guest that resets boots again.
 */
public record MachineDescription(MachineConfiguration configuration, Optional<Image> image, LoadOptions options) {
    /** Any file that fits into a byte array. */
    private static final int LARGEST_FILE = Integer.MAX_VALUE - 8;

    private static final int MOST_MODULES = 1 << 10;

    /** What a reader starts with: its values are replaced. */
    private static final MachineDescription NONE =
            new MachineDescription(MachineConfiguration.DEFAULT, Optional.empty(), LoadOptions.DEFAULT);

    /** The same with VMX or SVM in the processor. */
    public MachineDescription withExtension(Function<Processor, Extension> made) {
        return new MachineDescription(configuration.withExtension(made), image, options);
    }

    /** Reads what {@link #through} wrote. */
    public static MachineDescription read(StatePort port) {
        return NONE.through(port);
    }

    /** Passes the description through {@code port}; what comes out is this one, or the one that was written. */
    public MachineDescription through(StatePort port) {
        MachineDescription[] out = {this};
        port.part("machine", machine -> out[0] = fields(machine));
        return out[0];
    }

    private MachineDescription fields(StatePort port) {
        long memory = port.number("memory", configuration.memory().size());
        CpuProfile profile = SavedProfile.through(port, "profile", configuration.profile());
        long seed = port.number("seed", configuration.seed());
        long instructionTime = port.number("instruction time", configuration.instructionTime());
        String date = port.text("start date", configuration.startDate().toString());
        Optional<Image> firmware = image(port, "firmware", configuration.firmware());
        boolean network = port.flag("network", configuration.network());
        boolean detailed = port.flag("detailed", configuration.detailed());
        try {
            MachineConfiguration read = new MachineConfiguration(
                    new MemoryLayout(memory),
                    profile,
                    seed,
                    instructionTime,
                    LocalDateTime.parse(date),
                    firmware,
                    network,
                    detailed,
                    port.restoring() ? Optional.empty() : configuration.tlbs(),
                    port.restoring() ? Optional.empty() : configuration.extension());
            return new MachineDescription(read, image(port, "image", image), options(port, options));
        } catch (IllegalArgumentException | java.time.DateTimeException e) {
            throw new StateException(e.getMessage());
        }
    }

    private static Optional<Image> image(StatePort port, String name, Optional<Image> image) {
        byte[] content = port.content(name, image.map(Image::bytes).orElse(null), LARGEST_FILE);
        String file = port.text(name + " name", image.map(Image::name).orElse(""));
        return content == null ? Optional.empty() : Optional.of(new Image(file, content));
    }

    private static LoadOptions options(StatePort port, LoadOptions options) {
        String kind =
                port.text("kind", options.kind() == null ? "" : options.kind().name());
        String commandLine = port.text("command line", options.commandLine());
        long rawAddress = port.number("raw address", options.rawAddress());
        int count = port.within("modules", options.modules().size(), 0, MOST_MODULES);
        List<LoadOptions.Module> modules = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Optional<LoadOptions.Module> module = port.restoring()
                    ? Optional.empty()
                    : Optional.of(options.modules().get(i));
            Optional<Image> file = image(port, "module", module.map(LoadOptions.Module::file));
            String arguments = port.text(
                    "arguments", module.map(LoadOptions.Module::arguments).orElse(""));
            modules.add(new LoadOptions.Module(
                    file.orElseThrow(() -> new StateException("a module is missing")), arguments));
        }
        ImageKind chosen = kind.isEmpty() ? null : ImageKind.valueOf(kind);
        return new LoadOptions(chosen, commandLine, List.copyOf(modules), rawAddress);
    }
}
