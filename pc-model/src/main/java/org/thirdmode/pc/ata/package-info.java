/**
 * The primary IDE channel with one ATA disk: ports 1F0H-1F7H and 3F6H, interrupt line 14.
 *
 * <p>Read first {@link org.thirdmode.pc.ata.AtaCommand}, the table of commands; {@link org.thirdmode.pc.ata.AtaChannel} is the
 * registers, {@link org.thirdmode.pc.ata.AtaDisk} the device behind them, {@link org.thirdmode.pc.ata.Identity} what it says of
 * itself. A command takes a fixed number of ticks, so that a run repeats whatever the host's disk does.
 *
 * <p>Source: ATA/ATAPI-6 (T13/1410D). Left out: ATAPI, the security, SMART and host protected area feature sets, queueing, a
 * second device on the channel.
 */
package org.thirdmode.pc.ata;
