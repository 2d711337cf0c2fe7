package org.thirdmode.svm.vmcb;

/**
 * The fields of a VMCB: APM 2 Appendix B "Layout of VMCB", one constant a row. The names are the manual's.
 *
 * <p>The state-save area begins at 400H; offsets here count from the start of the VMCB.
 */
public enum VmcbField {
    INTERCEPT_CR_READ(0x000, 2, CleanBit.I, "15:0 reads of CR0..CR15"),
    INTERCEPT_CR_WRITE(0x002, 2, CleanBit.I, "15:0 writes of CR0..CR15"),
    INTERCEPT_DR_READ(0x004, 2, CleanBit.I, "15:0 reads of DR0..DR15"),
    INTERCEPT_DR_WRITE(0x006, 2, CleanBit.I, "15:0 writes of DR0..DR15"),
    INTERCEPT_EXCEPTIONS(0x008, 4, CleanBit.I, "31:0 exception vectors 0..31"),
    INTERCEPT_MISC1(0x00c, 4, CleanBit.I, "31:0 see the table of intercepts"),
    INTERCEPT_MISC2(0x010, 4, CleanBit.I, "31:0 see the table of intercepts"),
    INTERCEPT_MISC3(0x014, 4, CleanBit.I, "4:0 see the table of intercepts"),
    PAUSE_FILTER_THRESHOLD(0x03c, 2, CleanBit.I, "15:0 ticks"),
    PAUSE_FILTER_COUNT(0x03e, 2, CleanBit.I, "15:0 PAUSE instructions"),
    IOPM_BASE_PA(0x040, 8, CleanBit.IOPM, "51:12 physical address; 11:0 ignored"),
    MSRPM_BASE_PA(0x048, 8, CleanBit.IOPM, "51:12 physical address; 11:0 ignored"),
    TSC_OFFSET(0x050, 8, CleanBit.I, "63:0 added to the time-stamp counter that the guest reads"),
    GUEST_ASID(0x058, 4, CleanBit.ASID, "31:0 address-space identifier; 0 is the host's"),
    TLB_CONTROL(0x05c, 1, null, "0 nothing; 1 flush all; 3 flush this ASID; 7 flush this ASID's non-global"),
    INTERRUPT_CONTROL(
            0x060,
            4,
            CleanBit.TPR,
            "7:0 V_TPR; 8 V_IRQ; 9 V_GIF; 11 V_NMI; 12 V_NMI_MASK; 19:16 V_INTR_PRIO; 20 V_IGN_TPR;"
                    + " 24 V_INTR_MASKING; 25 V_GIF_ENABLE; 26 V_NMI_ENABLE; 31 AVIC_ENABLE"),
    V_INTR_VECTOR(0x064, 4, CleanBit.TPR, "7:0 vector of the virtual interrupt"),
    INTERRUPT_SHADOW(0x068, 8, null, "0 INTERRUPT_SHADOW; 1 GUEST_INTERRUPT_MASK"),
    EXITCODE(0x070, 8, null, "see the table of exits"),
    EXITINFO1(0x078, 8, null, "see the table of exits"),
    EXITINFO2(0x080, 8, null, "see the table of exits"),
    EXITINTINFO(0x088, 8, null, "7:0 VECTOR; 10:8 TYPE; 11 EV; 31 V; 63:32 ERRORCODE"),
    NESTED_CONTROL(0x090, 8, CleanBit.NP, "0 NP_ENABLE; 1 SEV; 2 SEV-ES; 3 guest-mode execute trap"),
    AVIC_APIC_BAR(0x098, 8, CleanBit.AVIC, "51:0 physical address"),
    GHCB_PA(0x0a0, 8, null, "63:0 physical address"),
    EVENTINJ(0x0a8, 8, null, "7:0 VECTOR; 10:8 TYPE; 11 EV; 31 V; 63:32 ERRORCODE"),
    N_CR3(0x0b0, 8, CleanBit.NP, "63:0 CR3 of nested paging"),
    VIRTUAL_EXTENSIONS(0x0b8, 8, CleanBit.LBR, "0 LBR_VIRTUALIZATION_ENABLE; 1 virtualized VMSAVE/VMLOAD"),
    VMCB_CLEAN(0x0c0, 4, null, "0 I; 1 IOPM; 2 ASID; 3 TPR; 4 NP; 5 CRx; 6 DRx; 7 DT; 8 SEG; 9 CR2; 10 LBR; 11 AVIC"),
    NRIP(0x0c8, 8, null, "63:0 RIP of the next instruction"),
    BYTES_FETCHED(0x0d0, 1, null, "3:0 number of guest instruction bytes"),
    GUEST_INSTRUCTION_BYTES(0x0d1, 15, null, "119:0 the bytes at CS:RIP"),
    AVIC_APIC_BACKING_PAGE(0x0e0, 8, CleanBit.AVIC, "51:12 physical address"),
    AVIC_LOGICAL_TABLE(0x0f0, 8, CleanBit.AVIC, "51:12 physical address"),
    AVIC_PHYSICAL_TABLE(0x0f8, 8, CleanBit.AVIC, "51:12 physical address; 7:0 AVIC_PHYSICAL_MAX_INDEX"),
    VMSA_POINTER(0x108, 8, null, "51:12 physical address"),

    ES_SELECTOR(0x400, 2, CleanBit.SEG, ""),
    ES_ATTRIBUTES(0x402, 2, CleanBit.SEG, Bits.SEGMENT),
    ES_LIMIT(0x404, 4, CleanBit.SEG, ""),
    ES_BASE(0x408, 8, CleanBit.SEG, ""),
    CS_SELECTOR(0x410, 2, CleanBit.SEG, ""),
    CS_ATTRIBUTES(0x412, 2, CleanBit.SEG, Bits.SEGMENT),
    CS_LIMIT(0x414, 4, CleanBit.SEG, ""),
    CS_BASE(0x418, 8, CleanBit.SEG, ""),
    SS_SELECTOR(0x420, 2, CleanBit.SEG, ""),
    SS_ATTRIBUTES(0x422, 2, CleanBit.SEG, Bits.SEGMENT),
    SS_LIMIT(0x424, 4, CleanBit.SEG, ""),
    SS_BASE(0x428, 8, CleanBit.SEG, ""),
    DS_SELECTOR(0x430, 2, CleanBit.SEG, ""),
    DS_ATTRIBUTES(0x432, 2, CleanBit.SEG, Bits.SEGMENT),
    DS_LIMIT(0x434, 4, CleanBit.SEG, ""),
    DS_BASE(0x438, 8, CleanBit.SEG, ""),
    FS_SELECTOR(0x440, 2, null, ""),
    FS_ATTRIBUTES(0x442, 2, null, Bits.SEGMENT),
    FS_LIMIT(0x444, 4, null, ""),
    FS_BASE(0x448, 8, null, ""),
    GS_SELECTOR(0x450, 2, null, ""),
    GS_ATTRIBUTES(0x452, 2, null, Bits.SEGMENT),
    GS_LIMIT(0x454, 4, null, ""),
    GS_BASE(0x458, 8, null, ""),
    GDTR_SELECTOR(0x460, 2, null, "reserved"),
    GDTR_ATTRIBUTES(0x462, 2, null, "reserved"),
    GDTR_LIMIT(0x464, 4, CleanBit.DT, "15:0"),
    GDTR_BASE(0x468, 8, CleanBit.DT, ""),
    LDTR_SELECTOR(0x470, 2, null, ""),
    LDTR_ATTRIBUTES(0x472, 2, null, Bits.SEGMENT),
    LDTR_LIMIT(0x474, 4, null, ""),
    LDTR_BASE(0x478, 8, null, ""),
    IDTR_SELECTOR(0x480, 2, null, "reserved"),
    IDTR_ATTRIBUTES(0x482, 2, null, "reserved"),
    IDTR_LIMIT(0x484, 4, CleanBit.DT, "15:0"),
    IDTR_BASE(0x488, 8, CleanBit.DT, ""),
    TR_SELECTOR(0x490, 2, null, ""),
    TR_ATTRIBUTES(0x492, 2, null, Bits.SEGMENT),
    TR_LIMIT(0x494, 4, null, ""),
    TR_BASE(0x498, 8, null, ""),
    CPL(0x4cb, 1, CleanBit.SEG, "1:0; in real mode forced to 0, in virtual-8086 mode to 3"),
    EFER(0x4d0, 8, CleanBit.CRX, "0 SCE; 8 LME; 10 LMA; 11 NXE; 12 SVME; 13 LMSLE; 14 FFXSR; 15 TCE"),
    CR4(0x548, 8, CleanBit.CRX, ""),
    CR3(0x550, 8, CleanBit.CRX, ""),
    CR0(0x558, 8, CleanBit.CRX, ""),
    DR7(0x560, 8, CleanBit.DRX, ""),
    DR6(0x568, 8, CleanBit.DRX, ""),
    RFLAGS(0x570, 8, null, ""),
    RIP(0x578, 8, null, ""),
    RSP(0x5d8, 8, null, ""),
    S_CET(0x5e0, 8, null, ""),
    SSP(0x5e8, 8, null, ""),
    ISST_ADDR(0x5f0, 8, null, ""),
    RAX(0x5f8, 8, null, ""),
    STAR(0x600, 8, null, ""),
    LSTAR(0x608, 8, null, ""),
    CSTAR(0x610, 8, null, ""),
    SFMASK(0x618, 8, null, ""),
    KERNEL_GS_BASE(0x620, 8, null, ""),
    SYSENTER_CS(0x628, 8, null, ""),
    SYSENTER_ESP(0x630, 8, null, ""),
    SYSENTER_EIP(0x638, 8, null, ""),
    CR2(0x640, 8, CleanBit.CR2, ""),
    G_PAT(0x668, 8, CleanBit.NP, "eight memory types, one a byte; used only with nested paging"),
    DBGCTL(0x670, 8, CleanBit.LBR, ""),
    BR_FROM(0x678, 8, CleanBit.LBR, ""),
    BR_TO(0x680, 8, CleanBit.LBR, ""),
    LASTEXCPFROM(0x688, 8, CleanBit.LBR, ""),
    LASTEXCPTO(0x690, 8, CleanBit.LBR, "");

    /** The two parts of a VMCB. */
    public enum Area {
        CONTROL,
        STATE_SAVE
    }

    private static final class Bits {
        static final String SEGMENT = "3:0 type; 4 S; 6:5 DPL; 7 P; 8 AVL; 9 L; 10 D/B; 11 G";
    }

    /** Bytes of a VMCB. */
    public static final int VMCB_SIZE = 4096;

    private static final VmcbField[] ALL = values();

    /** Bytes from the start of the VMCB. */
    public final int offset;

    /** Width in bytes: 1, 2, 4 or 8; 15 for the instruction bytes alone. */
    public final int bytes;

    /** The clean bit whose group it is in; null where it is read at every VMRUN. */
    public final CleanBit clean;

    /** What its bits are; empty where the register's own layout says it. */
    public final String bits;

    private final long mask;

    VmcbField(int offset, int bytes, CleanBit clean, String bits) {
        mask = bytes >= Long.BYTES ? -1L : (1L << (bytes * 8)) - 1;
        this.offset = offset;
        this.bytes = bytes;
        this.clean = clean;
        this.bits = bits;
    }

    public Area area() {
        return offset < 0x400 ? Area.CONTROL : Area.STATE_SAVE;
    }

    /** The title of the table in the manual. */
    public String section() {
        return area() == Area.CONTROL ? "VMCB Layout, Control Area" : "VMCB Layout, State Save Area";
    }

    /** Whether it can be held in a long. */
    public boolean scalar() {
        return bytes <= 8;
    }

    /** All ones in the field's width. */
    public long mask() {
        return mask;
    }

    /** The field {@code n} rows further on: from a selector to its attributes (1), limit (2) and base (3). */
    public VmcbField next(int n) {
        return ALL[ordinal() + n];
    }

    /** The field that begins at an offset; null where none does. */
    public static VmcbField at(int offset) {
        for (VmcbField field : ALL) {
            if (field.offset == offset) {
                return field;
            }
        }
        return null;
    }
}
