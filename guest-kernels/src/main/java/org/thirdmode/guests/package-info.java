/**
 * The project's own guests: small images that run on the bare machine, under every backend and under QEMU.
 *
 * <p>Read {@link org.thirdmode.guests.GuestCatalogue} first: one row an image. The sources are in {@code
 * guest-kernels/src/main/guest}, the {@code Makefile} beside it builds them, and the built images are resources of this
 * module, so that no toolchain is needed to run them. The transcripts beside the images are what QEMU printed.
 *
 * <p>Left out: loading an image into a machine (the board's loaders do that) and images that are not the project's own.
 */
package org.thirdmode.guests;
