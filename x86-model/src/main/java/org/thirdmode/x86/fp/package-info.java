/**
 * Floating point: the x87 FPU and SSE. Read {@link org.thirdmode.x86.fp.FpuState} first, the registers of both; then
 * {@link org.thirdmode.x86.fp.X87}, the register stack, and {@link org.thirdmode.x86.fp.ExtendedArithmetic}, the
 * arithmetic under it. {@code Unrounded} holds the exact result of an operation, {@code Rounder} brings it to a format:
 * between them they serve every precision. {@code FpuInstructions} and {@code
 * SseInstructions} are where the processor comes in. Left out: the 3DNow! and AVX instructions.
 */
package org.thirdmode.x86.fp;
