/**
 * Physical memory: sparse frames of real bits, ROM, and the regions where devices answer. Read {@link
 * org.thirdmode.x86.memory.PhysicalMemory} first. Translation of linear addresses is in {@code paging}.
 */
package org.thirdmode.x86.memory;
