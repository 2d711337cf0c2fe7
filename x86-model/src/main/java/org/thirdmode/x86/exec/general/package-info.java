/**
 * The general-purpose instructions in the second level: data movement, arithmetic and logic, shifts and bits, stack, near
 * control flow, strings. Each instruction is a small method that reads like the "Operation" section of SDM 2.
 *
 * <p>Read {@link org.thirdmode.x86.exec.general.Arithmetic} first: it shows the style. One class is one group of {@link
 * org.thirdmode.x86.decode.Operation}; where a group is large it hands families on to helpers ({@link
 * org.thirdmode.x86.exec.general.Shifts}, {@link org.thirdmode.x86.exec.general.Multiplication} and so on).
 *
 * <p>Flags that the manual leaves undefined are set as processors do; where AMD's and Intel's differ, as AMD's do. The
 * conformance recordings hold what a real one did.
 *
 * <p>Left out: segment registers and far control flow ({@code exec.system}), x87 and SSE ({@code fp}).
 */
package org.thirdmode.x86.exec.general;
