package org.thirdmode.testkit.exit;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.thirdmode.npt.ept.EptCapability;
import org.thirdmode.npt.ept.EptExit;
import org.thirdmode.npt.ept.ExtendedPageTables;
import org.thirdmode.npt.nested.NestedPageTables;
import org.thirdmode.npt.spec.EptControls;
import org.thirdmode.npt.spec.EptWalk;
import org.thirdmode.npt.spec.NestedWalk;
import org.thirdmode.npt.spec.SecondDimension;
import org.thirdmode.testkit.scenario.Trial;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.PageWalker;
import org.thirdmode.x86.paging.SecondStage;
import org.thirdmode.x86.paging.Translation;
import org.thirdmode.x86.paging.spec.LinearAccess;
import org.thirdmode.x86.paging.spec.PagingControls;
import org.thirdmode.x86.paging.spec.ProcessorLimits;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;

/**
 * I15: exit information equals an independent oracle's, over random tables of four levels with everything that an entry may hold:
 * rights missing, misconfigurations, reserved bits, large pages. Some accesses, a change of an entry where the hypervisor would
 * make one, and the access again.
 */
public final class ExitInformation {
    private static final int WIDTH = 46;
    private static final long ROOT = 0x10_0000;
    private static final int LEVELS = 4;
    private static final int ACCESSES = 4;
    private static final long QUALIFICATION = 0x1ff;
    private static final int[] KINDS = {Access.READ, Access.WRITE, Access.FETCH};
    private static final EnumSet<EptCapability> CAPABILITIES = EnumSet.of(
            EptCapability.EXECUTE_ONLY,
            EptCapability.PAGE_WALK_4,
            EptCapability.MEMORY_TYPE_WB,
            EptCapability.PAGE_2_MBYTE,
            EptCapability.PAGE_1_GBYTE);

    private ExitInformation() {}

    /** The processor under test: made of memory in which the tables are, and the model's walk of them. */
    @FunctionalInterface
    public interface Maker {
        SecondDimensionWalk of(Tables tables, SecondDimensionWalk model);
    }

    /** The tables: where the entries on the way to the one address of a trial stand. */
    public record Tables(PhysicalMemory memory, List<Long> entries) {
        /** An entry on the way; the first is of the top table. */
        public long entry(int n) {
            return memory.read(entries.get(n), 8);
        }
    }

    /** The model's own processor. */
    public static final Maker MODEL = (tables, model) -> model;

    // ---- EPT ----

    public static Trial ept(Maker maker) {
        return seed -> {
            Random random = new Random(seed);
            long guestPhysical = ((long) random.nextInt(4) << 39) | (random.nextInt() & 0x7fff_ffffL);
            Tables tables = tables(random, guestPhysical, true);
            SecondDimensionWalk tested = maker.of(tables, model(tables.memory));
            EptControls controls = new EptControls(ROOT, LEVELS, false, false, true, true, true, WIDTH);
            EptWalk spec = new EptWalk(controls, tables.memory);
            return run(random, tables, tested, spec, guestPhysical);
        };
    }

    private static SecondDimensionWalk model(PhysicalMemory memory) {
        GuestExit exit = new GuestExit();
        PageWalker walker = new PageWalker(new CpuState(), memory, new GuestFault(), EnumSet.allOf(Feature.class));
        ExtendedPageTables ept = new ExtendedPageTables(walker, memory, exit, CAPABILITIES);
        ept.configure(ROOT | ((LEVELS - 1L) << 3) | 6, false);
        return (guestPhysical, access) -> {
            try {
                return reached(ept, guestPhysical, access);
            } catch (GuestExit left) {
                EptExit why = ept.exit;
                return why.misconfiguration
                        ? new Answer.Misconfiguration(why.guestPhysical)
                        : new Answer.Violation(why.guestPhysical, why.qualification & QUALIFICATION);
            }
        };
    }

    private static Answer reached(SecondStage stage, long guestPhysical, int access) {
        Translation translation = new Translation();
        translation.writable = true;
        translation.executable = true;
        translation.dirty = true;
        translation.pageShift = 12;
        return new Answer.Reached(
                stage.translate(guestPhysical, SecondStage.Reason.FINAL_ACCESS, guestPhysical, access, translation));
    }

    // ---- nested paging ----

    public static Trial npt(Maker maker) {
        return seed -> {
            Random random = new Random(seed);
            long guestPhysical = ((long) random.nextInt(4) << 39) | (random.nextInt() & 0x7fff_ffffL);
            Tables tables = tables(random, guestPhysical, false);
            CpuState host = new CpuState();
            host.cr0 = Cr0.PE | Cr0.PG | Cr0.WP;
            host.cr4 = Cr4.PAE;
            host.efer = Efer.LME | Efer.LMA | Efer.NXE;
            host.cr3 = ROOT;
            GuestExit exit = new GuestExit();
            PageWalker walker =
                    new PageWalker(new CpuState(), tables.memory, new GuestFault(), EnumSet.allOf(Feature.class));
            NestedPageTables npt = new NestedPageTables(walker, tables.memory, exit, EnumSet.allOf(Feature.class));
            npt.configure(ROOT, host.cr4, host.efer);
            SecondDimensionWalk model = (address, access) -> {
                try {
                    return reached(npt, address, access);
                } catch (GuestExit left) {
                    return new Answer.Violation(npt.fault.exitInfo2, npt.fault.exitInfo1);
                }
            };
            NestedWalk spec =
                    new NestedWalk(PagingControls.of(host), new ProcessorLimits(WIDTH, true, true), tables.memory);
            return run(random, tables, maker.of(tables, model), spec, guestPhysical);
        };
    }

    // ---- one trial ----

    private static String run(
            Random random, Tables tables, SecondDimensionWalk tested, SecondDimension spec, long guestPhysical) {
        StringBuilder told = new StringBuilder();
        for (int n = 0; n < tables.entries.size(); n++) {
            told.append(String.format("L%d at %x: %x%n", LEVELS - n, tables.entries.get(n), tables.entry(n)));
        }
        for (int n = 0; n < ACCESSES; n++) {
            int access = KINDS[random.nextInt(KINDS.length)];
            Answer answer = tested.translate(guestPhysical, access);
            Answer expected = expected(spec, guestPhysical, access);
            told.append(String.format("%s guest-physical %x: %s%n", word(access), guestPhysical, answer));
            if (!answer.equals(expected)) {
                return "I15: the manual says " + expected + ", where the processor says " + answer + ".\n\n" + told;
            }
            if (!(answer instanceof Answer.Reached)) {
                // The hypervisor gives all rights, to every entry: to add rights needs no flush after a violation.
                for (int level = 0; level < tables.entries.size(); level++) {
                    boolean ept = spec instanceof EptWalk;
                    long entry = tables.entry(level) | 7;
                    tables.memory.write(tables.entries.get(level), 8, ept ? entry : entry & Long.MAX_VALUE);
                }
                told.append("the hypervisor gives all rights\n");
            }
        }
        return null;
    }

    private static Answer expected(SecondDimension spec, long guestPhysical, int access) {
        LinearAccess.Kind kind = access == Access.WRITE
                ? LinearAccess.Kind.WRITE
                : access == Access.FETCH ? LinearAccess.Kind.FETCH : LinearAccess.Kind.READ;
        SecondDimension.Access asked =
                new SecondDimension.Access(guestPhysical, SecondDimension.Use.FINAL, kind, false);
        return switch (spec.translate(asked)) {
            case SecondDimension.Translated t -> new Answer.Reached(t.hostPhysical());
            case SecondDimension.EptViolation v -> new Answer.Violation(v.guestPhysical(), v.number() & QUALIFICATION);
            case SecondDimension.EptMisconfiguration m -> new Answer.Misconfiguration(m.guestPhysical());
            case SecondDimension.NestedPageFault f -> new Answer.Violation(f.exitInfo2(), f.exitInfo1());
        };
    }

    private static String word(int access) {
        return access == Access.WRITE ? "writes" : access == Access.FETCH ? "fetches" : "reads";
    }

    private static Tables tables(Random random, long guestPhysical, boolean ept) {
        PhysicalMemory memory = new PhysicalMemory(WIDTH);
        memory.mapRam(0, 0x80_0000);
        List<Long> entries = new ArrayList<>();
        long table = ROOT;
        for (int level = LEVELS; level >= 1; level--) {
            long at = table + (((guestPhysical >>> (3 + 9 * level)) & 0x1ff) << 3);
            entries.add(at);
            boolean page = level == 1 || (level < 4 && random.nextInt(6) == 0);
            long next = table + 0x1000;
            long frame = page ? ((long) random.nextInt(0x400) << 30) : next;
            memory.write(at, 8, frame | flags(random, ept, page, level));
            if (page) {
                return new Tables(memory, entries);
            }
            table = next;
        }
        return new Tables(memory, entries);
    }

    private static long flags(Random random, boolean ept, boolean page, int level) {
        long flags = 7;
        if (random.nextInt(3) == 0) {
            flags &= random.nextInt(8);
        }
        if (ept && page) {
            flags |= 6 << 3;
        }
        if (!ept && random.nextInt(5) == 0) {
            flags |= 1L << 63;
        }
        if (page && level > 1) {
            flags |= 1 << 7;
        }
        if (random.nextInt(8) == 0) {
            // Reserved, or of no meaning.
            flags |= 1L << (random.nextBoolean() ? 3 + random.nextInt(9) : 45 + random.nextInt(7));
        }
        return flags;
    }
}
