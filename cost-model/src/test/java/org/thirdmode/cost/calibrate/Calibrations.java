package org.thirdmode.cost.calibrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.thirdmode.cost.Certainty;
import org.thirdmode.cost.Figure;
import org.thirdmode.cost.Profile;
import org.thirdmode.cost.ProfileWriter;
import org.thirdmode.cost.Profiles;
import org.thirdmode.cost.data.DataException;

/** Profiles of real hosts. */
class Calibrations {
    /** The figures of a KVM commit message of 2012. */
    private static final String VMEXIT = """
            enabling apic
            paging enabled
            cpuid 3949
            vmcall 3898
            mov_from_cr8 41
            inl_from_qemu 20574
            inl_from_kernel 7237
            outl_to_kernel 4451
            """;

    private static final String PERF = """
            Analyze events for all VMs, all VCPUs:

                         VM-EXIT    Samples  Samples%     Time%    Min Time    Max Time         Avg time

                  IO_INSTRUCTION      17018    52.49%    47.46%      2.00us    331.00us      6.50us ( +-   0.34% )
                   EPT_VIOLATION        100     0.50%     0.60%      1.00us      9.00us      1.75us ( +-   0.34% )
                           CPUID         84     0.26%     0.03%      0.48us      1.18us      0.50us ( +-   1.86% )

            Total Samples:32424, Total events handled time:283529.00us.
            """;

    private static final String TRACE = """
            version = 6
            CPU 1/KVM-4521 [003] 1111.000001000: kvm_exit: reason CPUID rip 0xffffffff8104f9c6 info 0 0
            CPU 1/KVM-4521 [003] 1111.000001500: kvm_entry: vcpu 0
            CPU 1/KVM-4521 [003] 1111.000002000: kvm_exit: vcpu 0 reason EPT_VIOLATION rip 0x1 info1 0x0
            CPU 1/KVM-4521 [003] 1111.000004000: kvm_entry: vcpu 0, rip 0x1
            CPU 1/KVM-4521 [003] 1111.000005000: kvm_exit: reason HLT rip 0xffffffff8104f9c6 info 0 0
            """;

    @TempDir
    private Path folder;

    private Path file(String text) throws Exception {
        Path file = folder.resolve("told.txt");
        Files.writeString(file, text);
        return file;
    }

    private Profile of(String text, OptionalDouble gigahertz) throws Exception {
        return Calibration.of(file(text), Profiles.find("haswell"), "mine", gigahertz);
    }

    private String mistake(String text, OptionalDouble gigahertz) {
        String message =
                assertThrows(DataException.class, () -> of(text, gigahertz)).getMessage();
        assertEquals(1, message.lines().count());
        return message.substring(folder.toString().length() + 1);
    }

    private static long cycles(Profile profile, Figure figure) {
        return profile.quote(figure).value().longValueExact();
    }

    @Test
    void theVmexitTestGivesWhatAnExitTakesAndTheWayOut() throws Exception {
        Profile mine = of(VMEXIT, OptionalDouble.empty());
        assertEquals(3898, cycles(mine, Figure.ROUND_TRIP) + cycles(mine, Figure.DISPATCH));
        assertEquals(20574 - 7237, cycles(mine, Figure.USER_SPACE));
        assertEquals(7237 - 3898, cycles(mine, Figure.EMULATION));
        assertEquals(Certainty.MEASURED, mine.quote(Figure.USER_SPACE).certainty());
        assertEquals(Certainty.ASSUMED, mine.quote(Figure.INSTRUCTION).certainty());
    }

    @Test
    void aReportOfPerfGivesTheHypervisorsPart() throws Exception {
        Profile mine = of(PERF, OptionalDouble.of(2));
        assertEquals(1000, cycles(mine, Figure.DISPATCH));
        assertEquals(2500, cycles(mine, Figure.MMU_FAULT));
        assertEquals(12000, cycles(mine, Figure.USER_SPACE));
        assertEquals(700, cycles(mine, Figure.ROUND_TRIP));
    }

    @Test
    void eventsOfTraceCmdArePairedFromExitToEntry() throws Exception {
        Profile mine = of(TRACE, OptionalDouble.of(2));
        assertEquals(1000, cycles(mine, Figure.DISPATCH));
        assertEquals(3000, cycles(mine, Figure.MMU_FAULT));
    }

    @Test
    void theProfileIsReadAsItWasWritten() throws Exception {
        Profile mine = of(VMEXIT, OptionalDouble.of(2.5));
        Path written = folder.resolve("mine.yaml");
        Files.writeString(written, ProfileWriter.text(mine));
        assertEquals(mine, Profiles.find(written.toString()));
    }

    @Test
    void everyBundledProfileIsReadAsItIsWritten() throws Exception {
        for (Profile profile : Profiles.all().values()) {
            Path written = folder.resolve("p.yaml");
            Files.writeString(written, ProfileWriter.text(profile));
            assertEquals(profile, Profiles.find(written.toString()));
        }
    }

    @Test
    void anotherFileIsRefused() {
        assertEquals(
                "told.txt: is neither the output of kvm-unit-tests' vmexit, nor a report of perf kvm stat, nor kvm's events"
                        + " by trace-cmd",
                mistake("Hello.\n", OptionalDouble.empty()));
    }

    @Test
    void microsecondsNeedAFrequency() {
        assertEquals(
                "told.txt: its times are microseconds; say by --ghz how many cycles one has",
                mistake(PERF, OptionalDouble.empty()));
    }

    @Test
    void aDifferenceThatIsNoneIsTold() {
        assertEquals(
                "told.txt: inl_from_kernel takes less than vmcall (100 and 3898 cycles), so emulation cannot be their"
                        + " difference",
                mistake("vmcall 3898\ninl_from_kernel 100\n", OptionalDouble.empty()));
    }

    @Test
    void whatIsOfNoUseIsTold() {
        assertTrue(
                mistake("outl_to_kernel 4451\n", OptionalDouble.empty()).contains("none of what it tells is a figure"));
    }
}
