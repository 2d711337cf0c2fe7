package org.thirdmode.cli;

import org.thirdmode.pc.MachineConfiguration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How long an instruction of the guest takes, in nanoseconds of its time: {@code --instruction-time 100}. */
final class InstructionTime implements ITypeConverter<Long> {
    static final String DESCRIPTION =
            "Nanoseconds of the guest's time that an instruction takes, as its time-stamp counter and"
                    + " its timers see it: what waits for a time ends after fewer instructions (default: ${DEFAULT-VALUE}).";

    @Override
    public Long convert(String text) {
        try {
            long value = Long.parseLong(text.replace("_", ""));
            if (value >= 1 && value <= MachineConfiguration.LONGEST_INSTRUCTION) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Told below, with every other value that is none.
        }
        throw new TypeConversionException(
                "'" + text + "' is no number of nanoseconds that an instruction may take: 1 to "
                        + MachineConfiguration.LONGEST_INSTRUCTION);
    }
}
