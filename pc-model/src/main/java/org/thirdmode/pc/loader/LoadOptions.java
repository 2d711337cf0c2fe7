package org.thirdmode.pc.loader;

import java.util.List;

/**
 * What the user says about loading.
 *
 * @param kind the image's kind, or null to find out from its content
 * @param commandLine the text after the image's name on its command line; empty for none
 * @param modules files handed over with a multiboot image
 * @param rawAddress where a {@link ImageKind#RAW} image goes
 */
public record LoadOptions(ImageKind kind, String commandLine, List<Module> modules, long rawAddress) {
    /** Find the kind out, nothing else. */
    public static final LoadOptions DEFAULT = new LoadOptions(null, "", List.of(), 0);

    /** A multiboot module: a file, and the text after its name on its command line. */
    public record Module(Image file, String arguments) {}

    /** The same with another kind. */
    public LoadOptions withKind(ImageKind other) {
        return new LoadOptions(other, commandLine, modules, rawAddress);
    }

    /** The same with another command line. */
    public LoadOptions withCommandLine(String other) {
        return new LoadOptions(kind, other, modules, rawAddress);
    }

    /** The same with other modules. */
    public LoadOptions withModules(List<Module> others) {
        return new LoadOptions(kind, commandLine, others, rawAddress);
    }

    /** A raw image at {@code address}. */
    public LoadOptions withRawAddress(long address) {
        return new LoadOptions(ImageKind.RAW, commandLine, modules, address);
    }
}
