/**
 * A guest on a hypervisor whose MMU is under test. Read {@link org.thirdmode.testkit.world.GuestWorld} first, then {@link
 * org.thirdmode.testkit.world.Frames} (what the guest has as memory) and {@link org.thirdmode.testkit.world.Hardware} (the
 * processor that walks what the MMU made).
 */
package org.thirdmode.testkit.world;
