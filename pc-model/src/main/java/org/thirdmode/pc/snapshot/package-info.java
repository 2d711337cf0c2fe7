/**
 * Files that hold a machine: {@link org.thirdmode.pc.snapshot.StateFile} is the format, {@link
 * org.thirdmode.pc.snapshot.StateHeader} what has to be known before there is a machine to fill: what it was made of, and its
 * disk, which stays in its image.
 */
package org.thirdmode.pc.snapshot;
