package org.thirdmode.x86.exec;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Segment;

/**
 * Finds the code that the guest spends its time in, and has a {@link Region} made of it. It costs code that is not hot nothing:
 *
 * <ol>
 *   <li>At the end of each slice the page is noted in which the run loop was interrupted.
 *   <li>When a page has been met often enough, the path of the next instructions is written down, one a slice.
 *   <li>Where that path arrives by a branch or from elsewhere a region may begin; it is made of what the path went through.
 * </ol>
 *
 * <p>All this depends on instructions alone, no clock: a run repeats. What a guest can make it keep is bounded.
 */
final class HotCode {
    /** Slices that end in a page before it is looked at; each is thousands of instructions. */
    static final int SAMPLES = 32;

    /** Instructions of a path. */
    private static final int PATH = 2_000;

    /** Instructions of a path for which a region is made. */
    private static final int WORTH = PATH / 50;

    private static final int MOST_INSTRUCTIONS = 240;

    /** Where it is no loop. */
    private static final int LEAST_INSTRUCTIONS = 6;

    /** Regions at one time. */
    private static final int MOST_REGIONS = 1_000;

    private static final int ELSEWHERE = -1;

    private static final int LONGEST_INSTRUCTION = 15;

    private final CpuState s;
    private final CodeCache code;
    private final boolean enabled;
    private int regions;

    /** The page whose path is being written down; null for none. */
    private CodePage page;

    private long linearPage;
    private int width;
    private final int[] path = new int[PATH];
    private int length;

    HotCode(CpuState state, CodeCache code, boolean enabled) {
        this.s = state;
        this.code = code;
        this.enabled = enabled;
    }

    /** A slice has ended in a page. */
    void found(CodePage in) {
        if (++in.samples < in.samplesWanted
                || !enabled
                || page != null
                || regions >= MOST_REGIONS
                || s.codeWidth == 16) {
            return;
        }
        in.samplesWanted = 2 * in.samples;
        page = in;
        linearPage = linear() & -4096L;
        width = s.codeWidth;
        length = 0;
    }

    private long linear() {
        return (s.segmentBase[Segment.CS] + s.rip) & s.linearMask;
    }

    int regions() {
        return regions;
    }

    boolean tracing() {
        return page != null;
    }

    /**
     * Writes down the instruction that is about to be executed.
     *
     * @return whether it can be executed alone: a repeated string instruction and one that crosses into another page cannot, for
     *     they would be fetched once an iteration, and counts would tell
     */
    boolean next() {
        if (length == PATH) {
            build();
            page = null;
            return false;
        }
        long at = linear();
        int offset = (int) at & (Frame.SIZE - 1);
        if ((at & -4096L) != linearPage || s.codeWidth != width) {
            path[length++] = ELSEWHERE;
            return offset <= Frame.SIZE - LONGEST_INSTRUCTION;
        }
        path[length++] = offset;
        Instruction i = code.decodeAlone(page, offset, width);
        return i != null && i.repeat == 0;
    }

    /** Makes regions of the page until little of the path is outside of all. */
    private void build() {
        if (page.frame.code != page) {
            // All decoded code was dropped meanwhile.
            return;
        }
        NavigableMap<Integer, Instruction> executed = new TreeMap<>();
        for (int offset : path) {
            if (offset != ELSEWHERE && !executed.containsKey(offset)) {
                Instruction i = code.decodeAlone(page, offset, width);
                if (i != null && RegionForms.known(i)) {
                    executed.put(offset, i);
                }
            }
        }
        BitSet refused = (BitSet) page.shortRegions.clone();
        while (regions < MOST_REGIONS) {
            int head = bestHead(executed, refused);
            if (head < 0) {
                return;
            }
            if (!make(executed, head)) {
                refused.set(head);
            }
        }
    }

    /** Where a region would begin that takes over the most of what is outside of all; -1 where none takes enough. */
    private int bestHead(NavigableMap<Integer, Instruction> executed, BitSet refused) {
        int[] outside = new int[Frame.SIZE];
        Region inside = null;
        int arrived = ELSEWHERE;
        Instruction before = null;
        for (int offset : path) {
            Instruction i = executed.get(offset);
            if (inside != null && (i == null || !inside.body.get(offset))) {
                inside = null;
                arrived = ELSEWHERE;
                before = null;
            }
            if (inside == null && i != null) {
                inside = page.regionAt(offset, width);
            }
            if (inside == null && i != null && i != before) {
                if (before == null || before.end != offset) {
                    arrived = offset;
                }
                outside[arrived]++;
            }
            before = i;
        }
        int best = ELSEWHERE;
        for (int offset = 0; offset < Frame.SIZE; offset++) {
            if (outside[offset] >= WORTH && !refused.get(offset) && (best < 0 || outside[offset] > outside[best])) {
                best = offset;
            }
        }
        return best;
    }

    private boolean make(NavigableMap<Integer, Instruction> executed, int head) {
        for (int most = MOST_INSTRUCTIONS; most > 0; most /= 2) {
            NavigableMap<Integer, Instruction> body = body(executed, head, most);
            boolean loops = body.values().stream().anyMatch(i -> i.a == Operand.RELATIVE && i.target == head);
            if (body.size() < LEAST_INSTRUCTIONS && !loops) {
                return false;
            }
            Region region = RegionCompiler.compile(body, head);
            if (region != null) {
                region.interpreted = code.decodeAlone(page, head, width);
                region.onEnd = () -> regions--;
                regions++;
                region.page = page;
                page.install(region, code.instructionAt(page, page.slots(width), head));
                return true;
            }
        }
        return false;
    }

    /** What can be reached from the head through what was executed, nearest first. */
    private static NavigableMap<Integer, Instruction> body(
            NavigableMap<Integer, Instruction> executed, int head, int most) {
        NavigableMap<Integer, Instruction> body = new TreeMap<>();
        Deque<Integer> reached = new ArrayDeque<>(List.of(head));
        while (!reached.isEmpty() && body.size() < most) {
            int offset = reached.remove();
            Instruction i = executed.get(offset);
            if (i == null || body.putIfAbsent(offset, i) != null) {
                continue;
            }
            if (RegionForms.fallsThrough(i)) {
                reached.addFirst(i.end);
            }
            if (RegionForms.calls(i)) {
                reached.add(i.end);
            }
            if (i.a == Operand.RELATIVE) {
                reached.add(i.target);
            }
        }
        return body;
    }
}
