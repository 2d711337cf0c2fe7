package org.thirdmode.cli;

import java.util.Comparator;
import java.util.List;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.thirdmode.pc.Board;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A bit of the guest's RAM that changes by itself, as in a memory with errors: {@code --flip ADDRESS:BIT@N}.
 *
 * @param address guest-physical
 * @param bit of the byte there, 0 to 7
 * @param at after how many instructions of the guest
 */
record Flip(long address, int bit, long at) {
    /** Reads {@code ADDRESS:BIT@N}. */
    static final class Converter implements ITypeConverter<Flip> {
        private static final Pattern FORM = Pattern.compile("(0x[0-9a-fA-F]+|[0-9]+):([0-7])@(.+)");

        @Override
        public Flip convert(String text) {
            Matcher form = FORM.matcher(text);
            if (!form.matches()) {
                throw new TypeConversionException(
                        "'" + text + "' is no ADDRESS:BIT@N, as in 0x200000:3@100M; BIT is 0 to 7");
            }
            return new Flip(
                    new Number64().convert(form.group(1)),
                    Integer.parseInt(form.group(2)),
                    new Count().convert(form.group(3)));
        }
    }

    /**
     * Runs, and flips bits on the way.
     *
     * @param run runs up to an instruction
     * @param end where to end
     */
    static Outcome during(
            List<Flip> flips, Board board, LongSupplier instructions, LongFunction<Outcome> run, long end) {
        for (Flip flip :
                flips.stream().sorted(Comparator.comparingLong(Flip::at)).toList()) {
            if (flip.at >= end) {
                break;
            }
            Outcome outcome = run.apply(flip.at);
            if (!(outcome instanceof Outcome.BudgetReached) || instructions.getAsLong() < flip.at) {
                return outcome;
            }
            flip.in(board);
        }
        return run.apply(end);
    }

    private void in(Board board) {
        byte[] value = new byte[1];
        if (address >= 0 && board.busMasters().read(address, value, 0, 1)) {
            value[0] ^= (byte) (1 << bit);
            if (board.busMasters().write(address, value, 0, 1)) {
                return;
            }
        }
        throw new UserError(String.format("--flip 0x%x:%d@%d: there is no RAM", address, bit, at));
    }
}
