/* Programs that are linked into the image, in place of a file system. */
#ifndef MINI_PROGRAM_H
#define MINI_PROGRAM_H

#include "space.h"

/*
 * The pages of a program, as programs.S includes them and user/program.ld lays them out. They begin with a header,
 * which is part of the text; offsets from the start.
 */
struct program_header {
    u32 data;     /* text and constants end here, data begins: a page border */
    u32 file_end; /* data ends here, zeros begin: a page border */
    u32 end;
    u32 entry;
};

struct program {
    const char *name;
    const struct program_header *header;
};

#define PROGRAM_NAME_BYTES 8
#define PROGRAM_ARGUMENT_BYTES 256

/* What a new process begins with. */
struct loaded_program {
    word entry, stack, argument;
};

/* The program of that name, or 0. */
const struct program *program_find(const char *name);

/* Lays out the space, which is active and empty, and puts the argument on the stack. */
struct loaded_program program_load(struct space *space, const struct program *program, const char *argument);

/* At most PROGRAM_ARGUMENT_BYTES with the zero at the end. */
void program_copy_argument(char *to, const char *from);

#endif
