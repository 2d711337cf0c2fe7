/* Brings the machine up, runs the program `init` with the command line, and ends the run with its status. */
#include "descriptors.h"
#include "disk.h"
#include "frames.h"
#include "kernel.h"
#include "paging.h"
#include "process.h"
#include "program.h"
#include "timer.h"

#if PAGING == 32
#define MODE "32-bit mode, 32-bit paging, 2 levels"
#elif PAGING == 36
#define MODE "32-bit mode, PAE paging, 3 levels"
#else
#define MODE "64-bit mode, 4-level paging"
#endif

#define DEFAULT_HERTZ 2000
#define LEAST_HERTZ 19 /* the counter has 16 bits */

void panic(const char *why, u8 status)
{
    print(why);
    print("\n");
    guest_exit(status);
}

#define COMMAND_LINE_VALID (1 << 2)
static char command_line[PROGRAM_ARGUMENT_BYTES];

int guest_main(u32 magic, const struct multiboot_info *information)
{
    (void)magic;
    serial_initialize();
    print("Thirdmode mini-kernel: " MODE "\n");

    /* The loader's information lies anywhere: all that is wanted of it is taken before a frame is allocated. */
    u64 hertz = option_value(information, "hz", DEFAULT_HERTZ);
    space_isolation = option_value(information, "kpti", 0) || option_present(information, "workload=kpti");
    if (information->flags & COMMAND_LINE_VALID) {
        program_copy_argument(command_line, (const char *)(word)information->command_line);
    }
    frames_initialize(information);

    paging_initialize(space_isolation);
    descriptors_initialize();
    timer_initialize(hertz < LEAST_HERTZ ? LEAST_HERTZ : hertz > 100000 ? 100000 : (u32)hertz);
    disk_initialize();

    word frames_before = frames_in_use();
    u32 status = process_run_all("init", command_line);
    if (frames_in_use() != frames_before) {
        print("frames: ");
        print_decimal(frames_in_use() - frames_before);
        print(" LEAKED\n");
        return STATUS_WRONG;
    }
    if (status == STATUS_OK) {
        print("frames: all returned\n");
    }
    return (int)status;
}
