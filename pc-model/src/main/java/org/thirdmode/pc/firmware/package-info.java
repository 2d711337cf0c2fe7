/**
 * What stands in for firmware where an image is started without one: {@link org.thirdmode.pc.firmware.StubFirmware}, a ROM of
 * a few instructions.
 */
package org.thirdmode.pc.firmware;
