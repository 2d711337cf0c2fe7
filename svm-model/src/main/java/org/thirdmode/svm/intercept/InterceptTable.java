package org.thirdmode.svm.intercept;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.exec.Intercept;

/**
 * Every intercept of a VMCB, a row each, by vector and bit: APM 2 Appendix B "Layout of VMCB", "Instruction Intercepts",
 * "Exception Intercepts", "Interrupt Intercepts".
 */
public final class InterceptTable {
    private static final String CR_DR = "CRx and DRx Intercepts";
    private static final String INSTRUCTION = "Instruction Intercepts";
    private static final String INTERRUPT = "Interrupt Intercepts";
    private static final String EXCEPTION = "Exception Intercepts";
    private static final String MISCELLANEOUS = "Miscellaneous Intercepts";

    private static final String AFTER_ALL = "after all exceptions";
    private static final String AFTER_PRIVILEGE = "after #UD and the #GP of privilege";
    private static final String AFTER_NON_MEMORY = "after exceptions that do not come from memory";
    private static final String BEFORE_ALL = "before any exception";
    private static final String NO_EXCEPTION = "there is no exception to check";
    private static final String EVENT = "when the event would be taken";

    private static final VmcbField MISC1 = VmcbField.INTERCEPT_MISC1;
    private static final VmcbField MISC2 = VmcbField.INTERCEPT_MISC2;
    private static final VmcbField MISC3 = VmcbField.INTERCEPT_MISC3;

    // Bits of INTERCEPT_MISC1 and INTERCEPT_MISC2 that the processor looks at by name.
    public static final int INTR = 1;
    public static final int NMI = 1 << 1;
    public static final int INIT = 1 << 3;
    public static final int VINTR = 1 << 4;
    public static final int CR0_SEL_WRITE = 1 << 5;
    public static final int PAUSE = 1 << 23;
    public static final int INVLPGA = 1 << 26;
    public static final int IOIO_PROT = 1 << 27;
    public static final int MSR_PROT = 1 << 28;
    public static final int SHUTDOWN = 1 << 31;
    public static final int VMRUN = 1;
    public static final int VMMCALL = 1 << 1;
    public static final int VMLOAD = 1 << 2;
    public static final int VMSAVE = 1 << 3;
    public static final int STGI = 1 << 4;
    public static final int CLGI = 1 << 5;
    public static final int SKINIT = 1 << 6;
    public static final int MWAIT = 1 << 11;
    public static final int MWAIT_ARMED = 1 << 12;

    private static final List<InterceptRow> ALL = build();

    private InterceptTable() {}

    /** Every row, by vector and bit. */
    public static List<InterceptRow> rows() {
        return ALL;
    }

    private static List<InterceptRow> build() {
        ImmutableList.Builder<InterceptRow> rows = ImmutableList.builder();
        registers(rows, VmcbField.INTERCEPT_CR_READ, "CR", "_READ", ExitTable.CR0_READ, Intercept.CR_READ);
        registers(rows, VmcbField.INTERCEPT_CR_WRITE, "CR", "_WRITE", ExitTable.CR0_WRITE, Intercept.CR_WRITE);
        registers(rows, VmcbField.INTERCEPT_DR_READ, "DR", "_READ", ExitTable.DR0_READ, Intercept.DR_READ);
        registers(rows, VmcbField.INTERCEPT_DR_WRITE, "DR", "_WRITE", ExitTable.DR0_WRITE, Intercept.DR_WRITE);
        for (int vector = 0; vector < 32; vector++) {
            int exit = ExitTable.EXCP0 + vector;
            String priority = vector == 2 ? "not used: NMI has a bit of its own" : EVENT;
            rows.add(new InterceptRow(
                    VmcbField.INTERCEPT_EXCEPTIONS,
                    vector,
                    "EXCP" + vector,
                    exit,
                    priority,
                    EXCEPTION,
                    Intercept.EXCEPTION));
        }
        first(rows);
        second(rows);
        row(rows, MISC3, 0, "INVLPGB", 0xa0, AFTER_PRIVILEGE, INSTRUCTION, 0);
        row(rows, MISC3, 1, "INVLPGB_ILLEGAL", 0xa1, AFTER_PRIVILEGE, INSTRUCTION, 0);
        row(rows, MISC3, 2, "INVPCID", 0xa2, AFTER_PRIVILEGE, INSTRUCTION, Intercept.INVPCID);
        row(rows, MISC3, 3, "MCOMMIT", 0xa3, AFTER_PRIVILEGE, INSTRUCTION, 0);
        row(rows, MISC3, 4, "TLBSYNC", 0xa4, AFTER_PRIVILEGE, INSTRUCTION, 0);
        return rows.build();
    }

    private static void first(ImmutableList.Builder<InterceptRow> rows) {
        row(rows, MISC1, 0, "INTR", 0x60, EVENT, INTERRUPT, Intercept.EXTERNAL_INTERRUPT);
        row(rows, MISC1, 1, "NMI", 0x61, EVENT, INTERRUPT, Intercept.NMI);
        row(rows, MISC1, 2, "SMI", 0x62, EVENT, INTERRUPT, 0);
        row(rows, MISC1, 3, "INIT", 0x63, EVENT, INTERRUPT, Intercept.INIT);
        row(rows, MISC1, 4, "VINTR", 0x64, EVENT, INTERRUPT, 0);
        row(rows, MISC1, 5, "CR0_SEL_WRITE", 0x65, AFTER_NON_MEMORY, INSTRUCTION, Intercept.CR_WRITE);
        tables(rows, 6, "_READ", 0x66, Intercept.DESCRIPTOR_TABLE_STORE);
        tables(rows, 10, "_WRITE", 0x6a, Intercept.DESCRIPTOR_TABLE_LOAD);
        row(rows, MISC1, 14, "RDTSC", 0x6e, AFTER_ALL, INSTRUCTION, Intercept.RDTSC);
        row(rows, MISC1, 15, "RDPMC", 0x6f, AFTER_PRIVILEGE, INSTRUCTION, Intercept.RDPMC);
        row(rows, MISC1, 16, "PUSHF", 0x70, BEFORE_ALL, INSTRUCTION, Intercept.PUSHF);
        row(rows, MISC1, 17, "POPF", 0x71, BEFORE_ALL, INSTRUCTION, Intercept.POPF);
        row(rows, MISC1, 18, "CPUID", 0x72, NO_EXCEPTION, INSTRUCTION, Intercept.CPUID);
        row(rows, MISC1, 19, "RSM", 0x73, BEFORE_ALL, INSTRUCTION, Intercept.RSM);
        row(rows, MISC1, 20, "IRET", 0x74, BEFORE_ALL, INSTRUCTION, Intercept.IRET);
        row(rows, MISC1, 21, "INTn", 0x75, BEFORE_ALL, INSTRUCTION, Intercept.INT_N);
        row(rows, MISC1, 22, "INVD", 0x76, AFTER_PRIVILEGE, INSTRUCTION, Intercept.INVD);
        row(rows, MISC1, 23, "PAUSE", 0x77, NO_EXCEPTION, INSTRUCTION, Intercept.PAUSE);
        row(rows, MISC1, 24, "HLT", 0x78, AFTER_ALL, INSTRUCTION, Intercept.HLT);
        row(rows, MISC1, 25, "INVLPG", 0x79, AFTER_PRIVILEGE, INSTRUCTION, Intercept.INVLPG);
        row(rows, MISC1, 26, "INVLPGA", 0x7a, AFTER_PRIVILEGE, INSTRUCTION, 0);
        row(
                rows,
                MISC1,
                27,
                "IOIO_PROT",
                0x7b,
                "after the #GP of IOPL and of the TSS's I/O permission map",
                "IOIO Intercepts",
                Intercept.IO);
        row(rows, MISC1, 28, "MSR_PROT", 0x7c, AFTER_PRIVILEGE, "MSR Intercepts", Intercept.MSR);
        row(
                rows,
                MISC1,
                29,
                "TASK_SWITCH",
                0x7d,
                "after the checks of the descriptor",
                MISCELLANEOUS,
                Intercept.TASK_SWITCH);
        row(rows, MISC1, 30, "FERR_FREEZE", 0x7e, EVENT, MISCELLANEOUS, Intercept.FERR_FREEZE);
        row(rows, MISC1, 31, "SHUTDOWN", 0x7f, EVENT, MISCELLANEOUS, Intercept.SHUTDOWN);
    }

    private static void second(ImmutableList.Builder<InterceptRow> rows) {
        row(rows, MISC2, 0, "VMRUN", 0x80, AFTER_PRIVILEGE, INSTRUCTION, 0);
        row(rows, MISC2, 1, "VMMCALL", 0x81, BEFORE_ALL, INSTRUCTION, 0);
        row(rows, MISC2, 2, "VMLOAD", 0x82, AFTER_PRIVILEGE, INSTRUCTION, 0);
        row(rows, MISC2, 3, "VMSAVE", 0x83, AFTER_PRIVILEGE, INSTRUCTION, 0);
        row(rows, MISC2, 4, "STGI", 0x84, AFTER_PRIVILEGE, INSTRUCTION, 0);
        row(rows, MISC2, 5, "CLGI", 0x85, AFTER_PRIVILEGE, INSTRUCTION, 0);
        row(rows, MISC2, 6, "SKINIT", 0x86, AFTER_PRIVILEGE, INSTRUCTION, 0);
        row(rows, MISC2, 7, "RDTSCP", 0x87, AFTER_ALL, INSTRUCTION, Intercept.RDTSCP);
        row(rows, MISC2, 8, "ICEBP", 0x88, NO_EXCEPTION, INSTRUCTION, Intercept.INT1);
        row(rows, MISC2, 9, "WBINVD", 0x89, AFTER_PRIVILEGE, INSTRUCTION, Intercept.WBINVD);
        row(rows, MISC2, 10, "MONITOR", 0x8a, AFTER_ALL, INSTRUCTION, Intercept.MONITOR);
        row(rows, MISC2, 11, "MWAIT", 0x8b, AFTER_PRIVILEGE, INSTRUCTION, Intercept.MWAIT);
        row(rows, MISC2, 12, "MWAIT_ARMED", 0x8c, AFTER_PRIVILEGE, INSTRUCTION, Intercept.MWAIT);
        row(rows, MISC2, 13, "XSETBV", 0x8d, AFTER_PRIVILEGE, INSTRUCTION, Intercept.XSETBV);
        row(rows, MISC2, 14, "RDPRU", 0x8e, AFTER_PRIVILEGE, INSTRUCTION, 0);
        String trap = "after the write";
        row(rows, MISC2, 15, "EFER_WRITE_TRAP", 0x8f, trap, INSTRUCTION, 0);
        for (int n = 0; n < 16; n++) {
            row(rows, MISC2, 16 + n, "CR" + n + "_WRITE_TRAP", 0x90 + n, trap, INSTRUCTION, 0);
        }
    }

    private static void tables(
            ImmutableList.Builder<InterceptRow> rows, int bit, String suffix, int exitCode, long core) {
        String[] names = {"IDTR", "GDTR", "LDTR", "TR"};
        for (int n = 0; n < names.length; n++) {
            row(rows, MISC1, bit + n, names[n] + suffix, exitCode + n, AFTER_PRIVILEGE, INSTRUCTION, core);
        }
    }

    private static void registers(
            ImmutableList.Builder<InterceptRow> rows,
            VmcbField vector,
            String prefix,
            String suffix,
            int exitCode,
            long core) {
        for (int n = 0; n < 16; n++) {
            row(rows, vector, n, prefix + n + suffix, exitCode + n, AFTER_NON_MEMORY, CR_DR, core);
        }
    }

    private static void row(
            ImmutableList.Builder<InterceptRow> rows,
            VmcbField vector,
            int bit,
            String name,
            int exitCode,
            String priority,
            String section,
            long core) {
        rows.add(new InterceptRow(vector, bit, name, exitCode, priority, section, core));
    }
}
