package org.thirdmode.vmx.vmcs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.thirdmode.x86.memory.PhysicalMemory;

class FieldEncodingInVmcs {
    /** The encodings that the manual's Appendix B tabulates, one of each group and the last of most; by hand. */
    @ParameterizedTest
    @CsvSource({
        "0x0000, VPID",
        "0x0802, GUEST_CS_SELECTOR",
        "0x0812, PML_INDEX",
        "0x0c0c, HOST_TR_SELECTOR",
        "0x2004, MSR_BITMAPS_ADDRESS",
        "0x201a, EPT_POINTER",
        "0x2032, TSC_MULTIPLIER",
        "0x2400, GUEST_PHYSICAL_ADDRESS",
        "0x2800, VMCS_LINK_POINTER",
        "0x2806, GUEST_IA32_EFER",
        "0x280a, GUEST_PDPTE0",
        "0x2c02, HOST_IA32_EFER",
        "0x4000, PIN_BASED_CONTROLS",
        "0x4012, ENTRY_CONTROLS",
        "0x401e, SECONDARY_PROCESSOR_BASED_CONTROLS",
        "0x4402, EXIT_REASON",
        "0x440e, VM_EXIT_INSTRUCTION_INFORMATION",
        "0x4826, GUEST_ACTIVITY_STATE",
        "0x482e, VMX_PREEMPTION_TIMER_VALUE",
        "0x4c00, HOST_IA32_SYSENTER_CS",
        "0x6000, CR0_GUEST_HOST_MASK",
        "0x6400, EXIT_QUALIFICATION",
        "0x640a, GUEST_LINEAR_ADDRESS",
        "0x6820, GUEST_RFLAGS",
        "0x6822, GUEST_PENDING_DEBUG_EXCEPTIONS",
        "0x6c16, HOST_RIP"
    })
    void aFieldIsFoundByTheEncodingOfTheManual(String encoding, VmcsField field) {
        assertSame(field, VmcsField.byEncoding(Long.decode(encoding)));
    }

    /** What moves the registers between the VMCS and the processor counts on it. */
    @Test
    void theRowsOfSegmentRegistersFollowOneAnother() {
        String[] registers = {"ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR"};
        for (String part : new String[] {"SELECTOR", "BASE", "LIMIT", "ACCESS_RIGHTS"}) {
            for (int n = 0; n < registers.length; n++) {
                VmcsField field = VmcsField.valueOf("GUEST_" + registers[n] + "_" + part);
                assertEquals(VmcsField.valueOf("GUEST_ES_" + part).offset + 8 * n, field.offset, field.name());
            }
        }
        for (int n = 0; n < 6; n++) {
            VmcsField field = VmcsField.valueOf("HOST_" + registers[n] + "_SELECTOR");
            assertEquals(VmcsField.HOST_ES_SELECTOR.offset + 8 * n, field.offset, field.name());
        }
    }

    @Test
    void noTwoFieldsShareAnEncodingOrAPlace() {
        Set<Integer> encodings = new HashSet<>();
        Set<Integer> offsets = new HashSet<>();
        for (VmcsField field : VmcsField.all()) {
            assertTrue(encodings.add(field.encoding), field.name());
            assertTrue(offsets.add(field.offset), field.name());
            assertTrue(field.offset + 8 <= Vmcs.SIZE, field.name());
            assertEquals(0, field.encoding & 0x1001, "bits 0 and 12 of a full access");
        }
    }

    @Test
    void widthAndKindAreInTheEncoding() {
        assertEquals(VmcsField.Width.WORD, VmcsField.VPID.width);
        assertEquals(VmcsField.Width.QUADWORD, VmcsField.EPT_POINTER.width);
        assertEquals(VmcsField.Width.DOUBLEWORD, VmcsField.EXIT_REASON.width);
        assertEquals(VmcsField.Width.NATURAL, VmcsField.GUEST_RIP.width);
        assertEquals(VmcsField.Kind.EXIT_INFORMATION, VmcsField.EXIT_REASON.kind);
        assertEquals(VmcsField.Kind.HOST_STATE, VmcsField.HOST_RIP.kind);
    }

    @Test
    void onlyA64BitFieldHasAnUpperHalf() {
        assertSame(VmcsField.TSC_OFFSET, VmcsField.byEncoding(0x2011));
        assertNull(VmcsField.byEncoding(0x0001));
        assertNull(VmcsField.byEncoding(0x4403));
        assertNull(VmcsField.byEncoding(0x681f));
    }

    @Test
    void anythingElseNamesNoField() {
        for (long encoding : new long[] {-1, 0x8000, 0x1000, 0x0fff, 0x682e, 0x7fff, 1L << 32, 0x100000000L | 0x681e}) {
            assertNull(VmcsField.byEncoding(encoding), Long.toHexString(encoding));
        }
        for (long encoding = 0; encoding < 0x1_0000; encoding++) {
            VmcsField field = VmcsField.byEncoding(encoding);
            assertTrue(field == null || field.encoding == (encoding & ~1L));
        }
    }

    @Test
    void aRegionHoldsEveryFieldOnItsOwn() {
        PhysicalMemory memory = new PhysicalMemory(36);
        memory.mapRam(0, 0x4000);
        Vmcs vmcs = new Vmcs(memory).region(0x1000);
        vmcs.header(Vmcs.REVISION);
        for (VmcsField field : VmcsField.all()) {
            vmcs.write(field, 0x0101_0101_0101_0101L * (field.ordinal() + 1));
        }
        for (VmcsField field : VmcsField.all()) {
            assertEquals((0x0101_0101_0101_0101L * (field.ordinal() + 1)) & field.mask, vmcs.read(field), field.name());
        }
        assertEquals(Vmcs.REVISION, vmcs.revision());
        assertFalse(vmcs.isLaunched());
        vmcs.launched(true);
        assertTrue(new Vmcs(memory).region(0x1000).isLaunched());
        assertEquals(0, memory.read(0x2000, 8), "nothing beyond the region");
    }

    @Test
    void aHighAccessReadsAndWritesTheUpperHalf() {
        PhysicalMemory memory = new PhysicalMemory(36);
        memory.mapRam(0, 0x2000);
        Vmcs vmcs = new Vmcs(memory).region(0x1000);
        vmcs.write(VmcsField.TSC_OFFSET, 0x1122_3344_5566_7788L);
        assertEquals(0x1122_3344L, vmcs.read(VmcsField.TSC_OFFSET, 0x2011));
        vmcs.write(VmcsField.TSC_OFFSET, 0x2011, 0xffff_ffff_aabb_ccddL);
        assertEquals(0xaabb_ccdd_5566_7788L, vmcs.read(VmcsField.TSC_OFFSET));
    }

    @Test
    void whereNoMemoryAnswersFieldsReadAsOnesAndWritesAreLost() {
        Vmcs vmcs = new Vmcs(new PhysicalMemory(36)).region(0x1000);
        vmcs.write(VmcsField.VPID, 5);
        assertEquals(0xffff, vmcs.read(VmcsField.VPID));
        assertEquals(-1L, vmcs.read(VmcsField.GUEST_RIP));
        assertFalse(vmcs.isLaunched());
    }
}
