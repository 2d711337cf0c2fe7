package org.thirdmode.x86.tlb;

import java.util.List;

/** The TLBs that are asked side by side: one or several, each for some page sizes. */
public final class TlbLevel {
    /** The TLBs. */
    public final List<TlbBuffer> all;

    private final TlbBuffer[] buffers;
    private final TlbBuffer[] bySize = new TlbBuffer[PageSize.values().length];

    /** Where {@link #find} found, or {@link #insert} put. */
    public TlbBuffer at;

    /** Times that {@link #find} found nothing. */
    public long misses;

    public TlbLevel(List<TlbGeometry.Buffer> geometries, TlbBuffer.Departure departure) {
        buffers = new TlbBuffer[geometries.size()];
        for (int i = 0; i < buffers.length; i++) {
            buffers[i] = new TlbBuffer(geometries.get(i), i, departure);
            for (PageSize size : geometries.get(i).sizes()) {
                bySize[size.ordinal()] = buffers[i];
            }
        }
        all = List.of(buffers);
    }

    /** The slot of {@link #at} that translates {@code linear}, counted and stamped; -1, counted, where there is none. */
    public int find(long linear, int context, long now) {
        for (TlbBuffer buffer : buffers) {
            int slot = buffer.find(linear, context);
            if (slot >= 0) {
                buffer.hits++;
                buffer.stamps[slot] = now;
                at = buffer;
                return slot;
            }
        }
        misses++;
        return -1;
    }

    /** Puts a translation into the TLB of its page size; -1 where the level has none. */
    public int insert(long linear, int pageShift, int context, long payload, long now) {
        at = bySize[PageSize.ordinalOf(pageShift)];
        return at == null ? -1 : at.insert(linear, pageShift, context, payload, now);
    }

    /** Drops every translation of {@code linear} in a context; the global ones of its space too if {@code globals}. */
    public void drop(long linear, int context, boolean globals) {
        for (TlbBuffer buffer : buffers) {
            buffer.drop(linear, context, globals);
        }
    }

    /** Drops every translation of an address space, whatever its PCID, global or not. */
    public void dropSpace(int context) {
        for (TlbBuffer buffer : buffers) {
            buffer.dropSpace(context);
        }
    }

    /** Drops every translation of an address space that is not global, whatever its PCID. */
    public void dropNonGlobal(int context) {
        for (TlbBuffer buffer : buffers) {
            buffer.dropNonGlobal(context);
        }
    }

    /** Drops every translation that is not global in one context. */
    public void dropContext(int context) {
        for (TlbBuffer buffer : buffers) {
            buffer.dropContext(context);
        }
    }

    /** Drops every translation that is chosen. */
    public void dropChosen(TlbBuffer.Choice choice) {
        for (TlbBuffer buffer : buffers) {
            buffer.dropChosen(choice);
        }
    }

    /** Drops every translation. */
    public void dropAll() {
        for (TlbBuffer buffer : buffers) {
            buffer.dropAll();
        }
    }

    /** Adds what each TLB has counted. A level knows its lookups as a whole. */
    public void addCounts(List<TlbCount> counts) {
        long hits = all.stream().mapToLong(buffer -> buffer.hits).sum();
        for (TlbBuffer buffer : all) {
            counts.add(new TlbCount(buffer.name, hits + misses, buffer.hits, buffer.fills));
        }
    }
}
