package org.thirdmode.testkit.bug;

import java.util.Arrays;
import java.util.Optional;
import org.thirdmode.kvm.mmu.TdpMmu;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.shadow.unsync.UnsyncMmu;
import org.thirdmode.testkit.control.EntryChecksHeld;
import org.thirdmode.testkit.control.NestedControlsHeld;
import org.thirdmode.testkit.exit.ExitInformation;
import org.thirdmode.testkit.generate.Habits;
import org.thirdmode.testkit.scenario.Trial;
import org.thirdmode.testkit.world.MmuMaker;
import org.thirdmode.testkit.world.NestedMmuMaker;

/**
 * A bug that shipped, which can be switched on: an MMU of the project with one small method overridden, a processor one of
 * whose answers is another, or a hypervisor that merges control structures otherwise.
 */
public enum Bug {
    ONE_ENTRY_FOR_4_MBYTES("ac1b714e78c8", TableWriteBugs.OneEntryFor4MBytes::new, CachedMmu::new),
    EVERY_QUADRANT("fce0657ff9f1", TableWriteBugs.EveryQuadrant::new, CachedMmu::new),
    ACCESS_NOT_IN_THE_KEY("d28c6cfbbc5e", RoleBugs.AccessNotInTheKey::new, CachedMmu::new),
    LAST_ENTRY_OMITTED("5fd5387c89ec", RoleBugs.LastEntryOmitted::new, CachedMmu::new),
    ONLY_THE_LAST_ENTRY_ABOVE("b1bd5cba3306", RoleBugs.OnlyTheLastEntryAbove::new, CachedMmu::new),
    DIRTY_IGNORED("c22885050e65", RoleBugs.DirtyIgnored::new, CachedMmu::new),
    SMEP_NOT_IN_THE_ROLE("898761158be7", RoleBugs.SmepNotInTheRole::new, CachedMmu::new),
    GUESTS_NXE("5f0b819995e1", TableWriteBugs.GuestsNxe::new, CachedMmu::new),
    LINKED_UNSYNCED("65855ed8b034", SyncBugs.LinkedUnsynced::new, UnsyncMmu::new),
    SYNCED_FOR_OTHER_REGISTERS("ddc16abbbae9", RoleBugs.SyncedForOtherRegisters::new, UnsyncMmu::new),
    FLUSH_WITHOUT_SYNC("kut-00640ddb", SyncBugs.FlushWithoutSync::new, UnsyncMmu::new),
    SAME_CR3_SAME_PDPTES("6b123c3a89a9", TableWriteBugs.SameCr3SamePdptes::new, CachedMmu::new),
    PGE_NOT_IN_THE_ROLE("2f0b3d60b2c4", RoleBugs.PgeNotInTheRole::new, CachedMmu::new),
    FRAME_NOT_COMPARED("0cb2af2ea66a", RoleBugs.FrameNotCompared::new, CachedMmu::new),
    ROLE_NOT_COMPARED("5e470998a23e", RoleBugs.RoleNotCompared::new, CachedMmu::new),
    MARK_OVER_PRESENT_ENTRY("aad885e77496", HostBugs.MarkOverPresentEntry::new, UnsyncMmu::new),
    ROOT_IN_USE_FREED("CVE-2026-64561", HostBugs.RootInUseFreed::new, CachedMmu::new),
    OLD_MARKS_BELIEVED("CVE-2026-99082", HostBugs.OldMarksBelieved::new, UnsyncMmu::new),
    LARGE_ENTRY_STAYS("404381c5839d", HostBugs.LargeEntryStays::new, UnsyncMmu::new),
    ONLY_THE_FIRST_PAGE_LOGGED("c126d94f2c90", HostBugs.OnlyTheFirstPageLogged::new, UnsyncMmu::new),
    OWN_TABLE_DROPPED("6bf6a9532fd0", TableWriteBugs.OwnTableDropped::new, CachedMmu::new),
    USE_IGNORED("1b7fcd3263e5", TableWriteBugs.UseIgnored::new, CachedMmu::new),
    READ_ONLY_TABLES("ba6a35415455", TableWriteBugs.ReadOnlyTables::new, CachedMmu::new),
    MARKS_OUTLIVE_THE_SLOT("e0c378684b65", HostBugs.MarksOutliveTheSlot::new, UnsyncMmu::new),
    SLOT_STAYS_MAPPED("CVE-2021-22543", HostBugs.SlotStaysMapped::new, CachedMmu::new),
    FRAME_NUMBER_OF_32_BITS("XSA-173", HostBugs.FrameNumberOf32Bits::new, UnsyncMmu::new),
    FLUSH_FORGOTTEN("XSA-408", HostBugs.FlushForgotten::new, CachedMmu::new),
    FLUSH_TOO_EARLY("CVE-2022-26362", HostBugs.FlushTooEarly::new, CachedMmu::new),
    STALE_ENTRY_MAPPED("f7d9c7b7b902", RaceBugs.StaleEntryMapped::new, CachedMmu::new),
    OLDER_PREFETCH_WINS("08e850c6536d", RaceBugs.OlderPrefetchWins::new, UnsyncMmu::new),
    SUBTREE_SKIPPED("CVE-2021-47094", nested(RaceBugs.SubtreeSkipped::new), nested(TdpMmu::new)),
    FLAGS_OVERWRITTEN("4f510c8bb1dd", nested(RaceBugs.FlagsOverwritten::new), nested(TdpMmu::new)),
    CLEARED_WHILE_LOG_IS_OFF("CVE-2024-26990", nested(NestedBugs.ClearedWhileLogIsOff::new), nested(TdpMmu::new)),
    FREED_BEFORE_FLUSH("XSA-480", nested(NestedBugs.FreedBeforeFlush::new), nested(TdpMmu::new)),
    RIGHTS_REVERSED(
            "0780516a18f8", ExitInformation.ept(ExitBugs.RIGHTS_REVERSED), ExitInformation.ept(ExitInformation.MODEL)),
    VIOLATION_FIRST(
            "bochs-4d0a5c1b0",
            ExitInformation.ept(ExitBugs.VIOLATION_FIRST),
            ExitInformation.ept(ExitInformation.MODEL)),
    VIOLATION_STAYS_CACHED(
            "bochs-cf41679b5",
            ExitInformation.ept(ExitBugs.VIOLATION_STAYS_CACHED),
            ExitInformation.ept(ExitInformation.MODEL)),
    GUESTS_ERROR_CODE(
            "bochs-4e41530b8",
            ExitInformation.npt(ExitBugs.GUESTS_ERROR_CODE),
            ExitInformation.npt(ExitInformation.MODEL)),
    VPID_OF_ZERO(
            "f0d736547815",
            EntryChecksHeld.vmcs(EntryBugs::vpidOfZeroAllowed),
            EntryChecksHeld.vmcs(EntryChecksHeld::byTheModel)),
    CR0_OF_UNRESTRICTED_GUESTS(
            "bochs-35f2a518a",
            EntryChecksHeld.vmcs(EntryBugs::cr0OfUnrestrictedGuestsOnly),
            EntryChecksHeld.vmcs(EntryChecksHeld::byTheModel)),
    CS_COMPARED_WITH_ITSELF(
            "bochs-6481d24e0",
            EntryChecksHeld.vmcs(EntryBugs::csComparedWithItself),
            EntryChecksHeld.vmcs(EntryChecksHeld::byTheModel)),
    INTERRUPT_CONTROL_TAKEN(
            "CVE-2021-3653",
            NestedControlsHeld.svm(NestedControlBugs::interruptControlTaken),
            NestedControlsHeld.svm(NestedControlsHeld::inTheLeast)),
    VMLOAD_NOT_INTERCEPTED(
            "CVE-2021-3656",
            NestedControlsHeld.svm(NestedControlBugs::vmloadNotIntercepted),
            NestedControlsHeld.svm(NestedControlsHeld::inTheLeast)),
    READ_AFTER_ITS_CHECK(
            "CVE-2021-29657",
            NestedControlsHeld.svm(NestedControlBugs::readAfterItsCheck),
            NestedControlsHeld.svm(NestedControlsHeld::inTheLeast));

    /** As the table has it: a commit, a CVE. */
    public final String id;

    /** An MMU with the bug; null where it is no bug of an MMU's. */
    public final MmuMaker broken;

    /** The same MMU without. */
    public final MmuMaker sound;

    /** What is tried of a processor with the bug; null where it is a bug of an MMU's. */
    public final Trial brokenTrial;

    /** The same of one without. */
    public final Trial soundTrial;

    Bug(String id, MmuMaker broken, MmuMaker sound) {
        this.id = id;
        this.broken = broken;
        this.sound = sound;
        brokenTrial = null;
        soundTrial = null;
    }

    Bug(String id, Trial broken, Trial sound) {
        this.id = id;
        this.broken = null;
        this.sound = null;
        brokenTrial = broken;
        soundTrial = sound;
    }

    private static NestedMmuMaker nested(NestedMmuMaker maker) {
        return maker;
    }

    /** What guests and hosts have to do for it to show. */
    public Habits habits() {
        if (this == FRAME_NOT_COMPARED) {
            return Habits.TAMPERING;
        }
        return broken instanceof NestedMmuMaker ? Habits.NESTED : Habits.ALL;
    }

    public static Optional<Bug> of(String id) {
        return Arrays.stream(values()).filter(bug -> bug.id.equals(id)).findFirst();
    }
}
