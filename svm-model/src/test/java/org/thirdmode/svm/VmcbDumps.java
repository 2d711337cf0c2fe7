package org.thirdmode.svm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.thirdmode.svm.check.CheckLimits;
import org.thirdmode.svm.check.VmcbDiagnosis;
import org.thirdmode.svm.dump.VmcbDump;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.dump.DumpError;

/** VMCBs in texts: the forms that hypervisors print. */
class VmcbDumps {
    /** As dump_vmcb of Linux 6 formats it. */
    private static final String KVM = """
            [  673.850218] kvm_amd: VMCB 00000000f971be22, last attempted VMRUN on CPU 3
            [  673.850219] kvm_amd: VMCB Control Area:
            [  673.850220] kvm_amd: cr_read:            0010
            [  673.850221] kvm_amd: cr_write:           0110
            [  673.850222] kvm_amd: dr_read:            00ff
            [  673.850223] kvm_amd: dr_write:           00ff
            [  673.850224] kvm_amd: exceptions:         00060042
            [  673.850225] kvm_amd: intercepts:         bc4c8027 0000224f
            [  673.850226] kvm_amd: pause filter count: 3000
            [  673.850227] kvm_amd: pause filter threshold:128
            [  673.850228] kvm_amd: iopm_base_pa:       0000000107a5c000
            [  673.850229] kvm_amd: msrpm_base_pa:      000000010a8f4000
            [  673.850230] kvm_amd: tsc_offset:         fffffeb0a1b2c3d4
            [  673.850231] kvm_amd: asid:               5
            [  673.850232] kvm_amd: tlb_ctl:            0
            [  673.850233] kvm_amd: int_ctl:            07000200
            [  673.850234] kvm_amd: int_vector:         00000000
            [  673.850235] kvm_amd: int_state:          00000000
            [  673.850236] kvm_amd: exit_code:          ffffffff
            [  673.850237] kvm_amd: exit_info1:         0000000000000000
            [  673.850238] kvm_amd: exit_info2:         0000000000000000
            [  673.850239] kvm_amd: exit_int_info:      00000000
            [  673.850240] kvm_amd: exit_int_info_err:  00000000
            [  673.850241] kvm_amd: nested_ctl:         1
            [  673.850242] kvm_amd: nested_cr3:         000000010b3c2000
            [  673.850243] kvm_amd: event_inj:          80000b0e
            [  673.850244] kvm_amd: event_inj_err:      00000002
            [  673.850245] kvm_amd: virt_ext:           2
            [  673.850246] kvm_amd: next_rip:           0000000000000000
            [  673.850247] kvm_amd: VMCB State Save Area:
            [  673.850248] kvm_amd: es:   s: 0000 a: 0c93 l: ffffffff b: 0000000000000000
            [  673.850249] kvm_amd: cs:   s: 0010 a: 0e9b l: ffffffff b: 0000000000000000
            [  673.850250] kvm_amd: gdtr: s: 0000 a: 0000 l: 0000007f b: fffffe0000001000
            [  673.850251] kvm_amd: vmpl: 0   cpl:  0               efer:          0000000000001d01
            [  673.850252] kvm_amd: cr0:            0000000080050033 cr2:          00007ffff7ffd000
            [  673.850253] kvm_amd: cr3:            0000000002a0a000 cr4:          00000000000006f0
            [  673.850254] kvm_amd: dr6:            00000000ffff0ff0 dr7:          0000000000000400
            [  673.850255] kvm_amd: rip:            ffffffff81000110 rflags:       0000000000010002
            [  673.850256] kvm_amd: gpat:           0007040600070406 dbgctl:       0000000000000000
            """;

    @Test
    void theLogOfLinuxIsReadWithItsPrefixes() {
        VmcbDump dump = VmcbDump.read(KVM);
        assertEquals(VmcbDump.Format.KVM, dump.format());
        assertEquals(1, dump.count());
        assertEquals(0xbc4c_8027L, dump.vmcb().get(VmcbField.INTERCEPT_MISC1));
        assertEquals(0x224f, dump.vmcb().get(VmcbField.INTERCEPT_MISC2));
        assertEquals(3000, dump.vmcb().get(VmcbField.PAUSE_FILTER_COUNT));
        assertEquals(5, dump.vmcb().get(VmcbField.GUEST_ASID));
        assertEquals(-1, dump.vmcb().get(VmcbField.EXITCODE));
        assertEquals(0x2_8000_0b0eL, dump.vmcb().get(VmcbField.EVENTINJ));
        assertEquals(0xe9b, dump.vmcb().get(VmcbField.CS_ATTRIBUTES));
        assertEquals(0xffff_fe00_0000_1000L, dump.vmcb().get(VmcbField.GDTR_BASE));
        assertEquals(0x1d01, dump.vmcb().get(VmcbField.EFER));
        assertEquals(0x8005_0033L, dump.vmcb().get(VmcbField.CR0));
        assertEquals(0x6f0, dump.vmcb().get(VmcbField.CR4));
        assertFalse(dump.vmcb().knows(VmcbField.VMCB_CLEAN));
    }

    /** CS.L and CS.D are both set in the dump above. */
    @Test
    void theOneFailingCheckIsFoundWithItsSmallestChange() {
        VmcbDiagnosis diagnosis = VmcbDiagnosis.of(VmcbDump.read(KVM).vmcb(), CheckLimits.ofAnyProcessor(48));
        assertEquals(1, diagnosis.failing().size());
        VmcbDiagnosis.Finding finding = diagnosis.failing().getFirst();
        assertEquals("cs.l-and-d", finding.check().id());
        assertEquals(
                "CS_ATTRIBUTES: clear bit 10 (0x0e9b -> 0x0a9b)",
                finding.change().words());
        assertTrue(diagnosis.undecided().isEmpty());
    }

    @Test
    void aWrappedLineIsJoinedAndAnOlderWordOfInterceptsIsSplit() {
        VmcbDump dump = VmcbDump.read("""
                > Jun 24 17:25:51 host kernel: VMCB Control Area:
                > Jun 24 17:25:51 host kernel: intercepts:         0000224fbc4c8027
                > Jun 24 17:25:51 host kernel: VMCB State Save Area:
                > Jun 24 17:25:51 host kernel: cr3:            0000000002a0a000 cr4:
                > 00000000000006f0
                """);
        assertEquals(0xbc4c_8027L, dump.vmcb().get(VmcbField.INTERCEPT_MISC1));
        assertEquals(0x224f, dump.vmcb().get(VmcbField.INTERCEPT_MISC2));
        assertEquals(0x6f0, dump.vmcb().get(VmcbField.CR4));
    }

    @Test
    void onlyTheFirstOfSeveralVmcbsCounts() {
        VmcbDump dump = VmcbDump.read(KVM + KVM.replace("asid:               5", "asid:               9"));
        assertEquals(2, dump.count());
        assertEquals(5, dump.vmcb().get(VmcbField.GUEST_ASID));
    }

    /** As svm_vmcb_dump of Xen formats it. */
    @Test
    void theLogOfXenIsRead() {
        VmcbDump dump = VmcbDump.read("""
                (XEN) [2019-11-02 14:09:46] Dumping guest's current state at key_handler...
                (XEN) Size of VMCB = 4096, paddr = 000000022ac4d000, vaddr = ffff83022ac4d000
                (XEN) cr_intercepts = 0xfef3fef3 dr_intercepts = 0xffffffff exception_intercepts = 0x60082
                (XEN) general1_intercepts = 0xbdc4000f general2_intercepts = 0x2e7f
                (XEN) iopm_base_pa = 0x22ac5a000 msrpm_base_pa = 0x22ac56000 tsc_offset = 0xfffffff5d0ddf1a6
                (XEN) tlb_control = 0 vintr = 0x1000000 int_stat = 0
                (XEN) event_inj 0000000000000000, valid? 0, ec? 0, type 0, vector 0
                (XEN) exitcode = 0x78 exit_int_info = 0
                (XEN) asid = 0x2 np_ctrl = 0x1: NP
                (XEN) virtual vmload/vmsave = 0, virt_ext = 0
                (XEN) cpl = 0 efer = 0x1d01 star = 0x23001000000000 lstar = 0xffffffff81a00010
                (XEN) CR0 = 0x0000000080050033 CR2 = 0x00007f7cf0ba0000
                (XEN) CR3 = 0x0000000007a1c000 CR4 = 0x00000000000006f0
                (XEN) RAX = 0x0000000000000000  RFLAGS=0x0000000000000246
                (XEN) DR6 = 0x00000000ffff0ff0, DR7 = 0x0000000000000400
                (XEN) KernGSBase = 0x0000000000000000 PAT = 0x0007010600070106
                (XEN) H_CR3 = 0x0000000220fb5000 CleanBits = 0xfff
                (XEN)        sel attr  limit   base
                (XEN)   CS: 0010 0a9b ffffffff 0000000000000000
                (XEN) GDTR: 0000 0000 0000007f fffffe0000001000
                """);
        assertEquals(VmcbDump.Format.XEN, dump.format());
        assertEquals(0xfef3, dump.vmcb().get(VmcbField.INTERCEPT_CR_WRITE));
        assertEquals(0x2e7f, dump.vmcb().get(VmcbField.INTERCEPT_MISC2));
        assertEquals(1 << 24, dump.vmcb().get(VmcbField.INTERRUPT_CONTROL));
        assertEquals(2, dump.vmcb().get(VmcbField.GUEST_ASID));
        assertEquals(1, dump.vmcb().get(VmcbField.NESTED_CONTROL));
        assertEquals(0x246, dump.vmcb().get(VmcbField.RFLAGS));
        assertEquals(0xa9b, dump.vmcb().get(VmcbField.CS_ATTRIBUTES));
        assertTrue(dump.vmcb().knows(VmcbField.EVENTINJ));
        VmcbDiagnosis diagnosis = VmcbDiagnosis.of(dump.vmcb(), CheckLimits.ofAnyProcessor(48));
        assertTrue(diagnosis.failing().isEmpty());
        assertTrue(diagnosis.undecided().isEmpty());
    }

    @Test
    void whatIsNotKnownIsUndecided() {
        VmcbDump dump = VmcbDump.read("EFER = 0x1000 # SVME\ncr0 = 0x20000011\nGUEST_ASID = unknown\n0x548 = 0");
        VmcbDiagnosis diagnosis = VmcbDiagnosis.of(dump.vmcb(), CheckLimits.ofAnyProcessor(48));
        assertEquals("cr0.nw", diagnosis.failing().getFirst().check().id());
        assertTrue(diagnosis.undecided().stream()
                .anyMatch(undecided -> undecided.check().id().equals("asid.zero")
                        && undecided.missing().contains(VmcbField.GUEST_ASID)));
    }

    @Test
    void aMistakeIsToldWithItsLine() {
        assertMessage(
                "line 2: 'EFFER': expected a field of the VMCB; `thirdmode svm fields` lists them",
                "CR0 = 0\nEFFER = 1");
        assertMessage(
                "line 1: '0x100000000': expected a value of 32 bits, hexadecimal (0x10 or 10H) or decimal",
                "ES_LIMIT = 0x100000000");
        assertMessage("line 2: 'CR0 = 1': expected CR0 once; line 1 gives it already", "CR0 = 0\nCR0 = 1");
        assertMessage("line 1: 'nonsense': expected FIELD = value", "nonsense");
        assertMessage("line 2: 'zz': expected a hexadecimal value of 16 bits", "VMCB Control Area:\ncr_read: zz");
    }

    private static void assertMessage(String message, String text) {
        assertEquals(
                message,
                assertThrows(DumpError.class, () -> VmcbDump.read(text)).getMessage());
    }

    @Property(tries = 120)
    void anyTextIsADumpOrAMistake(@ForAll String text) {
        for (String prefix : new String[] {"", "VMCB Control Area:\n", "Dumping guest's current state at x\n"}) {
            try {
                VmcbDump.read(prefix + text);
            } catch (DumpError mistake) {
                assertFalse(mistake.getMessage().isEmpty());
            }
        }
    }
}
