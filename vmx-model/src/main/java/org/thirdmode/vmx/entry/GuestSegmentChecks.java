package org.thirdmode.vmx.entry;

import static org.thirdmode.vmx.entry.EntryCheck.row;
import static org.thirdmode.vmx.entry.EntryCheck.rows;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CR0;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CS_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_LDTR_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_LDTR_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_LDTR_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_RFLAGS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_SS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_SS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_TR_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_TR_SELECTOR;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Rflags;

/**
 * "Checks on Guest Segment Registers". A register is unusable if bit 16 of its access rights is 1; CS and TR are looked at in
 * any case. Where the manual says "if the guest will be virtual-8086" it means RFLAGS.VM.
 */
final class GuestSegmentChecks {
    private static final long LOW = 0xffff_ffffL;
    private static final long VIRTUAL_8086_RIGHTS = 0xf3;
    private static final long READ_WRITE_ACCESSED = 3;

    private static final Segment[] CODE_AND_DATA = {
        Segment.CS, Segment.SS, Segment.DS, Segment.ES, Segment.FS, Segment.GS
    };
    private static final Segment[] DATA = {Segment.DS, Segment.ES, Segment.FS, Segment.GS};
    private static final Segment[] LIMITED_BASE = {Segment.SS, Segment.DS, Segment.ES};

    static final List<EntryCheck> ROWS = all();

    private GuestSegmentChecks() {}

    private static List<EntryCheck> all() {
        List<EntryCheck> rows = new ArrayList<>();
        rows.addAll(selectors());
        rows.addAll(bases());
        rows.addAll(limits());
        rows.addAll(rights());
        rows.addAll(taskRegister());
        rows.addAll(ldtr());
        return List.copyOf(rows);
    }

    private static String id(Segment s, String what) {
        return "guest-" + s.name().toLowerCase(Locale.ROOT) + "-" + what;
    }

    private static EntryCheck in(EntryCheck.Row row) {
        return rows(Section.GUEST_SEGMENTS, row).getFirst();
    }

    // ---- selectors ----

    private static List<EntryCheck> selectors() {
        return rows(
                Section.GUEST_SEGMENTS,
                row("guest-tr-ti", "Guest TR selector", "TI (bit 2) is 0", GuestSegmentChecks::trTi)
                        .on(GUEST_TR_SELECTOR, 4),
                row(
                                "guest-ldtr-ti",
                                "Guest LDTR selector",
                                "if LDTR is usable, TI (bit 2) is 0",
                                GuestSegmentChecks::ldtrTi)
                        .on(GUEST_LDTR_SELECTOR, 4)
                        .on(GUEST_LDTR_ACCESS_RIGHTS, Segment.UNUSABLE),
                row(
                                "guest-ss-rpl",
                                "Guest SS selector",
                                "if the guest is not virtual-8086 and \"unrestricted guest\" is 0, RPL is that of CS",
                                GuestSegmentChecks::ssRpl)
                        .on(GUEST_SS_SELECTOR, 3)
                        .on(GUEST_CS_SELECTOR, 3)
                        .on(GUEST_RFLAGS, Rflags.VM)
                        .on(SecondaryProcessorBased.UNRESTRICTED_GUEST)
                        .remedy(GUEST_SS_SELECTOR, f -> (f.get(GUEST_SS_SELECTOR) & ~3L) | Segment.CS.rpl(f))
                        .remedy(GUEST_CS_SELECTOR, f -> (f.get(GUEST_CS_SELECTOR) & ~3L) | Segment.SS.rpl(f)));
    }

    static boolean virtual8086(Facts f) {
        return (f.get(GUEST_RFLAGS) & Rflags.VM) != 0;
    }

    private static boolean unrestricted(Facts f) {
        return f.is(SecondaryProcessorBased.UNRESTRICTED_GUEST);
    }

    private static boolean trTi(Facts f) {
        return (f.get(GUEST_TR_SELECTOR) & 4) == 0;
    }

    private static boolean ldtrTi(Facts f) {
        return !Segment.LDTR.isUsable(f) || (f.get(GUEST_LDTR_SELECTOR) & 4) == 0;
    }

    private static boolean ssRpl(Facts f) {
        return unrestricted(f) || virtual8086(f) || Segment.SS.rpl(f) == Segment.CS.rpl(f);
    }

    // ---- bases ----

    private static List<EntryCheck> bases() {
        List<EntryCheck> rows = new ArrayList<>();
        for (Segment s : CODE_AND_DATA) {
            rows.add(in(row(
                            id(s, "base-v86"),
                            "Guest " + s + " base in virtual-8086 mode",
                            "if the guest is virtual-8086, it is the selector times 16",
                            f -> base8086(f, s))
                    .on(s.base, s.selector)
                    .on(GUEST_RFLAGS, Rflags.VM)
                    .remedy(s.base, f -> f.get(s.selector) << 4)));
        }
        for (Segment s : List.of(Segment.TR, Segment.FS, Segment.GS)) {
            rows.add(
                    in(row(id(s, "base"), "Guest " + s + " base", "it is a canonical address", f -> canonicalBase(f, s))
                            .on(s.base)
                            .remedy(s.base, f -> f.canonical(f.get(s.base)))));
        }
        rows.add(in(row(
                        "guest-ldtr-base",
                        "Guest LDTR base",
                        "if LDTR is usable, it is a canonical address",
                        GuestSegmentChecks::ldtrBase)
                .on(GUEST_LDTR_BASE)
                .on(GUEST_LDTR_ACCESS_RIGHTS, Segment.UNUSABLE)
                .remedy(GUEST_LDTR_BASE, f -> f.canonical(f.get(GUEST_LDTR_BASE)))));
        rows.add(in(row("guest-cs-base", "Guest CS base", "bits 63:32 are 0", GuestSegmentChecks::csBase)
                .on(GUEST_CS_BASE)
                .remedy(GUEST_CS_BASE, f -> f.get(GUEST_CS_BASE) & LOW)));
        for (Segment s : LIMITED_BASE) {
            rows.add(in(row(
                            id(s, "base"),
                            "Guest " + s + " base",
                            "if " + s + " is usable, bits 63:32 are 0",
                            f -> dataBase(f, s))
                    .on(s.base)
                    .on(s.rights, Segment.UNUSABLE)
                    .remedy(s.base, f -> f.get(s.base) & LOW)));
        }
        return rows;
    }

    private static boolean base8086(Facts f, Segment s) {
        return !virtual8086(f) || f.get(s.base) == f.get(s.selector) << 4;
    }

    private static boolean canonicalBase(Facts f, Segment s) {
        return f.isCanonical(f.get(s.base));
    }

    private static boolean ldtrBase(Facts f) {
        return !Segment.LDTR.isUsable(f) || f.isCanonical(f.get(GUEST_LDTR_BASE));
    }

    private static boolean csBase(Facts f) {
        return f.get(GUEST_CS_BASE) >>> 32 == 0;
    }

    private static boolean dataBase(Facts f, Segment s) {
        return !s.isUsable(f) || f.get(s.base) >>> 32 == 0;
    }

    // ---- limits ----

    private static List<EntryCheck> limits() {
        List<EntryCheck> rows = new ArrayList<>();
        for (Segment s : CODE_AND_DATA) {
            rows.add(in(row(
                            id(s, "limit-v86"),
                            "Guest " + s + " limit in virtual-8086 mode",
                            "if the guest is virtual-8086, it is 0000FFFFH",
                            f -> limit8086(f, s))
                    .on(s.limit)
                    .on(GUEST_RFLAGS, Rflags.VM)
                    .remedy(s.limit, f -> 0xffff)));
        }
        return rows;
    }

    private static boolean limit8086(Facts f, Segment s) {
        return !virtual8086(f) || f.get(s.limit) == 0xffff;
    }

    // ---- access rights of CS, SS, DS, ES, FS and GS ----

    private static List<EntryCheck> rights() {
        List<EntryCheck> rows = new ArrayList<>();
        for (Segment s : CODE_AND_DATA) {
            rows.add(in(row(
                            id(s, "rights-v86"),
                            "Guest " + s + " access rights in virtual-8086 mode",
                            "if the guest is virtual-8086, they are 000000F3H",
                            f -> rights8086(f, s))
                    .on(s.rights)
                    .on(GUEST_RFLAGS, Rflags.VM)
                    .remedy(s.rights, f -> VIRTUAL_8086_RIGHTS)));
        }
        rows.addAll(types());
        for (Segment s : CODE_AND_DATA) {
            rows.add(in(right(s, "s", "S (bit 4) is 1", f -> !looked(f, s) || s.has(f, Segment.S))
                    .on(s.rights, Segment.S | unusable(s))));
        }
        rows.addAll(dpls());
        for (Segment s : CODE_AND_DATA) {
            rows.add(in(right(s, "p", "P (bit 7) is 1", f -> !looked(f, s) || s.has(f, Segment.PRESENT))
                    .on(s.rights, Segment.PRESENT | unusable(s))));
        }
        for (Segment s : CODE_AND_DATA) {
            rows.add(in(right(
                            s,
                            "reserved-low",
                            "bits 11:8 are 0",
                            f -> !looked(f, s) || clear(f, s, Segment.RESERVED_LOW))
                    .on(s.rights, Segment.RESERVED_LOW | unusable(s))
                    .remedy(s.rights, f -> f.get(s.rights) & ~Segment.RESERVED_LOW)));
        }
        rows.add(in(row(
                        "guest-cs-db",
                        "Guest CS access rights: D/B",
                        "if the guest is not virtual-8086, \"IA-32e mode guest\" and L are 1, D/B is 0",
                        GuestSegmentChecks::csDb)
                .on(GUEST_CS_ACCESS_RIGHTS, Segment.D | Segment.L)
                .on(GUEST_RFLAGS, Rflags.VM)
                .on(EntryControls.IA_32E_MODE_GUEST)));
        for (Segment s : CODE_AND_DATA) {
            rows.add(in(right(
                            s,
                            "g",
                            "G is 0 if a bit of the limit's bits 11:0 is 0, and 1 if a bit of its bits 31:20 is 1",
                            f -> !looked(f, s) || granularity(f, s))
                    .on(s.rights, Segment.G | unusable(s))
                    .on(s.limit)
                    .remedy(s.limit, f -> s.has(f, Segment.G) ? f.get(s.limit) | 0xfff : f.get(s.limit) & 0xf_ffff)));
        }
        for (Segment s : CODE_AND_DATA) {
            rows.add(in(right(
                            s,
                            "reserved-high",
                            "bits 31:17 are 0",
                            f -> !looked(f, s) || clear(f, s, Segment.RESERVED_HIGH))
                    .on(s.rights, Segment.RESERVED_HIGH | unusable(s))
                    .remedy(s.rights, f -> f.get(s.rights) & ~Segment.RESERVED_HIGH)));
        }
        return rows;
    }

    private static EntryCheck.Row right(Segment s, String id, String requirement, EntryCheck.Predicate predicate) {
        String condition = s == Segment.CS
                ? "if the guest is not virtual-8086, "
                : "if the guest is not virtual-8086 and " + s + " is usable, ";
        return row(id(s, id), "Guest " + s + " access rights: " + titleOf(id), condition + requirement, predicate)
                .on(GUEST_RFLAGS, Rflags.VM);
    }

    private static String titleOf(String id) {
        return switch (id) {
            case "reserved-low", "reserved-high" -> "reserved bits";
            case "type" -> "type";
            default -> id.toUpperCase(Locale.ROOT);
        };
    }

    private static long unusable(Segment s) {
        return s == Segment.CS ? 0 : Segment.UNUSABLE;
    }

    /** Whether the checks of access rights outside virtual-8086 mode look at a register. */
    private static boolean looked(Facts f, Segment s) {
        return !virtual8086(f) && (s == Segment.CS || s.isUsable(f));
    }

    private static boolean clear(Facts f, Segment s, long bits) {
        return (f.get(s.rights) & bits) == 0;
    }

    private static boolean rights8086(Facts f, Segment s) {
        return !virtual8086(f) || f.get(s.rights) == VIRTUAL_8086_RIGHTS;
    }

    private static List<EntryCheck> types() {
        List<EntryCheck> rows = new ArrayList<>();
        rows.add(in(right(
                        Segment.CS,
                        "type",
                        "the type is 9, 11, 13 or 15 (accessed code), or 3 (read/write accessed data) if \"unrestricted"
                                + " guest\" is 1",
                        GuestSegmentChecks::csType)
                .on(GUEST_CS_ACCESS_RIGHTS, Segment.TYPE)
                .on(SecondaryProcessorBased.UNRESTRICTED_GUEST)));
        rows.add(in(
                right(Segment.SS, "type", "the type is 3 or 7 (read/write accessed data)", GuestSegmentChecks::ssType)
                        .on(GUEST_SS_ACCESS_RIGHTS, Segment.TYPE | Segment.UNUSABLE)));
        for (Segment s : DATA) {
            rows.add(in(right(
                            s,
                            "type",
                            "bit 0 of the type (accessed) is 1, and bit 1 (readable) is 1 if bit 3 (code) is 1",
                            f -> dataType(f, s))
                    .on(s.rights, Segment.TYPE | Segment.UNUSABLE)));
        }
        return rows;
    }

    private static boolean csType(Facts f) {
        if (virtual8086(f)) {
            return true;
        }
        long type = Segment.CS.type(f);
        return (type & (Segment.CODE | Segment.ACCESSED)) == (Segment.CODE | Segment.ACCESSED)
                || (type == READ_WRITE_ACCESSED && unrestricted(f));
    }

    private static boolean ssType(Facts f) {
        return !looked(f, Segment.SS) || (Segment.SS.type(f) & ~4L) == READ_WRITE_ACCESSED;
    }

    private static boolean dataType(Facts f, Segment s) {
        if (!looked(f, s)) {
            return true;
        }
        long type = s.type(f);
        return (type & Segment.ACCESSED) != 0 && ((type & Segment.CODE) == 0 || (type & Segment.READABLE) != 0);
    }

    private static List<EntryCheck> dpls() {
        List<EntryCheck> rows = new ArrayList<>();
        rows.add(in(row(
                        "guest-cs-dpl",
                        "Guest CS access rights: DPL",
                        "if the guest is not virtual-8086, DPL is 0 for type 3, that of SS for types 9 and 11, and not greater"
                                + " than that of SS for types 13 and 15",
                        GuestSegmentChecks::csDpl)
                .on(GUEST_CS_ACCESS_RIGHTS, Segment.DPL | Segment.TYPE)
                .on(GUEST_SS_ACCESS_RIGHTS, Segment.DPL)
                .on(GUEST_RFLAGS, Rflags.VM)
                .on(SecondaryProcessorBased.UNRESTRICTED_GUEST)));
        rows.add(in(row(
                        "guest-ss-dpl",
                        "Guest SS access rights: DPL and RPL",
                        "if the guest is not virtual-8086 and \"unrestricted guest\" is 0, DPL is the RPL of the selector",
                        GuestSegmentChecks::ssDpl)
                .on(GUEST_SS_ACCESS_RIGHTS, Segment.DPL)
                .on(GUEST_SS_SELECTOR, 3)
                .on(GUEST_RFLAGS, Rflags.VM)
                .on(SecondaryProcessorBased.UNRESTRICTED_GUEST)));
        rows.add(in(row(
                        "guest-ss-dpl-zero",
                        "Guest SS access rights: DPL outside protected mode",
                        "if the guest is not virtual-8086, DPL is 0 where the type of CS is 3 or CR0.PE is 0",
                        GuestSegmentChecks::ssDplZero)
                .on(GUEST_SS_ACCESS_RIGHTS, Segment.DPL)
                .on(GUEST_CS_ACCESS_RIGHTS, Segment.TYPE)
                .on(GUEST_CR0, Cr0.PE)
                .on(GUEST_RFLAGS, Rflags.VM)
                .remedy(GUEST_SS_ACCESS_RIGHTS, f -> f.get(GUEST_SS_ACCESS_RIGHTS) & ~Segment.DPL)));
        for (Segment s : DATA) {
            rows.add(in(row(
                            id(s, "dpl"),
                            "Guest " + s + " access rights: DPL",
                            "if the guest is not virtual-8086, \"unrestricted guest\" is 0, " + s
                                    + " is usable and its type is 0 to 11, DPL is not less than the RPL of the selector",
                            f -> dataDpl(f, s))
                    .on(s.rights, Segment.DPL | Segment.TYPE | Segment.UNUSABLE)
                    .on(s.selector, 3)
                    .on(GUEST_RFLAGS, Rflags.VM)
                    .on(SecondaryProcessorBased.UNRESTRICTED_GUEST)));
        }
        return rows;
    }

    private static boolean csDpl(Facts f) {
        if (virtual8086(f)) {
            return true;
        }
        long type = Segment.CS.type(f);
        if (type == READ_WRITE_ACCESSED) {
            // Without "unrestricted guest" the type itself is refused, and no rule is stated for it.
            return !unrestricted(f) || Segment.CS.dpl(f) == 0;
        }
        if (type == 9 || type == 11) {
            return Segment.CS.dpl(f) == Segment.SS.dpl(f);
        }
        return (type != 13 && type != 15) || Segment.CS.dpl(f) <= Segment.SS.dpl(f);
    }

    private static boolean ssDpl(Facts f) {
        return unrestricted(f) || virtual8086(f) || Segment.SS.dpl(f) == Segment.SS.rpl(f);
    }

    private static boolean ssDplZero(Facts f) {
        if (virtual8086(f)) {
            return true;
        }
        boolean zero = Segment.CS.type(f) == READ_WRITE_ACCESSED || (f.get(GUEST_CR0) & Cr0.PE) == 0;
        return !zero || Segment.SS.dpl(f) == 0;
    }

    private static boolean dataDpl(Facts f, Segment s) {
        return unrestricted(f) || !looked(f, s) || s.type(f) > 11 || s.dpl(f) >= s.rpl(f);
    }

    private static boolean csDb(Facts f) {
        return !f.is(EntryControls.IA_32E_MODE_GUEST)
                || virtual8086(f)
                || (f.get(GUEST_CS_ACCESS_RIGHTS) & (Segment.L | Segment.D)) != (Segment.L | Segment.D);
    }

    private static boolean granularity(Facts f, Segment s) {
        long limit = f.get(s.limit);
        boolean g = s.has(f, Segment.G);
        return ((limit & 0xfff) == 0xfff || !g) && ((limit & 0xfff0_0000L) == 0 || g);
    }

    // ---- TR and LDTR ----

    private static List<EntryCheck> taskRegister() {
        Segment s = Segment.TR;
        return rows(
                Section.GUEST_SEGMENTS,
                row(
                                "guest-tr-type",
                                "Guest TR access rights: type",
                                "it is 11 (busy 32- or 64-bit TSS), or 3 (busy 16-bit TSS) if \"IA-32e mode guest\" is 0",
                                GuestSegmentChecks::trType)
                        .on(s.rights, Segment.TYPE)
                        .on(EntryControls.IA_32E_MODE_GUEST)
                        .remedy(s.rights, f -> (f.get(GUEST_TR_ACCESS_RIGHTS) & ~Segment.TYPE) | 11),
                row("guest-tr-s", "Guest TR access rights: S", "S (bit 4) is 0", f -> clear(f, s, Segment.S))
                        .on(s.rights, Segment.S),
                row("guest-tr-p", "Guest TR access rights: P", "P (bit 7) is 1", f -> s.has(f, Segment.PRESENT))
                        .on(s.rights, Segment.PRESENT),
                row(
                                "guest-tr-reserved-low",
                                "Guest TR access rights: reserved bits",
                                "bits 11:8 are 0",
                                f -> clear(f, s, Segment.RESERVED_LOW))
                        .on(s.rights, Segment.RESERVED_LOW)
                        .remedy(s.rights, f -> f.get(s.rights) & ~Segment.RESERVED_LOW),
                row(
                                "guest-tr-g",
                                "Guest TR access rights: G",
                                "G is 0 if a bit of the limit's bits 11:0 is 0, and 1 if a bit of its bits 31:20 is 1",
                                f -> granularity(f, s))
                        .on(s.rights, Segment.G)
                        .on(s.limit)
                        .remedy(s.limit, f -> s.has(f, Segment.G) ? f.get(s.limit) | 0xfff : f.get(s.limit) & 0xf_ffff),
                row(
                                "guest-tr-usable",
                                "Guest TR access rights: unusable",
                                "bit 16 is 0",
                                f -> clear(f, s, Segment.UNUSABLE))
                        .on(s.rights, Segment.UNUSABLE),
                row(
                                "guest-tr-reserved-high",
                                "Guest TR access rights: reserved bits",
                                "bits 31:17 are 0",
                                f -> clear(f, s, Segment.RESERVED_HIGH))
                        .on(s.rights, Segment.RESERVED_HIGH)
                        .remedy(s.rights, f -> f.get(s.rights) & ~Segment.RESERVED_HIGH));
    }

    private static boolean trType(Facts f) {
        long type = Segment.TR.type(f);
        return type == 11 || (type == 3 && !f.is(EntryControls.IA_32E_MODE_GUEST));
    }

    private static List<EntryCheck> ldtr() {
        Segment s = Segment.LDTR;
        return rows(
                Section.GUEST_SEGMENTS,
                row(
                                "guest-ldtr-type",
                                "Guest LDTR access rights: type",
                                "if LDTR is usable, it is 2 (LDT)",
                                f -> !s.isUsable(f) || s.type(f) == 2)
                        .on(s.rights, Segment.TYPE | Segment.UNUSABLE)
                        .remedy(s.rights, f -> (f.get(s.rights) & ~Segment.TYPE) | 2),
                row(
                                "guest-ldtr-s",
                                "Guest LDTR access rights: S",
                                "if LDTR is usable, S (bit 4) is 0",
                                f -> !s.isUsable(f) || clear(f, s, Segment.S))
                        .on(s.rights, Segment.S | Segment.UNUSABLE),
                row(
                                "guest-ldtr-p",
                                "Guest LDTR access rights: P",
                                "if LDTR is usable, P (bit 7) is 1",
                                f -> !s.isUsable(f) || s.has(f, Segment.PRESENT))
                        .on(s.rights, Segment.PRESENT | Segment.UNUSABLE),
                row(
                                "guest-ldtr-reserved-low",
                                "Guest LDTR access rights: reserved bits",
                                "if LDTR is usable, bits 11:8 are 0",
                                f -> !s.isUsable(f) || clear(f, s, Segment.RESERVED_LOW))
                        .on(s.rights, Segment.RESERVED_LOW | Segment.UNUSABLE)
                        .remedy(s.rights, f -> f.get(s.rights) & ~Segment.RESERVED_LOW),
                row(
                                "guest-ldtr-g",
                                "Guest LDTR access rights: G",
                                "if LDTR is usable, G is 0 if a bit of the limit's bits 11:0 is 0, and 1 if a bit of its"
                                        + " bits 31:20 is 1",
                                f -> !s.isUsable(f) || granularity(f, s))
                        .on(s.rights, Segment.G | Segment.UNUSABLE)
                        .on(s.limit)
                        .remedy(s.limit, f -> s.has(f, Segment.G) ? f.get(s.limit) | 0xfff : f.get(s.limit) & 0xf_ffff),
                row(
                                "guest-ldtr-reserved-high",
                                "Guest LDTR access rights: reserved bits",
                                "if LDTR is usable, bits 31:17 are 0",
                                f -> !s.isUsable(f) || clear(f, s, Segment.RESERVED_HIGH))
                        .on(s.rights, Segment.RESERVED_HIGH | Segment.UNUSABLE)
                        .remedy(s.rights, f -> f.get(s.rights) & ~Segment.RESERVED_HIGH));
    }

    static boolean hold(Facts f) {
        return selectorsAndBasesHold(f)
                && (virtual8086(f) ? virtual8086Holds(f) : rightsHold(f))
                && csType(f)
                && csDpl(f)
                && ssDpl(f)
                && ssDplZero(f)
                && csDb(f)
                && trHolds(f)
                && ldtrHolds(f);
    }

    private static boolean selectorsAndBasesHold(Facts f) {
        return trTi(f)
                && ldtrTi(f)
                && ssRpl(f)
                && canonicalBase(f, Segment.TR)
                && canonicalBase(f, Segment.FS)
                && canonicalBase(f, Segment.GS)
                && ldtrBase(f)
                && csBase(f)
                && dataBase(f, Segment.SS)
                && dataBase(f, Segment.DS)
                && dataBase(f, Segment.ES);
    }

    private static boolean virtual8086Holds(Facts f) {
        for (Segment s : CODE_AND_DATA) {
            if (!base8086(f, s) || !limit8086(f, s) || !rights8086(f, s)) {
                return false;
            }
        }
        return true;
    }

    private static boolean rightsHold(Facts f) {
        return rightHolds(f, Segment.CS)
                && rightHolds(f, Segment.SS)
                && ssType(f)
                && dataHolds(f, Segment.DS)
                && dataHolds(f, Segment.ES)
                && dataHolds(f, Segment.FS)
                && dataHolds(f, Segment.GS);
    }

    private static boolean dataHolds(Facts f, Segment s) {
        return rightHolds(f, s) && dataType(f, s) && dataDpl(f, s);
    }

    /** S, P, both reserved fields and G of a register outside virtual-8086 mode. */
    private static boolean rightHolds(Facts f, Segment s) {
        long rights = f.get(s.rights);
        if (s != Segment.CS && (rights & Segment.UNUSABLE) != 0) {
            return true;
        }
        long fixed = Segment.S | Segment.PRESENT | Segment.RESERVED_LOW | Segment.RESERVED_HIGH;
        return (rights & fixed) == (Segment.S | Segment.PRESENT) && granularity(f, s);
    }

    private static boolean trHolds(Facts f) {
        long fixed = Segment.S | Segment.PRESENT | Segment.RESERVED_LOW | Segment.UNUSABLE | Segment.RESERVED_HIGH;
        return (f.get(GUEST_TR_ACCESS_RIGHTS) & fixed) == Segment.PRESENT && trType(f) && granularity(f, Segment.TR);
    }

    private static boolean ldtrHolds(Facts f) {
        long rights = f.get(GUEST_LDTR_ACCESS_RIGHTS);
        long fixed = Segment.TYPE | Segment.S | Segment.PRESENT | Segment.RESERVED_LOW | Segment.RESERVED_HIGH;
        return (rights & Segment.UNUSABLE) != 0
                || ((rights & fixed) == (Segment.PRESENT | 2) && granularity(f, Segment.LDTR));
    }
}
