package org.thirdmode.testkit.world;

import java.util.List;
import org.thirdmode.npt.ept.EptExit;
import org.thirdmode.npt.nested.NestedPageFault;
import org.thirdmode.testkit.world.HardwareTables.Leaf;
import org.thirdmode.x86.paging.Access;

/**
 * I15: what an exit tells of an access that the hypervisor's tables do not allow, worked out anew from the tables as bits. SDM
 * 3C, table "Exit Qualification for EPT Violations"; APM 2 "Nested versus Guest Page Faults, Fault Ordering".
 */
final class ExitOracle {
    private static final int EPT_RIGHTS = 7;
    private static final int RIGHTS_SHIFT = 3;

    // EXITINFO1 as a page-fault error code.
    private static final int P = 1;
    private static final int RSVD = 1 << 3;

    private final boolean flags;

    ExitOracle(Nesting nesting) {
        flags = nesting.flags();
    }

    /** @param cached what the processor may still know of the address, where that is less than the tables say; or null */
    void judge(HardwareTables tables, HardwareTables.Mapping cached, long linear, int access, EptExit exit) {
        if (exit.misconfiguration) {
            return;
        }
        int given = rights(tables.way(exit.guestPhysical));
        int told = exit.qualification & EPT_RIGHTS << RIGHTS_SHIFT;
        if (cached != null && told == (given & ~EptExit.DATA_WRITE) << RIGHTS_SHIFT && !cached.writable()) {
            given &= ~EptExit.DATA_WRITE;
        }
        judge(given, linear, access, exit);
    }

    private void judge(int given, long linear, int access, EptExit exit) {
        int told = exit.qualification;
        boolean last = (told & EptExit.FINAL_ACCESS) != 0;
        int asked = last ? finalAccess(access) : EptExit.DATA_READ;
        int expected = asked | (given << RIGHTS_SHIFT) | EptExit.LINEAR_VALID | (last ? EptExit.FINAL_ACCESS : 0);
        // Reading a guest's table is a write too where EPT has flags; elsewhere it is where the guest's flag is set.
        boolean update = !last && (flags || (given & EptExit.DATA_READ) != 0);
        expected |= update ? EptExit.DATA_WRITE : 0;
        int compared = EptExit.FINAL_ACCESS | (EptExit.FINAL_ACCESS - 1);
        if ((told & compared & ~EptExit.USER_EXECUTABLE) != expected) {
            throw new Broken(
                    "I15",
                    String.format(
                            "an EPT violation at guest-physical %x has exit qualification %x; the tables and the access"
                                    + " make it %x",
                            exit.guestPhysical, told & compared, expected));
        }
        int needed = (last ? asked : asked | (update ? EptExit.DATA_WRITE : 0)) & EPT_RIGHTS;
        if ((needed & ~given) == 0 || exit.linear != linear) {
            throw new Broken(
                    "I15",
                    String.format(
                            "an EPT violation at guest-physical %x for linear %x, but all is allowed there (%x), and the"
                                    + " access was to %x",
                            exit.guestPhysical, exit.linear, given, linear));
        }
    }

    private static int finalAccess(int access) {
        return (access & Access.FETCH) != 0
                ? EptExit.INSTRUCTION_FETCH
                : (access & Access.WRITE) != 0 ? EptExit.DATA_WRITE : EptExit.DATA_READ;
    }

    /** What all entries on the way allow together; 0 where it ends early. */
    private static int rights(List<Leaf> way) {
        int rights = EPT_RIGHTS;
        for (Leaf entry : way) {
            rights &= (int) entry.entry();
            if ((entry.entry() & EPT_RIGHTS) == 0) {
                return 0;
            }
        }
        return rights;
    }

    void judge(HardwareTables tables, int access, NestedPageFault fault) {
        boolean last = (fault.exitInfo1 & NestedPageFault.FINAL_ACCESS) != 0;
        HardwareTables.Mapping mapping = tables.mapping(fault.exitInfo2);
        boolean fetch = last && (access & Access.FETCH) != 0;
        int asked = Access.USER
                | (last ? access & Access.WRITE : Access.WRITE)
                | (fetch ? Access.FETCH : 0)
                | (mapping == null ? 0 : P);
        long where = last ? NestedPageFault.FINAL_ACCESS : NestedPageFault.GUEST_PAGE_TABLE;
        long expected = where | asked;
        // Whether a fetch is told depends on the host's EFER.NXE and CR4.PAE: 32-bit hosts have neither.
        long told = tables.hasExecuteDisable() ? fault.exitInfo1 : fault.exitInfo1 | (fetch ? Access.FETCH : 0);
        if ((told & RSVD) != 0 || told != expected) {
            throw new Broken(
                    "I15",
                    String.format(
                            "a nested page fault at guest-physical %x has EXITINFO1 %x; the tables and the access make it"
                                    + " %x",
                            fault.exitInfo2, fault.exitInfo1, expected));
        }
    }
}
