package org.thirdmode.vmx.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.capability.VmxProfile;
import org.thirdmode.vmx.entry.VmcsDiagnosis;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.dump.DumpError;

/**
 * Prints of a VMCS in the forms of Linux KVM and Xen. Where a test says what fails, that is what the developers of these
 * hypervisors found in a print with the same values in the fields that matter; the message is cited.
 */
class HypervisorLogs {
    /** A guest in real mode at the reset vector on Linux 5.7, whose VM entry was right. */
    private static final String RESET = """
            *** Guest State ***
            CR0: actual=0x0000000000000030, shadow=0x0000000060000010, gh_mask=fffffffffffffff7
            CR4: actual=0x0000000000002040, shadow=0x0000000000000000, gh_mask=ffffffffffffe871
            CR3 = 0x0000000000000000
            RSP = 0x0000000000000000  RIP = 0x000000000000fff0
            RFLAGS=0x00010002         DR7 = 0x0000000000000400
            Sysenter RSP=0000000000000000 CS:RIP=0000:0000000000000000
            CS:   sel=0xf000, attr=0x0009b, limit=0x0000ffff, base=0x00000000ffff0000
            DS:   sel=0x0000, attr=0x00093, limit=0x0000ffff, base=0x0000000000000000
            SS:   sel=0x0000, attr=0x00093, limit=0x0000ffff, base=0x0000000000000000
            ES:   sel=0x0000, attr=0x00093, limit=0x0000ffff, base=0x0000000000000000
            FS:   sel=0x0000, attr=0x00093, limit=0x0000ffff, base=0x0000000000000000
            GS:   sel=0x0000, attr=0x00093, limit=0x0000ffff, base=0x0000000000000000
            GDTR:                           limit=0x0000ffff, base=0x0000000000000000
            LDTR: sel=0x0000, attr=0x00082, limit=0x0000ffff, base=0x0000000000000000
            IDTR:                           limit=0x0000ffff, base=0x0000000000000000
            TR:   sel=0x0000, attr=0x0008b, limit=0x0000ffff, base=0x0000000000000000
            EFER =     0x0000000000000000  PAT = 0x0007040600070406
            DebugCtl = 0x0000000000000000  DebugExceptions = 0x0000000000000000
            Interruptibility = 00000000  ActivityState = 00000000
            InterruptStatus = 0000
            *** Host State ***
            RIP = 0xffffffffc0500000  RSP = 0xffffb00000008000
            CS=0010 SS=0018 DS=0000 ES=0000 FS=0000 GS=0000 TR=0040
            FSBase=00007f0000000700 GSBase=ffff8d0000080000 TRBase=fffffe0000003000
            GDTBase=fffffe0000001000 IDTBase=fffffe0000000000
            CR0=0000000080050033 CR3=0000000880000003 CR4=00000000001626e0
            Sysenter RSP=0000000000000000 CS:RIP=0000:0000000000000000
            EFER = 0x0000000000000d01  PAT = 0x0007040600070406
            *** Control State ***
            PinBased=000000ff CPUBased=b5a06dfa SecondaryExec=000037eb
            EntryControls=0000d1ff ExitControls=002befff
            ExceptionBitmap=00060042 PFECmask=00000000 PFECmatch=00000000
            VMEntry: intr_info=00000000 errcode=00000000 ilen=00000000
            VMExit: intr_info=00000000 errcode=00000000 ilen=00000003
                    reason=00000030 qualification=0000000000000184
            IDTVectoring: info=00000000 errcode=00000000
            TSC Offset = 0xffffbe0000000000
            SVI|RVI = 00|00 TPR Threshold = 0x00
            APIC-access addr = 0x0000000e50000000 virt-APIC addr = 0x0000000d20000000
            PostedIntrVec = 0xf2
            EPT pointer = 0x000000105000005e
            PLE Gap=00000080 Window=00001000
            Virtual processor ID = 0x0001
            """;

    private static final String XEN = """
            (XEN) d2v0 VMLAUNCH error: 0x7
            (XEN) *** Guest State ***
            (XEN) CR0: actual=0x0000000080050033, shadow=0x0000000060000010, gh_mask=ffffffffffffffff
            (XEN) CR4: actual=0x0000000000002050, shadow=0x0000000000000000, gh_mask=fffffffffffff871
            (XEN) CR3 = 0x00000000fe000000
            (XEN) RSP = 0x0000000000000000 (0x0000000000000000)  RIP = 0x000000000000fff0 (0x000000000000fff0)
            (XEN) RFLAGS=0x00010002 (0x00010002)  DR7 = 0x0000000000000400
            (XEN) Sysenter RSP=0000000000000000 CS:RIP=0000:0000000000000000
            (XEN)        sel  attr  limit   base
            (XEN)   CS: f000 0009b 0000ffff 00000000ffff0000
            (XEN)   DS: 0000 00093 0000ffff 0000000000000000
            (XEN)   SS: 0000 00093 0000ffff 0000000000000000
            (XEN)   ES: 0000 00093 0000ffff 0000000000000000
            (XEN)   FS: 0000 1c000 ffffffff 0000000000000000
            (XEN)   GS: 0000 00093 0000ffff 0000000000000000
            (XEN) GDTR:            0000ffff 0000000000000000
            (XEN) LDTR: 0000 00082 0000ffff 0000000000000000
            (XEN) IDTR:            0000ffff 0000000000000000
            (XEN)   TR: 0000 0008b 0000ffff 0000000000000000
            (XEN) EFER(VMCS) = 0x0000000000000000  PAT = 0x0000050100070406
            (XEN) PreemptionTimer = 0x00000000  SM Base = 0x00000000
            (XEN) DebugCtl = 0x0000000000000000  DebugExceptions = 0x0000000000000000
            (XEN) Interruptibility = 00000000  ActivityState = 00000000
            (XEN) *** Host State ***
            (XEN) RIP = 0xffff82d080300000 (vmx_asm_vmexit_handler)  RSP = 0xffff832020000f70
            (XEN) CS=e008 SS=0000 DS=0000 ES=0000 FS=0000 GS=0000 TR=e040
            (XEN) FSBase=0000000000000000 GSBase=0000000000000000 TRBase=ffff832020002c00
            (XEN) GDTBase=ffff832020002000 IDTBase=ffff832020006000
            (XEN) CR0=0000000080050033 CR3=0000002010005000 CR4=00000000001526e0
            (XEN) Sysenter RSP=ffff832020000fa0 CS:RIP=e008:ffff82d080304420
            (XEN) EFER = 0x0000000000000d01  PAT = 0x0000050100070406
            (XEN) *** Control State ***
            (XEN) PinBased=0000003f CPUBased=b6a1edfa SecondaryExec=000014eb
            (XEN) EntryControls=000011ff ExitControls=002fefff
            (XEN) VMEntry: intr_info=8000030d errcode=00000000 ilen=00000000
            (XEN) VMExit: intr_info=00000000 errcode=00000000 ilen=00000005
            (XEN)         reason=00000030 qualification=0000000000000181
            (XEN) TSC Offset = 0xfff9d10bc0000000  TSC Multiplier = 0x0000000000000000
            (XEN) TPR Threshold = 0x00  PostedIntrVec = 0xf4
            (XEN) EPT pointer = 0x000000207000001e  EPTP index = 0x0000
            (XEN) PLE Gap=00000080 Window=00001000
            (XEN) Virtual processor ID = 0x3540 VMfunc controls = 0000000000000000
            (XEN) domain_crash called from vmcs.c:1777
            """;

    private static List<String> failing(String text, String processor) {
        VmcsDump dump = VmcsDump.read(text);
        List<VmxProfile> possible = processor == null
                ? VmxProfile.manual(dump.linearAddresses57())
                : List.of(VmxProfile.named().get(processor));
        List<VmxCapabilities> capabilities =
                possible.stream().map(VmxProfile::capabilities).toList();
        return VmcsDiagnosis.of(dump.vmcs(), capabilities, 46, dump.hostInLongMode()).failing().stream()
                .map(finding -> finding.check().id())
                .toList();
    }

    /** An entry that "hardware error 0x0" was blamed on by mistake: KVM list, 6 May 2020, on a Xeon E5-4650 v3. */
    @Test
    void ofAnEntryThatWasRightNothingFails() {
        assertEquals(List.of(), failing(RESET, null));
        assertEquals(List.of(), failing(RESET, "haswell"));
    }

    /** KVM loaded the interrupt shadow of the guest into SMM, where RFLAGS.IF is 0: KVM list, 26 July 2022. */
    @Test
    void blockingByStiWithoutInterruptsIsFound() {
        String smm = RESET.replace("Interruptibility = 00000000", "Interruptibility = 00000009");
        assertEquals(List.of("interruptibility-sti-if"), failing(smm, null));
    }

    /** "I believe DS is illegal ... ES is also illegal, for the same reason": KVM list, 18 June 2021. */
    @Test
    void aSegmentThatIsNotAccessedIsFound() {
        String notAccessed = RESET.replace("DS:   sel=0x0000, attr=0x00093", "DS:   sel=0x00f7, attr=0x0c0f2")
                .replace("ES:   sel=0x0000, attr=0x00093", "ES:   sel=0x00f7, attr=0x0c0f2")
                .replace("limit=0x0000ffff, base=0x0000000000000000", "limit=0xffffffff, base=0x0000000000000000");
        List<String> failing = failing(notAccessed, null);
        assertTrue(failing.containsAll(List.of("guest-ds-type", "guest-es-type")), failing.toString());
    }

    /** "The GDT base is non-canonical": KVM list, 2 August 2023; the same print injects an interrupt with IF clear. */
    @Test
    void aBaseThatIsNotCanonicalAndAnInterruptWithIfClearAreFound() {
        String bad = RESET.replace(
                        "limit=0x0000ffff, base=0x0000000000000000\nLDTR",
                        "limit=0x00001031, base=0x001f000000000200\nLDTR")
                .replace("VMEntry: intr_info=00000000", "VMEntry: intr_info=80000044");
        assertEquals(List.of("guest-gdtr-base", "guest-rflags-if"), failing(bad, null));
    }

    /** "trying to re-inject it without an error code": Xen list, 24 July 2019, VM-instruction error 7. */
    @Test
    void anExceptionWithoutItsErrorCodeIsFoundWhereTheProcessorRequiresOne() {
        assertEquals(List.of("injection-error-code-flag"), failing(XEN, "haswell"));
        assertEquals(List.of(), failing(XEN, null), "a later processor would take it: undecided");
    }

    /** Blocking by MOV SS and an INT1 with TF set and no pending single step: Xen list, 4 November 2019. */
    @Test
    void aSingleStepThatShouldBePendingIsFound() {
        String step = XEN.replace("RFLAGS=0x00010002 (0x00010002)", "RFLAGS=0x00000187 (0x00000187)")
                .replace("Interruptibility = 00000000", "Interruptibility = 00000002")
                .replace(
                        "intr_info=8000030d errcode=00000000 ilen=00000000",
                        "intr_info=80000501 errcode=00000000 ilen=00000001");
        assertEquals(List.of("pending-debug-bs"), failing(step, null));
    }

    @Test
    void theProcessorThatLacksAControlIsAskedToAllowIt() {
        List<String> failing = failing(RESET, "prescott");
        assertTrue(
                failing.containsAll(List.of(
                        "pin-based-controls",
                        "primary-controls",
                        "secondary-controls",
                        "exit-controls",
                        "entry-controls")),
                failing.toString());
    }

    @Test
    void xensTableOfSegmentsIsRead() {
        VmcsDump dump = VmcsDump.read(XEN);
        assertEquals(0xf000, dump.vmcs().get(VmcsField.GUEST_CS_SELECTOR));
        assertEquals(0x9b, dump.vmcs().get(VmcsField.GUEST_CS_ACCESS_RIGHTS));
        assertEquals(0x1c000, dump.vmcs().get(VmcsField.GUEST_FS_ACCESS_RIGHTS));
        assertEquals(0xffff_0000L, dump.vmcs().get(VmcsField.GUEST_CS_BASE));
        assertEquals(0xffff, dump.vmcs().get(VmcsField.GUEST_IDTR_LIMIT));
        assertEquals(0xffff82d080300000L, dump.vmcs().get(VmcsField.HOST_RIP));
        assertEquals(0xffff832020000f70L, dump.vmcs().get(VmcsField.HOST_RSP));
        assertEquals(0x3540, dump.vmcs().get(VmcsField.VPID));
    }

    @Test
    void prefixesOfEveryKindAreTakenAway() {
        VmcsDump plain = VmcsDump.read(RESET);
        for (String prefix : List.of(
                "[ 1234.567890] ",
                "[28041.030248][T78789] ",
                "[  673.850218] kvm_intel: ",
                "Jun 24 17:25:51 testhost kernel: ",
                "Jun  4 17:25:51 testhost kernel: [10639.238026] ",
                "2026-06-24T17:25:51.123456+02:00 testhost kernel: kvm_intel: ",
                "<3>[    1.000000] ",
                "> ",
                "> > ",
                ">> [7011807.029737] ",
                "[Sat Nov 21 10:00:00 2026] ",
                "(XEN) [2019-11-02 14:09:46] ")) {
            VmcsDump prefixed = VmcsDump.read(RESET.replaceAll("(?m)^", prefix));
            same(plain, prefixed, prefix);
        }
    }

    @Test
    void wrappedLinesAndOtherMessagesBetweenThemDoNoHarm() {
        String wrapped = RESET.replace("gh_mask=", "\ngh_mask=")
                .replace("base=", "\nbase=")
                .replace("RIP = ", "RIP =\n")
                .replace("CPUBased", "\nCPUBased")
                .replace("PFECmatch=", "\nPFECmatch=")
                .replace(
                        "*** Host State ***",
                        "kvm [3412]: vcpu0, guest rIP: 0x8000 unhandled rdmsr: 0x611\n*** Host State ***");
        same(VmcsDump.read(RESET), VmcsDump.read(wrapped), "wrapped");
    }

    private static void same(VmcsDump expected, VmcsDump found, String message) {
        for (VmcsField field : VmcsField.all()) {
            assertEquals(expected.vmcs().knows(field), found.vmcs().knows(field), message + field);
            assertEquals(expected.vmcs().get(field), found.vmcs().get(field), message + field);
        }
    }

    @Test
    void theControlsOfNewerKernelsAreRead() {
        String newer = RESET.replace(
                        "PinBased=000000ff CPUBased=b5a06dfa SecondaryExec=000037eb\nEntryControls=0000d1ff ExitControls=002befff",
                        "CPUBased=0xb5a06dfa SecondaryExec=0x000037eb TertiaryExec=0x0000000000000010\n"
                                + "PinBased=0x000000ff EntryControls=0000d1ff ExitControls=002befff")
                .replace("EFER =     0x0000000000000000  PAT", "EFER= 0x0000000000000500 (effective)\nPAT");
        VmcsDump dump = VmcsDump.read("VMCS 00000000f971be22, last attempted VM-entry on CPU 3\n" + newer);
        assertEquals(0xff, dump.vmcs().get(VmcsField.PIN_BASED_CONTROLS));
        assertEquals(0x10, dump.vmcs().get(VmcsField.TERTIARY_PROCESSOR_BASED_CONTROLS));
        assertFalse(dump.vmcs().knows(VmcsField.GUEST_IA32_EFER), "what is not loaded from the VMCS is none of its");
    }

    @Test
    void whatIsNotShownIsUnknown() {
        VmcsDump dump = VmcsDump.read(RESET.replace("0x000000105000005e", "(____ptrval____)"));
        assertFalse(dump.vmcs().knows(VmcsField.EPT_POINTER), "a hidden pointer");
        assertFalse(dump.vmcs().knows(VmcsField.VMCS_LINK_POINTER));
        assertFalse(dump.vmcs().knows(VmcsField.VM_ENTRY_MSR_LOAD_COUNT));
        assertTrue(dump.hostInLongMode());
    }

    @Test
    void theFirstOfSeveralIsTaken() {
        VmcsDump dump = VmcsDump.read(RESET + RESET.replace("ID = 0x0001", "ID = 0x0002"));
        assertEquals(2, dump.count());
        assertEquals(1, dump.vmcs().get(VmcsField.VPID));
    }

    @Test
    void aMalformedValueIsToldWithItsLine() {
        tells("line 4: 'CR3 = 0x00zz': expected CR3 = HEX", RESET.replace("CR3 = 0x0000000000000000", "CR3 = 0x00zz"));
        tells("line 32: 'EntryControls=': expected EntryControls=HEX", RESET.substring(0, RESET.indexOf("0000d1ff")));
        tells(
                "'0xffffff': expected GUEST_CS_SELECTOR of 16 bits",
                RESET.replace("CS:   sel=0xf000", "CS:   sel=0xffffff"));
    }

    private static void tells(String words, String text) {
        String message =
                assertThrows(DumpError.class, () -> VmcsDump.read(text)).getMessage();
        assertTrue(message.contains(words), message);
        assertEquals(1, message.lines().count());
    }
}
