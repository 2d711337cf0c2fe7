/**
 * QEMU's qcow2 images, versions 2 and 3.
 *
 * <p>Read first {@link org.thirdmode.pc.disk.qcow2.Qcow2Disk}: how a guest's sector is found, and in which order tables are
 * written so that a crash at any moment leaves a consistent image. {@link org.thirdmode.pc.disk.qcow2.Qcow2Header} is the file's
 * first sector, {@link org.thirdmode.pc.disk.qcow2.Refcounts} says which clusters are free, {@link
 * org.thirdmode.pc.disk.qcow2.References} counts who refers to what before an image is used, and {@link
 * org.thirdmode.pc.disk.qcow2.Switchover} replaces tables as a whole: snapshots, repair.
 *
 * <p>Source: QEMU, docs/interop/qcow2. Left out, and refused where an image needs it: encryption, an external data file,
 * subclusters, compression by zstd; bitmaps are kept but, once something was written, no longer valid.
 */
package org.thirdmode.pc.disk.qcow2;
