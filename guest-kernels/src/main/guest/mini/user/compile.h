/* The compiler of `cc`, which the workload also calls to compare. */
#ifndef MINI_COMPILE_H
#define MINI_COMPILE_H

#include "user.h"

/*
 * Writes a source of about `bytes` bytes that depends on the number of the unit, compiles it for a machine with a
 * stack, runs it, and returns a checksum of code and result.
 */
u32 compile_unit(u32 unit, u32 bytes);

#endif
