/**
 * From a file to a machine that is ready to run: each loader checks an image, writes its bytes to physical memory and says in
 * an {@link org.thirdmode.pc.loader.InitialState} how the processor starts. Start with {@link
 * org.thirdmode.pc.loader.ImageLoader}.
 *
 * <p>An image is input from outside: whatever is wrong with it ends in an {@link org.thirdmode.pc.loader.ImageException} of one
 * line, never in another exception, and before the first byte is written.
 */
package org.thirdmode.pc.loader;
