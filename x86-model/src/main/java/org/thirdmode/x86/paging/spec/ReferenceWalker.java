package org.thirdmode.x86.paging.spec;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.spec.EntryFormat.Meaning;
import org.thirdmode.x86.paging.spec.PagingMode.Structure;
import org.thirdmode.x86.paging.spec.WalkResult.ErrorBit;
import org.thirdmode.x86.paging.spec.WalkResult.PageFault;
import org.thirdmode.x86.paging.spec.WalkResult.Step;
import org.thirdmode.x86.paging.spec.WalkResult.Translated;

/**
 * The page walk in the manual's words. SDM 3A "Paging": "Hierarchical Paging Structures: an Overview", then "32-Bit
 * Paging", "PAE Paging", "4-Level Paging and 5-Level Paging"; "Access Rights"; "Page-Fault Exceptions"; "Accessed and Dirty
 * Flags".
 */
public final class ReferenceWalker {
    private final ProcessorLimits limits;
    private final TableMemory memory;
    private final Variant variant;

    /**
     * In what walks differ beyond the processor's limits.
     *
     * @param pdptesInMemory PAE paging reads its PDPTEs as any other entry. APM 2 "Nested Paging", "Legacy PAE Mode"
     * @param pml4eBits8To7Reserved APM 2 "Long-Mode Page Translation": MBZ in a PML4E and in a PML5E
     */
    public record Variant(boolean pdptesInMemory, boolean pml4eBits8To7Reserved) {
        /** Of the bare machine. */
        public static final Variant PLAIN = new Variant(false, false);
    }

    public ReferenceWalker(ProcessorLimits limits, PhysicalMemory memory) {
        this(limits, TableMemory.of(memory), Variant.PLAIN);
    }

    public ReferenceWalker(ProcessorLimits limits, TableMemory memory, Variant variant) {
        this.limits = limits;
        this.memory = memory;
        this.variant = variant;
    }

    /** Translates one access, setting Accessed and Dirty flags in memory. */
    public WalkResult walk(PagingControls controls, LinearAccess access) {
        PagingMode mode = PagingMode.of(controls);
        return mode == PagingMode.NONE
                ? new Translated(access.linear() & 0xffff_ffffL, 12, true, true, true, false, true, 0, List.of())
                : new Walk(controls, mode, access).run();
    }

    /** The page fault of an address that no structure has an entry for. */
    public PageFault notPresent(PagingControls controls, LinearAccess access) {
        return new Walk(controls, PagingMode.of(controls), access).fault(Set.of());
    }

    /** The access rights of the entries passed so far: each may only take away. */
    private record Rights(boolean writable, boolean user, boolean executable) {
        /** "A Logical-AND of the R/W flags, and of the U/S flags; a logical-OR of the XD flags." */
        Rights and(EntryFormat format, long entry) {
            return new Rights(
                    writable && (!format.has(Meaning.RW) || format.isSet(Meaning.RW, entry)),
                    user && (!format.has(Meaning.US) || format.isSet(Meaning.US, entry)),
                    executable && !format.isSet(Meaning.XD, entry));
        }
    }

    private final class Walk {
        private final PagingControls controls;
        private final PagingMode mode;
        private final LinearAccess access;
        private final List<Step> steps = new ArrayList<>();

        Walk(PagingControls controls, PagingMode mode, LinearAccess access) {
            this.controls = controls;
            this.mode = mode;
            this.access = access;
        }

        WalkResult run() {
            // The first structure is at the address in CR3.
            long table = rootAddress();
            Rights rights = new Rights(true, true, true);
            for (Structure structure : mode.structures) {
                // "The entry is selected by bits high:low of the linear address."
                long address = table + structure.index(access.linear()) * structure.entrySize();
                boolean register = mode == PagingMode.PAE && structure.level() == 3 && !variant.pdptesInMemory;
                long entry = register
                        ? controls.pdptes().get((int) structure.index(access.linear()))
                        : memory.read(structure.level(), address, structure.entrySize());
                if (!register) {
                    steps.add(new Step(structure, address, entry));
                }

                // "If the P flag is 0 the entry is not used to reference another entry or to map a page." There is no
                // translation; no other bit is looked at.
                if ((entry & 1) == 0) {
                    return fault(Set.of());
                }

                EntryFormat format = formatOf(structure, entry);

                // "If a reserved bit is set there is no translation." PDPTE registers were checked when they were
                // loaded.
                if (!register && (entry & reserved(format)) != 0) {
                    return fault(EnumSet.of(ErrorBit.P, ErrorBit.RSVD));
                }

                rights = rights.and(format, entry);
                if (format == structure.maps()) {
                    return map(structure, format, address, entry, rights);
                }

                // "Whenever the processor uses a paging-structure entry as part of linear-address translation, it sets
                // the
                // accessed flag in that entry (if it is not already set)." PDPTEs of PAE paging have none.
                if (format.has(Meaning.A)) {
                    set(structure, address, format, entry, entry | format.mask(Meaning.A, width(format)));
                }
                table = format.address(entry, width(format));
            }
            throw new AssertionError("the last structure of " + mode + " only maps pages");
        }

        /** SDM 3A, tables "Use of CR3 with ...". PAE paging reads no first table where its PDPTEs are in registers. */
        private long rootAddress() {
            return switch (mode) {
                case NONE -> 0;
                case PAE -> variant.pdptesInMemory ? controls.cr3() & 0xffff_ffe0L : 0;
                case BITS_32 -> controls.cr3() & 0xffff_f000L;
                case LEVEL_4, LEVEL_5 -> controls.cr3() & EntryFormat.PML4E.mask(Meaning.ADDRESS, limits.maxPhyAddr());
            };
        }

        /** Bit 7 (PS) tells the two formats of an entry apart, where a structure has both and the processor can. */
        private EntryFormat formatOf(Structure structure, long entry) {
            if (structure.refers() == null) {
                return structure.maps();
            }
            boolean canMap = switch (structure.maps()) {
                case null -> false;
                case PDE_32_MAPS_4_MBYTE -> controls.pse();
                default -> true;
            };
            return canMap && structure.refers().isSet(Meaning.PS, entry) ? structure.maps() : structure.refers();
        }

        /** The bits of a present entry that must be 0. SDM 3A, table "Reserved bits", and the tables of the formats. */
        private long reserved(EntryFormat format) {
            long reserved = format.mask(Meaning.RESERVED, width(format));
            if (!controls.nxe()) {
                reserved |= format.mask(Meaning.XD, width(format));
            }
            if (format == EntryFormat.PDPTE_MAPS_1_GBYTE && !limits.page1Gb()) {
                reserved |= format.mask(Meaning.PS, width(format));
            }
            if (variant.pml4eBits8To7Reserved && (format == EntryFormat.PML4E || format == EntryFormat.PML5E)) {
                reserved |= 0b11 << 7;
            }
            return reserved;
        }

        /** M of a format: "in 32-bit paging M is the minimum of 40 and MAXPHYADDR where PSE-36 is supported, else 32". */
        private int width(EntryFormat format) {
            if (format == EntryFormat.PDE_32_MAPS_4_MBYTE) {
                return limits.pse36() ? Math.min(40, limits.maxPhyAddr()) : 32;
            }
            return limits.maxPhyAddr();
        }

        /** The entry maps the page: access rights, then flags, then the address. */
        private WalkResult map(Structure structure, EntryFormat format, long address, long entry, Rights rights) {
            int key = controls.pke() && controls.lma() ? (int) format.value(Meaning.KEY, entry) : 0;
            boolean keyAllows = keyAllows(key, rights.user);
            if (!rightsAllow(rights) || !keyAllows) {
                return fault(keyAllows ? EnumSet.of(ErrorBit.P) : EnumSet.of(ErrorBit.P, ErrorBit.PK));
            }

            // "Whenever there is a write to a linear address, the processor sets the dirty flag (if it is not already
            // set)
            // in the paging-structure entry that identifies the final physical address for the linear address."
            long flags = format.mask(Meaning.A, width(format));
            if (access.isWrite()) {
                flags |= format.mask(Meaning.D, width(format));
            }
            set(structure, address, format, entry, entry | flags);

            long pageSize = 1L << structure.low();
            long page = format.address(entry, width(format));
            return new Translated(
                    page + Long.remainderUnsigned(access.linear(), pageSize),
                    structure.low(),
                    rights.writable,
                    rights.user,
                    rights.executable,
                    controls.pge() && format.isSet(Meaning.G, entry),
                    format.isSet(Meaning.D, entry | flags),
                    key,
                    steps);
        }

        /** SDM 3A "Determination of Access Rights", its cases in its order. */
        private boolean rightsAllow(Rights rights) {
            if (!access.isUserMode()) {
                // For supervisor-mode accesses:
                return switch (access.kind()) {
                    // "Data may be read (implicitly or explicitly) from any supervisor-mode address. Data reads from
                    // user-mode
                    // pages: if CR4.SMAP = 0, from any; if CR4.SMAP = 1 and the access is explicit, with EFLAGS.AC = 1;
                    // otherwise not."
                    case READ -> !rights.user || smapAllows();
                    // "Data writes to supervisor-mode and user-mode addresses: if CR0.WP = 0 to any (but for SMAP); if
                    // CR0.WP = 1 only with R/W = 1 in every entry."
                    case WRITE -> (!rights.user || smapAllows()) && (!controls.wp() || rights.writable);
                    // "Instruction fetches from supervisor-mode addresses: with XD = 0 in every entry (or IA32_EFER.NXE
                    // = 0);
                    // from user-mode addresses: not where CR4.SMEP = 1, else the same."
                    case FETCH -> rights.executable && !(rights.user && controls.smep());
                };
            }
            // For user-mode accesses: none to a supervisor-mode address.
            return rights.user
                    && switch (access.kind()) {
                        case READ -> true;
                        case WRITE -> rights.writable;
                        case FETCH -> rights.executable;
                    };
        }

        private boolean smapAllows() {
            return !controls.smap() || (controls.ac() && access.mode() == LinearAccess.Mode.SUPERVISOR);
        }

        /**
         * SDM 3A "Protection Keys": "data accesses to a user-mode address with protection key i are not permitted if ADi = 1;
         * writes are not permitted if WDi = 1 and the access is a user-mode access or CR0.WP = 1." Fetches are not affected.
         */
        private boolean keyAllows(int key, boolean userModeAddress) {
            if (!controls.pke() || !controls.lma() || !userModeAddress || !access.isData()) {
                return true;
            }
            boolean accessDisabled = ((controls.pkru() >>> (key * 2)) & 1) == 1;
            boolean writeDisabled = ((controls.pkru() >>> (key * 2 + 1)) & 1) == 1;
            boolean writeChecked = access.isWrite() && (access.isUserMode() || controls.wp());
            return !accessDisabled && !(writeDisabled && writeChecked);
        }

        /** SDM 3A "Page-Fault Exceptions": the flags that tell of the access join those that tell of the cause. */
        private PageFault fault(Set<ErrorBit> cause) {
            EnumSet<ErrorBit> error = EnumSet.noneOf(ErrorBit.class);
            error.addAll(cause);
            if (access.isWrite()) {
                error.add(ErrorBit.W_R);
            }
            if (access.isUserMode()) {
                error.add(ErrorBit.U_S);
            }
            // "I/D: the access was an instruction fetch, and CR4.SMEP = 1, or CR4.PAE = 1 and IA32_EFER.NXE = 1."
            if (!access.isData() && (controls.smep() || (controls.pae() && controls.nxe()))) {
                error.add(ErrorBit.I_D);
            }
            return new PageFault(access.linear(), error, steps);
        }

        private void set(Structure structure, long address, EntryFormat format, long before, long after) {
            if (after != before) {
                memory.update(structure.level(), address, format.size(), after);
            }
        }
    }
}
