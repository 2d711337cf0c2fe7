package org.thirdmode.svm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.thirdmode.svm.intercept.ExitTable;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.state.CpuState;

/** APM 2 "Instruction Intercepts": which exit, with which RIP and next RIP, and what is checked before. */
class InstructionInterceptPriorities {
    private static final int GENERAL_PROTECTION = ExitTable.EXCP0 + 13;
    private static final int UNDEFINED = ExitTable.EXCP0 + 6;

    /** Exit code and machine code of each instruction with a bit in a miscellaneous vector. */
    static Stream<Arguments> instructions() {
        return Stream.of(
                row(0x66, 0x0f, 0x01, 0x0c, 0x24), // sidt (%rsp)
                row(0x67, 0x0f, 0x01, 0x04, 0x24), // sgdt (%rsp)
                row(0x68, 0x0f, 0x00, 0xc0), // sldt %eax
                row(0x69, 0x0f, 0x00, 0xc8), // str %eax
                row(0x6a, 0x0f, 0x01, 0x1c, 0x24), // lidt (%rsp)
                row(0x6b, 0x0f, 0x01, 0x14, 0x24), // lgdt (%rsp)
                row(0x6c, 0x0f, 0x00, 0xd0), // lldt %ax
                row(0x6d, 0x0f, 0x00, 0xd8), // ltr %ax
                row(0x6e, 0x0f, 0x31), // rdtsc
                row(0x6f, 0x0f, 0x33), // rdpmc
                row(0x70, 0x9c), // pushf
                row(0x71, 0x9d), // popf
                row(0x72, 0x0f, 0xa2), // cpuid
                row(0x73, 0x0f, 0xaa), // rsm
                row(0x74, 0x48, 0xcf), // iretq
                row(0x75, 0xcd, 0x21), // int $0x21
                row(0x76, 0x0f, 0x08), // invd
                row(0x77, 0xf3, 0x90), // pause
                row(0x78, 0xf4), // hlt
                row(0x79, 0x0f, 0x01, 0x3c, 0x24), // invlpg (%rsp)
                row(0x7a, 0x0f, 0x01, 0xdf), // invlpga
                row(0x80, 0x0f, 0x01, 0xd8), // vmrun
                row(0x81, 0x0f, 0x01, 0xd9), // vmmcall
                row(0x82, 0x0f, 0x01, 0xda), // vmload
                row(0x83, 0x0f, 0x01, 0xdb), // vmsave
                row(0x84, 0x0f, 0x01, 0xdc), // stgi
                row(0x85, 0x0f, 0x01, 0xdd), // clgi
                row(0x87, 0x0f, 0x01, 0xf9), // rdtscp
                row(0x88, 0xf1), // int1
                row(0x89, 0x0f, 0x09), // wbinvd
                row(0x8a, 0x0f, 0x01, 0xc8), // monitor
                row(0x8b, 0x0f, 0x01, 0xc9)); // mwait
    }

    private static Arguments row(int exitCode, int... code) {
        return Arguments.of(exitCode, code);
    }

    private static SvmMachine machine(int exitCode, int... code) {
        SvmMachine machine = new SvmMachine().guest(code);
        VmcbField vector = exitCode < 0x80 ? VmcbField.INTERCEPT_MISC1 : VmcbField.INTERCEPT_MISC2;
        return machine.setBits(vector, 1L << (exitCode & 31));
    }

    @ParameterizedTest
    @MethodSource("instructions")
    void theExitComesBeforeTheInstructionAndTellsTheNextRip(int exitCode, int[] code) {
        SvmMachine machine = machine(exitCode, code);
        assertEquals(exitCode, machine.exit());
        assertEquals(SvmMachine.GUEST_CODE, machine.get(VmcbField.RIP));
        assertEquals(SvmMachine.GUEST_CODE + code.length, machine.get(VmcbField.NRIP));
        assertEquals(SvmMachine.GUEST_STACK, machine.get(VmcbField.RSP));
        assertEquals(SvmMachine.HOST_CODE + 4, machine.cpu.state.rip);
        assertEquals(0, machine.get(VmcbField.EXITINTINFO));
    }

    /** "HLT: Checks all exceptions (#GP) before the intercept." */
    @Test
    void privilegeIsCheckedBeforeHlt() {
        assertEquals(GENERAL_PROTECTION, atPrivilege3(0x78, 0xf4));
    }

    @Test
    void privilegeIsCheckedBeforeInvd() {
        assertEquals(GENERAL_PROTECTION, atPrivilege3(0x76, 0x0f, 0x08));
    }

    @Test
    void privilegeIsCheckedBeforeVmload() {
        assertEquals(GENERAL_PROTECTION, atPrivilege3(0x82, 0x0f, 0x01, 0xda));
    }

    /** "VMMCALL: The intercept takes priority over exceptions." */
    @Test
    void vmmcallLeavesTheGuestAtAnyPrivilege() {
        assertEquals(0x81, atPrivilege3(0x81, 0x0f, 0x01, 0xd9));
    }

    @Test
    void cpuidLeavesTheGuestAtAnyPrivilege() {
        assertEquals(0x72, atPrivilege3(0x72, 0x0f, 0xa2));
    }

    /** "RSM: The intercept takes priority over any exceptions." */
    @Test
    void rsmLeavesTheGuestBeforeItIsUndefined() {
        assertEquals(
                0x73,
                new SvmMachine()
                        .guest(0x0f, 0xaa)
                        .setBits(VmcbField.INTERCEPT_MISC1, 1 << 19)
                        .setBits(VmcbField.INTERCEPT_EXCEPTIONS, 1 << 6)
                        .exit());
    }

    @Test
    void skinitIsUndefinedWhateverIsIntercepted() {
        assertEquals(
                UNDEFINED,
                new SvmMachine()
                        .guest(0x0f, 0x01, 0xde)
                        .setBits(VmcbField.INTERCEPT_MISC2, 1 << 6)
                        .setBits(VmcbField.INTERCEPT_EXCEPTIONS, 1 << 6)
                        .exit());
    }

    @Test
    void vmmcallThatNobodyInterceptsIsUndefined() {
        SvmMachine machine = new SvmMachine();
        machine.set(VmcbField.INTERCEPT_MISC2, 1).setBits(VmcbField.INTERCEPT_EXCEPTIONS, 1 << 6);
        assertEquals(UNDEFINED, machine.exit());
    }

    /** A guest at privilege level 3 with user segments; #GP and #UD are intercepted. */
    private static long atPrivilege3(int exitCode, int... code) {
        SvmMachine machine = machine(exitCode, code);
        machine.set(VmcbField.CPL, 3)
                .set(VmcbField.CS_SELECTOR, 0x1b)
                .set(VmcbField.CS_ATTRIBUTES, SvmMachine.CODE64 | 0x60)
                .set(VmcbField.SS_SELECTOR, 0x23)
                .set(VmcbField.SS_ATTRIBUTES, SvmMachine.DATA32 | 0x60)
                .setBits(VmcbField.INTERCEPT_EXCEPTIONS, (1 << 13) | (1 << 6));
        long exit = machine.exit();
        assertEquals(3, machine.get(VmcbField.CPL));
        return exit;
    }

    // ---- control and debug registers: APM 2 "CRx and DRx Intercepts", "Decode Assists" ----

    @Test
    void aMoveFromCr0TellsItsRegister() {
        SvmMachine machine = new SvmMachine().guest(0x0f, 0x20, 0xc3); // mov %cr0,%rbx
        machine.set(VmcbField.INTERCEPT_CR_READ, 1);
        assertEquals(ExitTable.CR0_READ, machine.exit());
        assertEquals((1L << 63) | 3, machine.get(VmcbField.EXITINFO1));
    }

    @Test
    void aMoveToCr8TellsItsRegister() {
        SvmMachine machine = new SvmMachine().guest(0x45, 0x0f, 0x22, 0xc1); // mov %r9,%cr8
        machine.set(VmcbField.INTERCEPT_CR_WRITE, 1 << 8);
        assertEquals(ExitTable.CR0_WRITE + 8, machine.exit());
        assertEquals((1L << 63) | 9, machine.get(VmcbField.EXITINFO1));
    }

    @Test
    void clearingTaskSwitchedIsAWriteOfCr0ThatIsNoMove() {
        SvmMachine machine = new SvmMachine().guest(0x0f, 0x06);
        machine.set(VmcbField.INTERCEPT_CR_WRITE, 1);
        assertEquals(ExitTable.CR0_WRITE, machine.exit());
        assertEquals(0, machine.get(VmcbField.EXITINFO1));
    }

    /** "CR0_SEL_WRITE: Intercept CR0 writes that change bits other than CR0.TS or CR0.MP." */
    @Test
    void theSelectiveInterceptLetsTaskSwitchedThrough() {
        // mov %cr0,%rax; or $10,%al; mov %rax,%cr0; vmmcall
        SvmMachine machine = new SvmMachine()
                .guest(0x0f, 0x20, 0xc0, 0x0c, 0x0a, 0x0f, 0x22, 0xc0, 0x0f, 0x01, 0xd9)
                .setBits(VmcbField.INTERCEPT_MISC1, 1 << 5);
        assertEquals(ExitTable.VMMCALL, machine.exit());
        // mov %cr0,%rax; btc $18,%eax (AM); mov %rax,%cr0
        machine = new SvmMachine()
                .guest(0x0f, 0x20, 0xc0, 0x0f, 0xba, 0xf8, 0x12, 0x0f, 0x22, 0xc0)
                .setBits(VmcbField.INTERCEPT_MISC1, 1 << 5);
        assertEquals(ExitTable.CR0_SEL_WRITE, machine.exit());
    }

    /** "LMSW treats the selective CR0-write intercept as a non-selective intercept." */
    @Test
    void theSelectiveInterceptStopsEveryLmsw() {
        SvmMachine machine = new SvmMachine().guest(0x0f, 0x01, 0xf0).setBits(VmcbField.INTERCEPT_MISC1, 1 << 5);
        machine.set(VmcbField.RAX, 1);
        assertEquals(ExitTable.CR0_SEL_WRITE, machine.exit());
    }

    @Test
    void generalDetectComesBeforeTheInterceptOfADebugRegister() {
        SvmMachine machine = new SvmMachine().guest(0x0f, 0x21, 0xd8); // mov %dr3,%rax
        machine.set(VmcbField.INTERCEPT_DR_READ, 1 << 3);
        assertEquals(ExitTable.DR0_READ + 3, machine.exit());
        machine = new SvmMachine().guest(0x0f, 0x21, 0xd8);
        machine.set(VmcbField.INTERCEPT_DR_READ, 1 << 3)
                .set(VmcbField.INTERCEPT_EXCEPTIONS, 1 << 1)
                .set(VmcbField.DR7, 0x2400);
        assertEquals(ExitTable.EXCP0 + 1, machine.exit());
        assertEquals(1 << 13, machine.get(VmcbField.DR6) & (1 << 13), "DR6 is written before the intercept");
    }

    // ---- ports, MSRs ----

    @Test
    void anIoExitTellsPortSizeAndDirection() {
        SvmMachine machine = new SvmMachine().guest(0x66, 0xed).setBits(VmcbField.INTERCEPT_MISC1, 1 << 27);
        machine.memory.write(SvmMachine.IOPM + (0x3f9 >> 3), 1, 1 << 1);
        machine.cpu.state.r[CpuState.RDX] = 0x3f8; // in (%dx),%ax: the second of the two ports is intercepted
        assertEquals(ExitTable.IOIO, machine.exit());
        assertEquals((0x3f8L << 16) | (1 << 5) | 1, machine.get(VmcbField.EXITINFO1) & 0xffff_007f);
        assertEquals(SvmMachine.GUEST_CODE + 2, machine.get(VmcbField.EXITINFO2));
    }

    @Test
    void aRepeatedStringOutputTellsSegmentAndAddressSize() {
        SvmMachine machine = new SvmMachine().guest(0xf3, 0x65, 0x6e).setBits(VmcbField.INTERCEPT_MISC1, 1 << 27);
        machine.memory.write(SvmMachine.IOPM, 1, 0xff);
        machine.cpu.state.r[CpuState.RDX] = 1;
        machine.cpu.state.r[CpuState.RCX] = 4;
        assertEquals(ExitTable.IOIO, machine.exit()); // rep outsb %gs:(%rsi)
        long expected = (1L << 16) | (5 << 10) | (1 << 9) | (1 << 4) | (1 << 3) | (1 << 2);
        assertEquals(expected, machine.get(VmcbField.EXITINFO1));
    }

    @Test
    void aPortThatTheMapDoesNotNameIsTheGuestsOwn() {
        SvmMachine machine = new SvmMachine()
                .guest(0xe4, 0x80, 0x0f, 0x01, 0xd9) // in $0x80,%al
                .setBits(VmcbField.INTERCEPT_MISC1, 1 << 27);
        assertEquals(ExitTable.VMMCALL, machine.exit());
        assertEquals(0xff, machine.get(VmcbField.RAX) & 0xff);
    }

    @Test
    void theMsrMapHasTwoBitsAnMsr() {
        for (int write = 0; write < 2; write++) {
            SvmMachine machine =
                    new SvmMachine().guest(0x0f, write == 1 ? 0x30 : 0x32).setBits(VmcbField.INTERCEPT_MISC1, 1 << 28);
            // C0000102: the second range begins at byte 800H of the map.
            machine.memory.write(SvmMachine.MSRPM + 0x800 + (0x102 >> 2), 1, 1 << (((0x102 & 3) * 2) + write));
            machine.cpu.state.r[CpuState.RCX] = 0xc000_0102L;
            assertEquals(ExitTable.MSR, machine.exit());
            assertEquals(write, machine.get(VmcbField.EXITINFO1));
        }
    }

    @Test
    void anMsrThatNoRangeCoversIsIntercepted() {
        SvmMachine machine = new SvmMachine().guest(0x0f, 0x32).setBits(VmcbField.INTERCEPT_MISC1, 1 << 28);
        machine.cpu.state.r[CpuState.RCX] = 0x4000_0000L;
        assertEquals(ExitTable.MSR, machine.exit());
    }
}
