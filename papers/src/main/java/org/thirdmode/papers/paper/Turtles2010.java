package org.thirdmode.papers.paper;

import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.thirdmode.cost.Counts;
import org.thirdmode.cost.ExitCounts;
import org.thirdmode.cost.Figure;
import org.thirdmode.cost.Profile;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.papers.Lab;
import org.thirdmode.papers.Paper;
import org.thirdmode.pc.loader.ImageException;

/** The Turtles project 2010, as far as one level of virtualization goes. */
public final class Turtles2010 implements Paper {
    /** A Xeon of 2.9 GHz of that time. */
    private static final String PROCESSOR = "nehalem";

    private static final String CPUID = "CPUID";

    /** mov si, 100; xor ax, ax; cpuid; dec si; jnz; xor al, al; out 0f4h, al; hlt. */
    private static final String A_HUNDRED_TIMES_CPUID =
            "be6400" + "31c0" + "0fa2" + "4e" + "75f9" + "30c0" + "e6f4" + "f4";

    private static final String COMPILE = "compile processes=2 units=%d bytes=2000";
    private static final int UNITS = 8;

    @Override
    public String folder() {
        return "turtles-2010";
    }

    @Override
    public Map<String, Double> measure(Lab lab) throws ImageException {
        Map<String, Double> ours = new HashMap<>();
        Profile processor = Lab.profile(PROCESSOR);
        ours.put("switch", figure(processor, Figure.ROUND_TRIP));
        Counts counts = Lab.realMode("a hundred times CPUID", HexFormat.of().parseHex(A_HUNDRED_TIMES_CPUID));
        for (ExitCounts exit : counts.exits()) {
            if (exit.reason().equals(CPUID)) {
                double often = exit.exits();
                ours.put("reads", exit.controlReads() / often);
                ours.put("writes", exit.controlWrites() / often);
                ours.put(
                        "cpuid",
                        figure(processor, Figure.ROUND_TRIP)
                                + figure(processor, Figure.DISPATCH)
                                + exit.controlReads() / often * figure(processor, Figure.CONTROL_READ)
                                + exit.controlWrites() / often * figure(processor, Figure.CONTROL_WRITE)
                                + exit.emulated() / often * figure(processor, Figure.EMULATION));
            }
        }
        ours.put("kernbench-host", lab.microsecondsARound(Lab.Run.bare("mini64", ""), COMPILE, UNITS, PROCESSOR));
        ours.put(
                "kernbench-guest",
                lab.microsecondsARound(Lab.Run.vmx(MmuKind.NESTED, "mini64", ""), COMPILE, UNITS, PROCESSOR));
        return ours;
    }

    private static double figure(Profile profile, Figure figure) {
        return profile.quote(figure).value().doubleValue();
    }
}
