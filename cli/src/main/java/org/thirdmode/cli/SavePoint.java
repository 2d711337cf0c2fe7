package org.thirdmode.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.thirdmode.x86.snapshot.StateException;

/**
 * When a machine is to be written to a file: {@code --save FILE --at N}.
 *
 * @param instructions of the guest, from its beginning
 */
record SavePoint(Path file, long instructions) {
    /** Writes a machine to a file. */
    @FunctionalInterface
    interface Saving {
        void to(Path file) throws IOException;
    }

    /** Reads a machine from a file. */
    @FunctionalInterface
    interface Restoring<T> {
        T machine() throws IOException;
    }

    /** The machine in {@code file}. */
    static <T> T restored(Path file, Restoring<T> restoring) {
        try {
            return restoring.machine();
        } catch (StateException e) {
            throw new UserError("--restore " + e.getMessage());
        } catch (IOException e) {
            throw new UserError("--restore " + file + ": cannot be read: " + e.getMessage());
        }
    }

    /** A machine that was restored may have come too far. */
    void require(long already) {
        if (already > instructions) {
            throw new UserError("--at " + instructions + ": the machine has come further, to instruction " + already);
        }
    }

    /** Whether a run that ended so has come as far as it was to. */
    boolean reached(Outcome outcome, long now) {
        return outcome instanceof Outcome.BudgetReached && now >= instructions;
    }

    /** Writes the file, which ends the run. */
    Outcome save(Saving saving) {
        try {
            saving.to(file);
            return new Outcome.Saved(file, instructions);
        } catch (StateException e) {
            throw new UserError("--save " + file + ": " + e.getMessage());
        } catch (IOException e) {
            throw new UserError("--save " + file + ": cannot be written: " + e.getMessage());
        }
    }
}
