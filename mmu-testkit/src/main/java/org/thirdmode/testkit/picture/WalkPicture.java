package org.thirdmode.testkit.picture;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.testkit.action.EntryText;
import org.thirdmode.testkit.scenario.Failure;
import org.thirdmode.testkit.scenario.ScenarioRun;
import org.thirdmode.testkit.world.GuestWorld;
import org.thirdmode.testkit.world.HardwareTables;
import org.thirdmode.testkit.world.MmuMaker;
import org.thirdmode.testkit.world.Nesting;
import org.thirdmode.x86.paging.spec.LinearAccess;
import org.thirdmode.x86.paging.spec.ReferenceWalker;
import org.thirdmode.x86.paging.spec.TableMemory;
import org.thirdmode.x86.paging.spec.WalkResult;

/** The way of one linear address through the guest's tables, and through those that the hardware walks. */
public final class WalkPicture {
    private WalkPicture() {}

    /** Runs the guest again and draws the address that it accessed last; empty where it accessed none. */
    public static String of(Failure failure, MmuMaker maker) {
        GuestWorld world = new GuestWorld(failure.scenario().setup(), maker);
        ScenarioRun.run(failure.scenario(), world);
        return world.lastLinear() == GuestWorld.NO_ACCESS ? "" : of(world, world.lastLinear());
    }

    /** Draws one address now. */
    public static String of(GuestWorld world, long linear) {
        List<String> left = guest(world, linear);
        List<String> right = hardware(world, linear);
        int width = left.stream().mapToInt(String::length).max().orElse(0);
        StringBuilder picture = new StringBuilder();
        for (int n = 0; n < Math.max(left.size(), right.size()); n++) {
            String l = n < left.size() ? left.get(n) : "";
            picture.append(l);
            if (n < right.size()) {
                picture.repeat(' ', width - l.length())
                        .append(n == 0 ? "   " : " | ")
                        .append(right.get(n));
            }
            picture.append('\n');
        }
        return picture.toString();
    }

    private static List<String> guest(GuestWorld world, long linear) {
        List<String> lines = new ArrayList<>();
        lines.add(String.format("the guest's tables, linear %x", linear));
        TableMemory memory = new TableMemory() {
            @Override
            public long read(int level, long address, int size) {
                return world.slots.read(address, size);
            }

            @Override
            public void update(int level, long address, int size, long entry) {
                // Who looks changes nothing.
            }
        };
        WalkResult walk = new ReferenceWalker(GuestWorld.LIMITS, memory, variant(world))
                .walk(world.controls(), new LinearAccess(linear, LinearAccess.Kind.READ, LinearAccess.Mode.SUPERVISOR));
        for (WalkResult.Step step : walk.steps()) {
            int level = step.structure().level();
            lines.add(String.format("L%d at %x: %s", level, step.address(), EntryText.of(level, step.entry())));
        }
        lines.add(
                switch (walk) {
                    case WalkResult.Translated t -> String.format("-> guest-physical %x", t.physical());
                    case WalkResult.PageFault f -> String.format("-> #PF %x when the kernel reads", f.errorCode());
                });
        return lines;
    }

    private static ReferenceWalker.Variant variant(GuestWorld world) {
        return new ReferenceWalker.Variant(world.setup.nesting() == Nesting.NPT, false);
    }

    private static List<String> hardware(GuestWorld world, long linear) {
        List<String> lines = new ArrayList<>();
        lines.add("the hardware's");
        for (HardwareTables.Leaf entry : world.tables().way(linear)) {
            lines.add(String.format(
                    "L%d at %x: %s", entry.level(), entry.address(), EntryText.of(entry.level(), entry.entry())));
        }
        HardwareTables.Mapping mapping = world.tables().mapping(linear);
        if (mapping == null) {
            lines.add("-> a fault, which the hypervisor gets");
        } else {
            Long gfn = world.slots.gfnOf(mapping.page());
            lines.add("-> " + mapping
                    + (gfn == null ? ", not the guest's" : String.format(", the guest's frame %x", gfn)));
        }
        return lines;
    }
}
