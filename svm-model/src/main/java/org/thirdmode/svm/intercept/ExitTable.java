package org.thirdmode.svm.intercept;

import com.google.common.collect.ImmutableList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.thirdmode.svm.vmcb.VmcbField;

/** The #VMEXIT codes: APM 2 Appendix C "SVM Intercept Exit Codes", a row each, in their order. */
public final class ExitTable {
    public static final int CR0_READ = 0x00;
    public static final int CR0_WRITE = 0x10;
    public static final int DR0_READ = 0x20;
    public static final int DR0_WRITE = 0x30;
    public static final int EXCP0 = 0x40;
    public static final int INTR = 0x60;
    public static final int NMI = 0x61;
    public static final int INIT = 0x63;
    public static final int VINTR = 0x64;
    public static final int CR0_SEL_WRITE = 0x65;
    public static final int IDTR_READ = 0x66;
    public static final int IDTR_WRITE = 0x6a;
    public static final int INVLPGA = 0x7a;
    public static final int IOIO = 0x7b;
    public static final int MSR = 0x7c;
    public static final int TASK_SWITCH = 0x7d;
    public static final int FERR_FREEZE = 0x7e;
    public static final int SHUTDOWN = 0x7f;
    public static final int VMRUN = 0x80;
    public static final int VMMCALL = 0x81;
    public static final int VMLOAD = 0x82;
    public static final int VMSAVE = 0x83;
    public static final int STGI = 0x84;
    public static final int CLGI = 0x85;
    public static final int SKINIT = 0x86;
    public static final int MWAIT = 0x8b;
    public static final int MWAIT_CONDITIONAL = 0x8c;
    public static final int NPF = 0x400;

    /** All ones in 64 bits. */
    public static final long INVALID = -1L;

    private static final String GPR = "63 MOV CRx; 3:0 number of the general register (decode assists)";
    private static final String DR_GPR = "3:0 number of the general register (decode assists)";
    private static final String NEXT_RIP = "RIP of the next instruction";

    private static final List<ExitRow> ALL = build();
    private static final Map<Long, ExitRow> BY_CODE = byCode();

    private ExitTable() {}

    /** Every row, by code. */
    public static List<ExitRow> rows() {
        return ALL;
    }

    /** The name of a code, or its number in hexadecimal where the manual has none. */
    public static String name(long code) {
        ExitRow row = BY_CODE.get(code);
        return row == null ? "0x" + Long.toHexString(code) : row.name();
    }

    private static Map<Long, ExitRow> byCode() {
        Map<Long, ExitRow> map = new HashMap<>();
        for (ExitRow row : ALL) {
            map.put(row.code(), row);
        }
        return Map.copyOf(map);
    }

    private static List<ExitRow> build() {
        ImmutableList.Builder<ExitRow> rows = ImmutableList.builder();
        for (InterceptRow intercept : InterceptTable.rows()) {
            rows.add(of(intercept));
        }
        rows.add(new ExitRow(
                NPF,
                "NPF",
                "nested page fault",
                "0 P; 1 RW; 2 US; 3 RSV; 4 ID; 32 final translation; 33 guest page-table walk",
                "guest-physical address",
                true));
        rows.add(new ExitRow(0x401, "AVIC_INCOMPLETE_IPI", "AVIC: a virtual IPI was not delivered", "", "", false));
        rows.add(new ExitRow(0x402, "AVIC_NOACCEL", "AVIC: an access is not accelerated", "", "", false));
        rows.add(new ExitRow(0x403, "VMGEXIT", "VMGEXIT instruction", "", "", false));
        rows.add(new ExitRow(-2L, "BUSY", "the VMSA is in use", "", "", false));
        rows.add(new ExitRow(INVALID, "INVALID", "VMRUN found the guest state invalid", "", "", true));
        return rows.build();
    }

    private static ExitRow of(InterceptRow row) {
        int code = row.exitCode();
        String first = "";
        String second = "";
        boolean modelled = row.core() != 0 || (row.vector() == VmcbField.INTERCEPT_MISC2 && row.bit() <= 6);
        if (code < DR0_READ) {
            first = GPR;
        } else if (code < EXCP0) {
            first = DR_GPR;
        } else if (code < INTR) {
            int vector = code - EXCP0;
            modelled = vector != 2;
            if (vector == 14) {
                first = "error code of #PF";
                second = "the faulting linear address";
            } else if (vector == 8 || (vector >= 10 && vector <= 13) || vector == 17) {
                first = "error code";
            }
        } else {
            switch (code) {
                case CR0_SEL_WRITE -> first = GPR;
                case VINTR, INVLPGA -> modelled = true;
                case 0x75 -> first = "7:0 vector (decode assists)";
                case 0x79 -> first = "linear address (decode assists)";
                case IOIO -> {
                    first = "0 IN; 2 STR; 3 REP; 4 SZ8; 5 SZ16; 6 SZ32; 7 A16; 8 A32; 9 A64;"
                            + " 12:10 segment (decode assists); 31:16 port";
                    second = NEXT_RIP;
                }
                case MSR -> first = "0 WRMSR rather than RDMSR";
                case TASK_SWITCH -> {
                    first = "15:0 selector of the incoming TSS";
                    second = "31:0 error code; 36 IRET; 38 far jump; 44 an error code is pushed; 48 RFLAGS.RF";
                }
                default -> {}
            }
        }
        return new ExitRow(code, name(row), cause(row), first, second, modelled);
    }

    private static String name(InterceptRow row) {
        return switch (row.exitCode()) {
            case 0x75 -> "SWINT";
            case IOIO -> "IOIO";
            case MSR -> "MSR";
            case MWAIT_CONDITIONAL -> "MWAIT_CONDITIONAL";
            default -> row.name();
        };
    }

    private static String cause(InterceptRow row) {
        int code = row.exitCode();
        if (code >= EXCP0 && code < INTR) {
            return "exception vector " + (code - EXCP0);
        }
        return switch (row.vector()) {
            case INTERCEPT_CR_READ, INTERCEPT_DR_READ ->
                "read of " + row.name().substring(0, row.name().indexOf('_'));
            case INTERCEPT_CR_WRITE, INTERCEPT_DR_WRITE ->
                "write of " + row.name().substring(0, row.name().indexOf('_'));
            default ->
                switch (code) {
                    case INTR -> "physical interrupt";
                    case NMI -> "non-maskable interrupt";
                    case 0x62 -> "system-management interrupt";
                    case INIT -> "INIT";
                    case VINTR -> "virtual interrupt";
                    case CR0_SEL_WRITE -> "write of CR0 that changes more than CR0.TS and CR0.MP";
                    case IOIO -> "IN, OUT, INS or OUTS that the I/O permission map names";
                    case MSR -> "RDMSR or WRMSR that the MSR permission map names";
                    case TASK_SWITCH -> "task switch";
                    case FERR_FREEZE -> "FERR# would freeze the processor";
                    case SHUTDOWN -> "shutdown";
                    default -> row.name().replace("_", " ") + (code >= 0x66 && code <= 0x6d ? "" : " instruction");
                };
        };
    }
}
