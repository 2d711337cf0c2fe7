/* What a run writes to the exit port at its end. */
#ifndef MINI_STATUS_H
#define MINI_STATUS_H

#define STATUS_OK 0
#define STATUS_WRONG 1         /* a self-check failed, or something that cannot happen did */
#define STATUS_USAGE 2         /* the command line names no workload, or a parameter that it does not have */
#define STATUS_NO_DISK 3       /* the workload needs a disk, and there is none to be used */
#define STATUS_OUT_OF_MEMORY 4

#endif
