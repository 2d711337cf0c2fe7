package org.thirdmode.testkit.bug;

import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.shadow.cached.CachedPage;
import org.thirdmode.shadow.cached.Role;
import org.thirdmode.shadow.guest.GuestWalker;
import org.thirdmode.shadow.unsync.UnsyncMmu;

/** Roles that do not hold all that a page's content depends on. */
final class RoleBugs {
    private RoleBugs() {}

    /** Large pages of different rights share one direct page. */
    static final class AccessNotInTheKey extends CachedMmu {
        AccessNotInTheKey(Surroundings around) {
            super(around);
        }

        @Override
        protected int directAccess(GuestWalk walk, int rights) {
            return GuestWalk.ALL;
        }
    }

    /** A direct page's rights are those above the large page's own entry. */
    static final class LastEntryOmitted extends CachedMmu {
        LastEntryOmitted(Surroundings around) {
            super(around);
        }

        @Override
        protected int directAccess(GuestWalk walk, int rights) {
            return walk.leafLevel == 0 ? rights : walk.rightsAbove[walk.leafLevel];
        }
    }

    /** A table's rights are those of the entry that refers to it, not the AND of all above. */
    static final class OnlyTheLastEntryAbove extends CachedMmu {
        OnlyTheLastEntryAbove(Surroundings around) {
            super(around);
        }

        @Override
        protected int accessTo(GuestWalk walk, int level) {
            boolean register = guestLevels == 3 && level == 2;
            return level == guestLevels || register ? GuestWalk.ALL : GuestWalker.rights(walk.entries[level + 1]);
        }
    }

    /** A direct page is writable for a large page that is not dirty. */
    static final class DirtyIgnored extends CachedMmu {
        DirtyIgnored(Surroundings around) {
            super(around);
        }

        @Override
        protected int directAccess(GuestWalk walk, int rights) {
            return rights;
        }
    }

    /** SMEP with CR0.WP clear is not in the role. */
    static final class SmepNotInTheRole extends CachedMmu {
        SmepNotInTheRole(Surroundings around) {
            super(around);
        }

        @Override
        protected int registersRole() {
            return super.registersRole() & ~Role.SMEP_AND_NOT_WP;
        }
    }

    /** CR4.PGE is not in the role. */
    static final class PgeNotInTheRole extends CachedMmu {
        PgeNotInTheRole(Surroundings around) {
            super(around);
        }

        @Override
        protected int registersRole() {
            return super.registersRole() & ~Role.PGE;
        }
    }

    /** A page of another role is synced as if it were of this one. */
    static final class SyncedForOtherRegisters extends UnsyncMmu {
        SyncedForOtherRegisters(Surroundings around) {
            super(around);
        }

        @Override
        protected boolean isForTheseRegisters(CachedPage page) {
            return true;
        }
    }

    /** A linked page is taken for the right one whatever guest frame it is of. */
    static final class FrameNotCompared extends CachedMmu {
        FrameNotCompared(Surroundings around) {
            super(around);
        }

        @Override
        protected boolean isRight(CachedPage linked, long gfn, int role) {
            return linked.role == role;
        }
    }

    /** A linked page is taken for the right one whatever its role. */
    static final class RoleNotCompared extends CachedMmu {
        RoleNotCompared(Surroundings around) {
            super(around);
        }

        @Override
        protected boolean isRight(CachedPage linked, long gfn, int role) {
            return linked.gfn == gfn;
        }
    }
}
