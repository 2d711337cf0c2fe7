package org.thirdmode.svm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.thirdmode.svm.exec.SvmExit;
import org.thirdmode.svm.intercept.ExitTable;
import org.thirdmode.svm.vmcb.CleanBit;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Efer;

/** APM 2 "VMCB State Caching", "Pause Intercept Filtering", "TSC Ratio MSR", "Nested Paging", and what observers hear. */
class VmcbStateCaching {
    @Test
    void aStaleCleanBitKeepsTheOldValueInForce() {
        SvmMachine machine = new SvmMachine().guest(0x0f, 0x20, 0xd3, 0x0f, 0x01, 0xd9); // mov %cr2,%rbx; vmmcall
        machine.set(VmcbField.CR2, 0x1111);
        machine.exit();
        assertEquals(0x1111, machine.cpu.state.r[CpuState.RBX]);
        machine.set(VmcbField.CR2, 0x2222)
                .set(VmcbField.VMCB_CLEAN, CleanBit.CR2.mask)
                .set(VmcbField.RIP, SvmMachine.GUEST_CODE);
        List<String> lines = new ArrayList<>();
        machine.svm.observe((kind, name, words) -> lines.add(words));
        machine.exit();
        assertEquals(0x1111, machine.cpu.state.r[CpuState.RBX]);
        assertTrue(lines.contains("stale clean bit CR2: CR2 is 2222 in memory, 1111 in force"), lines::toString);
        machine.set(VmcbField.CR2, 0x2222).set(VmcbField.VMCB_CLEAN, 0).set(VmcbField.RIP, SvmMachine.GUEST_CODE);
        machine.exit();
        assertEquals(0x2222, machine.cpu.state.r[CpuState.RBX]);
    }

    @Test
    void cleanBitsOfAnotherVmcbMeanNothing() {
        SvmMachine machine = new SvmMachine();
        machine.set(VmcbField.VMCB_CLEAN, 0xfff);
        assertEquals(ExitTable.VMMCALL, machine.exit());
    }

    @Test
    void aProcessorWithoutCachingReadsEverything() {
        SvmMachine machine = new SvmMachine("barcelona").guest(0x0f, 0x20, 0xd3, 0x0f, 0x01, 0xd9);
        machine.exit();
        machine.set(VmcbField.CR2, 0x2222).set(VmcbField.VMCB_CLEAN, 0xfff).set(VmcbField.RIP, SvmMachine.GUEST_CODE);
        machine.exit();
        assertEquals(0x2222, machine.cpu.state.r[CpuState.RBX]);
    }

    @Test
    void observersHearOfVmrunInjectionAndExit() {
        SvmMachine machine = new SvmMachine();
        machine.set(VmcbField.EVENTINJ, 0x8000_0300L | 6);
        List<String> lines = new ArrayList<>();
        machine.svm.observe((kind, name, words) -> lines.add(words));
        machine.exit();
        assertEquals(
                List.of(
                        "VMRUN VMCB=30000 ASID=1 RIP=20000",
                        "EVENTINJ exception 6",
                        "#VMEXIT VMMCALL EXITINFO1=0 EXITINFO2=0 RIP=28060"),
                lines);
    }

    @Test
    void aHypervisorInJavaGetsTheExitAndEntersAgain() {
        // Twice OUT to port 80H, then VMMCALL.
        SvmMachine machine = new SvmMachine().guest(0xe6, 0x80, 0xe6, 0x80, 0x0f, 0x01, 0xd9);
        machine.setBits(VmcbField.INTERCEPT_MISC1, 1 << 27);
        machine.memory.write(SvmMachine.IOPM + 16, 1, 1);
        List<SvmExit> exits = new ArrayList<>();
        machine.svm.attach(exit -> {
            exits.add(exit);
            switch (exit) {
                case SvmExit.PortAccess port -> {
                    machine.set(VmcbField.RIP, port.nextRip());
                    machine.svm.vmrun(SvmMachine.VMCB);
                }
                default -> machine.cpu.requestStop();
            }
        });
        machine.svm.vmrun(SvmMachine.VMCB);
        machine.cpu.run(machine.cpu.now() + 1000);
        assertEquals(3, exits.size());
        assertEquals(
                new SvmExit.PortAccess(0x80, false, false, false, 1, 64, 0, SvmMachine.GUEST_CODE + 2),
                exits.getFirst());
        assertEquals(new SvmExit.Instruction(0x81, "VMMCALL"), exits.getLast());
    }

    // ---- PAUSE ----

    private static long afterPauses(int count, int filter) {
        SvmMachine machine = new SvmMachine().setBits(VmcbField.INTERCEPT_MISC1, 1 << 23);
        for (int n = 0; n < count; n++) {
            machine.code(SvmMachine.GUEST_CODE + (n * 2L), 0xf3, 0x90);
        }
        machine.code(SvmMachine.GUEST_CODE + (count * 2L), 0x0f, 0x01, 0xd9);
        return machine.set(VmcbField.PAUSE_FILTER_COUNT, filter).exit();
    }

    @Test
    void theFilterLetsAllButTheLastPauseThrough() {
        assertEquals(0x77, afterPauses(1, 0));
        assertEquals(ExitTable.VMMCALL, afterPauses(4, 5));
        assertEquals(0x77, afterPauses(5, 5));
    }

    // ---- time ----

    @Test
    void theGuestsTimeIsScaledAndMoved() {
        SvmMachine machine = new SvmMachine().guest(0x0f, 0x31, 0x0f, 0x01, 0xd9); // rdtsc; vmmcall
        machine.cpu.system.msrs.write(0xc000_0104, 3L << 31); // 1.5
        machine.set(VmcbField.TSC_OFFSET, 0x1000);
        machine.exit();
        long seen = (machine.cpu.state.r[CpuState.RDX] << 32) | machine.get(VmcbField.RAX);
        // RDTSC is the second instruction, after VMRUN.
        long counter = machine.cpu.system.msrs.timeStamp();
        assertTrue(seen >= 0x1000 && seen <= 0x1000 + (counter * 3 / 2), () -> seen + " of " + counter);
    }

    @Test
    void reservedBitsOfTheRatioAreAProtectionFault() {
        SvmMachine machine = new SvmMachine();
        assertTrue(!machine.cpu.system.msrs.write(0xc000_0104, 1L << 40));
        assertTrue(!machine.cpu.system.msrs.write(SvmMachine.MSR_VM_HSAVE_PA, 0x1001));
        assertTrue(!machine.cpu.system.msrs.write(SvmMachine.MSR_VM_HSAVE_PA, 1L << 40));
        assertTrue(!machine.cpu.system.msrs.write(0xc001_0114, 1 << 5));
    }

    /** APM 2 "VM_CR MSR": once locked, SVMDIS keeps EFER.SVME from being set. */
    @Test
    void svmCanBeDisabledForGood() {
        SvmMachine machine = new SvmMachine();
        var msrs = machine.cpu.system.msrs;
        assertTrue(!msrs.write(0xc001_0114, 0x10), "EFER.SVME is set");
        assertTrue(msrs.write(0xc000_0080, machine.cpu.state.efer & ~Efer.SVME));
        assertTrue(msrs.write(0xc001_0114, 0x18));
        assertTrue(!msrs.write(0xc000_0080, machine.cpu.state.efer | Efer.SVME));
        assertTrue(msrs.write(0xc001_0114, 0));
        long[] value = new long[1];
        assertTrue(msrs.read(0xc001_0114, value));
        assertEquals(0x18, value[0]);
    }

    // ---- nested paging ----

    @Test
    void aNestedPageFaultTellsTheGuestPhysicalAddress() {
        SvmMachine machine = new SvmMachine().nested().guest(0x48, 0xa1, 0x10, 0, 0x60, 0, 0, 0, 0, 0);
        machine.memory.write(SvmMachine.NESTED_TABLES + 0x2000 + 24, 8, 0); // movabs 0x600010,%rax
        assertEquals(ExitTable.NPF, machine.exit());
        assertEquals(0x60_0010, machine.get(VmcbField.EXITINFO2));
        assertEquals(0x1_0000_0004L, machine.get(VmcbField.EXITINFO1), "final translation, user, read, not present");
        assertEquals(0x48, machine.memory.read(SvmMachine.VMCB + 0xd1, 1));
    }

    @Test
    void theGuestsPatIsItsOwnOnlyWithNestedPaging() {
        SvmMachine machine = new SvmMachine().nested().guest(0x0f, 0x32, 0x0f, 0x01, 0xd9); // rdmsr; vmmcall
        machine.cpu.state.r[CpuState.RCX] = 0x277;
        machine.set(VmcbField.G_PAT, 0x0606_0606_0606_0600L);
        assertEquals(ExitTable.VMMCALL, machine.exit());
        assertEquals(0x0606_0600L, machine.get(VmcbField.RAX));
        assertEquals(0x0007_0406_0007_0406L, machine.cpu.system.msrs.pat);
    }

    @Test
    void translationsOfOneAsidAreNotThoseOfAnother() {
        // mov 0x80000,%rax; vmmcall
        SvmMachine machine = new SvmMachine().nested().guest(0x48, 0xa1, 0, 0, 8, 0, 0, 0, 0, 0, 0x0f, 0x01, 0xd9);
        machine.memory.write(0x8_0000, 8, 1);
        machine.memory.write(0x28_0000, 8, 2);
        machine.exit();
        assertEquals(1, machine.get(VmcbField.RAX));
        // The second guest's memory is the host's next 2 MBytes, but for the page that holds code and tables.
        long tables = 0x30_0000;
        machine.memory.write(tables, 8, (tables + 0x1000) | 7);
        machine.memory.write(tables + 0x1000, 8, (tables + 0x2000) | 7);
        machine.memory.write(tables + 0x2000, 8, (tables + 0x3000) | 7);
        for (int n = 0; n < 512; n++) {
            long page = n == 0x80 ? 0x28_0000 : n * 0x1000L;
            machine.memory.write(tables + 0x3000 + (n * 8L), 8, page | 7);
        }
        machine.set(VmcbField.GUEST_ASID, 2).set(VmcbField.N_CR3, tables).set(VmcbField.RIP, SvmMachine.GUEST_CODE);
        machine.exit();
        assertEquals(2, machine.get(VmcbField.RAX));
        machine.set(VmcbField.GUEST_ASID, 1)
                .set(VmcbField.N_CR3, SvmMachine.NESTED_TABLES)
                .set(VmcbField.RIP, SvmMachine.GUEST_CODE);
        machine.exit();
        assertEquals(1, machine.get(VmcbField.RAX));
    }
}
