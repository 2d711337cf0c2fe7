package org.thirdmode.vmx.entry;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.thirdmode.vmx.capability.VmxProfile;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.state.Cr4;

class ChecksRelatedToAddressSpaceSize {
    /** A valid VMCS of a host that is outside IA-32e mode, or inside. */
    private static ValidVmcs host(boolean longMode) {
        for (int seed = 0; ; seed++) {
            ValidVmcs vmcs = new ValidVmcs(
                    new Random(seed), VmxProfile.named().get("generic").modelled(), ValidVmcs.Shape.PROTECTED);
            if (vmcs.hostInLongMode == longMode) {
                return vmcs;
            }
        }
    }

    private static void fails(ValidVmcs vmcs, String... ids) {
        assertEquals(List.of(ids), RandomControlStructures.failing(vmcs.facts()));
        assertEquals(
                8, EntryChecks.controlsAndHostState(vmcs.facts()).section().error.number, "an error of the host state");
    }

    @Test
    void outsideIa32eModeNeitherHostNorGuestMayBe64Bit() {
        fails(
                host(false)
                        .or(VmcsField.PRIMARY_EXIT_CONTROLS, ExitControls.HOST_ADDRESS_SPACE_SIZE.mask)
                        .or(VmcsField.HOST_CR4, Cr4.PAE)
                        .put(VmcsField.HOST_IA32_EFER, 0xd01),
                "mode-outside-ia32e");
    }

    @Test
    void a32BitHostHasNoIa32eModeGuest() {
        ValidVmcs vmcs = host(false)
                .or(VmcsField.ENTRY_CONTROLS, EntryControls.IA_32E_MODE_GUEST.mask)
                .or(VmcsField.GUEST_CR4, Cr4.PAE)
                .put(VmcsField.GUEST_IA32_EFER, 0xd01);
        fails(vmcs, "mode-outside-ia32e", "host-32-guest");
    }

    @Test
    void a32BitHostHasNoPcidAndA32BitRip() {
        fails(host(false).or(VmcsField.HOST_CR4, Cr4.PCIDE), "host-32-pcide");
        fails(host(false).or(VmcsField.HOST_RIP, 1L << 32), "host-32-rip");
        fails(host(false).put(VmcsField.HOST_SS_SELECTOR, 0), "host-ss-null");
    }

    @Test
    void insideIa32eModeTheHostIs64Bit() {
        fails(
                host(true)
                        .and(VmcsField.PRIMARY_EXIT_CONTROLS, ~ExitControls.HOST_ADDRESS_SPACE_SIZE.mask)
                        .and(VmcsField.HOST_CR4, ~Cr4.PCIDE)
                        .put(VmcsField.HOST_RIP, 0x1000)
                        .put(VmcsField.HOST_IA32_EFER, 1),
                "mode-inside-ia32e");
    }

    @Test
    void a64BitHostMayHaveANullStackSelector() {
        assertEquals(
                List.of(),
                RandomControlStructures.failing(
                        host(true).put(VmcsField.HOST_SS_SELECTOR, 0).facts()));
    }
}
