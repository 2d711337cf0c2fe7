package org.thirdmode.testkit.action;

import org.thirdmode.testkit.world.GuestWorld;
import org.thirdmode.testkit.world.SlotName;

/** What the hypervisor, user space and devices do. */
public sealed interface HostAction extends Action {
    /** A slot's dirty log begins, or is read. */
    record ReadLog(SlotName slot) implements HostAction {
        @Override
        public void perform(GuestWorld world) {
            world.readLog(slot);
        }

        @Override
        public String toString() {
            return "host: the dirty log of " + slot + " is read, and begins anew";
        }
    }

    record StopLog(SlotName slot) implements HostAction {
        @Override
        public void perform(GuestWorld world) {
            world.stopLog(slot);
        }

        @Override
        public String toString() {
            return "host: the dirty log of " + slot + " ends";
        }
    }

    record RemoveSlot(SlotName slot) implements HostAction {
        @Override
        public void perform(GuestWorld world) {
            world.removeSlot(slot);
        }

        @Override
        public String toString() {
            return "host: slot " + slot + " is removed";
        }
    }

    record AddSlot(SlotName slot) implements HostAction {
        @Override
        public void perform(GuestWorld world) {
            world.addSlot(slot);
        }

        @Override
        public String toString() {
            return "host: slot " + slot + " comes back with other pages, if it was gone";
        }
    }

    /** What the guest has accessed is asked: its working set. */
    record Age(SlotName slot) implements HostAction {
        @Override
        public void perform(GuestWorld world) {
            world.age(slot);
        }

        @Override
        public String toString() {
            return "host: what was accessed in " + slot + " is asked";
        }
    }

    /** The budget of table pages. */
    record Budget(int pages) implements HostAction {
        @Override
        public void perform(GuestWorld world) {
            world.mmu.changeMmuPages(pages);
        }

        @Override
        public String toString() {
            return "host: " + pages + " table pages at most";
        }
    }

    record ZapAll() implements HostAction {
        @Override
        public void perform(GuestWorld world) {
            world.mmu.zapAll();
        }

        @Override
        public String toString() {
            return "host: all tables are dropped";
        }
    }

    /** A device writes guest memory. */
    record DeviceWrite(long guestPhysical, int size, long value) implements HostAction {
        @Override
        public void perform(GuestWorld world) {
            world.deviceWrites(guestPhysical, size, value);
        }

        @Override
        public String toString() {
            return String.format("host: a device writes %x (%d bytes) at %x", value, size, guestPhysical);
        }
    }

    /** User space writes a table of the guest, and tells nobody: neither the guest nor the MMU. */
    record Tamper(long guestPhysical, int size, long value) implements HostAction {
        @Override
        public void perform(GuestWorld world) {
            world.userSpaceWrites(guestPhysical, size, value);
        }

        @Override
        public String toString() {
            return String.format("host: user space sets the entry at %x to %x and tells nobody", guestPhysical, value);
        }
    }

    /** Emulation of an instruction failed. */
    record Unprotect(long linear) implements HostAction {
        @Override
        public void perform(GuestWorld world) {
            world.mmu.unprotectPageVirt(world.mode().linear(linear));
        }

        @Override
        public String toString() {
            return String.format("host: emulation of a write to %x has failed", linear);
        }
    }
}
