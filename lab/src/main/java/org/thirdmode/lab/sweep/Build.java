package org.thirdmode.lab.sweep;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.thirdmode.cost.Quantity;
import org.thirdmode.guests.GuestImage;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.npt.spec.EptWalk;
import org.thirdmode.pc.Machine;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.svm.exec.Svm;
import org.thirdmode.vmx.exec.Vmx;
import org.thirdmode.x86.exec.Processor;

/** Which build of the model this is: what it counts is kept only as long as it would count the same. */
public final class Build {
    /** A class of each module that counts depend on. */
    private static final List<Class<?>> MODULES = List.of(
            Processor.class,
            EptWalk.class,
            Vmx.class,
            Svm.class,
            GuestMmu.class,
            Machine.class,
            VirtualMachine.class,
            GuestImage.class,
            Quantity.class,
            Build.class);

    private Build() {}

    /** A hash of everything that the modules consist of. */
    public static String fingerprint() throws IOException {
        Hasher hasher = Hashing.sha256().newHasher();
        for (Class<?> module : MODULES) {
            Path place = Path.of(URI.create(
                    module.getProtectionDomain().getCodeSource().getLocation().toString()));
            try (Stream<Path> files = Files.walk(place)) {
                for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                    hasher.putBytes(Files.readAllBytes(file));
                }
            }
        }
        return hasher.hash().toString();
    }
}
