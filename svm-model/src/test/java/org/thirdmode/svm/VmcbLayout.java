package org.thirdmode.svm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.thirdmode.svm.intercept.ExitRow;
import org.thirdmode.svm.intercept.ExitTable;
import org.thirdmode.svm.intercept.InterceptRow;
import org.thirdmode.svm.intercept.InterceptTable;
import org.thirdmode.svm.vmcb.Vmcb;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.memory.PhysicalMemory;

/** APM 2 Appendix B "Layout of VMCB" and Appendix C "SVM Intercept Exit Codes". */
class VmcbLayout {
    /** Offsets as the structures of Linux and kvm-unit-tests have them. */
    @ParameterizedTest
    @CsvSource({
        "INTERCEPT_EXCEPTIONS, 008",
        "PAUSE_FILTER_COUNT, 03e",
        "IOPM_BASE_PA, 040",
        "GUEST_ASID, 058",
        "TLB_CONTROL, 05c",
        "INTERRUPT_CONTROL, 060",
        "INTERRUPT_SHADOW, 068",
        "EXITCODE, 070",
        "EXITINTINFO, 088",
        "NESTED_CONTROL, 090",
        "EVENTINJ, 0a8",
        "N_CR3, 0b0",
        "VMCB_CLEAN, 0c0",
        "NRIP, 0c8",
        "BYTES_FETCHED, 0d0",
        "ES_SELECTOR, 400",
        "GDTR_BASE, 468",
        "TR_BASE, 498",
        "CPL, 4cb",
        "EFER, 4d0",
        "CR4, 548",
        "CR0, 558",
        "RFLAGS, 570",
        "RIP, 578",
        "RSP, 5d8",
        "RAX, 5f8",
        "STAR, 600",
        "CR2, 640",
        "G_PAT, 668",
        "LASTEXCPTO, 690"
    })
    void aFieldStandsWhereOthersHaveIt(VmcbField field, String offset) {
        assertEquals(Integer.parseInt(offset, 16), field.offset);
    }

    @Test
    void fieldsAreInOrderAndDoNotOverlap() {
        int end = 0;
        for (VmcbField field : VmcbField.values()) {
            assertTrue(field.offset >= end, field.name());
            end = field.offset + field.bytes;
        }
        assertTrue(end <= VmcbField.VMCB_SIZE);
    }

    @Test
    void everyFieldReadsBackWhatIsWrittenAndTouchesNothingElse() {
        PhysicalMemory memory = new PhysicalMemory(36);
        memory.mapRam(0, 0x10000);
        Vmcb vmcb = new Vmcb(memory).at(0x3000);
        for (VmcbField field : VmcbField.values()) {
            if (field.scalar()) {
                vmcb.set(field, -1L);
                assertEquals(field.mask(), vmcb.get(field), field.name());
                for (int offset = 0; offset < VmcbField.VMCB_SIZE; offset++) {
                    boolean inside = offset >= field.offset && offset < field.offset + field.bytes;
                    assertEquals(inside ? 0xff : 0, memory.read(0x3000 + offset, 1), field.name());
                }
                vmcb.set(field, 0);
            }
        }
    }

    @Test
    void everyInterceptBitHasOneRowAndOneExit() {
        Set<String> bits = new HashSet<>();
        Set<Integer> codes = new HashSet<>();
        for (InterceptRow row : InterceptTable.rows()) {
            assertTrue(bits.add(row.vector() + "." + row.bit()), row.name());
            assertTrue(codes.add(row.exitCode()), row.name());
            assertTrue(row.bit() < 8 * row.vector().bytes, row.name());
        }
        // Four vectors of 16 bits, exceptions, two miscellaneous vectors, five bits of the third.
        assertEquals((4 * 16) + 32 + 32 + 32 + 5, bits.size());
    }

    @ParameterizedTest
    @CsvSource({
        "CR0_READ, 0",
        "CR8_WRITE, 18",
        "DR7_READ, 27",
        "DR0_WRITE, 30",
        "EXCP14, 4e",
        "INTR, 60",
        "VINTR, 64",
        "CR0_SEL_WRITE, 65",
        "IDTR_READ, 66",
        "TR_WRITE, 6d",
        "RDTSC, 6e",
        "PUSHF, 70",
        "CPUID, 72",
        "IRET, 74",
        "SWINT, 75",
        "PAUSE, 77",
        "HLT, 78",
        "INVLPG, 79",
        "INVLPGA, 7a",
        "IOIO, 7b",
        "MSR, 7c",
        "TASK_SWITCH, 7d",
        "SHUTDOWN, 7f",
        "VMRUN, 80",
        "VMMCALL, 81",
        "SKINIT, 86",
        "RDTSCP, 87",
        "ICEBP, 88",
        "MWAIT, 8b",
        "XSETBV, 8d",
        "INVPCID, a2",
        "NPF, 400"
    })
    void anExitHasTheCodeThatOthersGiveIt(String name, String code) {
        ExitRow row = ExitTable.rows().stream()
                .filter(exit -> exit.name().equals(name))
                .findFirst()
                .orElse(null);
        assertNotNull(row);
        assertEquals(Long.parseLong(code, 16), row.code());
    }

    @Test
    void exitCodesAreDistinct() {
        long[] codes = ExitTable.rows().stream().mapToLong(ExitRow::code).toArray();
        assertEquals(codes.length, Arrays.stream(codes).distinct().count());
    }
}
