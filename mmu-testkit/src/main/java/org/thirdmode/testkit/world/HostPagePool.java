package org.thirdmode.testkit.world;

import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.thirdmode.shadow.HostPages;
import org.thirdmode.x86.memory.Frame;

/** The host's page allocator: knows every page that is out, and gives a page that was freed away again at once. */
public final class HostPagePool implements HostPages {
    private static final long FIRST = 0x400_0000;

    private final Set<Long> out = new HashSet<>();
    private final TreeSet<Long> freed = new TreeSet<>();
    private long next = FIRST;

    @Override
    public long allocate(boolean below4G) {
        Long page = freed.pollFirst();
        if (page == null) {
            page = next;
            next += Frame.SIZE;
        }
        out.add(page);
        return page;
    }

    @Override
    public void free(long hostPhysical) {
        if (!out.remove(hostPhysical)) {
            throw new Broken("I6", String.format("host page %x is given back, but it is not out", hostPhysical));
        }
        freed.add(hostPhysical);
    }

    /** Whether a page is in use. */
    public boolean isOut(long hostPhysical) {
        return out.contains(hostPhysical);
    }

    /** Pages in use. */
    public int pagesOut() {
        return out.size();
    }
}
