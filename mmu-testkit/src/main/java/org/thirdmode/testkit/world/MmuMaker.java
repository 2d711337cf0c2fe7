package org.thirdmode.testkit.world;

import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.Surroundings;

/** Makes the MMU under test. */
@FunctionalInterface
public interface MmuMaker {
    GuestMmu in(Surroundings around);
}
