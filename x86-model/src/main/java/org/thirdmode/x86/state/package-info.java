/**
 * The architectural state of a processor: {@link org.thirdmode.x86.state.CpuState} holds it, {@link
 * org.thirdmode.x86.state.Segment} one segment register, {@link org.thirdmode.x86.state.Flags} the lazy status flags; the
 * bit names of control registers and vectors stand in small classes of their own. Behaviour is in {@code exec}.
 */
package org.thirdmode.x86.state;
