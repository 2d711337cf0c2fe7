package org.thirdmode.cli;

import java.util.Optional;
import java.util.OptionalInt;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.GuestMode;
import org.thirdmode.kvm.HostConfiguration;
import org.thirdmode.kvm.HostKernel;
import org.thirdmode.kvm.HostPageSize;
import org.thirdmode.lab.Host;
import org.thirdmode.x86.profile.CpuProfile;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** What virtual machines run on: the same for every command that runs one. */
final class HostOptions {
    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--host",
            paramLabel = "x86_64|i386|i386-pae",
            converter = Words.ToHostKernel.class,
            description =
                    "The kernel that runs a virtual machine, in 64-bit mode or in protected mode with or without PAE:"
                            + " shadow and nested tables have its format (default: x86_64).")
    private HostKernel kernel;

    @Option(
            names = "--host-cpu",
            paramLabel = "PROFILE",
            converter = Words.ToHostCpu.class,
            description =
                    "The processor that runs a virtual machine, as in prescott, which has no EPT and runs real mode as"
                            + " virtual-8086 mode (default: the guest's, or one with everything that --virt has).")
    private CpuProfile processor;

    @Option(
            names = "--host-cpus",
            paramLabel = "N",
            description =
                    "How many processors the host has, 1 to 64: where there are several, the scheduler moves the virtual"
                            + " CPU on every 8th time it comes back from user space (default: 1).")
    private Integer processors;

    @Option(
            names = "--host-pages",
            paramLabel = "4k|2m|1g",
            converter = Words.ToHostPages.class,
            description = "The pages in which the host gives a virtual machine memory: nested and unsync map large ones"
                    + " whole (default: 4k).")
    private HostPageSize pages;

    /** Whether one of them was given. */
    boolean given() {
        return kernel != null || processor != null || processors != null || pages != null;
    }

    /** What was asked for. */
    Host host() {
        if (processors != null && (processors < 1 || processors > HostConfiguration.MOST_PROCESSORS)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--host-cpus " + processors + ": expected 1 to " + HostConfiguration.MOST_PROCESSORS);
        }
        return new Host(
                Optional.ofNullable(processor),
                Optional.ofNullable(kernel),
                processors == null ? OptionalInt.empty() : OptionalInt.of(processors),
                Optional.ofNullable(pages));
    }

    /** KVM's first posting: "all combinations of host and guest but an x86_64 guest on an i386 host". */
    static void require(Host host, String image) {
        boolean wide = GuestCatalogue.find(image)
                .filter(guest -> guest.mode() == GuestMode.LONG_4_LEVEL)
                .isPresent();
        if (wide && !host.kernel().orElse(HostKernel.X86_64).is64Bit()) {
            throw new UserError("--host " + host.kernel().get().word + ": " + image
                    + " is an x86_64 guest, which an i386 host cannot run; take a 32-bit one such as mini32");
        }
    }
}
