package org.thirdmode.vmx.entry;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.vmx.vmcs.VmcsLayout;

/** What held at an entry is not asked again: nobody may notice. */
class VmEntriesOneAfterTheOther {
    private static final Map<String, Violations.Case> CASES = Violations.byCheck();
    private static final List<VmcsField> FIELDS = VmcsField.all();

    /** Of memory that the checks look at beside the VMCS: the virtual-APIC page, the PDPTEs, the shadow VMCS. */
    private static final long OTHER_MEMORY = 0x2000;

    private static final int OTHER_MEMORY_SIZE = 0x3000;

    @Property(tries = 300)
    void eachIsCheckedAsIfItWereTheFirst(@ForAll long seed) {
        Random random = new Random(seed);
        ValidVmcs structure = RandomControlStructures.any(seed);
        Facts facts = new Facts(structure.capabilities, structure.memory);
        RepeatedChecks repeated = new RepeatedChecks();
        VmcsView valid = VmcsView.of(structure.vmcs);
        for (int entry = 0; entry < 60; entry++) {
            boolean longMode = structure.hostInLongMode ^ (random.nextInt(8) == 0);
            enterAsIfFirst(structure, facts, repeated, longMode);
            change(structure, valid, random);
        }
    }

    private static void enterAsIfFirst(ValidVmcs structure, Facts facts, RepeatedChecks repeated, boolean longMode) {
        facts.look(structure.vmcs, longMode);
        EntryCheck before = EntryChecks.controlsAndHostState(facts);
        assertEquals(before, repeated.controlsAndHostState(facts));
        if (before == null) {
            assertEquals(EntryChecks.guestState(facts), repeated.guestState(facts));
        }
    }

    private static void change(ValidVmcs structure, VmcsView valid, Random random) {
        switch (random.nextInt(4)) {
            case 0 -> {
                VmcsField field = FIELDS.get(random.nextInt(FIELDS.size()));
                structure.put(field, structure.get(field) ^ (1L << random.nextInt(64)));
            }
            case 1 -> {
                long at = OTHER_MEMORY + random.nextInt(OTHER_MEMORY_SIZE / 8) * 8L;
                structure.memory.write(at, 8, random.nextInt());
            }
            // As it was.
            default -> FIELDS.forEach(field -> structure.put(field, valid.get(field)));
        }
    }

    @Test
    void aViolationThatComesAfterASuccessIsFoundAndItsRepairToo() {
        CASES.forEach((id, violation) -> {
            for (int seed = 0; seed < 5; seed++) {
                ValidVmcs structure =
                        new ValidVmcs(new Random(seed), violation.processor(), violation.shape(), violation.on());
                Facts facts = new Facts(structure.capabilities, structure.memory);
                RepeatedChecks repeated = new RepeatedChecks();
                VmcsView valid = VmcsView.of(structure.vmcs);
                enterAsIfFirst(structure, facts, repeated, structure.hostInLongMode);
                violation.damage().accept(structure, new Random(seed));
                enterAsIfFirst(structure, facts, repeated, structure.hostInLongMode);
                FIELDS.forEach(field -> structure.put(field, valid.get(field)));
                enterAsIfFirst(structure, facts, repeated, structure.hostInLongMode);
            }
        });
    }

    @Test
    void anotherRegionWithOtherContentsIsAnotherStructure() {
        ValidVmcs structure = new ValidVmcs(
                new Random(1),
                CASES.get("vpid").processor(),
                ValidVmcs.Shape.LONG,
                CASES.get("vpid").on());
        Facts facts = new Facts(structure.capabilities, structure.memory);
        RepeatedChecks repeated = new RepeatedChecks();
        enterAsIfFirst(structure, facts, repeated, structure.hostInLongMode);
        Vmcs other = new Vmcs(structure.memory).region(0x8000);
        FIELDS.forEach(field -> other.write(field, structure.get(field)));
        other.write(VmcsField.VPID, 0);
        facts.look(other, structure.hostInLongMode);
        assertEquals("vpid", repeated.controlsAndHostState(facts).id());
    }

    @Test
    void theFieldsThatExitsWriteLieOutsideWhatIsCompared() {
        for (VmcsField field : FIELDS) {
            if (field.kind == VmcsField.Kind.EXIT_INFORMATION) {
                assertEquals(true, field.offset + 8 <= VmcsLayout.GUEST, field.name());
            }
        }
    }
}
