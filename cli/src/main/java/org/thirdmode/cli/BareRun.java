package org.thirdmode.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.thirdmode.cost.Profile;
import org.thirdmode.pc.disk.DiskFile;

/**
 * What to run on the bare machine.
 *
 * @param image the path of an image, or the name of a bundled kernel; empty where a ROM or the disk alone boots
 * @param raw where an image without any header is put and started; empty to find its kind out from its content
 * @param memory bytes of RAM
 * @param append the kernel's command line, empty for none
 * @param bios a ROM to reset into
 * @param cpu the name of a processor profile; empty for the machine's own default
 * @param maxInstructions the budget of retired instructions
 * @param trace the file that gets each instruction, or each event of a virtual machine
 * @param debugConsole the file that gets what the guest writes to the debug console
 * @param seed where all randomness of the guest comes from
 * @param instructionTime ticks that an instruction takes
 * @param network whether there is a network card
 * @param modules multiboot modules: path, optionally a space and a command line
 * @param disks the disks of the machine; of one to restore, in the place of its own
 * @param restore the file of a machine to go on with
 * @param save when the machine is to be written to a file, which ends the run
 * @param caches whose cache hierarchy is modelled
 * @param operator who types, and watches
 * @param flips bits of memory that change by themselves
 * @param noReboot whether a reset that the guest asks for is its end
 */
record BareRun(
        Optional<String> image,
        OptionalLong raw,
        long memory,
        String append,
        Optional<Path> bios,
        Optional<String> cpu,
        Fidelity fidelity,
        OptionalLong maxInstructions,
        Optional<TraceFile.Choice> trace,
        Optional<Path> debugConsole,
        long seed,
        long instructionTime,
        boolean network,
        List<String> modules,
        List<DiskFile> disks,
        Optional<Path> restore,
        Optional<SavePoint> save,
        Optional<Profile> caches,
        OperatorChoice operator,
        List<Flip> flips,
        boolean noReboot) {
    BareRun {
        modules = List.copyOf(modules);
        disks = List.copyOf(disks);
        flips = List.copyOf(flips);
    }

    /** The same, of the machine in a file, or to one; with modelled caches, with somebody at it, with a memory that errs. */
    BareRun with(
            Optional<Path> restoredFrom,
            Optional<SavePoint> savedTo,
            Optional<Profile> ofCaches,
            OperatorChoice who,
            List<Flip> flipped,
            boolean endsAtReset) {
        return new BareRun(
                image,
                raw,
                memory,
                append,
                bios,
                cpu,
                fidelity,
                maxInstructions,
                trace,
                debugConsole,
                seed,
                instructionTime,
                network,
                modules,
                disks,
                restoredFrom,
                savedTo,
                ofCaches,
                who,
                flipped,
                endsAtReset);
    }
}
