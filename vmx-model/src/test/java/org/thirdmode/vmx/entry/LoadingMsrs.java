package org.thirdmode.vmx.entry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.thirdmode.vmx.capability.VmxProfile;

class LoadingMsrs {
    private final Facts facts = new Facts(VmxProfile.named().get("generic").modelled(), 40);

    @ParameterizedTest
    @CsvSource({
        "0xc0000100, msr-load-base",
        "0xc0000101, msr-load-base",
        "0x800, msr-load-x2apic",
        "0x8ff, msr-load-x2apic",
        "0x9b, msr-load-smm",
        "0x79, msr-load-microcode",
        "0x100000010, msr-load-reserved"
    })
    void anEntryThatMayNotBeLoadedIsRefused(String entry, String id) {
        assertEquals(
                id,
                EntryChecks.msrLoading(facts.loading(Long.decode(entry), true)).id());
    }

    @Test
    void aValueThatWrmsrWouldRefuseIsRefused() {
        assertEquals(
                "msr-load-wrmsr",
                EntryChecks.msrLoading(facts.loading(0x277, false)).id());
        assertNull(EntryChecks.msrLoading(facts.loading(0x277, true)));
    }
}
