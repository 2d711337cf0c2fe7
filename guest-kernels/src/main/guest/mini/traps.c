#include "traps.h"
#include "fault.h"
#include "process.h"
#include "selectors.h"
#include "timer.h"

/* What user mode may not do ends the process, not the machine. */
static void exception(struct trap_frame *frame)
{
    word address = read_cr2();
    if (frame->vector == TRAP_PAGE_FAULT && space_active() && fault_repair(space_active(), address, frame->error)) {
        return;
    }
    int for_user = (frame->cs & 3) || (frame->vector == TRAP_PAGE_FAULT && address >= USER_BASE && address < USER_END);
    if (!process_current() || !for_user) {
        trap_unexpected(frame);
    }
    process_exit(PROCESS_KILLED, (u32)frame->vector);
}

void trap(struct trap_frame *frame)
{
    if (frame->vector == VECTOR_SYSTEM_CALL) {
        system_call(frame);
    } else if (frame->vector < VECTOR_IRQ) {
        exception(frame);
    } else {
        timer_interrupt((int)frame->vector - VECTOR_IRQ);
        if ((frame->cs & 3) && process_quantum_is_over()) {
            process_yield(); /* preemption: the process did not ask */
        }
    }
}
