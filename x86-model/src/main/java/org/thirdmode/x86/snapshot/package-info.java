/**
 * The state of a machine part by part: what a part has to say so that a machine can be written to a file and go on in another
 * process. A part names each of its fields once, in {@link org.thirdmode.x86.snapshot.Stateful#state}; the same words write
 * and read it. The file is {@code pc-model}'s.
 */
package org.thirdmode.x86.snapshot;
