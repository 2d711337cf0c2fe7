package org.thirdmode.svm.check;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.thirdmode.svm.SvmFeature;
import org.thirdmode.svm.intercept.InterceptTable;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.svm.vmcb.VmcbImage;
import org.thirdmode.svm.vmcb.VmcbValues;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/**
 * Every consistency check of VMRUN, in the order of APM 2 "Canonicalization and Consistency Checks", then those of the
 * sections on event injection, nested paging and TLB control. Each that fails makes VMRUN exit with VMEXIT_INVALID.
 */
public final class VmrunChecks {
    private static final String CONSISTENCY = "Canonicalization and Consistency Checks";
    private static final String INJECTION = "Event Injection";
    private static final String NESTED = "Nested Paging and VMRUN/#VMEXIT";
    private static final String ENABLING = "Enabling Nested Paging";
    private static final String TLB = "TLB Control";

    private static final long UPPER = 0xffff_ffff_0000_0000L;
    private static final long FLAT_PAGE = -4096L;

    /** Attributes of a segment in a VMCB: L and D/B. */
    private static final long CS_LONG = 1 << 9;

    private static final long CS_DEFAULT = 1 << 10;

    /** Bytes of the MSR permission map and of the part of the I/O permission map that must lie in memory. */
    private static final long MSRPM_SIZE = 2L * 4096;

    private static final long IOPM_SIZE = 3L * 4096;

    private static final int EXCEPTION = 3;
    private static final long EVENT_VALID = 1L << 31;
    private static final long EVENT_TYPE = 7L << 8;
    private static final long EVENT_VECTOR = 0xff;

    /** Memory types that a byte of a PAT may hold: UC, WC, WT, WP, WB, UC-. */
    private static final int PAT_TYPES = 0b1111_0011;

    private static final List<VmrunCheck> ALL = build();
    private static final VmrunCheck[] IN_ORDER = ALL.toArray(new VmrunCheck[0]);

    private VmrunChecks() {}

    /** Every row. */
    public static List<VmrunCheck> rows() {
        return ALL;
    }

    /** The first check that makes the VMCB illegal; null where none does. */
    public static VmrunCheck firstFailing(VmcbValues vmcb, CheckLimits limits) {
        for (VmrunCheck check : IN_ORDER) {
            if (check.condition().illegal(vmcb, limits)) {
                return check;
            }
        }
        return null;
    }

    private static boolean longModePaging(VmcbValues v) {
        return (v.get(VmcbField.EFER) & Efer.LME) != 0 && (v.get(VmcbField.CR0) & Cr0.PG) != 0;
    }

    private static boolean nested(VmcbValues v) {
        return (v.get(VmcbField.NESTED_CONTROL) & 1) != 0;
    }

    private static List<VmrunCheck> build() {
        ImmutableList.Builder<VmrunCheck> rows = ImmutableList.builder();
        registers(rows);
        modes(rows);
        controls(rows);
        nestedPaging(rows);
        return rows.build();
    }

    // ---- registers ----

    private static void registers(ImmutableList.Builder<VmrunCheck> rows) {
        rows.add(new VmrunCheck(
                "efer.svme",
                "EFER.SVME is zero",
                CONSISTENCY,
                List.of(VmcbField.EFER),
                Efer.SVME,
                "EFER.SVME (bit 12) = 1",
                (v, l) -> (v.get(VmcbField.EFER) & Efer.SVME) == 0,
                (v, l) -> v.setBits(VmcbField.EFER, Efer.SVME)));
        rows.add(new VmrunCheck(
                "cr0.nw",
                "CR0.CD is zero and CR0.NW is set",
                CONSISTENCY,
                List.of(VmcbField.CR0),
                Cr0.CD | Cr0.NW,
                "CR0.NW (bit 29) = 0 where CR0.CD (bit 30) = 0",
                (v, l) -> (v.get(VmcbField.CR0) & (Cr0.CD | Cr0.NW)) == Cr0.NW,
                (v, l) -> v.clearBits(VmcbField.CR0, Cr0.NW)));
        rows.add(zero("cr0.upper", "CR0[63:32] are not zero", VmcbField.CR0, UPPER, "CR0[63:32] = 0"));
        rows.add(new VmrunCheck(
                "cr3.mbz",
                "Any MBZ bit of CR3 is set",
                CONSISTENCY,
                List.of(VmcbField.CR3),
                -(1L << 32),
                "no bit of CR3 at or above the physical-address width",
                (v, l) -> (v.get(VmcbField.CR3) & l.beyondAddresses()) != 0,
                (v, l) -> v.clearBits(VmcbField.CR3, l.beyondAddresses())));
        rows.add(new VmrunCheck(
                "cr4.mbz",
                "Any MBZ bit of CR4 is set",
                CONSISTENCY,
                List.of(VmcbField.CR4),
                -1L,
                "only bits of CR4 that the processor has",
                (v, l) -> (v.get(VmcbField.CR4) & l.cr4Reserved()) != 0,
                (v, l) -> v.clearBits(VmcbField.CR4, l.cr4Reserved())));
        rows.add(zero("dr6.upper", "DR6[63:32] are not zero", VmcbField.DR6, UPPER, "DR6[63:32] = 0"));
        rows.add(zero("dr7.upper", "DR7[63:32] are not zero", VmcbField.DR7, UPPER, "DR7[63:32] = 0"));
        rows.add(new VmrunCheck(
                "efer.mbz",
                "Any MBZ bit of EFER is set",
                CONSISTENCY,
                List.of(VmcbField.EFER),
                -1L,
                "only bits of EFER that the processor has",
                (v, l) -> (v.get(VmcbField.EFER) & l.eferReserved() & ~(Efer.LMA | Efer.LME | Efer.SVME)) != 0,
                (v, l) -> v.clearBits(VmcbField.EFER, l.eferReserved() & ~(Efer.LMA | Efer.LME | Efer.SVME))));
        rows.add(new VmrunCheck(
                "efer.long-mode",
                "EFER.LMA or EFER.LME is non-zero and this processor does not support long mode",
                CONSISTENCY,
                List.of(VmcbField.EFER),
                Efer.LMA | Efer.LME,
                "EFER.LME (bit 8) = 0 and EFER.LMA (bit 10) = 0",
                (v, l) -> !l.longMode() && (v.get(VmcbField.EFER) & (Efer.LMA | Efer.LME)) != 0,
                (v, l) -> v.clearBits(VmcbField.EFER, Efer.LMA | Efer.LME)));
    }

    private static VmrunCheck zero(String id, String title, VmcbField field, long bits, String required) {
        return new VmrunCheck(
                id,
                title,
                CONSISTENCY,
                List.of(field),
                bits,
                required,
                (v, l) -> (v.get(field) & bits) != 0,
                (v, l) -> v.clearBits(field, bits));
    }

    // ---- modes ----

    private static void modes(ImmutableList.Builder<VmrunCheck> rows) {
        rows.add(new VmrunCheck(
                "cr4.pae",
                "EFER.LME and CR0.PG are both set and CR4.PAE is zero",
                CONSISTENCY,
                List.of(VmcbField.CR4, VmcbField.EFER, VmcbField.CR0),
                Cr4.PAE,
                "CR4.PAE (bit 5) = 1",
                (v, l) -> longModePaging(v) && (v.get(VmcbField.CR4) & Cr4.PAE) == 0,
                (v, l) -> v.setBits(VmcbField.CR4, Cr4.PAE)));
        rows.add(new VmrunCheck(
                "cr0.pe",
                "EFER.LME and CR0.PG are both non-zero and CR0.PE is zero",
                CONSISTENCY,
                List.of(VmcbField.CR0, VmcbField.EFER),
                Cr0.PE,
                "CR0.PE (bit 0) = 1",
                (v, l) -> longModePaging(v) && (v.get(VmcbField.CR0) & Cr0.PE) == 0,
                (v, l) -> v.setBits(VmcbField.CR0, Cr0.PE)));
        rows.add(new VmrunCheck(
                "cs.l-and-d",
                "EFER.LME, CR0.PG, CR4.PAE, CS.L, and CS.D are all non-zero",
                CONSISTENCY,
                List.of(VmcbField.CS_ATTRIBUTES, VmcbField.EFER, VmcbField.CR0, VmcbField.CR4),
                CS_LONG | CS_DEFAULT,
                "CS.D (bit 10 of the attributes) = 0 where CS.L (bit 9) = 1",
                (v, l) -> longModePaging(v)
                        && (v.get(VmcbField.CR4) & Cr4.PAE) != 0
                        && (v.get(VmcbField.CS_ATTRIBUTES) & (CS_LONG | CS_DEFAULT)) == (CS_LONG | CS_DEFAULT),
                (v, l) -> v.clearBits(VmcbField.CS_ATTRIBUTES, CS_DEFAULT)));
    }

    // ---- controls ----

    private static void controls(ImmutableList.Builder<VmrunCheck> rows) {
        rows.add(new VmrunCheck(
                "intercept.vmrun",
                "The VMRUN intercept bit is clear",
                CONSISTENCY,
                List.of(VmcbField.INTERCEPT_MISC2),
                InterceptTable.VMRUN,
                "bit 0 of the vector at 010H = 1",
                (v, l) -> (v.get(VmcbField.INTERCEPT_MISC2) & InterceptTable.VMRUN) == 0,
                (v, l) -> v.setBits(VmcbField.INTERCEPT_MISC2, InterceptTable.VMRUN)));
        rows.add(map("msrpm.end", "MSR", VmcbField.MSRPM_BASE_PA, MSRPM_SIZE));
        rows.add(map("iopm.end", "IOIO", VmcbField.IOPM_BASE_PA, IOPM_SIZE));
        rows.add(new VmrunCheck(
                "asid.zero",
                "ASID is equal to zero",
                CONSISTENCY,
                List.of(VmcbField.GUEST_ASID),
                0xffff_ffffL,
                "an ASID that is not the host's 0",
                (v, l) -> v.get(VmcbField.GUEST_ASID) == 0,
                (v, l) -> v.set(VmcbField.GUEST_ASID, 1)));
        rows.add(new VmrunCheck(
                "eventinj.type",
                "Illegal event injection: a reserved value of TYPE",
                INJECTION,
                List.of(VmcbField.EVENTINJ),
                EVENT_VALID | EVENT_TYPE,
                "TYPE (bits 10:8) = 0, 2, 3 or 4 where V (bit 31) = 1",
                (v, l) -> {
                    long event = v.get(VmcbField.EVENTINJ);
                    int type = (int) (event >>> 8) & 7;
                    return (event & EVENT_VALID) != 0 && (type == 1 || type > 4);
                },
                (v, l) -> v.clearBits(VmcbField.EVENTINJ, EVENT_VALID)));
        rows.add(new VmrunCheck(
                "eventinj.vector",
                "Illegal event injection: TYPE = 3 with a vector that does not correspond to an exception",
                INJECTION,
                List.of(VmcbField.EVENTINJ),
                EVENT_VALID | EVENT_TYPE | EVENT_VECTOR,
                "VECTOR (bits 7:0) below 32 and not 2 where TYPE (bits 10:8) = 3 and V (bit 31) = 1",
                (v, l) -> {
                    long event = v.get(VmcbField.EVENTINJ);
                    int vector = (int) (event & EVENT_VECTOR);
                    boolean exception = (event & EVENT_VALID) != 0 && ((event >>> 8) & 7) == EXCEPTION;
                    return exception && (vector == 2 || vector > 31);
                },
                (v, l) -> v.clearBits(VmcbField.EVENTINJ, EVENT_VALID)));
        rows.add(new VmrunCheck(
                "tlb-control.reserved",
                "TLB_CONTROL holds a reserved encoding",
                TLB,
                List.of(VmcbField.TLB_CONTROL),
                0xff,
                "0 or 1; where the processor flushes by ASID also 3 or 7",
                VmrunChecks::reservedTlbControl,
                (v, l) -> v.set(VmcbField.TLB_CONTROL, 1)));
    }

    private static boolean reservedTlbControl(VmcbValues v, CheckLimits l) {
        long control = v.get(VmcbField.TLB_CONTROL);
        boolean byAsid = control == 3 || control == 7;
        return control != 0 && control != 1 && !(byAsid && l.has(SvmFeature.FLUSH_BY_ASID));
    }

    private static VmrunCheck map(String id, String kind, VmcbField base, long size) {
        return new VmrunCheck(
                id,
                "The " + kind + " intercept table extends to a physical address that is greater than or equal to the"
                        + " maximum supported physical address",
                CONSISTENCY,
                List.of(base),
                FLAT_PAGE,
                "all " + size + " bytes of the table below 2^(physical-address width)",
                (v, l) -> {
                    long begin = v.get(base) & FLAT_PAGE;
                    return (begin & l.beyondAddresses()) != 0 || begin + size > l.addressEnd();
                },
                (v, l) -> {
                    long begin = v.get(base) & FLAT_PAGE & ~l.beyondAddresses();
                    v.set(base, Math.min(begin, l.addressEnd() - size));
                });
    }

    // ---- nested paging ----

    private static void nestedPaging(ImmutableList.Builder<VmrunCheck> rows) {
        rows.add(new VmrunCheck(
                "np.host-paging",
                "NP_ENABLE is set while the host has paging disabled",
                ENABLING,
                List.of(VmcbField.NESTED_CONTROL),
                1,
                "NP_ENABLE (bit 0) = 0 where the host's CR0.PG = 0",
                (v, l) -> nested(v) && l.has(SvmFeature.NP) && !l.hostPaging(),
                (v, l) -> v.clearBits(VmcbField.NESTED_CONTROL, 1)));
        rows.add(new VmrunCheck(
                "ncr3.mbz",
                "Any MBZ bit of nCR3 is set",
                NESTED,
                List.of(VmcbField.N_CR3, VmcbField.NESTED_CONTROL),
                -(1L << 32),
                "with nested paging, no bit of N_CR3 at or above the physical-address width",
                (v, l) -> nested(v) && l.has(SvmFeature.NP) && (v.get(VmcbField.N_CR3) & l.beyondAddresses()) != 0,
                (v, l) -> v.clearBits(VmcbField.N_CR3, l.beyondAddresses())));
        rows.add(new VmrunCheck(
                "g-pat.type",
                "Any G_PAT.PA field has an unsupported type encoding or any reserved field in G_PAT has a nonzero value",
                NESTED,
                List.of(VmcbField.G_PAT, VmcbField.NESTED_CONTROL),
                -1L,
                "with nested paging, each byte of G_PAT 0, 1, 4, 5, 6 or 7",
                (v, l) -> nested(v) && l.has(SvmFeature.NP) && !validPat(v.get(VmcbField.G_PAT)),
                (v, l) -> repairPat(v)));
    }

    private static boolean validPatByte(int type) {
        return type < 8 && ((PAT_TYPES >>> type) & 1) != 0;
    }

    private static boolean validPat(long pat) {
        for (int n = 0; n < 8; n++) {
            if (!validPatByte((int) (pat >>> (n * 8)) & 0xff)) {
                return false;
            }
        }
        return true;
    }

    /** Each byte that is no memory type becomes what the PAT holds there after RESET. */
    private static void repairPat(VmcbImage v) {
        long reset = 0x0007_0406_0007_0406L;
        long pat = v.get(VmcbField.G_PAT);
        for (int n = 0; n < 8; n++) {
            long mask = 0xffL << (n * 8);
            if (!validPatByte((int) (pat >>> (n * 8)) & 0xff)) {
                pat = (pat & ~mask) | (reset & mask);
            }
        }
        v.set(VmcbField.G_PAT, pat);
    }
}
