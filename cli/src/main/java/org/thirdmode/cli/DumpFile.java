package org.thirdmode.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Function;
import org.thirdmode.x86.dump.DumpError;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** What {@code vmcs check} and {@code vmcb check} have in common: a file to read and a report to print. */
final class DumpFile {
    private static final int LARGEST = 1 << 26;
    private static final int FAILS = 1;

    @Parameters(paramLabel = "FILE", description = "Lines FIELD = value, or a log.")
    Path file;

    @Option(
            names = "--address-width",
            paramLabel = "BITS",
            defaultValue = "52",
            converter = AddressWidth.class,
            description = "The processor's physical-address width, 32 to 52 (default: ${DEFAULT-VALUE}).")
    int addressWidth;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    static final class AddressWidth implements ITypeConverter<Integer> {
        private static final int WIDEST = 52;

        @Override
        public Integer convert(String text) {
            try {
                int width = Integer.parseInt(text);
                if (width >= 32 && width <= WIDEST) {
                    return width;
                }
            } catch (NumberFormatException e) {
                // Told below, with every other value that is no width.
            }
            throw new TypeConversionException("'" + text + "' is not a width; valid are 32 to " + WIDEST);
        }
    }

    /** Reads the file by {@code reader}, which tells what is wrong with it by the message of an exception. */
    <D> D read(Function<String, D> reader) {
        String text = new String(
                Input.file(file, "a control structure in a file", LARGEST).bytes(), StandardCharsets.UTF_8);
        try {
            return reader.apply(text);
        } catch (DumpError e) {
            throw new UserError(file + ": " + e.getMessage());
        }
    }

    /** Prints the report and returns the exit status. */
    int print(PrintWriter out, DiagnosisReport report) {
        if (json) {
            JsonText.print(out, report.asJson());
        } else {
            report.print(out);
        }
        return report.failing().isEmpty() ? ExitStatus.OK : FAILS;
    }
}
