/**
 * What stands in for firmware where an image is started without one: {@link org.thirdmode.pc.firmware.StubFirmware}, a ROM of
 * a few instructions, and the tables by which an operating system finds the board: {@link
 * org.thirdmode.pc.firmware.AcpiTables} and {@link org.thirdmode.pc.firmware.MpTable}.
 */
package org.thirdmode.pc.firmware;
