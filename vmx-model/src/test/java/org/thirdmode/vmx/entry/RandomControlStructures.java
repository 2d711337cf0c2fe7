package org.thirdmode.vmx.entry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.capability.VmxProfile;
import org.thirdmode.vmx.vmcs.VmcsField;

class RandomControlStructures {
    private static final List<VmxCapabilities> PROCESSORS = processors();

    private static List<VmxCapabilities> processors() {
        List<VmxCapabilities> all = new ArrayList<>();
        VmxProfile.named().values().forEach(profile -> {
            all.add(profile.modelled());
            all.add(profile.capabilities());
        });
        VmxProfile.manual(true).forEach(profile -> all.add(profile.capabilities()));
        return all;
    }

    static ValidVmcs any(long seed) {
        Random random = new Random(seed);
        VmxCapabilities processor = PROCESSORS.get(random.nextInt(PROCESSORS.size()));
        List<ValidVmcs.Shape> shapes = ValidVmcs.shapes(processor);
        return new ValidVmcs(random, processor, shapes.get(random.nextInt(shapes.size())));
    }

    static List<String> failing(Facts facts) {
        return EntryChecks.ALL.stream()
                .filter(check -> check.section() != Section.MSR_LOADING)
                .filter(check -> !check.predicate().holds(facts))
                .map(EntryCheck::id)
                .toList();
    }

    @Property(tries = 2000)
    void ofAValidOneNoCheckFails(@ForAll long seed) {
        ValidVmcs valid = any(seed);
        assertEquals(
                List.of(), failing(valid.facts()), () -> valid.shape + " on " + valid.capabilities.processor.name());
        assertNull(EntryChecks.controlsAndHostState(valid.facts()));
        assertNull(EntryChecks.guestState(valid.facts()));
    }

    @Property(tries = 3000)
    void theFastPathOfAProcessorFindsTheFirstRowThatFails(@ForAll long seed) {
        Random random = new Random(seed);
        ValidVmcs damaged = any(seed);
        List<VmcsField> fields = VmcsField.all();
        for (int n = random.nextInt(3); n >= 0; n--) {
            VmcsField field = fields.get(random.nextInt(fields.size()));
            damaged.put(field, damaged.get(field) ^ (1L << random.nextInt(64)));
        }
        Facts facts = damaged.facts();
        List<EntryCheck> failing = EntryChecks.ALL.stream()
                .filter(check -> check.section() != Section.MSR_LOADING)
                .filter(check -> !check.predicate().holds(facts))
                .toList();
        EntryCheck before = failing.stream()
                .filter(check -> check.section().error != null)
                .findFirst()
                .orElse(null);
        EntryCheck after = failing.stream()
                .filter(check -> check.section().error == null)
                .findFirst()
                .orElse(null);
        assertEquals(before, EntryChecks.controlsAndHostState(facts));
        assertEquals(after, EntryChecks.guestState(facts));
    }

    @Property(tries = 300)
    void randomBytesEndInAReportAndNeverInAnException(@ForAll long seed) {
        Random random = new Random(seed);
        ValidVmcs damaged = any(seed);
        for (VmcsField field : VmcsField.all()) {
            damaged.put(field, random.nextLong());
        }
        Facts facts = damaged.facts();
        EntryCheck first = EntryChecks.controlsAndHostState(facts);
        assertTrue(first != null && first.section().error != null);
        EntryChecks.guestState(facts);
    }

    @Property(tries = 50)
    void aCheckReadsNoFieldThatItsRowDoesNotName(@ForAll long seed) {
        ValidVmcs valid = any(seed);
        for (EntryCheck check : EntryChecks.ALL) {
            VmcsView view = VmcsView.of(valid.vmcs);
            for (VmcsField field : VmcsField.all()) {
                if (!check.reads(field)) {
                    view.forget(field);
                }
            }
            Facts facts = new Facts(valid.capabilities, ValidVmcs.WIDTH).look(view, valid.hostInLongMode);
            check.predicate().holds(facts);
            facts.unknown()
                    .forEach(what -> assertTrue(
                            VmcsField.all().stream()
                                    .noneMatch(field -> field.name().equals(what)),
                            () -> check.id() + " reads " + what));
        }
    }
}
