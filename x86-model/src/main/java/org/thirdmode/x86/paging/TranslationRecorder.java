package org.thirdmode.x86.paging;

import java.util.Arrays;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.tlb.TlbBuffer;
import org.thirdmode.x86.tlb.TlbLevel;

/**
 * TLBs that hold no more than the pages used last, and write a {@link TranslationTrace}: whatever they are asked is walked
 * for, with no cache on the way.
 */
final class TranslationRecorder extends ModelledTlbs implements WalkRecorder {
    private static final int MOST_WORDS = 512;
    private static final long ACCESSED = 1L << 5;
    private static final long DIRTY = 1L << 6;

    /** Accessed and Dirty as EPT and NPT have them. */
    private static final long NESTED_FLAGS = 1L << 5 | 1L << 6 | 1L << 8 | 1L << 9;

    private final TranslationTrace trace;
    private final CpuState state;
    private final PhysicalMemory memory;

    /** The walk that goes on. */
    private final long[] words = new long[MOST_WORDS];

    /** The entries as they were read, beside the words that say their kind. */
    private final long[] entries = new long[MOST_WORDS];

    private int length;

    /** Whether it set an Accessed or Dirty flag. */
    private boolean flagSet;

    private boolean walking;
    private boolean loadingPdpte;

    private final Recent data;
    private final Recent instructions;

    private final long[] lastState = new long[6];

    /** The pages used last of one first-level TLB. */
    private static final class Recent {
        final TlbBuffer buffer;
        final int[] numbers;
        final int[] order;

        /** The time up to which the trace knows the order of uses. */
        long told;

        /** The slot that was used last then. */
        int latest = -1;

        Recent(TlbLevel level) {
            buffer = level.all.getFirst();
            numbers = new int[buffer.size()];
            order = new int[buffer.size()];
        }
    }

    TranslationRecorder(TranslationTrace trace, CpuState state, PhysicalMemory memory, PageWalker walker) {
        super(trace.recorded(), state, walker);
        this.trace = trace;
        this.state = state;
        this.memory = memory;
        data = new Recent(dataL1);
        instructions = new Recent(instructionL1);
        Arrays.fill(lastState, -1);
        walker.recorder(this);
    }

    // ---- lookups ----

    @Override
    int translate(long linear, int access, Translation out, TlbLevel first, TlbLevel second) {
        settle();
        Recent recent = first == dataL1 ? data : instructions;
        tellOrder(recent);
        tellState();
        try {
            walk(linear, access, out);
        } catch (GuestFault refused) {
            tellLookup(RecordedLookup.REFUSED, access);
            throw refused;
        } catch (GuestExit refused) {
            if (!byTables(access)) {
                throw trace.end("a guest's page table is not mapped, or what page walks do with it is intercepted");
            }
            tellLookup(RecordedLookup.REFUSED, access);
            throw refused;
        }
        words[2] = RecordedLookup.Found.page(out);
        words[3] = RecordedLookup.Found.shape(out);
        int number = tellLookup(0, access);
        // A write to come has to come here: another geometry may have to set the Dirty flag.
        out.dirty &= (access & Access.WRITE) != 0;
        return keep(linear, out, first, first.find(linear, context, now), number, recent);
    }

    private int keep(long linear, Translation out, TlbLevel first, int found, int number, Recent recent) {
        int slot = found;
        if (out.uncached) {
            if (slot >= 0) {
                drop(linear);
            }
            return -1;
        }
        // By parts of 4 KBytes: another geometry may have split a large page up.
        int pageShift = out.pageShift;
        out.pageShift = 12;
        long payload = pack(out);
        if (slot >= 0
                && (!samePlace(recent.buffer.payload(slot), payload) || recent.buffer.global(slot) != out.global)) {
            drop(linear);
            slot = -1;
        }
        if (slot < 0) {
            splintered |= out.linearPageShift != 12;
            slot = insert(first, linear, out, payload);
        }
        out.pageShift = pageShift;
        recent.numbers[slot] = number;
        recent.told = now;
        recent.latest = slot;
        return slot;
    }

    private void drop(long linear) {
        tellOrder(data);
        tellOrder(instructions);
        dropPage(linear);
    }

    /** Where the item that was put last begins. */
    private int itemBegins() {
        int at = RecordedLookup.HEADER;
        for (int next = at; next < length; next += size(words[next])) {
            at = next;
        }
        return at;
    }

    /** Whether a walk that left the guest did so for what the nested tables say of its final address. */
    private boolean byTables(int access) {
        int last = itemBegins();
        if (!reachesFinal() || (words[last] & 0xff) == RecordedLookup.TABLE) {
            return false;
        }
        boolean plain = (access & (Access.WRITE | Access.FETCH)) == 0;
        return (words[last] & 0xff) == RecordedLookup.FINAL || (entries[last] & 1) == 0 || !plain;
    }

    private boolean reachesFinal() {
        for (int at = RecordedLookup.HEADER; at < length; at += size(words[at])) {
            if ((words[at] & 0xff) == RecordedLookup.FINAL) {
                return true;
            }
        }
        return false;
    }

    private static int size(long word) {
        return switch ((int) word & 0xff) {
            case RecordedLookup.TABLE -> 4;
            case RecordedLookup.NESTED -> 3;
            default -> 2;
        };
    }

    private int tellLookup(long flags, int access) {
        boolean paged = state.paging();
        boolean narrow = (state.cr4 & Cr4.PAE) == 0;
        long top = narrow || (state.efer & Efer.LMA) == 0 ? 2 : (state.cr4 & Cr4.LA57) != 0 ? 5 : 4;
        words[1] = access
                | flags
                | (paged ? RecordedLookup.PAGED : 0)
                | (narrow ? RecordedLookup.NARROW : 0)
                | top << RecordedLookup.TOP_SHIFT;
        if (flags != 0) {
            words[2] = 0;
            words[3] = 0;
        }
        int number = number(narrow ? 4 : 8);
        if (flagSet) {
            // A TLB that holds the page without the flag drops it, and all that is part of it.
            drop(words[0]);
        }
        trace.put(TranslationTrace.LOOKUP + ((long) number << 1));
        return number;
    }

    private int number(int entrySize) {
        flagSet = false;
        for (int at = RecordedLookup.HEADER; at < length; at += size(words[at])) {
            int kind = (int) words[at] & 0xff;
            boolean table = kind == RecordedLookup.TABLE;
            if (table || kind == RecordedLookup.NESTED) {
                long was = entries[at];
                long flags = table ? ACCESSED | DIRTY : NESTED_FLAGS;
                int address = table ? at + 2 : at + 1;
                if ((was & flags) != flags && memory.read(words[address], table ? entrySize : 8) != was) {
                    words[at] |= RecordedLookup.SET;
                    flagSet = true;
                }
            }
        }
        return trace.number(words, length);
    }

    /** Tells in which order the pages used last were used, where that changed since it was told. */
    private void tellOrder(Recent recent) {
        long[] stamps = recent.buffer.stamps;
        int used = 0;
        for (int slot = 0; slot < stamps.length; slot++) {
            if (stamps[slot] > recent.told) {
                int at = used++;
                while (at > 0 && stamps[recent.order[at - 1]] > stamps[slot]) {
                    recent.order[at] = recent.order[at - 1];
                    at--;
                }
                recent.order[at] = slot;
            }
        }
        if (used == 0 || (used == 1 && recent.order[0] == recent.latest)) {
            return;
        }
        for (int n = 0; n < used; n++) {
            trace.put(TranslationTrace.LOOKUP + ((long) recent.numbers[recent.order[n]] << 1) + 1);
        }
        recent.told = now;
        recent.latest = recent.order[used - 1];
    }

    private void tellState() {
        long accessControl = state.systemFlags & Rflags.AC;
        if (state.cr0 != lastState[0]
                || (state.cr3 & 0xfff) != lastState[1]
                || state.cr4 != lastState[2]
                || state.efer != lastState[3]
                || accessControl != lastState[4]
                || state.pkru != lastState[5]) {
            lastState[0] = state.cr0;
            lastState[1] = state.cr3 & 0xfff;
            lastState[2] = state.cr4;
            lastState[3] = state.efer;
            lastState[4] = accessControl;
            lastState[5] = state.pkru;
            trace.put(TranslationTrace.STATE);
            for (long word : lastState) {
                trace.put(word);
            }
        }
    }

    // ---- what a walk reads ----

    @Override
    public void begun(long linear, int access) {
        walking = true;
        words[0] = linear & -1L << 12;
        length = RecordedLookup.HEADER;
    }

    @Override
    public void tableReference(int level, long guestPhysical, long hostPhysical, long entry) {
        item(RecordedLookup.TABLE | level << 8, entry);
        words[length++] = guestPhysical;
        words[length++] = hostPhysical;
        words[length++] = entry & ~(ACCESSED | DIRTY);
    }

    @Override
    public void nestedReference(int guestLevel, int level, long hostPhysical, long entry) {
        if (walking || loadingPdpte) {
            item(RecordedLookup.NESTED | level << 8, entry);
            words[length++] = hostPhysical;
            words[length++] = entry & ~NESTED_FLAGS;
        }
    }

    @Override
    public void guestPhysical(long address) {
        item(RecordedLookup.FINAL, 0);
        words[length++] = address & -1L << 12;
    }

    private void item(int word, long entry) {
        if (length + 4 > MOST_WORDS) {
            throw trace.end("a page walk reads more entries than there are levels");
        }
        entries[length] = entry;
        words[length++] = word;
    }

    @Override
    public void reached(long physical) {
        walking = false;
    }

    @Override
    public void refused() {
        walking = false;
    }

    @Override
    public void pdpteLoad(long guestPhysical) {
        settle();
        tellOrder(data);
        tellOrder(instructions);
        loadingPdpte = true;
        Arrays.fill(words, 0, RecordedLookup.HEADER, 0);
        length = RecordedLookup.HEADER;
        guestPhysical(guestPhysical);
    }

    /** A load of a PDPTE register ends with what comes next. */
    private void settle() {
        if (loadingPdpte) {
            loadingPdpte = false;
            int last = itemBegins();
            boolean mapped = (words[last] & 0xff) == RecordedLookup.NESTED
                    && ((words[last] >>> 8 & 0xff) == 1 || (entries[last] & 1L << 7) != 0)
                    && (entries[last] & 1) != 0;
            if (!mapped) {
                throw trace.end("a PDPTE register was loaded from where nothing is mapped");
            }
            int number = number(8);
            trace.put(TranslationTrace.PDPTE_LOAD);
            trace.put(number);
        }
    }

    // ---- what flushes ----

    private void tell(int operation, long... given) {
        // The constructor of what this extends chooses a space already.
        if (trace != null) {
            settle();
            tellOrder(data);
            tellOrder(instructions);
            tellState();
            trace.put(operation);
            for (long number : given) {
                trace.put(number);
            }
        }
    }

    @Override
    void choose(int ofIdentifier, long root) {
        tell(TranslationTrace.CHOOSE, ofIdentifier, root);
        super.choose(ofIdentifier, root);
    }

    @Override
    void loadedCr3(boolean keep) {
        tell(TranslationTrace.LOADED_CR3, keep ? 1 : 0);
        super.loadedCr3(keep);
    }

    @Override
    void invlpg(long linear) {
        tell(TranslationTrace.INVLPG, linear);
        super.invlpg(linear);
    }

    @Override
    void dropPage(long linear, int pcid) {
        tell(TranslationTrace.DROP_PAGE_OF_PCID, linear, pcid);
        super.dropPage(linear, pcid);
    }

    @Override
    void dropPcid(int pcid) {
        tell(TranslationTrace.DROP_PCID, pcid);
        super.dropPcid(pcid);
    }

    @Override
    void dropNonGlobalOf(int ofIdentifier) {
        tell(TranslationTrace.DROP_NON_GLOBAL, ofIdentifier);
        super.dropNonGlobalOf(ofIdentifier);
    }

    @Override
    void dropAllOf(int ofIdentifier) {
        tell(TranslationTrace.DROP_ALL, ofIdentifier);
        super.dropAllOf(ofIdentifier);
    }

    @Override
    void dropPageOf(int ofIdentifier, long linear) {
        tell(TranslationTrace.DROP_PAGE, ofIdentifier, linear);
        super.dropPageOf(ofIdentifier, linear);
    }

    @Override
    void dropGuests() {
        tell(TranslationTrace.DROP_GUESTS);
        super.dropGuests();
    }

    @Override
    void dropRoot(long root) {
        tell(TranslationTrace.DROP_ROOT, root);
        super.dropRoot(root);
    }

    @Override
    void dropAllRoots() {
        tell(TranslationTrace.DROP_ALL_ROOTS);
        super.dropAllRoots();
    }

    @Override
    void dropNestedOf(int asid) {
        tell(TranslationTrace.DROP_NESTED, asid);
        super.dropNestedOf(asid);
    }

    @Override
    void dropEverything() {
        tell(TranslationTrace.DROP_EVERYTHING);
        super.dropEverything();
    }
}
