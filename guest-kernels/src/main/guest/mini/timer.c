#include "timer.h"
#include "process.h"
#include "selectors.h"

#define PIT_HERTZ 1193182u
#define PIT_COUNTER_0 0x40
#define PIT_CONTROL 0x43
#define PIT_MODE_2 0x34 /* counter 0, low byte then high byte, rate generator */

#define MASTER 0x20
#define SLAVE 0xa0
#define ICW1 0x11 /* edge triggered, cascaded, ICW4 follows */
#define ICW4 0x01 /* 8086 mode */
#define END_OF_INTERRUPT 0x20
#define ONLY_TIMER 0xfe

static u64 ticks;

/* 8259A datasheet "Initialization Command Words": the vectors move away from those of the exceptions. */
static void interrupt_controllers_initialize(void)
{
    out8(MASTER, ICW1);
    out8(SLAVE, ICW1);
    out8(MASTER + 1, VECTOR_IRQ);
    out8(SLAVE + 1, VECTOR_IRQ + 8);
    out8(MASTER + 1, 1 << 2);
    out8(SLAVE + 1, 2);
    out8(MASTER + 1, ICW4);
    out8(SLAVE + 1, ICW4);
    out8(MASTER + 1, ONLY_TIMER);
    out8(SLAVE + 1, 0xff);
}

void timer_initialize(u32 hertz)
{
    u32 period = PIT_HERTZ / hertz;
    out8(PIT_CONTROL, PIT_MODE_2);
    out8(PIT_COUNTER_0, (u8)period);
    out8(PIT_COUNTER_0, (u8)(period >> 8));
    interrupt_controllers_initialize();
}

void timer_interrupt(int irq)
{
    if (irq != 0) {
        return; /* masked: only a spurious one comes here, and it wants no end of interrupt */
    }
    ticks++;
    out8(MASTER, END_OF_INTERRUPT);
    process_wake_sleepers();
}

u64 timer_ticks(void)
{
    return ticks;
}
