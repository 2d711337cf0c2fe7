package org.thirdmode.vmx.entry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** For each check: a random structure that violates exactly this one fails exactly so. */
class ChecksOneByOne {
    private static final int TRIES = 60;
    private static final Map<String, Violations.Case> CASES = Violations.byCheck();

    /** Checks that only a machine in which another fails as well can violate, or that look at what is no structure. */
    private static final Set<String> NOT_ALONE = Set.of(
            // They are about the mode of the host: ChecksRelatedToAddressSpaceSize.
            "host-ss-null",
            "mode-outside-ia32e",
            "mode-inside-ia32e",
            "host-32-guest",
            "host-32-pcide",
            "host-32-rip",
            // Entry to SMM is refused before.
            "activity-smm");

    /** Two fields would have to change: the one that is told says which checks then fail. */
    private static final Set<String> NO_SINGLE_CHANGE = Set.of("guest-ss-dpl", "guest-rflags-vm");

    @Test
    void everyCheckHasItsViolation() {
        Set<String> missing = new TreeSet<>();
        for (EntryCheck check : EntryChecks.ALL) {
            if (!CASES.containsKey(check.id())
                    && !NOT_ALONE.contains(check.id())
                    && check.section() != Section.MSR_LOADING) {
                missing.add(check.id());
            }
        }
        assertEquals(Set.of(), missing);
        CASES.keySet().forEach(id -> assertTrue(EntryChecks.named(id) != null, id));
    }

    @TestFactory
    List<DynamicTest> aStructureThatViolatesOnlyThisFailsOnlyThis() {
        return CASES.entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
                    for (int seed = 0; seed < TRIES; seed++) {
                        int number = seed;
                        ValidVmcs violating = entry.getValue().make(new Random(seed * 31L + 7));
                        assertEquals(
                                List.of(entry.getKey()),
                                RandomControlStructures.failing(violating.facts()),
                                () -> "seed " + number);
                        reportsAsItsSectionSays(EntryChecks.named(entry.getKey()), violating);
                    }
                }))
                .toList();
    }

    private static void reportsAsItsSectionSays(EntryCheck check, ValidVmcs violating) {
        EntryCheck before = EntryChecks.controlsAndHostState(violating.facts());
        EntryCheck after = EntryChecks.guestState(violating.facts());
        assertEquals(check.section().error != null ? check : null, before);
        assertEquals(check.section().error == null ? check : null, after);
    }

    @TestFactory
    List<DynamicTest> theSmallestChangeSatisfiesIt() {
        return CASES.entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
                    ValidVmcs violating = entry.getValue().make(new Random(5));
                    VmcsDiagnosis diagnosis = VmcsDiagnosis.of(
                            VmcsView.of(violating.vmcs),
                            List.of(violating.capabilities),
                            ValidVmcs.WIDTH,
                            violating.hostInLongMode);
                    for (VmcsDiagnosis.Finding finding : diagnosis.failing()) {
                        VmcsDiagnosis.Change change = finding.change();
                        assertTrue(change != null, finding.check().id());
                        violating.put(change.field(), change.to());
                        assertTrue(finding.check().predicate().holds(violating.facts()), change.words());
                        if (!NO_SINGLE_CHANGE.contains(finding.check().id())) {
                            assertEquals(List.of(), change.breaks(), change.words());
                        }
                    }
                }))
                .toList();
    }
}
