/**
 * Disk images: what a file of the host says that the sectors of a guest's disk are.
 *
 * <p>Read first {@link org.thirdmode.pc.disk.BlockImage}, the port that controllers see, then {@link
 * org.thirdmode.pc.disk.HostFile}, the port to the host beneath it. {@link org.thirdmode.pc.disk.DiskFile} is what a user names:
 * a file, its format, whether writes are kept.
 */
package org.thirdmode.pc.disk;
