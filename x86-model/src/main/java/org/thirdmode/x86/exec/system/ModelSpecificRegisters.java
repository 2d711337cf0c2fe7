package org.thirdmode.x86.exec.system;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import org.thirdmode.x86.exec.Intercept;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.CpuProfile.Vendor;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Segment;

/**
 * The model-specific registers, as a table: number, how it is read, how it is written. SDM 4 "Model-Specific Registers
 * (MSRs)"; where AMD's differ, APM 2 "MSR Cross-Reference". Those of the local APIC are the board's.
 */
public final class ModelSpecificRegisters implements Stateful {
    private static final int IA32_TIME_STAMP_COUNTER = 0x10;
    private static final int IA32_PLATFORM_ID = 0x17;
    private static final int IA32_FEATURE_CONTROL = 0x3a;
    private static final int IA32_TSC_ADJUST = 0x3b;
    private static final int IA32_BIOS_UPDT_TRIG = 0x79;
    private static final int IA32_BIOS_SIGN_ID = 0x8b;
    private static final int MSR_PLATFORM_INFO = 0xce;
    private static final int IA32_MPERF = 0xe7;
    private static final int IA32_APERF = 0xe8;
    private static final int IA32_MTRRCAP = 0xfe;
    private static final int IA32_SYSENTER_CS = 0x174;
    private static final int IA32_SYSENTER_ESP = 0x175;
    private static final int IA32_SYSENTER_EIP = 0x176;
    private static final int IA32_MCG_CAP = 0x179;
    private static final int IA32_MCG_STATUS = 0x17a;
    private static final int IA32_MCG_CTL = 0x17b;
    private static final int IA32_MISC_ENABLE = 0x1a0;
    private static final int IA32_DEBUGCTL = 0x1d9;
    private static final int AMD_LAST_BRANCH_FROM_IP = 0x1db;
    private static final int IA32_MTRR_PHYSBASE0 = 0x200;
    private static final int IA32_PAT = 0x277;
    private static final int IA32_MTRR_DEF_TYPE = 0x2ff;
    private static final int IA32_MC0_CTL = 0x400;
    private static final int IA32_XSS = 0xda0;
    private static final int IA32_EFER = 0xc000_0080;
    private static final int IA32_STAR = 0xc000_0081;
    private static final int IA32_LSTAR = 0xc000_0082;
    private static final int IA32_CSTAR = 0xc000_0083;
    private static final int IA32_FMASK = 0xc000_0084;
    private static final int IA32_FS_BASE = 0xc000_0100;
    private static final int IA32_GS_BASE = 0xc000_0101;
    private static final int IA32_KERNEL_GS_BASE = 0xc000_0102;
    private static final int IA32_TSC_AUX = 0xc000_0103;
    private static final int AMD_PERF_EVT_SEL0 = 0xc001_0000;
    private static final int AMD_SYSCFG = 0xc001_0010;
    private static final int AMD_HWCR = 0xc001_0015;
    private static final int AMD_NB_CFG = 0xc001_001f;

    private static final int[] FIXED_MTRRS = {
        0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f
    };

    private static final int VARIABLE_MTRRS = 8;
    private static final int MACHINE_CHECK_BANKS = 10;
    private static final int AMD_COUNTERS = 4;

    /** MISC_ENABLE: fast strings, branch trace and PEBS unavailable, MONITOR enabled. */
    private static final long MISC_ENABLE_RESET = 1 | (1 << 11) | (1 << 12) | (1 << 18);

    private static final long MISC_ENABLE_MONITOR = 1 << 18;
    private static final long MISC_ENABLE_READ_ONLY = (1 << 7) | (1 << 11) | (1 << 12);

    /** In bits 63:32: later than any update that software is known to ask for. */
    private static final long MICROCODE_REVISION = 0xfffL << 32;

    private static final long PAT_RESET = 0x0007_0406_0007_0406L;

    private static final long FEATURE_CONTROL_LOCK = 1;

    private static final long DEBUGCTL_LBR = 1;

    private final Processor cpu;
    private final CpuState state;
    private final ControlRegisters controlRegisters;
    private final Map<Integer, Register> table = new HashMap<>();
    private final long[] result = new long[1];

    public long star;
    public long lstar;
    public long cstar;
    public long fmask;
    public long kernelGsBase;
    public long sysenterCs;
    public long sysenterEsp;
    public long sysenterEip;
    public long tscAux;
    public long pat = PAT_RESET;
    public long mtrrDefaultType;
    public final long[] fixedMtrrs = new long[FIXED_MTRRS.length];
    public final long[] variableMtrrs = new long[2 * VARIABLE_MTRRS];
    public long xss;
    public long miscEnable = MISC_ENABLE_RESET;
    public long debugControl;

    /**
     * LastBranchFromIP, LastBranchToIP, LastExceptionFromIP, LastExceptionToIP. Branches by instructions are recorded,
     * exceptions and interrupts are not.
     */
    public final long[] lastBranch = new long[4];

    public long featureControl;
    public long machineCheckStatus;
    private long machineCheckControl = -1L;
    private final long[] machineCheckBanks = new long[4 * MACHINE_CHECK_BANKS];
    private long microcodeRevision = MICROCODE_REVISION;
    private long mperf;
    private long aperf;
    private long systemConfiguration;
    private long hardwareConfiguration;
    private long northbridgeConfiguration;

    /** AMD's performance event selectors, then the counters: they hold what is written and count nothing. */
    private final long[] counters = new long[2 * AMD_COUNTERS];

    /** What the time-stamp counter is ahead of the tick; TSC_ADJUST holds the part that was written. */
    private long tscOffset;

    private long tscAdjust;

    /** How one register is read, and written: false asks for #GP(0). */
    private record Register(LongSupplier read, LongPredicate write) {}

    ModelSpecificRegisters(Processor cpu, ControlRegisters controlRegisters) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.controlRegisters = controlRegisters;
        systemCalls();
        timeStamps();
        memoryTypes();
        machineChecks();
        others();
    }

    // ---- the table ----

    private void row(int number, LongSupplier read, LongPredicate write) {
        table.put(number, new Register(read, write));
    }

    private void readOnly(int number, LongSupplier read) {
        row(number, read, value -> false);
    }

    private boolean has(Feature feature) {
        return cpu.features.contains(feature);
    }

    private boolean intel() {
        return cpu.profile.vendor() == Vendor.INTEL;
    }

    private void systemCalls() {
        if (has(Feature.SEP)) {
            row(IA32_SYSENTER_CS, () -> sysenterCs, value -> {
                sysenterCs = value & 0xffff_ffffL;
                return true;
            });
            row(IA32_SYSENTER_ESP, () -> sysenterEsp, value -> canonical(value) && set(() -> sysenterEsp = value));
            row(IA32_SYSENTER_EIP, () -> sysenterEip, value -> canonical(value) && set(() -> sysenterEip = value));
        }
        if (has(Feature.SYSCALL) || has(Feature.NX) || has(Feature.LM)) {
            row(IA32_EFER, () -> state.efer, controlRegisters::writeEfer);
        }
        if (has(Feature.SYSCALL)) {
            row(IA32_STAR, () -> star, value -> set(() -> star = value));
        }
        if (has(Feature.LM)) {
            row(IA32_LSTAR, () -> lstar, value -> canonical(value) && set(() -> lstar = value));
            row(IA32_CSTAR, () -> cstar, value -> canonical(value) && set(() -> cstar = value));
            row(IA32_FMASK, () -> fmask, value -> value >>> 32 == 0 && set(() -> fmask = value));
            row(IA32_FS_BASE, () -> state.segments[Segment.FS].base, value -> setBase(Segment.FS, value));
            row(IA32_GS_BASE, () -> state.segments[Segment.GS].base, value -> setBase(Segment.GS, value));
            row(IA32_KERNEL_GS_BASE, () -> kernelGsBase, value -> canonical(value) && set(() -> kernelGsBase = value));
        }
    }

    private static boolean set(Runnable assignment) {
        assignment.run();
        return true;
    }

    private boolean canonical(long value) {
        return controlRegisters.canonicalForLoad(value);
    }

    private boolean setBase(int index, long value) {
        if (!canonical(value)) {
            return false;
        }
        state.segments[index].base = value;
        state.deriveSegment(index);
        return true;
    }

    private void timeStamps() {
        if (!has(Feature.TSC)) {
            return;
        }
        row(IA32_TIME_STAMP_COUNTER, this::visibleTimeStamp, value -> {
            long change = value - timeStamp();
            tscAdjust += change;
            moveTimeStamp(tscOffset + change);
            return true;
        });
        if (has(Feature.TSC_ADJUST)) {
            row(IA32_TSC_ADJUST, () -> tscAdjust, value -> {
                moveTimeStamp(tscOffset + value - tscAdjust);
                tscAdjust = value;
                return true;
            });
        }
        if (has(Feature.RDTSCP) || has(Feature.RDPID)) {
            row(IA32_TSC_AUX, () -> tscAux, value -> value >>> 32 == 0 && set(() -> tscAux = value));
        }
    }

    private void moveTimeStamp(long offset) {
        tscOffset = offset;
        cpu.apic.timeStampCounterMoved(offset);
    }

    /** Whether taken branches are recorded: DebugCtl.LBR of AMD. Intel's stacks of records are not modelled. */
    public boolean recordsBranches() {
        return (debugControl & DEBUGCTL_LBR) != 0 && !intel();
    }

    /** A branch is taken; an iteration of a repeated string instruction is none. */
    public void recordBranch(long from, long to) {
        if (to != from) {
            lastBranch[0] = from;
            lastBranch[1] = to;
        }
    }

    /** The time-stamp counter: one count a tick. */
    public long timeStamp() {
        return cpu.now() + tscOffset;
    }

    /** The time-stamp counter as the program in execution sees it: a hypervisor may have moved a guest's. */
    long visibleTimeStamp() {
        long counter = timeStamp();
        return (cpu.intercepts & Intercept.TIME_STAMP) != 0 ? cpu.extension.timeStamp(counter) : counter;
    }

    // ---- memory types ----

    private void memoryTypes() {
        if (has(Feature.PAT)) {
            row(IA32_PAT, () -> pat, value -> memoryTypesOf(value, 0b1111_0011) && set(() -> pat = value));
        }
        if (!has(Feature.MTRR)) {
            return;
        }
        // Write combining, fixed-range registers, eight variable ranges.
        readOnly(IA32_MTRRCAP, () -> 0x500 | VARIABLE_MTRRS);
        row(
                IA32_MTRR_DEF_TYPE,
                () -> mtrrDefaultType,
                value -> (value & ~0xcffL) == 0 && mtrrType((int) value & 0xff) && set(() -> mtrrDefaultType = value));
        for (int n = 0; n < FIXED_MTRRS.length; n++) {
            int index = n;
            row(
                    FIXED_MTRRS[n],
                    () -> fixedMtrrs[index],
                    value -> memoryTypesOf(value, 0b0111_0011) && set(() -> fixedMtrrs[index] = value));
        }
        long addresses = ((1L << cpu.memory.addressWidth()) - 1) & -4096L;
        for (int n = 0; n < variableMtrrs.length; n++) {
            int index = n;
            boolean mask = (n & 1) != 0;
            row(IA32_MTRR_PHYSBASE0 + n, () -> variableMtrrs[index], value -> {
                boolean valid = mask
                        ? (value & ~(addresses | 0x800)) == 0
                        : (value & ~(addresses | 0xff)) == 0 && mtrrType((int) value & 0xff);
                return valid && set(() -> variableMtrrs[index] = value);
            });
        }
    }

    private static boolean mtrrType(int type) {
        return type < 8 && ((0b0111_0011 >>> type) & 1) != 0;
    }

    /** Whether each of the eight bytes is a memory type of the set {@code allowed}. */
    private static boolean memoryTypesOf(long value, int allowed) {
        for (int n = 0; n < 8; n++) {
            int type = (int) (value >>> (n * 8)) & 0xff;
            if (type >= 8 || ((allowed >>> type) & 1) == 0) {
                return false;
            }
        }
        return true;
    }

    // ---- machine check ----

    private void machineChecks() {
        if (!has(Feature.MCA)) {
            return;
        }
        // MCG_CTL_P, ten banks.
        readOnly(IA32_MCG_CAP, () -> (1 << 8) | MACHINE_CHECK_BANKS);
        row(IA32_MCG_STATUS, () -> machineCheckStatus, value -> set(() -> machineCheckStatus = value & 7));
        row(
                IA32_MCG_CTL,
                () -> machineCheckControl,
                value -> (value == 0 || value == -1L) && set(() -> machineCheckControl = value));
        for (int n = 0; n < machineCheckBanks.length; n++) {
            int index = n;
            int kind = n & 3;
            row(
                    IA32_MC0_CTL + n,
                    () -> machineCheckBanks[index],
                    value -> machineCheckAllows(kind, value) && set(() -> machineCheckBanks[index] = value));
        }
    }

    /** CTL takes all zeroes or all ones, STATUS only zero, ADDR and MISC anything. */
    private static boolean machineCheckAllows(int kind, long value) {
        return switch (kind) {
            case 0 -> value == 0 || value == -1L;
            case 1 -> value == 0;
            default -> true;
        };
    }

    // ---- the rest ----

    private void others() {
        row(IA32_BIOS_SIGN_ID, () -> microcodeRevision, value -> set(() -> microcodeRevision = value));
        row(IA32_BIOS_UPDT_TRIG, () -> 0, value -> true);
        row(IA32_DEBUGCTL, () -> debugControl, value -> {
            // The run loop steps while branches are recorded.
            cpu.wantAttention();
            return (value & ~3L) == 0 && set(() -> debugControl = value);
        });
        if (has(Feature.XSAVES)) {
            row(IA32_XSS, () -> xss, value -> value == 0 && set(() -> xss = value));
        }
        if (intel()) {
            readOnly(IA32_PLATFORM_ID, () -> 0);
            row(IA32_MPERF, () -> timeStamp() - mperf, value -> set(() -> mperf = timeStamp() - value));
            row(IA32_APERF, () -> timeStamp() - aperf, value -> set(() -> aperf = timeStamp() - value));
            readOnly(MSR_PLATFORM_INFO, () -> (CpuProfile.TSC_HERTZ / 100_000_000) << 8);
            row(IA32_MISC_ENABLE, () -> miscEnable, value -> {
                long fixed = MISC_ENABLE_READ_ONLY;
                miscEnable = (value & ~fixed) | (miscEnable & fixed);
                return true;
            });
            if (has(Feature.VMX)) {
                row(
                        IA32_FEATURE_CONTROL,
                        () -> featureControl,
                        value -> (featureControl & FEATURE_CONTROL_LOCK) == 0
                                && (value & ~7L) == 0
                                && set(() -> featureControl = value));
            }
        } else {
            for (int n = 0; n < counters.length; n++) {
                int index = n;
                row(AMD_PERF_EVT_SEL0 + n, () -> counters[index], value -> set(() -> counters[index] = value));
            }
            for (int n = 0; n < lastBranch.length; n++) {
                int index = n;
                readOnly(AMD_LAST_BRANCH_FROM_IP + n, () -> lastBranch[index]);
            }
            row(AMD_SYSCFG, () -> systemConfiguration, value -> set(() -> systemConfiguration = value));
            row(AMD_NB_CFG, () -> northbridgeConfiguration, value -> set(() -> northbridgeConfiguration = value));
            row(AMD_HWCR, () -> hardwareConfiguration, value -> set(() -> hardwareConfiguration = value));
        }
    }

    /** RDPMC into {@code out[0]}; false for #GP(0). */
    boolean readCounter(long number, long[] out) {
        if (intel() || number >= AMD_COUNTERS) {
            return false;
        }
        out[0] = counters[AMD_COUNTERS + (int) number];
        return true;
    }

    /** CPUID leaf 1 shows the microcode's revision in IA32_BIOS_SIGN_ID. SDM 3A "Determining the Signature". */
    void showMicrocodeRevision() {
        microcodeRevision = MICROCODE_REVISION;
    }

    /** Whether MISC_ENABLE lets MONITOR and MWAIT be executed. */
    boolean monitorEnabled() {
        return !intel() || (miscEnable & MISC_ENABLE_MONITOR) != 0;
    }

    // ---- access ----

    /** RDMSR into {@code out[0]}; false for #GP(0). */
    public boolean read(int number, long[] out) {
        if (cpu.extension.ownsMsr(number)) {
            return cpu.extension.readMsr(number, out);
        }
        if (cpu.apic.ownsMsr(number)) {
            cpu.syncClock();
            return cpu.apic.readMsr(number, out);
        }
        Register register = table.get(number);
        if (register == null) {
            return false;
        }
        out[0] = register.read.getAsLong();
        return true;
    }

    /** WRMSR; false for #GP(0). */
    public boolean write(int number, long value) {
        if (cpu.extension.ownsMsr(number)) {
            return cpu.extension.writeMsr(number, value);
        }
        if (cpu.apic.ownsMsr(number)) {
            cpu.syncClock();
            boolean written = cpu.apic.writeMsr(number, value);
            cpu.wantAttention();
            return written;
        }
        Register register = table.get(number);
        return register != null && register.write.test(value);
    }

    /** IA32_APIC_BASE.EN: CPUID's APIC flag follows it. */
    boolean apicEnabled() {
        int apicBase = 0x1b;
        return !cpu.apic.ownsMsr(apicBase) || !cpu.apic.readMsr(apicBase, result) || (result[0] & 0x800) != 0;
    }

    /** SDM 3A "IA-32 and Intel 64 Processor States Following Power-up, Reset, or INIT": the column of RESET. */
    void reset() {
        star = lstar = cstar = fmask = kernelGsBase = 0;
        sysenterCs = sysenterEsp = sysenterEip = 0;
        tscAux = 0;
        moveTimeStamp(-cpu.now());
        tscAdjust = 0;
        pat = PAT_RESET;
        mtrrDefaultType = 0;
        Arrays.fill(fixedMtrrs, 0);
        Arrays.fill(variableMtrrs, 0);
        xss = 0;
        miscEnable = MISC_ENABLE_RESET;
        debugControl = 0;
        Arrays.fill(lastBranch, 0);
        featureControl = 0;
        machineCheckStatus = 0;
        Arrays.fill(counters, 0);
    }

    /** The column of INIT: what survives it is most. */
    void init() {
        sysenterCs = sysenterEsp = sysenterEip = 0;
        debugControl = 0;
    }

    /** What is not another part's: the local APIC hears of the time-stamp counter itself. */
    @Override
    public void state(StatePort port) {
        star = port.number("star", star);
        lstar = port.number("lstar", lstar);
        cstar = port.number("cstar", cstar);
        fmask = port.number("fmask", fmask);
        kernelGsBase = port.number("kernel gs base", kernelGsBase);
        sysenterCs = port.number("sysenter cs", sysenterCs);
        sysenterEsp = port.number("sysenter esp", sysenterEsp);
        sysenterEip = port.number("sysenter eip", sysenterEip);
        tscAux = port.number("tsc aux", tscAux);
        pat = port.number("pat", pat);
        mtrrDefaultType = port.number("mtrr default type", mtrrDefaultType);
        xss = port.number("xss", xss);
        miscEnable = port.number("misc enable", miscEnable);
        debugControl = port.number("debug control", debugControl);
        featureControl = port.number("feature control", featureControl);
        machineCheckStatus = port.number("machine check status", machineCheckStatus);
        machineCheckControl = port.number("machine check control", machineCheckControl);
        microcodeRevision = port.number("microcode revision", microcodeRevision);
        mperf = port.number("mperf", mperf);
        aperf = port.number("aperf", aperf);
        systemConfiguration = port.number("system configuration", systemConfiguration);
        hardwareConfiguration = port.number("hardware configuration", hardwareConfiguration);
        northbridgeConfiguration = port.number("northbridge configuration", northbridgeConfiguration);
        tscOffset = port.number("tsc offset", tscOffset);
        tscAdjust = port.number("tsc adjust", tscAdjust);
        port.numbers("fixed MTRRs", fixedMtrrs);
        port.numbers("variable MTRRs", variableMtrrs);
        port.numbers("last branch", lastBranch);
        port.numbers("machine-check banks", machineCheckBanks);
        port.numbers("counters", counters);
    }
}
