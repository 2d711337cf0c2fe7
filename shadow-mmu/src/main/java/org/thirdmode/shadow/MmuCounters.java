package org.thirdmode.shadow;

import java.util.LinkedHashMap;
import java.util.Map;

/** What an MMU has done: exact counts. */
public final class MmuCounters {
    /** Page faults that came from the hardware. */
    public long faults;

    /** Of these: the tables lacked what the guest's allow; the guest never knows. */
    public long shadowFaults;

    /** Of these: given to the guest. */
    public long guestFaults;

    /** Of these: no memory there. */
    public long mmioFaults;

    /** Of these: the instruction is emulated because it writes a shadowed guest table, or its rights cannot be said. */
    public long emulations;

    /** Entries read in the guest's tables by walks in software. */
    public long guestEntriesRead;

    /** Accessed and Dirty flags set in the guest's tables by walks in software. */
    public long guestFlagUpdates;

    /** Writes of the hypervisor to guest memory that hit a shadowed guest table. */
    public long emulatedWrites;

    /** Entries made anew from what such a write put there. */
    public long entriesUpdated;

    /** Table pages made. */
    public long pagesMade;

    /** Table pages found where one was needed. */
    public long pagesFound;

    /** Table pages dropped, for whatever reason. */
    public long pagesZapped;

    /** Of these: to stay within the budget. */
    public long pagesRecycled;

    /** Of these: written too often, or not as a table. */
    public long pagesFlooded;

    /** Guest tables that the guest may write, their shadows being out of sync from then on. */
    public long pagesUnsynced;

    /** Table pages brought back in sync. */
    public long pagesSynced;

    /** Table pages in use, and the most that ever were. */
    public long pagesInUse;

    public long pagesInUsePeak;

    /** Entries that map a large page, made. */
    public long largeEntries;

    /** INVLPG of the guest. */
    public long invlpg;

    /** Loads of CR3 by the guest. */
    public long cr3Loads;

    /** Changes of the guest's paging mode or of what else decides the role. */
    public long contextResets;

    /** Roots made or taken up. */
    public long rootLoads;

    /** Flushes of the whole TLB asked for. */
    public long flushes;

    /** Flushes of one page asked for. */
    public long pageFlushes;

    /** Entries recorded in the reverse map now, and the most of one guest frame that ever were. */
    public long rmapEntries;

    public long rmapLongest;

    /** Changes of entries, by cause. */
    public final long[] entryChanges = new long[EntryCause.values().length];

    /** Becomes what two MMUs have done together; of two peaks the sum, which may never have been. */
    public void sum(MmuCounters a, MmuCounters b) {
        faults = a.faults + b.faults;
        shadowFaults = a.shadowFaults + b.shadowFaults;
        guestFaults = a.guestFaults + b.guestFaults;
        mmioFaults = a.mmioFaults + b.mmioFaults;
        emulations = a.emulations + b.emulations;
        guestEntriesRead = a.guestEntriesRead + b.guestEntriesRead;
        guestFlagUpdates = a.guestFlagUpdates + b.guestFlagUpdates;
        emulatedWrites = a.emulatedWrites + b.emulatedWrites;
        entriesUpdated = a.entriesUpdated + b.entriesUpdated;
        pagesMade = a.pagesMade + b.pagesMade;
        pagesFound = a.pagesFound + b.pagesFound;
        pagesZapped = a.pagesZapped + b.pagesZapped;
        pagesRecycled = a.pagesRecycled + b.pagesRecycled;
        pagesFlooded = a.pagesFlooded + b.pagesFlooded;
        pagesUnsynced = a.pagesUnsynced + b.pagesUnsynced;
        pagesSynced = a.pagesSynced + b.pagesSynced;
        pagesInUse = a.pagesInUse + b.pagesInUse;
        pagesInUsePeak = a.pagesInUsePeak + b.pagesInUsePeak;
        largeEntries = a.largeEntries + b.largeEntries;
        invlpg = a.invlpg + b.invlpg;
        cr3Loads = a.cr3Loads + b.cr3Loads;
        contextResets = a.contextResets + b.contextResets;
        rootLoads = a.rootLoads + b.rootLoads;
        flushes = a.flushes + b.flushes;
        pageFlushes = a.pageFlushes + b.pageFlushes;
        rmapEntries = a.rmapEntries + b.rmapEntries;
        rmapLongest = Math.max(a.rmapLongest, b.rmapLongest);
        for (int n = 0; n < entryChanges.length; n++) {
            entryChanges[n] = a.entryChanges[n] + b.entryChanges[n];
        }
    }

    /** Changes of entries for any cause. */
    public long allEntryChanges() {
        long sum = 0;
        for (long changes : entryChanges) {
            sum += changes;
        }
        return sum;
    }

    /** All counts by name, in the order above. */
    public Map<String, Long> list() {
        Map<String, Long> list = new LinkedHashMap<>();
        list.put("faults", faults);
        list.put("shadow faults", shadowFaults);
        list.put("guest faults", guestFaults);
        list.put("MMIO faults", mmioFaults);
        list.put("emulations", emulations);
        list.put("guest entries read", guestEntriesRead);
        list.put("guest flag updates", guestFlagUpdates);
        list.put("emulated writes", emulatedWrites);
        list.put("entries updated", entriesUpdated);
        list.put("pages made", pagesMade);
        list.put("pages found", pagesFound);
        list.put("pages zapped", pagesZapped);
        list.put("pages recycled", pagesRecycled);
        list.put("pages flooded", pagesFlooded);
        list.put("pages unsynced", pagesUnsynced);
        list.put("pages synced", pagesSynced);
        list.put("pages in use", pagesInUse);
        list.put("pages in use, peak", pagesInUsePeak);
        list.put("large entries", largeEntries);
        list.put("INVLPG", invlpg);
        list.put("CR3 loads", cr3Loads);
        list.put("context resets", contextResets);
        list.put("root loads", rootLoads);
        list.put("flushes", flushes);
        list.put("page flushes", pageFlushes);
        list.put("rmap entries", rmapEntries);
        list.put("rmap longest", rmapLongest);
        for (EntryCause cause : EntryCause.values()) {
            list.put("entry changes, " + cause, entryChanges[cause.ordinal()]);
        }
        return list;
    }
}
