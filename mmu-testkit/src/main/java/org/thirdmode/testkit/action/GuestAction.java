package org.thirdmode.testkit.action;

import org.thirdmode.testkit.world.ControlBit;
import org.thirdmode.testkit.world.GuestMode;
import org.thirdmode.testkit.world.GuestWorld;
import org.thirdmode.testkit.world.InvpcidType;
import org.thirdmode.x86.paging.Access;

/** What the guest does with its memory and its paging registers. */
public sealed interface GuestAction extends Action {
    /**
     * It reads, writes or fetches.
     *
     * @param linear any value: made canonical in the mode in force
     * @param access as in {@link Access}
     * @param size bytes, 1 to 8; may cross into the next page
     * @param value what a write writes
     */
    record Touch(long linear, int access, int size, long value) implements GuestAction {
        @Override
        public void perform(GuestWorld world) {
            world.access(linear, access, size, value);
        }

        @Override
        public String toString() {
            String who = (access & Access.USER) != 0
                    ? "a program"
                    : (access & Access.IMPLICIT) != 0 ? "the processor, for a program," : "the kernel";
            return (access & Access.WRITE) != 0
                    ? String.format("%s writes %x (%d bytes) at %x", who, value, size, linear)
                    : String.format("%s %s %x", who, (access & Access.FETCH) != 0 ? "fetches from" : "reads", linear);
        }
    }

    /**
     * It writes an entry of a table, through the window: as its kernel, or from user mode.
     *
     * @param gfn the table's frame
     * @param size bytes of an entry
     */
    record WriteEntry(int level, long gfn, int index, int size, long entry, boolean user) implements GuestAction {
        @Override
        public void perform(GuestWorld world) {
            world.access(
                    (gfn << 12) + ((long) index * size), user ? Access.WRITE | Access.USER : Access.WRITE, size, entry);
        }

        @Override
        public String toString() {
            return String.format(
                    "%s sets entry %x of the level-%d table in frame %x to %x (%s)",
                    user ? "a program" : "the kernel", index, level, gfn, entry, EntryText.of(level, entry));
        }
    }

    /** It writes part of an entry, or across entries, or across the end of a table. */
    record WriteInTable(long guestPhysical, int size, long value) implements GuestAction {
        @Override
        public void perform(GuestWorld world) {
            world.access(guestPhysical, Access.WRITE, size, value);
        }

        @Override
        public String toString() {
            return String.format("the kernel writes %x (%d bytes) at %x, in a table", value, size, guestPhysical);
        }
    }

    /** INVLPG. */
    record Invlpg(long linear) implements GuestAction {
        @Override
        public void perform(GuestWorld world) {
            world.invlpg(linear);
        }

        @Override
        public String toString() {
            return String.format("INVLPG %x", linear);
        }
    }

    /** MOV to CR3: one of the mode's top tables. */
    record LoadCr3(int n, int pcid, boolean keep) implements GuestAction {
        @Override
        public void perform(GuestWorld world) {
            world.loadCr3(n, pcid, keep);
        }

        @Override
        public String toString() {
            return "MOV to CR3: top table " + n + (pcid == 0 ? "" : ", PCID " + pcid)
                    + (keep ? ", nothing flushed" : "");
        }
    }

    /** INVPCID. */
    record Invpcid(InvpcidType type, int pcid, long linear) implements GuestAction {
        @Override
        public void perform(GuestWorld world) {
            world.invpcid(type, pcid, linear);
        }

        @Override
        public String toString() {
            return switch (type) {
                case INDIVIDUAL_ADDRESS -> String.format("INVPCID of %x under PCID %d", linear, pcid);
                case SINGLE_CONTEXT -> "INVPCID of PCID " + pcid;
                case ALL -> "INVPCID of everything";
                case ALL_BUT_GLOBAL -> "INVPCID of everything that is not global";
            };
        }
    }

    /** Another virtual CPU goes on. */
    record Turn(int vcpu) implements GuestAction {
        @Override
        public void perform(GuestWorld world) {
            world.turnTo(vcpu);
        }

        @Override
        public String toString() {
            return "virtual CPU " + vcpu + " goes on";
        }
    }

    /** A flush of everything. */
    record FlushAll() implements GuestAction {
        @Override
        public void perform(GuestWorld world) {
            world.flushAll();
        }

        @Override
        public String toString() {
            return "the guest flushes everything";
        }
    }

    /** A bit of CR0, CR4 or EFER changes. */
    record Toggle(ControlBit bit) implements GuestAction {
        @Override
        public void perform(GuestWorld world) {
            world.toggle(bit);
        }

        @Override
        public String toString() {
            return "the guest turns " + bit;
        }
    }

    /** EFLAGS.AC and PKRU. */
    record Rights(boolean ac, int pkru) implements GuestAction {
        @Override
        public void perform(GuestWorld world) {
            world.rights(ac, pkru);
        }

        @Override
        public String toString() {
            return String.format("EFLAGS.AC = %d, PKRU = %x", ac ? 1 : 0, pkru);
        }
    }

    /** Paging off, new tables, paging on. */
    record SwitchMode(GuestMode mode) implements GuestAction {
        @Override
        public void perform(GuestWorld world) {
            world.switchMode(mode);
        }

        @Override
        public String toString() {
            return "the guest changes to " + mode + " paging";
        }
    }
}
