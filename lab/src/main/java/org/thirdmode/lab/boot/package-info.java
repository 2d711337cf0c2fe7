/**
 * What a run has done by each stage of a Linux kernel's boot: {@link org.thirdmode.lab.boot.KernelLog} watches the kernel's
 * own lines on the serial port and takes a {@link org.thirdmode.lab.boot.Moment} of the counts where one begins a {@link
 * org.thirdmode.lab.boot.BootStage}.
 */
package org.thirdmode.lab.boot;
