package org.thirdmode.npt.spec;

import static org.thirdmode.npt.spec.EptEntryFormat.PDE_MAPS_2_MBYTE;
import static org.thirdmode.npt.spec.EptEntryFormat.PDPTE_MAPS_1_GBYTE;
import static org.thirdmode.npt.spec.EptEntryFormat.PTE;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.thirdmode.npt.spec.EptEntryFormat.Meaning;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.spec.LinearAccess.Kind;

/**
 * The walk of the EPT paging structures in the manual's words. SDM 3C "EPT Translation Mechanism", "EPT Misconfigurations",
 * "EPT Violations", "Accessed and Dirty Flags for EPT".
 */
public final class EptWalk implements SecondDimension {
    private final EptControls controls;
    private final PhysicalMemory memory;

    public EptWalk(EptControls controls, PhysicalMemory memory) {
        this.controls = controls;
        this.memory = memory;
    }

    /** SDM 3A "PDPTE Registers": with EPT too PAE paging has them. */
    @Override
    public boolean pdptesInMemory() {
        return false;
    }

    @Override
    public Outcome translate(Access access) {
        List<Step> steps = new ArrayList<>();
        // "EPT uses only bits 47:0 (with a page-walk length of 4) or 56:0 (5) of a guest-physical address."
        if (access.guestPhysical() >>> (12 + 9 * controls.levels()) != 0) {
            return violation(access, Rights.NONE, steps);
        }
        long table = controls.root();
        Rights rights = Rights.ALL;
        for (int level = controls.levels(); level >= 1; level--) {
            // "An entry is selected using the physical address: bits 51:12 from the entry above, bits 11:3 from the
            // guest-physical address, bits 2:0 are 0."
            int shift = 12 + (9 * (level - 1));
            long address = table + (8 * ((access.guestPhysical() >>> shift) % 512));
            long entry = memory.read(address, 8);
            steps.add(new Step(level, address, entry));
            EptEntryFormat format = EptEntryFormat.of(level, entry);

            if (misconfigured(format, entry)) {
                return new EptMisconfiguration(access.guestPhysical(), steps);
            }
            // "If any of bits 2:0 (or, with mode-based execute control, bit 10) is 1 the entry is present."
            if (!present(entry)) {
                return violation(access, Rights.NONE, steps);
            }
            rights = new Rights(
                    rights.read() && format.isSet(Meaning.R, entry),
                    rights.write() && format.isSet(Meaning.W, entry),
                    rights.execute() && format.isSet(Meaning.X, entry),
                    rights.userExecute() && format.isSet(controls.modeBasedExecute() ? Meaning.XU : Meaning.X, entry));
            long target = entry & format.mask(Meaning.ADDRESS, controls.maxPhyAddr());
            if (maps(format)) {
                if (!allowed(access, rights)) {
                    return violation(access, rights, steps);
                }
                boolean dirty = setFlags(access, format, address, entry);
                return new Translated(target + (access.guestPhysical() % (1L << shift)), shift, rights, dirty, steps);
            }
            // "Whenever the processor uses an EPT paging-structure entry as part of guest-physical-address translation,
            // it
            // sets the accessed flag in that entry (if it is not already set)."
            if (controls.accessedDirty() && !format.isSet(Meaning.A, entry)) {
                memory.write(address, 8, entry | format.mask(Meaning.A, 52));
            }
            table = target;
        }
        throw new AssertionError("an EPT page table only maps pages");
    }

    private static boolean maps(EptEntryFormat format) {
        return format == PDPTE_MAPS_1_GBYTE || format == PDE_MAPS_2_MBYTE || format == PTE;
    }

    private boolean present(long entry) {
        return PTE.isSet(Meaning.R, entry)
                || PTE.isSet(Meaning.W, entry)
                || PTE.isSet(Meaning.X, entry)
                || (controls.modeBasedExecute() && PTE.isSet(Meaning.XU, entry));
    }

    /** SDM 3C "EPT Misconfigurations". */
    private boolean misconfigured(EptEntryFormat format, long entry) {
        if (!format.isSet(Meaning.R, entry)) {
            // "Bit 0 of the entry is clear (indicating that data reads are not allowed) and any of the following hold:
            // bit
            // 1 is set (indicating that data writes are allowed);
            if (format.isSet(Meaning.W, entry)) {
                return true;
            }
            // the processor does not support execute-only translations and bit 2 is set, or with mode-based execute
            // control bit 10."
            if (present(entry) && !controls.executeOnly()) {
                return true;
            }
        }
        if (!present(entry)) {
            return false;
        }
        // "The entry is present and a reserved bit is set."
        if ((entry & format.mask(Meaning.RESERVED, controls.maxPhyAddr())) != 0
                || (format == PDPTE_MAPS_1_GBYTE && !controls.page1Gb())
                || (format == PDE_MAPS_2_MBYTE && !controls.page2Mb())) {
            return true;
        }
        // "The entry is present, maps a page and the value of bits 5:3 (EPT memory type) is 2, 3, or 7."
        return maps(format) && Set.of(2L, 3L, 7L).contains((entry & format.mask(Meaning.TYPE, 52)) >>> 3);
    }

    /** "When flags for EPT are enabled, processor accesses to guest paging-structure entries are treated as writes." */
    private boolean isWrite(Access access) {
        return access.use() == Use.TABLE ? controls.accessedDirty() : access.kind() == Kind.WRITE;
    }

    private boolean isFetch(Access access) {
        return access.use() == Use.FINAL && access.kind() == Kind.FETCH;
    }

    private boolean allowed(Access access, Rights rights) {
        if (isFetch(access)) {
            return rights.executeFor(access.userModeLinear());
        }
        return isWrite(access) ? rights.write() : rights.read();
    }

    /** Of the entry that maps the page. Whether a later write would find nothing to set. */
    private boolean setFlags(Access access, EptEntryFormat format, long address, long entry) {
        if (!controls.accessedDirty()) {
            return true;
        }
        long flagged = entry | format.mask(Meaning.A, 52);
        if (isWrite(access)) {
            flagged |= format.mask(Meaning.D, 52);
        }
        if (flagged != entry) {
            memory.write(address, 8, flagged);
        }
        return format.isSet(Meaning.D, flagged);
    }

    @Override
    public Outcome update(Access read, Translated translated) {
        // "When flags for EPT are not enabled, the update is a read and a write of its own."
        return translated.rights().write()
                ? translated
                : violation(
                        read,
                        translated.rights(),
                        translated.steps(),
                        EnumSet.of(QualificationBit.DATA_READ, QualificationBit.DATA_WRITE));
    }

    private EptViolation violation(Access access, Rights rights, List<Step> steps) {
        Set<QualificationBit> kind = EnumSet.noneOf(QualificationBit.class);
        if (isFetch(access)) {
            kind.add(QualificationBit.INSTRUCTION_FETCH);
        } else {
            // "If such an access causes an EPT violation, the processor sets both bit 0 and bit 1."
            if (isWrite(access)) {
                kind.add(QualificationBit.DATA_WRITE);
            }
            if (!isWrite(access) || access.use() == Use.TABLE) {
                kind.add(QualificationBit.DATA_READ);
            }
        }
        return violation(access, rights, steps, kind);
    }

    private EptViolation violation(Access access, Rights rights, List<Step> steps, Set<QualificationBit> kind) {
        Set<QualificationBit> bits = EnumSet.copyOf(kind);
        bits.add(QualificationBit.LINEAR_VALID);
        if (access.use() == Use.FINAL) {
            bits.add(QualificationBit.FINAL_ACCESS);
        }
        if (rights.read()) {
            bits.add(QualificationBit.READABLE);
        }
        if (rights.write()) {
            bits.add(QualificationBit.WRITABLE);
        }
        if (rights.execute()) {
            bits.add(QualificationBit.EXECUTABLE);
        }
        if (controls.modeBasedExecute() && rights.userExecute()) {
            bits.add(QualificationBit.USER_EXECUTABLE);
        }
        return new EptViolation(access.guestPhysical(), bits, steps);
    }
}
