package org.thirdmode.svm.exec;

import org.thirdmode.svm.intercept.ExitTable;

/**
 * A #VMEXIT as a value: what EXITCODE, EXITINFO1 and EXITINFO2 say, one record a family. APM 2 Appendix C "SVM Intercept
 * Exit Codes".
 */
public sealed interface SvmExit {
    /** MOV to or from a control register, CLTS, LMSW or SMSW. */
    record ControlRegister(int number, boolean write, boolean move, int generalRegister) implements SvmExit {}

    /** A write of CR0 that changes more than TS and MP. */
    record SelectiveCr0Write(boolean move, int generalRegister) implements SvmExit {}

    /** MOV to or from a debug register. */
    record DebugRegister(int number, boolean write, int generalRegister) implements SvmExit {}

    /** An exception; {@code address} is the faulting linear address of #PF. */
    record GuestException(int vector, int errorCode, long address) implements SvmExit {}

    /** A physical interrupt: it is still pending. */
    record Interrupt() implements SvmExit {}

    /** A non-maskable interrupt: it is still pending. */
    record NonMaskableInterrupt() implements SvmExit {}

    /** INIT: it is still pending. */
    record Init() implements SvmExit {}

    /** The guest could take its virtual interrupt. */
    record VirtualInterruptWindow() implements SvmExit {}

    /** An instruction about which nothing more is told. */
    record Instruction(int exitCode, String name) implements SvmExit {}

    record SoftwareInterrupt(int vector) implements SvmExit {}

    record InvalidatePage(long linear) implements SvmExit {}

    /**
     * IN, OUT, INS or OUTS.
     *
     * @param size of the operand in bytes
     * @param addressSize in bits
     * @param segment 0..5 = ES CS SS DS FS GS
     */
    record PortAccess(
            int port, boolean in, boolean string, boolean repeat, int size, int addressSize, int segment, long nextRip)
            implements SvmExit {}

    record MsrAccess(boolean write) implements SvmExit {}

    record TaskSwitch(int selector, boolean iret, boolean jump, boolean hasErrorCode, int errorCode)
            implements SvmExit {}

    record FerrFreeze() implements SvmExit {}

    record Shutdown() implements SvmExit {}

    record NestedPageFault(long guestPhysical, long error) implements SvmExit {}

    /** VMRUN found the VMCB illegal. */
    record Invalid() implements SvmExit {}

    /** The exit that the three fields describe. */
    static SvmExit of(long code, long information1, long information2) {
        int first = (int) information1;
        int register = first & 0xf;
        boolean move = information1 < 0;
        if (code >= 0 && code < ExitTable.DR0_READ) {
            return new ControlRegister((int) code & 0xf, code >= ExitTable.CR0_WRITE, move, register);
        }
        if (code >= 0 && code < ExitTable.EXCP0) {
            return new DebugRegister((int) code & 0xf, code >= ExitTable.DR0_WRITE, register);
        }
        if (code >= 0 && code < ExitTable.INTR) {
            return new GuestException((int) code - ExitTable.EXCP0, first, information2);
        }
        if (code == ExitTable.INVALID) {
            return new Invalid();
        }
        return switch ((int) code) {
            case ExitTable.INTR -> new Interrupt();
            case ExitTable.NMI -> new NonMaskableInterrupt();
            case ExitTable.INIT -> new Init();
            case ExitTable.VINTR -> new VirtualInterruptWindow();
            case ExitTable.CR0_SEL_WRITE -> new SelectiveCr0Write(move, register);
            case 0x75 -> new SoftwareInterrupt(first & 0xff);
            case 0x79 -> new InvalidatePage(information1);
            case ExitTable.IOIO -> port(first, information2);
            case ExitTable.MSR -> new MsrAccess(first != 0);
            case ExitTable.TASK_SWITCH ->
                new TaskSwitch(
                        first & 0xffff,
                        ((information2 >>> 36) & 1) != 0,
                        ((information2 >>> 38) & 1) != 0,
                        ((information2 >>> 44) & 1) != 0,
                        (int) information2);
            case ExitTable.FERR_FREEZE -> new FerrFreeze();
            case ExitTable.SHUTDOWN -> new Shutdown();
            case ExitTable.NPF -> new NestedPageFault(information2, information1);
            default -> new Instruction((int) code, ExitTable.name(code));
        };
    }

    private static PortAccess port(int information, long nextRip) {
        int addressSize = ((information >>> 7) & 7) << 4;
        return new PortAccess(
                information >>> 16,
                (information & 1) != 0,
                (information & 4) != 0,
                (information & 8) != 0,
                (information >>> 4) & 7,
                addressSize,
                (information >>> 10) & 7,
                nextRip);
    }
}
