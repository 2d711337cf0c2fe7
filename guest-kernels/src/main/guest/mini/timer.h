/* The clock: counter 0 of the 8254 by way of the 8259A pair. */
#ifndef MINI_TIMER_H
#define MINI_TIMER_H

#include "guest.h"

/* Begins to interrupt `hertz` times a second, 19 or more. */
void timer_initialize(u32 hertz);

void timer_interrupt(int irq);

/* Interrupts of the timer so far. */
u64 timer_ticks(void);

#endif
