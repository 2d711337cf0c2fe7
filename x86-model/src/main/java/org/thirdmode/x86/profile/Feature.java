package org.thirdmode.x86.profile;

import static org.thirdmode.x86.profile.Feature.Register.EAX;
import static org.thirdmode.x86.profile.Feature.Register.EBX;
import static org.thirdmode.x86.profile.Feature.Register.ECX;
import static org.thirdmode.x86.profile.Feature.Register.EDX;

/**
 * What a processor may or may not have. One constant a CPUID feature flag, with the place where CPUID shows it: leaf,
 * sub-leaf, register, bit. SDM 2 "CPUID—CPU Identification"; the leaves from 80000000H also APM 3 "Obtaining Processor
 * Information Via the CPUID Instruction".
 */
public enum Feature {
    FPU(0x1, 0, EDX, 0),
    VME(0x1, 0, EDX, 1),
    DE(0x1, 0, EDX, 2),
    PSE(0x1, 0, EDX, 3),
    TSC(0x1, 0, EDX, 4),
    MSR(0x1, 0, EDX, 5),
    PAE(0x1, 0, EDX, 6),
    MCE(0x1, 0, EDX, 7),
    CX8(0x1, 0, EDX, 8),
    APIC(0x1, 0, EDX, 9),
    SEP(0x1, 0, EDX, 11),
    MTRR(0x1, 0, EDX, 12),
    PGE(0x1, 0, EDX, 13),
    MCA(0x1, 0, EDX, 14),
    CMOV(0x1, 0, EDX, 15),
    PAT(0x1, 0, EDX, 16),
    PSE36(0x1, 0, EDX, 17),
    CLFSH(0x1, 0, EDX, 19),
    MMX(0x1, 0, EDX, 23),
    FXSR(0x1, 0, EDX, 24),
    SSE(0x1, 0, EDX, 25),
    SSE2(0x1, 0, EDX, 26),

    SSE3(0x1, 0, ECX, 0),
    PCLMULQDQ(0x1, 0, ECX, 1),
    MONITOR(0x1, 0, ECX, 3),
    VMX(0x1, 0, ECX, 5),
    SSSE3(0x1, 0, ECX, 9),
    CX16(0x1, 0, ECX, 13),
    PCID(0x1, 0, ECX, 17),
    SSE4_1(0x1, 0, ECX, 19),
    SSE4_2(0x1, 0, ECX, 20),
    X2APIC(0x1, 0, ECX, 21),
    MOVBE(0x1, 0, ECX, 22),
    POPCNT(0x1, 0, ECX, 23),
    TSC_DEADLINE(0x1, 0, ECX, 24),
    AES(0x1, 0, ECX, 25),
    XSAVE(0x1, 0, ECX, 26),
    RDRAND(0x1, 0, ECX, 30),

    ARAT(0x6, 0, EAX, 2),

    FSGSBASE(0x7, 0, EBX, 0),
    TSC_ADJUST(0x7, 0, EBX, 1),
    BMI1(0x7, 0, EBX, 3),
    SMEP(0x7, 0, EBX, 7),
    BMI2(0x7, 0, EBX, 8),
    ERMS(0x7, 0, EBX, 9),
    INVPCID(0x7, 0, EBX, 10),
    RDSEED(0x7, 0, EBX, 18),
    ADX(0x7, 0, EBX, 19),
    SMAP(0x7, 0, EBX, 20),
    CLFLUSHOPT(0x7, 0, EBX, 23),
    CLWB(0x7, 0, EBX, 24),
    UMIP(0x7, 0, ECX, 2),
    PKU(0x7, 0, ECX, 3),
    LA57(0x7, 0, ECX, 16),
    RDPID(0x7, 0, ECX, 22),
    FSRM(0x7, 0, EDX, 4),

    XSAVEOPT(0xd, 1, EAX, 0),
    XSAVEC(0xd, 1, EAX, 1),
    XGETBV1(0xd, 1, EAX, 2),
    XSAVES(0xd, 1, EAX, 3),

    LAHF(0x8000_0001, 0, ECX, 0),
    SVM(0x8000_0001, 0, ECX, 2),
    LZCNT(0x8000_0001, 0, ECX, 5),
    PREFETCHW(0x8000_0001, 0, ECX, 8),
    SYSCALL(0x8000_0001, 0, EDX, 11),
    NX(0x8000_0001, 0, EDX, 20),
    PAGE1GB(0x8000_0001, 0, EDX, 26),
    RDTSCP(0x8000_0001, 0, EDX, 27),
    LM(0x8000_0001, 0, EDX, 29),

    INVARIANT_TSC(0x8000_0007, 0, EDX, 8);

    /** The registers in which CPUID answers, in the order of the result array. */
    public enum Register {
        EAX,
        EBX,
        ECX,
        EDX
    }

    /** Where CPUID shows it. */
    public final int leaf;

    public final int subleaf;
    public final Register register;
    public final int bit;

    Feature(int leaf, int subleaf, Register register, int bit) {
        this.leaf = leaf;
        this.subleaf = subleaf;
        this.register = register;
        this.bit = bit;
    }
}
