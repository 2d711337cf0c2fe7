package org.thirdmode.vmx.capability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.x86.profile.Feature;

class ImaginaryProcessors {
    @Test
    void featuresAreAddedAndRemovedByTheManualsWordsOrByConstant() {
        VmxProfile made = ProfileFile.read("""
                {"name": "mine", "base": "haswell", "add": ["ENABLE_PML", "RDSEED"],
                 "remove": ["enable VPID", "INVVPID", "INVVPID_INDIVIDUAL_ADDRESS", "single-context INVVPID",
                            "INVVPID_ALL_CONTEXTS", "INVVPID_RETAINING_GLOBALS"]}
                """);
        VmxCapabilities capabilities = made.modelled();
        assertEquals("mine", made.processor().name());
        assertTrue(capabilities.has(SecondaryProcessorBased.ENABLE_PML));
        assertFalse(capabilities.has(SecondaryProcessorBased.ENABLE_VPID));
        assertTrue(made.processor().has(Feature.RDSEED));
    }

    @Test
    void anImpossibleCombinationNamesTheTwoFacts() {
        tells(
                "there is no such processor: it has \"Unrestricted guest\" and lacks \"Enable EPT\", without which that"
                        + " cannot be",
                "{'name': 'x', 'base': 'prescott', 'add': ['Activate secondary controls in vain']}",
                "{'name': 'x', 'base': 'prescott', 'add': ['EXECUTION_ACTIVATE_SECONDARY_CONTROLS', 'unrestricted guest']}");
        tells(
                "there is no such processor: it has \"RDSEED exiting\" and lacks the CPUID feature RDSEED, without which"
                        + " that cannot be",
                null,
                "{'name': 'x', 'base': 'haswell', 'add': ['RDSEED exiting']}");
    }

    @Test
    void aMistakeIsOneLineThatSaysWhatWasExpected() {
        tells(
                "\"base\": \"pentium\" is not a processor with VMX; valid are generic, prescott",
                null,
                "{'base': 'pentium'}");
        tells("\"Load IA32_PAT\" is no feature", null, "{'name': 'x', 'base': 'haswell', 'add': ['Load IA32_PAT']}");
        tells("unknown key \"removes\"; valid are add, base, name, remove", null, "{'removes': []}");
        tells("line 2: not JSON", null, "{\n'base': ,}");
        tells("expected an object", null, "[]");
        tells("\"name\" is missing", null, "{'base': 'haswell'}");
        tells("\"add\": expected a list", null, "{'name': 'x', 'base': 'haswell', 'add': 'VPID'}");
        tells("is added, but there already", null, "{'name': 'x', 'base': 'haswell', 'add': ['enable EPT']}");
        tells(
                "\"enable pml\" is added and removed",
                null,
                "{'name': 'x', 'base': 'haswell', 'add': ['Enable PML'], 'remove': ['enable pml']}");
        tells("is removed, but not there", null, "{'name': 'x', 'base': 'haswell', 'remove': ['enable PML']}");
    }

    private static void tells(String words, String other, String text) {
        String json = text.replace('\'', '"');
        String message = assertThrows(IllegalArgumentException.class, () -> ProfileFile.read(json))
                .getMessage();
        assertTrue(message.startsWith(words) || message.contains(words), message);
        assertEquals(1, message.lines().count(), message);
        if (other != null) {
            assertThrows(IllegalArgumentException.class, () -> ProfileFile.read(other.replace('\'', '"')));
        }
    }
}
